// SPDX-License-Identifier: BSL-1.0
// Paths of the environment and the shared files. What Python makes of them is compared in
// shared_files_by_botocore.py.
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "secure_tunneling/configuration/shared_settings.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"

using namespace secure_tunneling;

TEST_CASE("variables and home directories in paths") {
  TestEnvironment environment;
  environment.set("HOME", "/home/me/");
  environment.set("AWS_TEST_A", "one");
  environment.set("AWS_TEST_AB", "$AWS_TEST_A");
  environment.set("AWS_TEST_EMPTY", "");
  environment.set("AWS_TEST_HOME", "~");
  environment.unset("AWS_TEST_NOT");
  const struct {
    const char* path;
    const char* expected;
  } cases[] = {
      {"", ""},
      {"/plain/path", "/plain/path"},
      {"$AWS_TEST_A", "one"},
      {"${AWS_TEST_A}", "one"},
      {"/x/$AWS_TEST_A/${AWS_TEST_A}y", "/x/one/oney"},
      {"$AWS_TEST_A-$AWS_TEST_A.pem", "one-one.pem"},
      {"$AWS_TEST_AB", "$AWS_TEST_A"},
      {"x$AWS_TEST_EMPTY/y", "x/y"},
      {"$AWS_TEST_NOT/${AWS_TEST_NOT}", "$AWS_TEST_NOT/${AWS_TEST_NOT}"},
      {"${AWS_TEST_NOT$AWS_TEST_A}", "${AWS_TEST_NOT$AWS_TEST_A}"},
      {"$", "$"},
      {"a$/b$$AWS_TEST_A", "a$/b$one"},
      {"${}", "${}"},
      {"${AWS_TEST_A", "${AWS_TEST_A"},
      {"~", "/home/me"},
      {"~/", "/home/me/"},
      {"~/a~b/~", "/home/me/a~b/~"},
      {"/~/a", "/~/a"},
      {"$AWS_TEST_HOME/a", "/home/me/a"},
      {"~no-such-user-here/a", "~no-such-user-here/a"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.path);
    CHECK(expandPath(row.path) == row.expected);
  }
  environment.set("HOME", "/");
  CHECK(expandPath("~") == "/");
  CHECK(expandPath("~/a") == "/a");
  const struct passwd* const user = ::getpwuid(::getuid());
  REQUIRE(user != nullptr);
  CHECK(expandPath(std::string("~") + user->pw_name + "/a") == std::string(user->pw_dir) + "/a");
}

TEST_CASE("paths of the settings are expanded") {
  TestEnvironment environment;
  environment.set("AWS_TEST_FOLDER", environment.path("settings"));
  ::mkdir(environment.path("settings").c_str(), 0700);
  environment.write("settings/config", "[default]\nregion = eu-north-1\nca_bundle = ~/own.pem\n");
  environment.write("settings/credentials", "[default]\nmax_attempts = 4\n");
  environment.set("AWS_CONFIG_FILE", "${AWS_TEST_FOLDER}/config");
  environment.set("AWS_SHARED_CREDENTIALS_FILE", "$AWS_TEST_FOLDER/credentials");
  const auto load = [] {
    const Result<SharedSettings> shared = loadSharedSettings();
    REQUIRE(shared);
    return *shared;
  };
  CHECK(load().settings.region == "eu-north-1");
  CHECK(load().settings.maxAttempts == 4);
  CHECK(load().configFile == environment.path("settings/config"));
  CHECK(load().credentialsFile == environment.path("settings/credentials"));
  CHECK(load().caBundle == environment.path("own.pem"));
  environment.set("AWS_CA_BUNDLE", "$AWS_TEST_FOLDER/ca.pem");
  CHECK(load().caBundle == environment.path("settings/ca.pem"));
}
