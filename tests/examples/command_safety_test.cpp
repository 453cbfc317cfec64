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
  std::size_t linesOfPage = 0;
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
    linesOfPage = 1;
  }
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(400, answer);
  });
  const Finished finished = world.rotate({"--debug", "--endpoint-url", server.url()});
  INFO(finished.errors);
  CHECK(finished.status == 254);
  // A page keeps its lines, and each says that the one before has ended by what came.
  std::size_t marked = 0;
  for (std::size_t at = finished.errors.find("\nforged"); at != std::string::npos;
       at = finished.errors.find("\nforged", at + 1)) {
    CHECK(finished.errors.substr(at - 4, 4) == "\\x0a");
    ++marked;
  }
  CHECK(marked == linesOfPage);
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

TEST_CASE("the command rotates nothing for a query or a format that cannot be printed") {
  World world;
  const TemporaryFolder files;
  const auto setProfile = [&world, &files](const std::string& lines) {
    world.unset("AWS_CONFIG_FILE");
    world.environment.push_back("AWS_CONFIG_FILE=" + files.file("config", "[default]\n" + lines));
  };
  std::vector<std::string> arguments;
  int status = 252;
  std::string reason;
  SECTION("a query with a mistake") {
    arguments = {"--query", "[tunnelArn"};
    reason = "Bad value for --query: ";
  }
  SECTION("a query with too many arguments") {
    arguments = {"--query", "length(@, @)"};
    reason = "length";
  }
  SECTION("a query that does not suit what this mode is answered") {
    arguments = {"--client-mode", "SOURCE", "--query", "length(destinationAccessToken)"};
    reason = "length";
  }
  SECTION("a format of the environment that there is not") {
    world.environment.emplace_back("AWS_DEFAULT_OUTPUT=tabel");
    status = 253;
    reason =
        "AWS_DEFAULT_OUTPUT is \"tabel\": expected json, text, table, yaml, yaml-stream, "
        "off or env, did you mean \"table\"?";
  }
  SECTION("a format of errors that is not text, by the environment") {
    world.environment.emplace_back("AWS_CLI_ERROR_FORMAT=json");
    status = 253;
    reason = "AWS_CLI_ERROR_FORMAT is \"json\": expected enhanced or legacy";
  }
  SECTION("a format of errors that is not text, by the profile") {
    setProfile("cli_error_format = yaml\n");
    status = 253;
    reason = "line 2: cli_error_format is \"yaml\": expected enhanced or legacy";
  }
  SECTION("a setting of the profile that the AWS CLI refuses") {
    setProfile("cli_timestamp_format = local\n");
    status = 253;
    reason = "line 2: cli_timestamp_format is \"local\": expected wire, iso8601 or none";
  }
  SECTION("keys that have ended") {
    world.environment.emplace_back("AWS_CREDENTIAL_EXPIRATION=2020-02-29T12:00:00Z");
    status = 255;
    reason = "AWS_CREDENTIAL_EXPIRATION";
  }
  const Finished finished = world.rotate(arguments);
  INFO(finished.errors);
  CHECK(finished.status == status);
  CHECK(finished.output.empty());
  CHECK(finished.errors.find(reason) != std::string::npos);
  CHECK(world.service.connections() == 0);
}

TEST_CASE("the command says that tokens were rotated when the query does not suit the answer") {
  World world;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(200, R"({"tunnelArn":"arn:x"})");
  });
  const Finished finished =
      world.rotate({"--query", "length(sourceAccessToken)", "--endpoint-url", server.url()});
  INFO(finished.errors);
  CHECK(finished.status == 255);
  CHECK(finished.output.empty());
  CHECK(finished.errors.find("The tokens were rotated but --query cannot be applied") == 0);
  CHECK(finished.errors.find("rotate again to get usable ones") != std::string::npos);
}

TEST_CASE(
    "the command's debug output shows what was signed, without secrets, and how long it took") {
  World world;
  world.service.with([](auto& fake) {
    fake.addCredentials("ASIATEMPORARY", ServedFake::secretAccessKey, "canary-session-token");
  });
  world.unset("AWS_ACCESS_KEY_ID");
  world.environment.emplace_back("AWS_ACCESS_KEY_ID=ASIATEMPORARY");
  world.environment.emplace_back("AWS_SESSION_TOKEN=canary-session-token");
  const Finished finished = world.rotate({"--debug"});
  INFO(finished.errors);
  CHECK(finished.status == 0);
  const std::string request = "debug: attempt 1: canonical request: ";
  for (const std::string& line :
       {request + "POST\n", request + "/\n",
        request + "host:" + world.service.url().substr(7) + "\n",
        request + "x-amz-security-token:(redacted)\n",
        request + "content-type;host;x-amz-date;x-amz-security-token;x-amz-target\n",
        // SHA-256 of {"tunnelId":"tunnel-1","clientMode":"ALL"}
        request + "5ac50a095d7582e3fe0667cdf7886a42c61273a1f82870940b22389d6c094670\n",
        std::string("first byte after ")}) {
    CHECK(finished.errors.find(line) != std::string::npos);
  }
  CHECK(finished.errors.find("canary") == std::string::npos);
}

TEST_CASE("the command's debug output names where credentials came from") {
  World world;
  const TemporaryFolder files;
  const std::string keys = "aws_access_key_id = " + std::string(ServedFake::accessKeyId) +
                           "\naws_secret_access_key = " + ServedFake::secretAccessKey + "\n";
  std::vector<std::string> arguments = {"--debug"};
  std::string config;
  std::string line;
  SECTION("the environment") {
    line = "credentials from: environment";
  }
  SECTION("keys of a profile that was named") {
    config = "[profile lab]\n" + keys;
    arguments.insert(arguments.end(), {"--profile", "lab"});
    line = "credentials from: profile lab, by aws_access_key_id";
  }
  SECTION("a process") {
    world.unset("AWS_ACCESS_KEY_ID");
    config = "[default]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"" +
             std::string(ServedFake::accessKeyId) + "\",\"SecretAccessKey\":\"" +
             ServedFake::secretAccessKey + "\"}'\n";
    world.environment.emplace_back("PATH=/usr/bin:/bin");
    line = "credentials from: profile default, by credential_process";
  }
  SECTION("a role that is not there to be had") {
    world.unset("AWS_ACCESS_KEY_ID");
    config = "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = gone\n";
    line =
        "credentials: failed at: profile default, by role_arn arn:aws:iam::123456789012:role/r "
        "with source_profile gone";
  }
  SECTION("nowhere") {
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    line = "credentials: none found";
  }
  SECTION("not needed") {
    arguments.emplace_back("--no-sign-request");
    line = "credentials: none, the request is not signed";
  }
  if (!config.empty()) {
    world.unset("AWS_CONFIG_FILE");
    world.environment.push_back("AWS_CONFIG_FILE=" + files.file("config", config));
  }
  const Finished finished = world.rotate(arguments);
  INFO(finished.errors);
  CHECK(finished.errors.find("debug: " + line + "\n") != std::string::npos);
  CHECK(finished.errors.find(ServedFake::secretAccessKey) == std::string::npos);
}
