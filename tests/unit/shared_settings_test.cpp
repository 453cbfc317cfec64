// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/configuration/shared_settings.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/environment.hpp"

using namespace secure_tunneling;

namespace {

std::string errorOf(const Error& error) {
  CHECK(error.kind == ErrorKind::Configuration);
  CHECK(error.delivery == Delivery::NotSent);
  return "error: " + error.message;
}

/// The region, or `error: message`.
std::string regionOf(std::string_view profile = {}) {
  const Result<Settings> settings = loadSettings(profile);
  return settings ? settings->region : errorOf(settings.error());
}

/// The endpoint URL, or `error: message`.
std::string urlOf(const GivenSettings& given = {}) {
  const Result<SharedSettings> shared = loadSharedSettings(given);
  return shared ? shared->settings.endpointUrl.text() : errorOf(shared.error());
}

std::string attempts() {
  const Result<Settings> settings = loadSettings();
  return settings ? std::to_string(settings->maxAttempts) : errorOf(settings.error());
}

}  // namespace

TEST_CASE("settings of an empty environment are the defaults") {
  TestEnvironment environment;
  const Result<SharedSettings> shared = loadSharedSettings();
  REQUIRE(shared);
  const Settings& settings = shared->settings;
  const Settings defaults;
  CHECK(settings.region.empty());
  CHECK(settings.endpointUrl.empty());
  CHECK(settings.useFipsEndpoint == defaults.useFipsEndpoint);
  CHECK(settings.useDualStackEndpoint == defaults.useDualStackEndpoint);
  CHECK_FALSE(settings.allowHttp);
  CHECK(settings.signRequests);
  CHECK(settings.maxAttempts == 3);
  CHECK(settings.maxBackoffMs == 20'000);
  CHECK(settings.correctClockSkew);
  CHECK(shared->caBundle.empty());
  CHECK(shared->profile == "default");
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

  GivenSettings given;
  given.region = "given-1";
  given.profile = "none";
  const Result<SharedSettings> shared = loadSharedSettings(given);
  REQUIRE(shared);
  CHECK(shared->settings.region == "given-1");
  CHECK(shared->profile == "none");
}

TEST_CASE("a FIPS pseudo region that is configured asks for the endpoint of FIPS") {
  TestEnvironment environment;
  for (const char* const region : {"fips-us-west-2", "us-west-2-fips"}) {
    environment.set("AWS_REGION", region);
    const Result<SharedSettings> shared = loadSharedSettings();
    REQUIRE(shared);
    Endpoint endpoint;
    REQUIRE(detail::resolveInto(endpoint, shared->settings));
    CHECK(endpoint.url == "https://api.tunneling.iot-fips.us-west-2.amazonaws.com/");
    CHECK(endpoint.signingRegion == "us-west-2");
  }
}

TEST_CASE("a region that cannot be part of a host name is refused with its origin") {
  TestEnvironment environment;
  const std::string expected = ": expected letters, digits and inner hyphens, as in us-east-1";
  for (const char* const region :
       {"us east 1", "us-east-1.evil", "us-east-1/", "-us-east-1", "12345", "us_east_1",
        // FIPS pseudo regions, and none without that.
        "us-east-1--fips", "fips-fips-", "1-fips"}) {
    CAPTURE(region);
    environment.unset("AWS_REGION");
    const std::string path =
        environment.write(".aws/config", std::string("[default]\n\nregion = ") + region + "\n");
    CHECK(regionOf() == "error: " + path + ", line 3: region is \"" + region + "\"" + expected);
    environment.set("AWS_REGION", region);
    CHECK(regionOf() == std::string("error: AWS_REGION is \"") + region + "\"" + expected);
    GivenSettings given;
    given.region = "us-east-1";
    CHECK(loadSharedSettings(given));
  }
  environment.set("AWS_REGION", "us-east-1\n");
  CHECK(regionOf() == "error: AWS_REGION is \"us-east-1\\x0a\"" + expected);
  environment.unset("AWS_REGION");
  environment.set("AWS_DEFAULT_REGION", std::string(64, 'a'));
  CHECK(regionOf() == "error: AWS_DEFAULT_REGION is \"" + std::string(64, 'a') + "\"" + expected);
  environment.unset("AWS_DEFAULT_REGION");
  const std::string path = environment.write(".aws/config", "[default]\nregion = us-east-1\n -x\n");
  CHECK(regionOf() == "error: " + path + ", line 2: region is \"us-east-1\\x0a-x\"" + expected);
}

TEST_CASE("a profile that was asked for must exist") {
  TestEnvironment environment;
  const std::string files =
      environment.path(".aws/config") + " nor in " + environment.path(".aws/credentials");
  const auto missing = [&](const std::string& name, const std::string& who) {
    return "error: The config profile (" + name + ") could not be found: " + who + " neither in " +
           files;
  };
  CHECK(regionOf().empty());
  CHECK(regionOf("default") == missing("default", "it is"));
  CHECK(regionOf("absent") == missing("absent", "it is"));
  environment.set("AWS_PROFILE", "absent");
  CHECK(regionOf() == missing("absent", "AWS_PROFILE names it, but it is"));
  environment.set("AWS_REGION", "us-east-1");
  CHECK(regionOf() == missing("absent", "AWS_PROFILE names it, but it is"));
  environment.set("AWS_PROFILE", "");
  environment.set("AWS_DEFAULT_PROFILE", "a\nb");
  CHECK(regionOf() == missing("a\\x0ab", "AWS_DEFAULT_PROFILE names it, but it is"));
  environment.set("AWS_PROFILE", "absent");
  environment.write(".aws/credentials", "[absent]\n");
  CHECK(regionOf() == "us-east-1");
}

TEST_CASE("what is passed over in the shared files is told") {
  TestEnvironment environment;
  CHECK(listPassedOver().empty());
  const std::string config =
      environment.write(".aws/config", "[profile p]\nthe region = r\n[profile two words]\n[x]\n");
  const std::string credentials = environment.write(".aws/credentials", "[profile p]\n");
  CHECK(listPassedOver() == config + ", line 3; " + config + ", line 4; " + credentials +
                                ", line 1; " + config + ", line 2");
  GivenSettings given;
  given.profile = "p";
  const Result<SharedSettings> shared = loadSharedSettings(given);
  REQUIRE(shared);
  CHECK(shared->settings.region.empty());
  CHECK(shared->passedOver ==
        " (passed over: " + credentials + ", line 1; " + config + ", line 2)");
  const std::string message = regionOf("two words");
  CHECK(message == "error: The config profile (two words) could not be found: it is neither in " +
                       config + " nor in " + credentials + " (passed over: " + config +
                       ", line 3)");
  environment.write(".aws/config", "[x]\nregion\n");
  CHECK(listPassedOver().empty());
}

TEST_CASE("a profile in other letters is told of a file that has not the one that is meant") {
  TestEnvironment environment;
  const std::string config = environment.write(".aws/config", "[profile dev]\n[profile DEV]\n");
  GivenSettings given;
  given.profile = "dev";
  CHECK(loadSharedSettings(given)->passedOver.empty());
  const std::string credentials = environment.write(".aws/credentials", "[Dev]\n");
  CHECK(loadSharedSettings(given)->passedOver == " (passed over: " + credentials + ", line 1)");
}

TEST_CASE("a file that both variables name and that is not there is told once") {
  TestEnvironment environment;
  const std::string path = environment.path("gone");
  environment.set("AWS_CONFIG_FILE", path);
  environment.set("AWS_SHARED_CREDENTIALS_FILE", path);
  CHECK(listPassedOver() == path + ", no such file");
}

TEST_CASE("a malformed shared file is an error") {
  TestEnvironment environment;
  const std::string path = environment.write(".aws/config", "[default]\nregion\n");
  CHECK(regionOf() == "error: " + path + ", line 2: expected [section] or name = value");
}

TEST_CASE("where the endpoint URL comes from") {
  TestEnvironment environment;
  const std::string services =
      "[services s]\nother =\n  endpoint_url = https://other.example\n"
      "IoTSecureTunneling =\n  endpoint_url = https://services.example\n";
  const std::string profile = "[default]\nservices = s\n";
  CHECK(urlOf().empty());
  environment.write(".aws/config",
                    "[default]\nendpoint_url = https://profile.example\n" + services);
  CHECK(urlOf() == "https://profile.example");
  environment.write(".aws/config", profile + "endpoint_url = https://profile.example\n" + services);
  CHECK(urlOf() == "https://services.example");
  environment.write(".aws/config", profile + "endpoint_url = https://profile.example\n" +
                                       "[services s]\niotsecuretunneling =\n  x = y\n");
  CHECK(urlOf() == "https://profile.example");
  environment.write(".aws/config", profile + services);
  CHECK(urlOf() == "https://services.example");
  environment.set("AWS_ENDPOINT_URL", "https://all.example");
  CHECK(urlOf() == "https://all.example");
  environment.set("AWS_ENDPOINT_URL_IOTSECURETUNNELING", "https://own.example");
  CHECK(urlOf() == "https://own.example");
  environment.set("AWS_ENDPOINT_URL_IOTSECURETUNNELING", "");
  CHECK(urlOf() == "https://all.example");
  environment.set("AWS_ENDPOINT_URL", "");
  CHECK(urlOf() == "https://services.example");

  GivenSettings given;
  given.endpointUrl = "https://given.example";
  CHECK(urlOf(given) == "https://given.example");
  given.ignoreConfiguredEndpointUrls = true;
  CHECK(urlOf(given) == "https://given.example");
  given.endpointUrl = {};
  CHECK(urlOf(given).empty());
}

TEST_CASE("configured endpoint URLs are ignored where the settings say so") {
  TestEnvironment environment;
  environment.set("AWS_ENDPOINT_URL", "https://all.example");
  environment.write(".aws/config", "[default]\nignore_configured_endpoint_urls = true\n");
  CHECK(urlOf().empty());
  environment.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false");
  CHECK(urlOf() == "https://all.example");
  environment.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True");
  environment.set("AWS_ENDPOINT_URL", "not a URL");
  CHECK(urlOf().empty());
  GivenSettings given;
  given.endpointUrl = "https://given.example";
  CHECK(urlOf(given) == "https://given.example");
  environment.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "1");
  CHECK(urlOf() == "error: AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is \"1\": expected true or false");
  given.endpointUrl = {};
  given.ignoreConfiguredEndpointUrls = true;
  CHECK(urlOf(given).empty());
}

