// SPDX-License-Identifier: BSL-1.0
// Where the command puts tokens but on standard output as the AWS CLI does, and its dry run.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "support/command.hpp"

namespace {

const std::string sourceToken = "canary-source-token";
const std::string destinationToken = "canary-destination-token";

/// A service that answers with both tokens, after doing something else.
template <class Before>
SocketServer answering(Before before) {
  return SocketServer([before](Connection& connection) {
    connection.readRequest();
    before();
    connection.answer(200, R"({"tunnelArn":"arn:x","sourceAccessToken":")" + sourceToken +
                               R"(","destinationAccessToken":")" + destinationToken + "\"}");
  });
}

unsigned modeOf(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

std::size_t countFiles(const std::string& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(folder))
    ++count;
  return count;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the output env is the token of the side that was asked for, for a shell or systemd") {
  World world;
  const std::string side = GENERATE("SOURCE", "DESTINATION");
  CAPTURE(side);
  std::vector<std::string> arguments = {"--client-mode", side};
  SECTION("by the option") {
    arguments.insert(arguments.end(), {"--output", "env"});
  }
  SECTION("by the environment") {
    world.environment.emplace_back("AWS_DEFAULT_OUTPUT=env");
  }
  const Finished finished = world.rotate(arguments);
  INFO(finished.errors);
  REQUIRE(finished.status == 0);
  const Finished read =
      run({"/bin/sh", "-c", "eval \"$1\"; printf %s \"$AWSIOT_TUNNEL_ACCESS_TOKEN\"", "sh",
           finished.output},
          {});
  CHECK(world.service.accepts(read.output));
  CHECK(finished.output == "AWSIOT_TUNNEL_ACCESS_TOKEN=" + read.output + "\n");
}

TEST_CASE("the output env is refused before the call where it cannot be one token") {
  World world;
  std::vector<std::string> arguments = {"--output", "env"};
  std::string reason;
  SECTION("of both sides") {
    reason = "--client-mode has to be SOURCE or DESTINATION";
  }
  SECTION("of a query") {
    arguments.insert(arguments.end(), {"--client-mode", "SOURCE", "--query", "tunnelArn"});
    reason = "--query cannot be applied";
  }
  checkRefused(world.rotate(arguments), 252, reason);
  CHECK(world.service.connections() == 0);
}

TEST_CASE("an answer without the token that the output env is for is told of") {
  World world;
  SocketServer server([](Connection& connection) {
    connection.readRequest();
    connection.answer(200, R"({"tunnelArn":"arn:x","destinationAccessToken":"canary"})");
  });
  checkRefused(
      world.rotate({"--client-mode", "SOURCE", "--output", "env", "--endpoint-url", server.url()}),
      255, "The tokens were rotated but cannot be printed: the answer has no token of the side");
}

TEST_CASE("each token goes to a file of its own, for its owner alone, and nowhere else") {
  World world;
  const TemporaryFolder files;
  const std::string source = files.file("sourceAccessToken", "old");
  REQUIRE(::chmod(source.c_str(), 0644) == 0);
  std::vector<std::string> arguments = {"--token-file", files.path()};
  std::string output;
  SECTION("with nothing on standard output") {}
  SECTION("beside what is asked for on standard output") {
    arguments.insert(arguments.end(), {"--query", "tunnelArn", "--output", "text"});
    output = std::string("arn:aws:iot:us-east-1:123456789012:tunnel/") + ServedFake::tunnel + "\n";
  }
  const Finished finished = world.rotate(arguments);
  INFO(finished.errors);
  CHECK(finished.status == 0);
  CHECK(finished.output == output);
  CHECK(finished.errors.empty());
  for (const char* const name : {"sourceAccessToken", "destinationAccessToken"}) {
    CAPTURE(name);
    CHECK(world.service.accepts(readFile(files.path(name))));
    CHECK(modeOf(files.path(name)) == 0600);
  }
  CHECK(countFiles(files.path()) == 2);
}

