// SPDX-License-Identifier: BSL-1.0
// What the command says and does when things go wrong around it.
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/gate.hpp"

using namespace secure_tunneling;

namespace {

const std::string answerBody = R"({"tunnelArn":"arn:x","sourceAccessToken":"canary-new-token"})";

/// Runs the command in a shell that first does `setUp` with its standard output. What it says on
/// standard error is in `output`.
Finished rotateInto(const World& world, const std::string& setUp) {
  return run({"/bin/sh", "-c", "exec 2>&1; " + setUp + "; exec \"$@\"", "sh",
              programs + "/rotate-tunnel-access-token", "--tunnel-id", ServedFake::tunnel,
              "--client-mode", "ALL", "--endpoint-url", world.service.url()},
             world.environment);
}

}  // namespace

TEST_CASE("the command's debug output shows of a request id and an endpoint only what is known") {
  World world;
  std::string requestId;
  std::string shown;
  SECTION("a UUID") {
    requestId = shown = "0f9c3f52-74a1-4b8e-9D8A-2b7b3a1c0e4f";
  }
  SECTION("the access token") {
    requestId = "canary-new-token";
    shown = "not shown";
  }
  SECTION("a UUID with something behind it") {
    requestId = "0f9c3f52-74a1-4b8e-9d8a-2b7b3a1c0e4f-canary";
    shown = "not shown";
  }
  SECTION("hexadecimal digits") {
    requestId = "0f9c3f5274a14b8e9d8a2b7b3a1c0e4fca4a";
    shown = "not shown";
  }
  SECTION("nothing") {
    shown = "request id none";
  }
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(200, answerBody,
                      requestId.empty() ? "" : "x-amzn-RequestId: " + requestId + "\r\n");
  });
  const Finished finished =
      world.rotate({"--debug", "--endpoint-url", server.url() + "/canary/path"});
  INFO(finished.errors);
  CHECK(finished.status == 0);
  CHECK(finished.errors.find(shown) != std::string::npos);
  CHECK((shown == requestId || requestId.empty() ||
         finished.errors.find(requestId) == std::string::npos));
  CHECK(finished.errors.find("canary") == std::string::npos);
  CHECK(finished.errors.find("POST " + server.url() + ",") != std::string::npos);
}

TEST_CASE("what a service says cannot steer the terminal of the command or forge a line") {
  World world;
  const std::string text = "a\\u001b[2J\\u009b1m\\u202eb\\u2028c\\u2029d\\u0085e\\r\\nforged: f";
  std::string answer;
  SECTION("in a message") {
    answer = R"({"__type":"ValidationException","message":")" + text + "\"}";
  }
  SECTION("in a code") {
    answer = R"({"__type":")" + text + R"(","message":"m"})";
  }
  SECTION("in a page") {
    answer =
        "<html>\x9B"
        "31m\xC2\x9B"
        "31m\xE2\x80\xAE\r\nforged: f";
  }
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(400, answer);
  });
  const Finished finished = world.rotate({"--debug", "--endpoint-url", server.url()});
  INFO(finished.errors);
  CHECK(finished.status == 254);
  CHECK(finished.errors.find("\nforged") == std::string::npos);
  for (const char* const hidden : {"\x1b", "\r", "\xC2\x9B", "\xC2\x85", "\x9B", "\xE2\x80\xA8",
                                   "\xE2\x80\xA9", "\xE2\x80\xAE"}) {
    CHECK(finished.errors.find(hidden) == std::string::npos);
  }
}

TEST_CASE("the command warns that the old tokens may be gone, whatever was answered last") {
  World world;
  bool expected = true;
  std::string firstAnswer;
  std::string lastAnswer;
  SECTION("a lost answer, then throttling") {
    lastAnswer = R"({"__type":"ThrottlingException","message":"m"})";
  }
  SECTION("a lost answer, then a tunnel that is not there") {
    lastAnswer = R"({"__type":"ResourceNotFoundException","message":"m"})";
  }
  SECTION("a lost answer, then an answer that is none of the service") {
    lastAnswer = "<html>";
  }
  SECTION("throttling twice") {
    firstAnswer = lastAnswer = R"({"__type":"ThrottlingException","message":"m"})";
    expected = false;
  }
  world.environment.emplace_back("AWS_MAX_ATTEMPTS=2");
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    const std::string& answer = connection.number() == 0 ? firstAnswer : lastAnswer;
    if (!answer.empty()) connection.answer(400, answer, "Connection: close\r\n");
  });
  const Finished finished = world.rotate({"--endpoint-url", server.url()});
  INFO(finished.errors);
  CHECK(server.connections() == 2);
  CHECK(finished.status == 254);
  CHECK((finished.errors.find("the old tokens may be revoked by now") != std::string::npos) ==
        expected);
}

TEST_CASE("a signal that ends the command ends its credential process and all that it started") {
  const int signal = GENERATE(SIGINT, SIGTERM, SIGHUP, SIGQUIT);
  CAPTURE(signal);
  World world;
  const TemporaryFolder files;
  // Both processes hold the pipe open: it ends when they do.
  const std::string pipe = files.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const std::string config = files.file(
      "config",
      "[default]\ncredential_process = exec 3>" + pipe +
          "; trap '' INT TERM HUP QUIT; sleep 1000 & echo started >&3; exec sleep 1000\n");
  for (const char* const name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE"}) {
    world.unset(name);
  }
  world.environment.push_back("AWS_CONFIG_FILE=" + config);
  world.environment.emplace_back("PATH=/usr/bin:/bin");
  ChildProcess command({programs + "/rotate-tunnel-access-token", "--tunnel-id", "t",
                        "--client-mode", "ALL", "--endpoint-url", world.service.url()},
                       world.environment);
  std::ifstream reader(pipe);
  std::string line;
  REQUIRE(std::getline(reader, line));
  CHECK(line == "started");
  command.signal(signal);
  CHECK(command.wait() == 1000 + signal);
  CHECK_FALSE(std::getline(reader, line));
}

TEST_CASE("the command goes on after a signal that it was started to ignore") {
  World world;
  Gate started;
  pid_t process = 0;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    started.waitFor(1);
    ::kill(process, SIGHUP);
    connection.answer(200, answerBody);
  });
  ChildProcess command(
      {"/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh", programs + "/rotate-tunnel-access-token",
       "--tunnel-id", "t", "--client-mode", "ALL", "--endpoint-url", server.url()},
      world.environment);
  process = command.id();
  started.arrive();
  CHECK(command.readAll().find("canary-new-token") != std::string::npos);
  CHECK(command.wait() == 0);
}

TEST_CASE("the command says that tokens were rotated when it cannot write them") {
  World world;
  const TemporaryFolder files;
  std::string setUp;
  std::string reason;
  SECTION("to a full disk") {
    setUp = "exec >/dev/full";
    reason = "No space left on device";
  }
  SECTION("to a file that may not grow") {
    setUp = "ulimit -f 0; exec >" + files.path("file");
    reason = "File too large";
  }
  SECTION("to a pipe that nobody reads") {
    REQUIRE(::mkfifo(files.path("pipe").c_str(), 0600) == 0);
    setUp = "exec 3<>" + files.path("pipe") + "; exec >" + files.path("pipe") + "; exec 3>&-";
    reason = "Broken pipe";
  }
  const Finished finished = rotateInto(world, setUp);
  INFO(finished.output);
  CHECK(finished.status == 255);
  CHECK(finished.output ==
        "The tokens were rotated but cannot be written to standard output: " + reason +
            ". The old ones are revoked; rotate again to get usable ones.\n");
  CHECK(world.service.connections() == 1);
}