TEST_CASE("a configured endpoint URL that is not valid is refused with its origin") {
  TestEnvironment environment;
  environment.set("AWS_ENDPOINT_URL", "all.example");
  CHECK(urlOf() ==
        "error: AWS_ENDPOINT_URL: endpoint URL \"all.example\": expected "
        "http://HOST or https://HOST");
  environment.set("AWS_ENDPOINT_URL_IOTSECURETUNNELING", "https://user:canary@own.example");
  CHECK(urlOf() ==
        "error: AWS_ENDPOINT_URL_IOTSECURETUNNELING: endpoint URL: a user name is not "
        "supported");
  environment.set("AWS_ENDPOINT_URL_IOTSECURETUNNELING", "http://own.example");
  CHECK(urlOf().find("error: AWS_ENDPOINT_URL_IOTSECURETUNNELING: endpoint URL "
                     "\"http://own.example\": http is for loopback hosts only") == 0);
  GivenSettings given;
  given.allowHttp = true;
  const Result<SharedSettings> allowed = loadSharedSettings(given);
  REQUIRE(allowed);
  CHECK(allowed->settings.endpointUrl == "http://own.example");
  CHECK(allowed->settings.allowHttp);

  environment.unset("AWS_ENDPOINT_URL");
  environment.unset("AWS_ENDPOINT_URL_IOTSECURETUNNELING");
  std::string path = environment.write(".aws/config", "[default]\nendpoint_url = https://a b\n");
  CHECK(urlOf() == "error: " + path +
                       ", line 2: endpoint_url: endpoint URL \"https://a b\": expected a host name "
                       "and a valid port");
  path = environment.write(".aws/config",
                           "[default]\nservices = s\n[services s]\niotsecuretunneling =\n"
                           "  endpoint_url = https://a:99999\n");
  CHECK(urlOf() == "error: " + path +
                       ", line 5: endpoint_url: endpoint URL \"https://a:99999\": expected a host "
                       "name and a valid port");
  path = environment.write(".aws/config", "[default]\nservices = absent\n[services s]\n");
  CHECK(urlOf() == "error: " + path +
                       ", line 2: services is \"absent\": expected the name of a [services] "
                       "section");
  environment.set("AWS_ENDPOINT_URL", "https://all.example");
  CHECK(urlOf() == "https://all.example");
}