TEST_CASE("the file of a side that was not asked for stays") {
  World world;
  const TemporaryFolder files;
  const std::string source = files.file("sourceAccessToken", "kept");
  const Finished finished =
      world.rotate({"--client-mode", "DESTINATION", "--token-file", files.path()});
  INFO(finished.errors);
  CHECK(finished.status == 0);
  CHECK(readFile(source) == "kept");
  CHECK(world.service.accepts(readFile(files.path("destinationAccessToken"))));
}

TEST_CASE("tokens go to files without a standard output, but not to one that is asked for") {
  World world;
  const TemporaryFolder files;
  std::string more;
  int status = 0;
  SECTION("none is needed") {}
  SECTION("nothing is to be printed") {
    more = " --output off";
  }
  SECTION("one is needed") {
    more = " --output json";
    status = 255;
  }
  const Finished finished = run(
      {"/bin/sh", "-c", "exec 2>&1; exec \"$@\"" + more + " >&-", "sh",
       programs + "/rotate-tunnel-access-token", "--tunnel-id", ServedFake::tunnel, "--client-mode",
       "ALL", "--endpoint-url", world.service.url(), "--token-file", files.path()},
      world.environment);
  INFO(finished.output);
  CHECK(finished.status == status);
  CHECK(world.service.connections() == (status == 0 ? 1 : 0));
}

TEST_CASE("whatever is asked for needs a standard output") {
  World world;
  for (const char* const asked :
       {"", "--dry-run", "--dry-run --output off", "--help", "--help --output off", "--version",
        "--generate-cli-skeleton", "--generate-cli-skeleton output --output off"}) {
    CAPTURE(asked);
    const Finished finished =
        run({"/bin/sh", "-c", "exec 2>&1; exec \"$@\" " + std::string(asked) + " >&-", "sh",
             programs + "/rotate-tunnel-access-token", "--tunnel-id", ServedFake::tunnel,
             "--client-mode", "ALL", "--endpoint-url", world.service.url()},
            world.environment);
    CHECK(finished.status == 255);
    CHECK(finished.output == "standard output is closed: nothing can be written to it\n");
  }
  CHECK(world.service.connections() == 0);
}

TEST_CASE("a place that no token can be written to is refused before the call") {
  World world;
  const TemporaryFolder files;
  std::string directory = files.path();
  std::string reason;
  int status = 255;
  SECTION("no name") {
    directory = "";
    status = 252;
    reason = "argument --token-file: \"\" is no directory";
  }
  SECTION("nothing") {
    directory = files.path("missing");
    reason = "--token-file: " + directory + ": No such file or directory";
  }
  SECTION("a file") {
    directory = files.file("file", "");
    reason = "--token-file: " + directory + ": Not a directory";
  }
  SECTION("a directory in the file's place") {
    REQUIRE(::mkdir(files.path("destinationAccessToken").c_str(), 0700) == 0);
    reason = "--token-file: " + files.path("destinationAccessToken") + ": Is a directory";
  }
  SECTION("a directory without room for files") {
    directory = "/proc";
    REQUIRE(::open("/proc/sourceAccessToken", O_RDWR | O_CREAT | O_EXCL, 0600) == -1);
    reason = std::string("--token-file: /proc: ") + std::strerror(errno);
  }
  const std::size_t before = countFiles(files.path());
  checkRefused(world.rotate({"--token-file", directory}), status, reason);
  CHECK(world.service.connections() == 0);
  CHECK(countFiles(files.path()) == before);
}

