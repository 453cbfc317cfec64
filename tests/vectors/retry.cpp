// SPDX-License-Identifier: BSL-1.0
// Retries: attempts, waits, the retry quota and the rate limiter, through RotateCall.
#include <cmath>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "answers.hpp"
#include "secure_tunneling/retry/adaptive_rate_limiter.hpp"
#include "vectors.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::int64_t start = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

std::int64_t millisecondsOf(const Json& seconds) {
  return std::llround(seconds.number() * 1000);
}

/// The largest random number: a delay of its full length.
constexpr std::uint32_t fullJitter = 0xffffffffU;

Settings settingsOf(const Json& given, bool newRetries2026) {
  Settings settings = settingsForTests();
  settings.newRetries2026 = newRetries2026;
  settings.maxAttempts = static_cast<int>(given["max_attempts"].integer());
  settings.maxBackoffMs = millisecondsOf(given["max_backoff_seconds"]);
  return settings;
}

/// The calls of a case, one after another: the next begins when one has ended.
class Calls {
 public:
  Calls(Case& test, const Settings& settings, const RetryQuota& quota)
      : test_(test), state_(settings), quota_(quota) {}

  /// Sends a request and answers it. False when there is nothing to send.
  bool answer(const Json& step) {
    if (!call_) call_.emplace(state_, input_);
    if (nextStep(*call_, now_) != Step::Send) return false;
    now_.unixMs += 100;
    writeAnswer(call_->response(), step["status_code"].integer(), step["headers"],
                step["error_code"]);
    call_->onSent({}, now_);
    test_.equal("quota", quota_.available(), step["retry_quota"].integer());
    return step["outcome"].text() == "retry_request" ? wait(step["delay_seconds"])
                                                     : end(step["outcome"].text());
  }

 private:
  bool wait(const Json& delay) {
    if (call_->next(now_) != Step::Wait) return false;
    if (!delay.isNull()) test_.equal("delay", call_->waitMs(), millisecondsOf(delay));
    now_.unixMs += call_->waitMs();
    return true;
  }
  bool end(const std::string& outcome) {
    if (call_->next(now_) != Step::Done) return false;
    test_.check(outcome, call_->takeResult().hasValue() == (outcome == "success"));
    call_.reset();
    return true;
  }

  Case& test_;
  CallState state_;
  const RetryQuota& quota_;
  const RotateTunnelAccessTokenRequest input_ = rotateAll();
  std::optional<Call> call_;
  Moment now_{start, fullJitter};
};

void runStandard(const Json& json, bool newRetries2026, Report& report) {
  const std::string name =
      (newRetries2026 ? "standard_2_1: " : "standard_2_0: ") + json["name"].text();
  if (json.has("applies") && !json["applies"].isTrue())
    return report.notApplicable(name, "this client has no long-polling operation");
  Case test(report, name);
  const Json& given = json["given"];
  test.equal("jitter", given["jitter"].integer(), 1);
  RetryQuota quota(static_cast<int>(given["initial_retry_tokens"].integer()));
  Settings settings = settingsOf(given, newRetries2026);
  settings.retryQuota = &quota;
  Calls calls(test, settings, quota);
  for (const Json& step : json["steps"].items()) {
    if (!calls.answer(step)) return test.check("goes on as expected", false);
  }
}