TEST_CASE("settings that are true or false") {
  const struct {
    const char* variable;
    const char* property;
    bool (*read)(const Settings&);
  } flags[] = {
      {"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint",
       [](const Settings& settings) { return settings.useFipsEndpoint; }},
      {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint",
       [](const Settings& settings) { return settings.useDualStackEndpoint; }},
      {"AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction",
       [](const Settings& settings) { return !settings.correctClockSkew; }},
  };
  for (const auto& flag : flags) {
    CAPTURE(flag.variable);
    TestEnvironment environment;
    const auto value = [&]() {
      const Result<Settings> settings = loadSettings();
      REQUIRE(settings);
      // The others never change.
      for (const auto& other : flags)
        CHECK((&other == &flag || !other.read(*settings)));
      return flag.read(*settings);
    };
    const std::string start = std::string("[default]\n") + flag.property + " = ";
    for (const char* const text : {"true", "True", "TRUE"}) {
      environment.set(flag.variable, text);
      CHECK(value());
    }
    const std::string path = environment.write(".aws/config", start + "TRUE\n");
    for (const char* const text : {"false", "False"}) {
      environment.set(flag.variable, text);
      CHECK_FALSE(value());
    }
    environment.set(flag.variable, "");
    CHECK(value());
    environment.write(".aws/config", start + "false\n");
    CHECK_FALSE(value());
    environment.write(".aws/config", start + "\n  nested = true\n");
    CHECK_FALSE(value());

    environment.write(".aws/config", start + "on\n");
    CHECK(regionOf() ==
          "error: " + path + ", line 2: " + flag.property + " is \"on\": expected true or false");
    for (const char* const text : {"1", "yes", "true ", "truee", "\n"}) {
      environment.set(flag.variable, text);
      const std::string error = regionOf();
      CHECK(error.find("error: " + std::string(flag.variable) + " is \"") == 0);
      CHECK(error.find("expected true or false") != std::string::npos);
      CHECK(error.find('\n') == std::string::npos);
    }
  }
}

