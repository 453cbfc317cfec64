// SPDX-License-Identifier: BSL-1.0
// The command at a terminal, for a role that wants the code of an MFA device.
#include <csignal>
#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/sts_service.hpp"
#include "support/terminal_process.hpp"

using namespace secure_tunneling;

namespace {

const std::string mfaRoleArn = "arn:aws:iam::123456789012:role/guarded";
const std::string serial = "arn:aws:iam::123456789012:mfa/me";
const std::string prompt = "Enter MFA code for " + serial + ": ";
const StsKeys roleKeys{
    "ASIAOFTHEROLE", "canary-secret-of-the-role", "canary-token-of-the-role", {}};

/// A service that takes the role, which STS gives for the code 271828.
struct Guarded {
  World world;
  StsService sts{world.clock.now().unixMs};
  TemporaryFolder folder;

  Guarded() {
    const StsKeys user{ServedFake::accessKeyId, ServedFake::secretAccessKey, "", {}};
    sts.addKeys(user);
    sts.addRole({mfaRoleArn, user.accessKeyId, "", "", roleKeys, serial, "271828"});
    world.service.with([](auto& fake) {
      fake.addCredentials(roleKeys.accessKeyId, roleKeys.secretAccessKey, roleKeys.sessionToken);
    });
    world.environment.push_back("AWS_ENDPOINT_URL_STS=" + sts.url());
    world.unset("AWS_CONFIG_FILE");
    world.environment.push_back("AWS_CONFIG_FILE=" +
                                folder.file("config", "[profile guarded]\nrole_arn=" + mfaRoleArn +
                                                          "\nmfa_serial=" + serial +
                                                          "\ncredential_source=Environment\n"));
  }
  [[nodiscard]] std::vector<std::string> command() const {
    return {programs + "/rotate-tunnel-access-token",
            "--tunnel-id",
            ServedFake::tunnel,
            "--client-mode",
            "ALL",
            "--endpoint-url",
            world.service.url(),
            "--profile",
            "guarded"};
  }
};

const std::string refusal = "mfa_serial asks for a code that nobody can type here";

}  // namespace

TEST_CASE("the command asks for a code on the terminal, which does not show it") {
  Guarded guarded;
  TerminalProcess process(guarded.command(), guarded.world.environment);
  CHECK(process.readUntil(prompt) == prompt);
  CHECK_FALSE(process.hasEcho());
  SECTION("the right one") {
    process.type("271828\n");
    const Finished finished = process.finish();
    CHECK(finished.errors.empty());
    CHECK(finished.status == 0);
    CHECK(finished.output.find("sourceAccessToken") != std::string::npos);
  }
  SECTION("the right one, in two parts") {
    process.type(" 271 828 \n");
    CHECK(process.finish().status == 0);
  }
  SECTION("the wrong one") {
    process.type("314159\n");
    const Finished finished = process.finish();
    CHECK(finished.status == 255);
    CHECK(finished.errors.find("AccessDenied: MultiFactorAuthentication failed") !=
          std::string::npos);
    CHECK(finished.errors.find("314159") == std::string::npos);
    CHECK(guarded.world.service.calls() == 0);
  }
  SECTION("none") {
    process.type(GENERATE("\n", "\x04"));
    const Finished finished = process.finish();
    CHECK(finished.status == 255);
    CHECK(finished.errors.find("no MFA code was entered") != std::string::npos);
    CHECK(guarded.sts.calls() == 0);
  }
  SECTION("no number") {
    process.type("canary\n");
    const Finished finished = process.finish();
    CHECK(finished.status == 255);
    CHECK(finished.errors.find("the MFA code: expected six digits") != std::string::npos);
    CHECK(finished.errors.find("canary") == std::string::npos);
  }
  CHECK(process.hasEcho());
  CHECK(process.screen() == prompt + "\r\n");
}

TEST_CASE("a command that is interrupted at the question leaves the terminal as it was") {
  Guarded guarded;
  TerminalProcess process(guarded.command(), guarded.world.environment);
  process.readUntil(prompt);
  CHECK_FALSE(process.hasEcho());
  process.type("\x03");
  CHECK(process.finish().status == 1000 + SIGINT);
  CHECK(process.hasEcho());
  CHECK(guarded.world.service.calls() == 0);
}

TEST_CASE("nobody is asked for a code where no person is") {
  Guarded guarded;
  std::vector<std::string> command = guarded.command();
  SECTION("standard input is something else") {
    TerminalProcess process(command, guarded.world.environment, "/dev/null");
    const Finished finished = process.finish();
    CHECK(finished.status == 255);
    CHECK(finished.errors.find(refusal) != std::string::npos);
    CHECK(process.screen().empty());
  }
  SECTION("in the background") {
    command.insert(command.begin(), {"/bin/sh", "-c", "set -m; \"$@\" & wait $!", "sh"});
    TerminalProcess process(command, guarded.world.environment);
    const Finished finished = process.finish();
    CHECK(finished.status == 255);
    CHECK(finished.errors.find(refusal) != std::string::npos);
    CHECK(process.screen().empty());
  }
  SECTION("without a terminal") {
    const Finished finished = run(command, guarded.world.environment);
    CHECK(finished.status == 255);
    CHECK(finished.errors.find(refusal) != std::string::npos);
  }
  CHECK(guarded.sts.calls() == 0);
}