/// Without threads, which not every machine has: in the one order in which the quotas are right.
void runThreads(const Json& json, Report& report) {
  Case test(report, "standard_2_1_threads: " + json["name"].text());
  const Json& given = json["given"];
  RetryQuota quota(static_cast<int>(given["initial_retry_tokens"].integer()));
  Settings settings = settingsOf(given, true);
  settings.retryQuota = &quota;
  struct Thread {
    Thread(Case& test, const Settings& settings, const RetryQuota& quota, const Json& json)
        : steps(json), calls(test, settings, quota) {}
    const Json& steps;
    Calls calls;
    std::size_t done = 0;
    std::int64_t paid = 1;
  };
  std::deque<Thread> threads;
  std::size_t left = 0;
  for (const Json& steps : json["threads"].items()) {
    threads.emplace_back(test, settings, quota, steps);
    left += steps.items().size();
  }
  for (; left != 0; --left) {
    Thread* next = nullptr;
    for (Thread& thread : threads) {
      if (thread.done == thread.steps.items().size()) continue;
      const std::int64_t after = thread.steps[thread.done]["retry_quota"].integer();
      const bool isSuccess = thread.steps[thread.done]["outcome"].text() == "success";
      if (after == quota.available() + (isSuccess ? thread.paid : -14)) next = &thread;
    }
    if (next == nullptr) return test.check("there is an order", false);
    if (!next->calls.answer(next->steps[next->done++])) return test.check("goes on", false);
    next->paid = 14;
  }
  test.equal("final quota", quota.available(), json["expected_final_quota"].integer());
}

/// As many digits as the vectors have.
bool isNear(double value, const Json& expected) {
  return std::abs(value - expected.number()) < 1e-6;
}

void runCubic(const Json& json, Report& report) {
  Case test(report, "adaptive_cubic: " + json["name"].text());
  const double lastMax = json["last_max_rate"].number();
  detail::CubicRate cubic(json["last_throttle_time"].number(), lastMax);
  double rate = lastMax;
  for (const Json& step : json["steps"].items()) {
    const double now = step["timestamp"].number();
    rate =
        step["response"].text() == "throttle" ? cubic.onThrottled(rate, now) : cubic.onSuccess(now);
    test.check("rate", isNear(rate, step["calculated_rate"]), std::to_string(rate));
  }
}

/// A call for each answer, which begins when the one before has its own. The clock stands still
/// then, so that no call waits for its turn.
void runRates(const Json& json, Report& report) {
  Case test(report, "adaptive_e2e: " + json["name"].text());
  AdaptiveRateLimiter limiter;
  Settings settings = settingsForTests();
  settings.retryMode = RetryMode::Adaptive;
  settings.rateLimiter = &limiter;
  settings.maxAttempts = 1;
  CallState state(settings);
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Moment now{start, fullJitter, 0};
  for (const Json& step : json["steps"].items()) {
    Call call(state, input);
    Step next = nextStep(call, now);
    if (next == Step::Wait) next = call.next(now);
    if (next != Step::Send) return test.check("sends", false);
    now.monotonicMs = millisecondsOf(step["timestamp"]);
    const bool isThrottled = step["response"].text() == "throttle";
    call.response().status = isThrottled ? 400 : 200;
    call.response().body.assign(isThrottled ? "{\"__type\":\"ThrottlingException\"}" : "{}");
    call.onSent({}, now);
    const AdaptiveRateLimiter::Rates rates = limiter.rates();
    test.check("measured rate", isNear(rates.measured, step["measured_tx_rate"]),
               std::to_string(rates.measured));
    test.check("allowed rate", isNear(rates.allowed, step["new_token_bucket_rate"]),
               std::to_string(rates.allowed));
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
    runStandard(json, false, report);
  for (const Json& json : report.cases(vectors, "standard_2_1"))
    runStandard(json, true, report);
  for (const Json& json : report.cases(vectors, "standard_2_1_threads"))
    runThreads(json, report);
  for (const Json& json : report.cases(vectors, "adaptive_cubic"))
    runCubic(json, report);
  for (const Json& json : report.cases(vectors, "adaptive_e2e"))
    runRates(json, report);
  for (const Json& json : report.cases(vectors, "classification_cases"))
    runClassification(json, report);
  const Json& codes = vectors["error_codes"];
  runCodes(codes["throttling_error_codes"], RetryReason::Throttling, "throttling codes", report);
  runCodes(codes["transient_error_codes_smithy_rs"], RetryReason::Transient, "transient codes",
           report);
  for (const Json& json : report.cases(vectors, "retry_after_cases"))
    runRetryAfter(json, report);
}

const VectorTests tests("retry.json", runRetry);

}  // namespace