TEST_CASE("the number of attempts is a whole number from 1, and anything else is refused") {
  TestEnvironment environment;
  const std::string path = environment.write(".aws/config", "[default]\nmax_attempts = 7\n");
  CHECK(attempts() == "7");
  environment.set("AWS_MAX_ATTEMPTS", "999999999");
  CHECK(attempts() == "999999999");
  for (const char* const text :
       {"0", "000", "-1", "+1", "1.5", "many", " 1", "1\n", "1000000000", "99999999999999999999"}) {
    CAPTURE(text);
    environment.set("AWS_MAX_ATTEMPTS", text);
    const std::string error = attempts();
    CHECK(error.find("error: AWS_MAX_ATTEMPTS is \"") == 0);
    CHECK(error.find("\": expected a whole number, 1 or more") != std::string::npos);
  }
  environment.unset("AWS_MAX_ATTEMPTS");
  environment.write(".aws/config", "[default]\nmax_attempts = 0\n");
  CHECK(attempts() ==
        "error: " + path + ", line 2: max_attempts is \"0\": expected a whole number, 1 or more");
}

TEST_CASE("a retry mode sets the number of attempts, and an unknown one is refused") {
  TestEnvironment environment;
  const std::string expected = "\": expected standard, adaptive or legacy";
  for (const char* const mode : {"standard", "adaptive", ""}) {
    environment.set("AWS_RETRY_MODE", mode);
    CHECK(attempts() == "3");
  }
  environment.set("AWS_RETRY_MODE", "legacy");
  CHECK(attempts() == "5");
  environment.set("AWS_MAX_ATTEMPTS", "2");
  CHECK(attempts() == "2");
  environment.unset("AWS_MAX_ATTEMPTS");
  environment.unset("AWS_RETRY_MODE");
  const std::string path = environment.write(".aws/config", "[default]\nretry_mode = none\n");
  CHECK(attempts() == "error: " + path + ", line 2: retry_mode is \"none" + expected);
  environment.set("AWS_RETRY_MODE", "standard");
  CHECK(attempts() == "3");
  environment.set("AWS_RETRY_MODE", "STANDARD");
  CHECK(attempts() == "error: AWS_RETRY_MODE is \"STANDARD" + expected);
}

