// SPDX-License-Identifier: BSL-1.0
// Standard retries: attempts, waits and the retry quota, through RotateCall.
#include <cmath>

#include "answers.hpp"
#include "vectors.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::int64_t start = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

std::int64_t millisecondsOf(const Json& seconds) {
  return std::llround(seconds.number() * 1000);
}

/// The largest random number: a delay of its full length.
constexpr std::uint32_t fullJitter = 0xffffffffU;

void runStandard(const Json& json, Report& report) {
  Case test(report, "standard_2_0: " + json["name"].text());
  const Json& given = json["given"];
  Settings settings = settingsForTests();
  settings.maxAttempts = static_cast<int>(given["max_attempts"].integer());
  settings.maxBackoffMs = millisecondsOf(given["max_backoff_seconds"]);
  CallState state(settings);
  detail::sharedBy(state).retryQuota.setAvailable(
      static_cast<int>(given["initial_retry_tokens"].integer()));
  test.equal("jitter", given["jitter"].integer(), 1);

  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  Moment now{start, fullJitter};
  for (const Json& step : json["steps"].items()) {
    if (nextStep(call, now) != Step::Send) return test.check("sends", false);
    now.unixMs += 100;
    writeAnswer(call.response(), step["status_code"].integer(), step["headers"],
                step["error_code"]);
    call.onSent({}, now);
    test.equal("quota", detail::sharedBy(state).retryQuota.available(),
               step["retry_quota"].integer());
    const std::string& outcome = step["outcome"].text();
    if (outcome == "retry_request") {
      if (call.next(now) != Step::Wait) return test.check("waits", false);
      test.equal("delay", call.waitMs(), millisecondsOf(step["delay_seconds"]));
      now.unixMs += call.waitMs();
      continue;
    }
    if (call.next(now) != Step::Done) return test.check("is done", false);
    const bool hasValue = call.takeResult().hasValue();
    test.check(outcome, hasValue == (outcome == "success"));
  }
}

void runClassification(const Json& json, Report& report) {
  const std::string name = "classification: " + json["name"].text();
  if (json["expect"].text() == "sdk-dependent")
    return report.notApplicable(name, "the SDKs disagree; here it is throttling");
  Case test(report, name);

  HttpResponse response;
  writeAnswer(response, json["status_code"].integer(), {}, json["error_code"]);
  const RetryReason reason = retryReason(parseErrorResponse(response));
  test.equal("reason",
             reason == RetryReason::None         ? "none"
             : reason == RetryReason::Throttling ? "throttling"
                                                 : "transient",
             json["expect"].text());

  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  const Moment now{start, fullJitter};
  if (nextStep(call, now) != Step::Send) return test.check("sends", false);
  writeAnswer(call.response(), json["status_code"].integer(), {}, json["error_code"]);
  call.onSent({}, now);
  const bool isRetried = call.next(now) == Step::Wait;
  test.check("is retried by RotateCall", isRetried == (json["expect"].text() != "none"));
}

void runCodes(const Json& codes, RetryReason reason, std::string name, Report& report) {
  Case test(report, std::move(name));
  for (const Json& code : codes.items()) {
    HttpResponse response;
    writeAnswer(response, 400, {}, code);
    test.check(code.text(), retryReason(parseErrorResponse(response)) == reason);
  }
}

/// The backoff that the header is measured against is set by the longest one allowed.
void runRetryAfter(const Json& json, Report& report) {
  Case test(report, "x-amz-retry-after: " + json["header"].text());
  Settings settings = settingsForTests();
  settings.maxBackoffMs = millisecondsOf(json["t_i_seconds"]);
  CallState state(settings);
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  const Moment now{start, fullJitter};
  if (nextStep(call, now) != Step::Send) return test.check("sends", false);
  writeAnswer(call.response(), 500, {}, {});
  call.response().headers.add("x-amz-retry-after", json["header"].text());
  call.onSent({}, now);
  test.check("waits", call.next(now) == Step::Wait);
  test.equal("delay", call.waitMs(), millisecondsOf(json["expect_delay_seconds"]));
}

void runRetry(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "standard_2_0"))
    runStandard(json, report);
  for (const Json& json : report.cases(vectors, "classification_cases"))
    runClassification(json, report);
  const Json& codes = vectors["error_codes"];
  runCodes(codes["throttling_error_codes"], RetryReason::Throttling, "throttling codes", report);
  runCodes(codes["transient_error_codes_smithy_rs"], RetryReason::Transient, "transient codes",
           report);
  for (const Json& json : report.cases(vectors, "retry_after_cases"))
    runRetryAfter(json, report);

  constexpr struct {
    const char* name;
    const char* reason;
  } otherGroups[] = {
      {"standard_2_1", "another revision of standard mode (AWS_NEW_RETRIES_2026)"},
      {"standard_2_1_threads", "another revision of standard mode (AWS_NEW_RETRIES_2026)"},
      {"adaptive_cubic", "adaptive mode"},
      {"adaptive_e2e", "adaptive mode"},
  };
  for (const auto& group : otherGroups) {
    for (const Json& json : report.cases(vectors, group.name))
      report.notApplicable(std::string(group.name) + ": " + json["name"].text(), group.reason);
  }
}

const VectorTests tests("retry.json", runRetry);

}  // namespace
