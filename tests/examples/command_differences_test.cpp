// SPDX-License-Identifier: BSL-1.0
// Where the command does not do what the AWS CLI does, and why.
#include <string>
#include <vector>

#include "support/command.hpp"

namespace {

struct Difference {
  const char* reason;
  /// "URL" stands for the service's.
  std::vector<std::string> arguments;
  /// Added to the environment, or replacing what is there.
  std::vector<std::string> environment;
  int status;
  int connections;
};

const Difference differences[] = {
    {"half of a surrogate pair is no character: the AWS CLI sends it as JSON has it, because "
     "Python's strings can hold one",
     {"--cli-input-json", R"({"tunnelId":"\ud83d","clientMode":"ALL"})"},
     {},
     252,
     0},
    {"an endpoint URL with a user name and a password would be a secret that gets into logs, and "
     "the AWS CLI uses neither",
     {"--endpoint-url", "USERINFO"},
     {},
     255,
     0},
    {"an endpoint URL with a query cannot be called: the AWS CLI (2) then calls the endpoint of "
     "the region instead, without a word",
     {"--endpoint-url", "URL/?stage=test"},
     {},
     255,
     0},
    {"the same with a path before it", {"--endpoint-url", "URL/path?stage=test"}, {}, 255, 0},
    {"an empty region makes a signature that no service takes: the AWS CLI sends it",
     {"--region", ""},
     {},
     253,
     0},
    {"a variable that is set to nothing counts as not set, for all of them",
     {},
     {"AWS_PROFILE="},
     0,
     1},
    {"the same of the retry mode", {}, {"AWS_RETRY_MODE="}, 0, 1},
    {"the same of the output format", {}, {"AWS_DEFAULT_OUTPUT="}, 0, 1},
    {"the same of the region, which is missing then", {}, {"AWS_REGION="}, 253, 0},
    {"a setting that asks for no validation of parameters is not followed: without a tunnel id "
     "there is nothing to ask the service for",
     {"--tunnel-id", ""},
     {"AWS_CONFIG_FILE=NOVALIDATION"},
     252,
     0},
    {"credentials that are over by what their source says are sent: its clock or this machine's "
     "may "
     "be wrong, and the service says whether they are. The AWS CLI refuses them",
     {},
     {"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_CONFIG_FILE=ENDED"},
     0,
     1},
    {"--help is about this program; that of the AWS CLI (2) is about three of its options",
     {"--help"},
     {},
     0,
     0},
};

/// The service's keys, by a source that says that they have ended.
std::string endedConfig() {
  return std::string("[default]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"") +
         ServedFake::accessKeyId + R"(","SecretAccessKey":")" + ServedFake::secretAccessKey +
         R"(","Expiration":"2020-02-29T12:30:00Z"}')" + "\n";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("where the command differs from the AWS CLI, it has a reason") {
  for (const Difference& difference : differences) {
    CAPTURE(difference.reason);
    World world;
    const TemporaryFolder files;
    for (std::string variable : difference.environment) {
      world.unset(variable.substr(0, variable.find('=')));
      variable = replaced(variable, "NOVALIDATION",
                          files.file("config", "[default]\nparameter_validation = false\n"));
      world.environment.push_back(replaced(variable, "ENDED", files.file("ended", endedConfig())));
    }
    std::vector<std::string> arguments;
    for (const std::string& argument : difference.arguments) {
      const std::string withUser =
          replaced(argument, "USERINFO", replaced(world.service.url(), "//", "//user:password@"));
      arguments.push_back(replaced(withUser, "URL", world.service.url()));
    }
    const bool isWhole = !arguments.empty() && arguments.front() == "--cli-input-json";
    if (isWhole) arguments.insert(arguments.end(), {"--endpoint-url", world.service.url()});
    const Finished finished = isWhole ? world.command(arguments) : world.rotate(arguments);
    INFO(finished.errors);
    CHECK(finished.status == difference.status);
    CHECK(world.service.connections() == difference.connections);
  }
}

TEST_CASE("the command tries again where the AWS CLI does not, on errors that say that it helps") {
  World world;
  std::string code;
  std::string header;
  SECTION("an internal error of the service, whatever its status") {
    code = "InternalError";
  }
  SECTION("throttling that only the header tells") {
    header = "x-amzn-ErrorType: ThrottlingException\r\n";
  }
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(400, code.empty() ? "{}" : R"({"__type":")" + code + R"("})",
                      header + "Connection: close\r\n");
  });
  const Finished finished = world.rotate({"--endpoint-url", server.url()});
  INFO(finished.errors);
  CHECK(finished.status == 254);
  CHECK(server.connections() == 3);
}