TEST_CASE("retry modes and the retries of 2026 are the variable's before the profile's") {
  TestEnvironment environment;
  const auto mode = [] {
    const Result<Settings> settings = loadSettings();
    if (!settings) return errorOf(settings.error());
    const RetryMode& found = settings->retryMode;
    return std::string(found == RetryMode::Standard   ? "standard"
                       : found == RetryMode::Adaptive ? "adaptive"
                       : found == RetryMode::Legacy   ? "legacy"
                                                      : "off") +
           (settings->newRetries2026 ? " 2026" : "");
  };
  CHECK(mode() == "standard");
  environment.write(".aws/config", "[default]\nretry_mode = adaptive\nnew_retries_2026 = true\n");
  CHECK(mode() == "adaptive");
  environment.set("AWS_RETRY_MODE", "legacy");
  CHECK(mode() == "legacy");
  environment.set("AWS_NEW_RETRIES_2026", "TRUE");
  CHECK(mode() == "legacy 2026");
  environment.set("AWS_RETRY_MODE", "");
  environment.set("AWS_NEW_RETRIES_2026", "False");
  CHECK(mode() == "adaptive");
  environment.set("AWS_NEW_RETRIES_2026", "1");
  CHECK(mode() == "error: AWS_NEW_RETRIES_2026 is \"1\": expected true or false");
  environment.unset("AWS_NEW_RETRIES_2026");
  // Other tools that read the same do not know it.
  environment.set("AWS_RETRY_MODE", "off");
  CHECK(mode() == "error: AWS_RETRY_MODE is \"off\": expected standard, adaptive or legacy");
}

TEST_CASE("the CA bundle is the variable's before the profile's, and its origin is known") {
  TestEnvironment environment;
  const auto bundle = [] {
    const auto shared = loadSharedSettings();
    return shared->caBundle + " of " + shared->caBundleOrigin;
  };
  CHECK(bundle() == " of ");
  const std::string config =
      environment.write(".aws/config", "[default]\nca_bundle = /profile.pem\n");
  CHECK(bundle() == "/profile.pem of " + config + ", line 2: ca_bundle");
  environment.set("AWS_CA_BUNDLE", "/environment.pem");
  CHECK(bundle() == "/environment.pem of AWS_CA_BUNDLE");
  environment.set("AWS_CA_BUNDLE", "");
  CHECK(bundle() == "/profile.pem of " + config + ", line 2: ca_bundle");
}

TEST_CASE("the application for the User-Agent comes from the environment, then the profile") {
  TestEnvironment environment;
  const auto application = [] { return loadSharedSettings()->applicationId; };
  CHECK(application().empty());
  environment.set("AWS_CONFIG_FILE", environment.write("config", "[default]\nsdk_ua_app_id = a\n"));
  CHECK(application() == "a");
  environment.set("AWS_SDK_UA_APP_ID", "b");
  CHECK(application() == "b");
}
