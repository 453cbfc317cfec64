// SPDX-License-Identifier: BSL-1.0
// RotateCall in each retry mode; what calls, clients and threads share.
#include "secure_tunneling/retry/retry_mode.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "secure_tunneling/call/rotate_call.hpp"
#include "secure_tunneling/retry/adaptive_rate_limiter.hpp"
#include "support/catch.hpp"
#include "support/driven_call.hpp"

using namespace secure_tunneling;

namespace {

/// Does as it is told, and writes down what it is asked and told.
class ScriptedLimiter final : public RateLimiter {
 public:
  std::vector<std::int64_t> waits;  // the next first
  std::string log;

  std::int64_t acquire(std::int64_t nowMs) noexcept override {
    log += "ask " + std::to_string(nowMs) + " ";
    if (waits.empty()) return 0;
    const std::int64_t wait = waits.front();
    waits.erase(waits.begin());
    return wait;
  }
  void onAnswer(bool isThrottled, std::int64_t nowMs) noexcept override {
    log += (isThrottled ? "throttled " : "other ") + std::to_string(nowMs) + " ";
  }
};

/// A moment `ms` after the first, by a clock that does not jump, while the wall clock does.
Moment atMs(std::int64_t ms) {
  return {start.unixMs - ms * 1'000, fullJitter, ms};
}

/// A call that has its credentials.
struct Begun {
  explicit Begun(CallState& state) : call(state, input) {
    REQUIRE(call.next(atMs(0)) == Step::NeedCredentials);
    giveCredentials(call);
  }
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call;
};

/// The tokens that are left after a call that is answered 500 once and then 200.
int quotaAfterRetry(Settings settings, RetryQuota& quota) {
  settings.retryQuota = &quota;
  CallState state(settings);
  Begun begun(state);
  REQUIRE(begun.call.next(start) == Step::Send);
  answerError(begun.call, 500, "");
  REQUIRE(begun.call.next(start) == Step::Wait);
  const int paid = quota.available();
  REQUIRE(begun.call.next(start) == Step::Send);
  answer(begun.call, 200, goodBody);
  return paid;
}

}  // namespace

TEST_CASE("modes are set and compared like the constants of an enum") {
  const Settings defaults;
  CHECK(defaults.retryMode == RetryMode::Standard);
  CHECK(RetryMode() == RetryMode::Standard);
  const RetryMode modes[] = {RetryMode::Standard, RetryMode::Adaptive, RetryMode::Legacy,
                             RetryMode::Off};
  for (const RetryMode& left : modes) {
    for (const RetryMode& right : modes) {
      CHECK((left == right) == (&left == &right));
      CHECK((left != right) == (&left != &right));
    }
  }
  Settings settings;
  settings.retryMode = RetryMode::Legacy;
  CHECK(settings.retryMode == RetryMode::Legacy);
  CHECK(settings.retryMode != RetryMode::Adaptive);
}

TEST_CASE("without retries a call is one attempt, whatever may help") {
  const struct {
    int status;
    const char* code;
  } cases[] = {{500, ""},
               {400, "ThrottlingException"},
               {403, "ExpiredTokenException"},
               {403, "InvalidSignatureException"}};
  for (const auto& row : cases) {
    CAPTURE(row.code);
    Settings settings = settingsForTests();
    settings.retryMode = RetryMode::Off;
    settings.maxAttempts = 7;
    CallState state(settings);
    Begun begun(state);
    REQUIRE(begun.call.next(start) == Step::Send);
    begun.call.response().headers.add("Date", "Thu, 15 Jan 2026 13:30:00 GMT");
    answerError(begun.call, row.status, row.code);
    CHECK(errorOf(begun.call).attempts == 1);
  }
}

TEST_CASE("the mode legacy has a list of its own") {
  // By botocore's data/_retry.json.
  const struct {
    int status;
    const char* code;
    RetryReason reason;
  } cases[] = {
      {400, "Throttling", RetryReason::Throttling},
      {400, "ThrottlingException", RetryReason::Throttling},
      {400, "ThrottledException", RetryReason::Throttling},
      {400, "RequestThrottledException", RetryReason::Throttling},
      {400, "ProvisionedThroughputExceededException", RetryReason::Throttling},
      {429, "", RetryReason::Throttling},
      {500, "", RetryReason::Transient},
      {502, "", RetryReason::Transient},
      {503, "SlowDown", RetryReason::Transient},
      {504, "", RetryReason::Transient},
      {509, "", RetryReason::Transient},
      {403, "ThrottlingException", RetryReason::None},
      {400, "SlowDown", RetryReason::None},
      {400, "TooManyRequestsException", RetryReason::None},
      {400, "LimitExceededException", RetryReason::None},
      {400, "RequestTimeout", RetryReason::None},
      {400, "InternalError", RetryReason::None},
      {400, "", RetryReason::None},
      {501, "", RetryReason::None},
      {505, "", RetryReason::None},
      {508, "", RetryReason::None},
      {510, "", RetryReason::None},
      {200, "", RetryReason::None},
  };
  for (const auto& row : cases) {
    CAPTURE(row.status, row.code);
    Error error = makeError(ErrorKind::Service, "");
    error.delivery = Delivery::Answered;
    error.httpStatus = row.status;
    error.code = row.code;
    CHECK(legacyRetryReason(error) == row.reason);
    if (row.status == 200) continue;
    Settings settings = settingsForTests();
    settings.retryMode = RetryMode::Legacy;
    CallState state(settings);
    Begun begun(state);
    REQUIRE(begun.call.next(start) == Step::Send);
    answerError(begun.call, row.status, row.code);
    CHECK((begun.call.next(start) == Step::Wait) == (row.reason != RetryReason::None));
  }
  Error error = makeError(ErrorKind::Transport, "");
  CHECK(legacyRetryReason(error) == RetryReason::Transient);
  error = makeError(ErrorKind::Untrusted, "");
  error.delivery = Delivery::Unknown;
  CHECK(legacyRetryReason(error) == RetryReason::None);
}

TEST_CASE("the mode legacy has no quota but one that the program gives") {
  Settings settings = settingsForTests();
  settings.retryMode = RetryMode::Legacy;
  settings.maxAttempts = 200;
  settings.newRetries2026 = true;  // which is not for this mode
  CallState state(settings);
  Begun begun(state);
  REQUIRE(begun.call.next(start) == Step::Send);
  for (int retry = 0; retry != 199; ++retry) {
    answerError(begun.call, 500, "");
    CHECK(afterWait(begun.call, retry < 5 ? 1000 << retry : 20'000) == Step::Send);
  }
  answerError(begun.call, 500, "");
  CHECK(errorOf(begun.call).attempts == 200);

  RetryQuota quota;
  CHECK(quotaAfterRetry(settings, quota) == 495);
}

TEST_CASE("the calls of a client share its quota") {
  CallState state(settingsForTests());
  // 500 tokens pay for a hundred.
  int retries = 0;
  for (int i = 0; i != 60; ++i) {
    Begun begun(state);
    REQUIRE(begun.call.next(start) == Step::Send);
    answerError(begun.call, 500, "");
    while (begun.call.next(start) == Step::Wait) {
      ++retries;
      REQUIRE(begun.call.next(start) == Step::Send);
      answerError(begun.call, 500, "");
    }
  }
  CHECK(retries == 100);
  // Five successes pay for a retry.
  for (int i = 0; i != 5; ++i) {
    Begun begun(state);
    REQUIRE(begun.call.next(start) == Step::Send);
    answer(begun.call, 200, goodBody);
  }
  Begun begun(state);
  REQUIRE(begun.call.next(start) == Step::Send);
  answerError(begun.call, 500, "");
  CHECK(afterWait(begun.call, 1000) == Step::Send);
}

TEST_CASE("clients share a quota of the program's") {
  RetryQuota quota(12);
  Settings settings = settingsForTests();
  settings.retryQuota = &quota;
  CallState first(settings);
  CallState second(settings);
  Begun one(first);
  Begun other(second);
  REQUIRE(one.call.next(start) == Step::Send);
  REQUIRE(other.call.next(start) == Step::Send);
  answerError(one.call, 500, "");
  CHECK(quota.available() == 7);
  answerError(other.call, 500, "");
  CHECK(quota.available() == 2);
  CHECK(afterWait(one.call, 1000) == Step::Send);
  CHECK(afterWait(other.call, 1000) == Step::Send);
  answerError(one.call, 500, "");
  CHECK(errorOf(one.call).attempts == 2);
  // What this call paid last, and nothing of the other's.
  answer(other.call, 200, goodBody);
  CHECK(quota.available() == 7);
  Begun third(first);
  REQUIRE(third.call.next(start) == Step::Send);
  answer(third.call, 200, goodBody);
  CHECK(quota.available() == 8);
}

TEST_CASE("retries of 2026 cost more and come sooner, but for throttled requests") {
  Settings settings = settingsForTests();
  settings.newRetries2026 = true;
  RetryQuota quota;
  CHECK(quotaAfterRetry(settings, quota) == 486);
  CHECK(quota.available() == 500);

  settings.retryQuota = &quota;
  settings.maxAttempts = 5;
  CallState state(settings);
  Begun begun(state);
  REQUIRE(begun.call.next(start) == Step::Send);
  answerError(begun.call, 500, "");
  CHECK(afterWait(begun.call, 50) == Step::Send);
  answerError(begun.call, 400, "ThrottlingException");
  CHECK(afterWait(begun.call, 2000) == Step::Send);
  failTransport(begun.call, ErrorKind::Transport, Delivery::Unknown);
  CHECK(afterWait(begun.call, 200) == Step::Send);
  begun.call.response().headers.add("x-amz-retry-after", "9999");
  answerError(begun.call, 503, "");
  CHECK(afterWait(begun.call, 5400) == Step::Send);
  CHECK(quota.available() == 500 - 14 - 5 - 14 - 14);
  answer(begun.call, 200, goodBody);
  CHECK(quota.available() == 500 - 14 - 5 - 14);
}

TEST_CASE("every request waits for a rate limiter, which hears of every answer") {
  ScriptedLimiter limiter;
  limiter.waits = {30, 5, 0, 0, 7};
  Settings settings = settingsForTests();
  settings.rateLimiter = &limiter;  // in the mode standard too
  CallState state(settings);
  Begun begun(state);
  Call& call = begun.call;
  REQUIRE(call.next(atMs(0)) == Step::Wait);
  CHECK(call.waitMs() == 30);
  REQUIRE(call.next(atMs(29)) == Step::Wait);
  CHECK(call.waitMs() == 5);
  REQUIRE(call.next(atMs(40)) == Step::Send);
  // Signed after the waits.
  CHECK(headerOf(call.request(), "x-amz-date") == "20260115T122920Z");
  REQUIRE(call.next(atMs(41)) == Step::Send);
  failTransport(call, ErrorKind::Transport, Delivery::NotSent);
  REQUIRE(call.next(atMs(50)) == Step::Wait);
  CHECK(call.waitMs() == 1000);
  REQUIRE(call.next(atMs(1'050)) == Step::Send);
  answerError(call, 400, "ThrottlingException", atMs(1'100));
  REQUIRE(call.next(atMs(1'100)) == Step::Wait);
  CHECK(call.waitMs() == 2000);
  REQUIRE(call.next(atMs(3'100)) == Step::Wait);
  CHECK(call.waitMs() == 7);
  REQUIRE(call.next(atMs(3'107)) == Step::Send);
  answer(call, 200, goodBody, atMs(3'200));
  CHECK(limiter.log == "ask 0 ask 29 ask 40 other " + std::to_string(start.unixMs) +
                           " ask 1050 throttled 1100 ask 3100 ask 3107 other 3200 ");
  CHECK(call.takeResult()->attempts == 3);
}

TEST_CASE("a call does not begin to wait for its turn without the time for it") {
  for (const std::int64_t timeoutMs : {100, 101}) {
    CAPTURE(timeoutMs);
    ScriptedLimiter limiter;
    limiter.waits = {100};
    Settings settings = settingsForTests();
    settings.rateLimiter = &limiter;
    CallState state(settings);
    const RotateTunnelAccessTokenRequest input = rotateAll();
    CallLimits limits;
    limits.timeoutMs = timeoutMs;
    Call call(state, input, nullptr, false, limits);
    driveToSend(call, timeoutMs == 100 ? Step::Done : Step::Wait);
    if (timeoutMs != 100) continue;
    const Error error = errorOf(call);
    CHECK(error.kind == ErrorKind::DeadlineExceeded);
    CHECK(error.delivery == Delivery::NotSent);
    CHECK(error.attempts == 0);
  }
}

TEST_CASE("by a clock that stands still or is set back, no call waits for ever") {
  for (const std::int64_t step : {0, -1'000}) {
    ScriptedLimiter limiter;
    limiter.waits = std::vector<std::int64_t>(10, 100);
    Settings settings = settingsForTests();
    settings.rateLimiter = &limiter;
    CallState state(settings);
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call, Step::Wait);
    CHECK(call.next({start.unixMs + step, 0}) == Step::Send);
    CHECK(limiter.waits.size() == 9);
  }
}

TEST_CASE("in the mode adaptive a client has a rate limiter of its own") {
  // By botocore: one answer after the first half second is a rate of 2 * 0.8 in a second; throttled
  // there, requests go out at 0.7 of it, and the bucket holds what half a second left in it.
  Settings settings = settingsForTests();
  settings.retryMode = RetryMode::Adaptive;
  for (const bool isShared : {false, true}) {
    CAPTURE(isShared);
    AdaptiveRateLimiter limiter;
    settings.rateLimiter = isShared ? &limiter : nullptr;
    CallState first(settings);
    CallState second(settings);
    {
      Begun throttled(first);
      REQUIRE(throttled.call.next(atMs(0)) == Step::Send);
      answerError(throttled.call, 400, "ThrottlingException", atMs(500));
      REQUIRE(throttled.call.next(atMs(500)) == Step::Wait);
      CHECK(throttled.call.waitMs() == 1000);
      REQUIRE(throttled.call.next(atMs(550)) == Step::Wait);
      // (1 - 0.5 - 0.05 * 1.12) / 1.12 seconds.
      CHECK(throttled.call.waitMs() == 397);
    }
    Begun other(second);
    CHECK(other.call.next(atMs(560)) == (isShared ? Step::Wait : Step::Send));
  }
}

TEST_CASE("the modes without a rate limiter have none") {
  for (const RetryMode& mode :
       std::vector<RetryMode>{RetryMode::Standard, RetryMode::Legacy, RetryMode::Off}) {
    Settings settings = settingsForTests();
    settings.retryMode = mode;
    CallState state(settings);
    CHECK(detail::sharedBy(state).rules().rateLimiter == nullptr);
  }
}
