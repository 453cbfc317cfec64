// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/shared_settings.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/environment.hpp"

using namespace secure_tunneling;

namespace {

/// The region, or `error: message`.
std::string regionOf(std::string_view profile = {}) {
  const Result<Settings> settings = loadSettings(profile);
  if (!settings) {
    CHECK(settings.error().kind == ErrorKind::Configuration);
    return "error: " + settings.error().message;
  }
  return settings->region;
}

}  // namespace

TEST_CASE("settings of an empty environment are the defaults") {
  TestEnvironment environment;
  const Result<Settings> settings = loadSettings();
  REQUIRE(settings);
  const Settings defaults;
  CHECK(settings->region.empty());
  CHECK(settings->endpointUrl.empty());
  CHECK(settings->useFipsEndpoint == defaults.useFipsEndpoint);
  CHECK(settings->useDualStackEndpoint == defaults.useDualStackEndpoint);
  CHECK_FALSE(settings->allowHttp);
  CHECK(settings->signRequests);
  CHECK(settings->maxAttempts == 3);
  CHECK(settings->maxBackoffMs == 20'000);
}

TEST_CASE("where the region comes from") {
  TestEnvironment environment;
  environment.write(".aws/config",
                    "[default]\nregion = default-1\n[profile p]\nRegion = profile-1 # here\n"
                    "[profile none]\noutput = json\n");
  CHECK(regionOf() == "default-1");
  CHECK(regionOf("p") == "profile-1");
  CHECK(regionOf("none").empty());
  environment.set("AWS_PROFILE", "p");
  CHECK(regionOf() == "profile-1");
  CHECK(regionOf("default") == "default-1");
  environment.write(".aws/credentials", "[p]\nregion = credentials-1\n");
  CHECK(regionOf() == "credentials-1");
  environment.set("AWS_DEFAULT_REGION", "second-1");
  CHECK(regionOf() == "second-1");
  environment.set("AWS_REGION", "first-1");
  CHECK(regionOf() == "first-1");
  environment.set("AWS_REGION", "");
  CHECK(regionOf() == "second-1");
}

TEST_CASE("a profile that was asked for must exist") {
  TestEnvironment environment;
  CHECK(regionOf().empty());
  CHECK(regionOf("default") == "error: The config profile (default) could not be found");
  CHECK(regionOf("absent") == "error: The config profile (absent) could not be found");
  environment.set("AWS_PROFILE", "absent");
  CHECK(regionOf() == "error: The config profile (absent) could not be found");
  environment.set("AWS_REGION", "us-east-1");
  CHECK(regionOf() == "error: The config profile (absent) could not be found");
  environment.write(".aws/credentials", "[absent]\n");
  CHECK(regionOf() == "us-east-1");
}

TEST_CASE("a malformed shared file is an error") {
  TestEnvironment environment;
  const std::string path = environment.write(".aws/config", "[default]\nregion\n");
  CHECK(regionOf() == "error: " + path + ", line 2: expected [section] or name = value");
}

TEST_CASE("endpoints from the environment") {
  TestEnvironment environment;
  environment.set("AWS_ENDPOINT_URL", "https://all.example");
  CHECK(loadSettings()->endpointUrl == "https://all.example");
  environment.set("AWS_ENDPOINT_URL_IOTSECURETUNNELING", "https://own.example");
  CHECK(loadSettings()->endpointUrl == "https://own.example");
  environment.set("AWS_ENDPOINT_URL_IOTSECURETUNNELING", "");
  CHECK(loadSettings()->endpointUrl == "https://all.example");
}

TEST_CASE("variables that are true or false") {
  for (const char* const name : {"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"}) {
    CAPTURE(name);
    TestEnvironment environment;
    const auto value = [name]() {
      const Result<Settings> settings = loadSettings();
      REQUIRE(settings);
      // Only the one of this name ever changes.
      const bool isFips = std::string(name) == "AWS_USE_FIPS_ENDPOINT";
      CHECK_FALSE((isFips ? settings->useDualStackEndpoint : settings->useFipsEndpoint));
      return isFips ? settings->useFipsEndpoint : settings->useDualStackEndpoint;
    };
    for (const char* const text : {"true", "True", "TRUE"}) {
      environment.set(name, text);
      CHECK(value());
    }
    for (const char* const text : {"false", "False", ""}) {
      environment.set(name, text);
      CHECK_FALSE(value());
    }
    for (const char* const text : {"1", "yes", "true ", "truee", "\n"}) {
      environment.set(name, text);
      const std::string error = regionOf();
      CHECK(error.find("error: " + std::string(name) + " is \"") == 0);
      CHECK(error.find("expected true or false") != std::string::npos);
      CHECK(error.find('\n') == std::string::npos);
    }
  }
}
