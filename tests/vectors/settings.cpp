// SPDX-License-Identifier: BSL-1.0
// Settings from the environment and the shared files.
#include "configured.hpp"
#include "secure_tunneling/credentials/instance_region.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "vectors.hpp"

using namespace secure_tunneling;

namespace {

std::string nameOf(const char* group, const Json& json) {
  return std::string(group) + ": " + json["from"].text() + ": " + json["name"].text();
}

Result<SharedSettings> load(const Json& json) {
  const CaseEnvironment environment(json["env"], json["files"]);
  GivenSettings given;
  given.profile = json["code_profile"].text();
  given.region = json["code_region"].text();
  Result<SharedSettings> shared = loadSharedSettings(given);
  // Where the case has no answer the transport has none: the machine is no instance.
  ScriptedTransport metadata;
  for (const Json& text : json["imds"].items()) {
    metadata.answer(200, "token", {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}})
        .answer(200, text.text());
  }
  ManualClock clock;
  Result<void> located = shared ? addInstanceRegion(*shared, metadata, clock) : Result<void>();
  if (!located) return std::move(located).error();
  return shared;
}

void runRegion(const Json& json, Report& report) {
  const std::string name = nameOf("region", json);
  if (json["name"].text() == "load_region_nonexistent_profile") {
    return report.notApplicable(name, "a profile that was named and does not exist is an error: " +
                                          json["conflict"].text());
  }
  if (json["name"].text() == "load_region_from_source_profile") {
    return report.notApplicable(
        name, "as in the AWS CLI the region is that of the profile itself: " + json["note"].text());
  }
  Case test(report, name);
  const Result<SharedSettings> shared = load(json);
  test.equal("region", shared ? shared->settings.region : shared.error().message,
             json["expected"].text());
}

void runProfileSelection(const Json& json, Report& report) {
  Case test(report, nameOf("profile_selection", json));
  const Result<SharedSettings> shared = load(json);
  if (!json.has("expected_error")) {
    return test.equal("profile", shared ? shared->profile : shared.error().message,
                      json["expected_profile"].text());
  }
  test.check("is refused", !shared);
  if (shared) return;
  const std::string& message = shared.error().message;
  const std::string& given = json["code_profile"].text();
  const std::string& wanted = given.empty() ? json["env"]["AWS_PROFILE"].text() : given;
  test.check("the message says which",
             message.find("(" + wanted + ") could not be found") != message.npos, message);
  test.check("the message says where it is named",
             (message.find("AWS_PROFILE") != message.npos) == given.empty(), message);
}

void runRegionValidation(const Json& json, Report& report) {
  const std::string& region = json["region"].text();
  Case test(report, "region_validation: " + json["from"].text() + ": \"" + region + "\"");
  TestEnvironment environment;
  environment.set("AWS_REGION", region);
  const Result<Settings> settings = loadSettings();
  bool isValid = settings.hasValue();
  if (isValid) {
    EndpointParameters parameters;
    parameters.region = settings->region;
    isValid = resolveEndpoint(parameters).hasValue();
  }
  test.check("is valid or not", isValid == json["valid"].isTrue());
}

void runFlag(const Json& json, Report& report) {
  const std::string& setting = json["setting"].text();
  const std::string name = nameOf("flags", json) + ": " + setting;
  if (json["expected"].isNull()) {
    return report.notApplicable(name, "a value that is neither true nor false is an error here");
  }
  Case test(report, name);
  const Result<SharedSettings> shared = load(json);
  test.check("is loaded", shared.hasValue(), shared ? "" : shared.error().message);
  if (!shared) return;
  const Settings& settings = shared->settings;
  const struct {
    const char* name;
    bool value;
  } flags[] = {{"use_fips", settings.useFipsEndpoint},
               {"use_dualstack", settings.useDualStackEndpoint},
               {"disable_clock_skew_correction", !settings.correctClockSkew}};
  bool isKnown = false;
  for (const auto& flag : flags) {
    const bool isMeant = setting == flag.name;
    isKnown = isKnown || isMeant;
    test.check(flag.name, flag.value == (isMeant && json["expected"].isTrue()));
  }
  test.check("is a setting", isKnown, setting);
}

void runRetrySettings(const Json& json, Report& report) {
  const std::string name = nameOf("retry_settings", json);
  const Json& expected = json["expected"];
  Case test(report, name);
  const Result<SharedSettings> shared = load(json);
  if (json.has("expected_error")) return test.check("is refused", !shared);
  test.check("is loaded", shared.hasValue(), shared ? "" : shared.error().message);
  if (!shared) return;
  test.equal("attempts", shared->settings.maxAttempts, expected["max_attempts"].integer());
  test.equal("mode", expected["mode"].text(), "standard");
  test.check("is standard", shared->settings.retryMode == RetryMode::Standard);
  test.check("retries of 2026",
             shared->settings.newRetries2026 == expected["new_retries_2026"].isTrue());
}

void runSettings(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "region"))
    runRegion(json, report);
  for (const Json& json : report.cases(vectors, "profile_selection"))
    runProfileSelection(json, report);
  for (const Json& json : report.cases(vectors, "region_validation"))
    runRegionValidation(json, report);
  for (const Json& json : report.cases(vectors, "flags"))
    runFlag(json, report);
  for (const Json& json : report.cases(vectors, "retry_settings"))
    runRetrySettings(json, report);
  for (const Json& json : report.cases(vectors, "recursion_detection")) {
    report.notApplicable(nameOf("recursion_detection", json),
                         "nothing that this operation does starts a Lambda function, so the header "
                         "would stop no loop");
  }
}

const VectorTests tests("settings.json", runSettings);

}  // namespace