TEST_CASE("a file that cannot be written after the call is told of, with what the others hold") {
  World world;
  const TemporaryFolder files;
  const std::string folder = files.path("tokens");
  REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  std::string message;
  SECTION("when there is no directory any more") {
    SocketServer server = answering([&] { std::filesystem::remove_all(folder); });
    message = "The tokens were rotated but cannot be written to " + folder +
              "/sourceAccessToken: No such file or directory; no file was changed. ";
    checkRefused(world.rotate({"--token-file", folder, "--endpoint-url", server.url()}), 255,
                 message);
  }
  SECTION("when one of two cannot be replaced") {
    SocketServer server =
        answering([&] { ::mkdir((folder + "/destinationAccessToken").c_str(), 0700); });
    message = "The tokens were rotated but " + folder +
              "/destinationAccessToken cannot be replaced: Is a directory; " + folder +
              "/sourceAccessToken has a new one. The old ones are revoked; rotate again";
    checkRefused(world.rotate({"--token-file", folder, "--endpoint-url", server.url()}), 255,
                 message);
    CHECK(readFile(folder + "/sourceAccessToken") == sourceToken);
    CHECK(countFiles(folder) == 2);
  }
  SECTION("they are still printed where that was asked for") {
    SocketServer server = answering([&] { std::filesystem::remove_all(folder); });
    const Finished finished = world.rotate(
        {"--token-file", folder, "--query", "sourceAccessToken", "--endpoint-url", server.url()});
    CHECK(finished.status == 255);
    CHECK(finished.output == "\"" + sourceToken + "\"\n");
  }
}

TEST_CASE("a full standard output is told of with where the tokens are") {
  World world;
  const TemporaryFolder files;
  const Finished finished =
      run({"/bin/sh", "-c", "exec 2>&1; exec \"$@\" >/dev/full", "sh",
           programs + "/rotate-tunnel-access-token", "--tunnel-id", ServedFake::tunnel,
           "--client-mode", "ALL", "--endpoint-url", world.service.url(), "--token-file",
           files.path(), "--output", "json"},
          world.environment);
  CHECK(finished.status == 255);
  CHECK(finished.output == "The new tokens are in " + files.path() +
                               " but cannot be written to standard output: No space left on "
                               "device\n");
  CHECK(world.service.accepts(readFile(files.path("sourceAccessToken"))));
}

TEST_CASE("a dry run prints the request without secrets, and sends none") {
  World world;
  const TemporaryFolder files;
  world.environment.emplace_back("AWS_SESSION_TOKEN=canary-session");
  const Finished finished = world.rotate(
      {"--dry-run", "--destination-config", "services=ssh", "--token-file", files.path()});
  INFO(finished.errors);
  CHECK(finished.status == 0);
  CHECK(world.service.connections() == 0);
  CHECK(countFiles(files.path()) == 0);
  const std::string key = std::string("Credential=") + ServedFake::accessKeyId + "/";
  for (const std::string& part :
       {"POST " + world.service.url() + "/\n",
        std::string("\nx-amz-target: IoTSecuredTunneling.RotateTunnelAccessToken\n"),
        std::string("\nx-amz-security-token: (redacted)\n"), key,
        std::string(", Signature=(redacted)\n\n{\"tunnelId\":\"") + ServedFake::tunnel +
            R"(","clientMode":"ALL","destinationConfig":{"services":["ssh"]}})" + "\n"}) {
    CAPTURE(part);
    CHECK(has(finished.output, part));
  }
  CHECK_FALSE(has(finished.output, "canary"));
  CHECK_FALSE(has(finished.output, ServedFake::secretAccessKey));
}

TEST_CASE("a dry run fails where a call would before it is sent") {
  World world;
  std::vector<std::string> arguments = {"--dry-run"};
  int status = 0;
  std::string reason;
  SECTION("without credentials") {
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    status = 253;
    reason = "Unable to locate credentials";
  }
  SECTION("for a mode that there is not") {
    arguments.insert(arguments.end(), {"--client-mode", "BOTH"});
    status = 252;
    reason = "\"BOTH\" is not";
  }
  SECTION("for a query that cannot be printed") {
    arguments.insert(arguments.end(), {"--query", "length(missing)"});
    status = 252;
    reason = "Bad value for --query";
  }
  checkRefused(world.rotate(arguments), status, reason);
  CHECK(world.service.connections() == 0);
}

TEST_CASE("options of this program alone leave the abbreviations of the AWS CLI's as they are") {
  World world;
  const Finished finished = world.command(
      {"--t", ServedFake::tunnel, "--client", "ALL", "--d", "--endpoint-url", world.service.url()});
  INFO(finished.errors);
  CHECK(finished.status == 0);
  CHECK(has(finished.errors, "debug: "));
  CHECK(world.service.connections() == 1);
}
