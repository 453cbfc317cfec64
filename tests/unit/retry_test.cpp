// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/call/retry.hpp"

#include <string>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

Error answered(int status, std::string code = {}) {
  Error error = makeError(ErrorKind::Service, "");
  error.delivery = Delivery::Answered;
  error.httpStatus = status;
  error.code = std::move(code);
  return error;
}

Error errorOfTransport(Delivery delivery = Delivery::Unknown) {
  Error error = makeError(ErrorKind::Transport, "");
  error.delivery = delivery;
  return error;
}

constexpr std::uint32_t greatestRandom = 0xffffffffU;

}  // namespace

TEST_CASE("what another attempt may help against") {
  const struct {
    int status;
    const char* code;
    RetryReason reason;
  } cases[] = {
      {400, "ThrottlingException", RetryReason::Throttling},
      {400, "Throttling", RetryReason::Throttling},
      {403, "TooManyRequestsException", RetryReason::Throttling},
      {503, "SlowDown", RetryReason::Throttling},
      {400, "LimitExceededException", RetryReason::Throttling},
      {400, "PriorRequestNotComplete", RetryReason::Throttling},
      {429, "", RetryReason::Throttling},
      {400, "RequestTimeout", RetryReason::Transient},
      {400, "RequestTimeoutException", RetryReason::Transient},
      {400, "InternalError", RetryReason::Transient},
      {400, "IDPCommunicationError", RetryReason::Transient},
      {500, "", RetryReason::Transient},
      {502, "", RetryReason::Transient},
      {503, "ServiceUnavailable", RetryReason::Transient},
      {504, "", RetryReason::Transient},
      {500, "ResourceNotFoundException", RetryReason::Transient},
      {501, "", RetryReason::None},
      {505, "", RetryReason::None},
      {400, "", RetryReason::None},
      {400, "ResourceNotFoundException", RetryReason::None},
      {400, "throttling", RetryReason::None},
      {400, "ThrottlingExceptionX", RetryReason::None},
      {403, "AccessDeniedException", RetryReason::None},
      {301, "", RetryReason::None},
      {0, "", RetryReason::None},
  };
  for (const auto& row : cases) {
    CAPTURE(row.status, row.code);
    CHECK(retryReason(answered(row.status, row.code)) == row.reason);
  }
  CHECK(retryReason(errorOfTransport(Delivery::NotSent)) == RetryReason::Transient);
  CHECK(retryReason(errorOfTransport(Delivery::Unknown)) == RetryReason::Transient);
  for (const ErrorKind kind :
       {ErrorKind::InvalidArgument, ErrorKind::Configuration, ErrorKind::Credentials,
        ErrorKind::Signing, ErrorKind::Untrusted, ErrorKind::InvalidResponse}) {
    Error error = makeError(kind, "");
    error.httpStatus = 500;
    error.delivery = Delivery::Unknown;
    CHECK(retryReason(error) == RetryReason::None);
  }
}

TEST_CASE("waits between attempts") {
  const struct {
    int retry;
    std::uint32_t random;
    std::int64_t maxBackoffMs;
    std::int64_t retryAfterMs;  // -1: not asked for
    std::int64_t delayMs;
  } cases[] = {
      {0, greatestRandom, 20'000, -1, 1000},
      {1, greatestRandom, 20'000, -1, 2000},
      {4, greatestRandom, 20'000, -1, 16'000},
      {5, greatestRandom, 20'000, -1, 20'000},
      {1000, greatestRandom, 20'000, -1, 20'000},
      {2'000'000'000, greatestRandom, 20'000, -1, 20'000},
      {0, 0, 20'000, -1, 0},
      {0, 0x80000000U, 20'000, -1, 500},
      {3, 0x40000000U, 20'000, -1, 2000},
      {0, greatestRandom, 50, -1, 50},
      {0, greatestRandom, 0, -1, 0},
      // What the service asks for is waited at least, up to five seconds above.
      {0, greatestRandom, 20'000, 0, 1000},
      {0, greatestRandom, 20'000, 999, 1000},
      {0, greatestRandom, 20'000, 1500, 1500},
      {0, greatestRandom, 20'000, 5999, 5999},
      {0, greatestRandom, 20'000, 6001, 6000},
      {0, 0, 20'000, 300, 300},
      {0, 0, 20'000, 3'600'000, 5000},
  };
  for (const auto& row : cases) {
    CAPTURE(row.retry, row.random, row.maxBackoffMs, row.retryAfterMs);
    Error error = answered(503);
    if (row.retryAfterMs >= 0) error.retryAfterMs = row.retryAfterMs;
    CHECK(retryDelayMs(row.retry, row.random, row.maxBackoffMs, error) == row.delayMs);
  }
}

TEST_CASE("random waits lie between nothing and the whole") {
  std::int64_t last = 0;
  for (std::uint64_t random = 0; random <= 0xffffffffU; random += 0x00ffffffU) {
    const std::int64_t delay =
        retryDelayMs(2, static_cast<std::uint32_t>(random), 20'000, answered(500));
    CHECK(delay >= last);
    CHECK(delay <= 4000);
    last = delay;
  }
  CHECK(last > 3900);
}

TEST_CASE("waits of 2026 begin at a twentieth of a second, but for throttling") {
  CallRules rules;
  CHECK(rules.baseMsOf(RetryReason::Transient) == 1000);
  CHECK(rules.baseMsOf(RetryReason::Throttling) == 1000);
  rules.newRetries2026 = true;
  CHECK(rules.baseMsOf(RetryReason::Throttling) == 1000);
  CHECK(rules.baseMsOf(RetryReason::None) == 50);
  const std::int64_t base = rules.baseMsOf(RetryReason::Transient);
  // By botocore, with random() of 1.
  std::int64_t delays[] = {50, 100, 200, 400, 800, 1600, 3200, 6400, 12'800, 20'000, 20'000};
  int retry = 0;
  for (const std::int64_t delay : delays)
    CHECK(retryDelayMs(retry++, greatestRandom, 20'000, answered(500), base) == delay);
  Error error = answered(503);
  error.retryAfterMs = 1500;
  CHECK(retryDelayMs(0, greatestRandom, 20'000, error, base) == 1500);
  error.retryAfterMs = 10'000;
  CHECK(retryDelayMs(0, greatestRandom, 20'000, error, base) == 5050);
}

TEST_CASE("what a retry costs") {
  const struct {
    Error error;
    RetryReason reason;
    int cost;
    int cost2026;
  } cases[] = {
      {answered(500), RetryReason::Transient, 5, 14},
      {answered(400, "ThrottlingException"), RetryReason::Throttling, 5, 5},
      {errorOfTransport(), RetryReason::Transient, 10, 14},
      // For the clock, or for other credentials.
      {answered(403, "ExpiredToken"), RetryReason::None, 5, 14},
  };
  for (const auto& row : cases) {
    CAPTURE(row.error.code, row.error.httpStatus);
    CallRules rules;
    CHECK(rules.costOf(row.error, row.reason) == row.cost);
    rules.newRetries2026 = true;
    CHECK(rules.costOf(row.error, row.reason) == row.cost2026);
  }
}

TEST_CASE("retries are paid from a quota") {
  RetryQuota quota;
  CHECK(quota.available() == 500);
  CHECK(quota.acquire(5));
  CHECK(quota.available() == 495);
  CHECK(quota.acquire(10));
  CHECK(quota.available() == 485);
  quota.release(10);
  CHECK(quota.available() == 495);
  // Never more than the capacity.
  quota.release(14);
  CHECK(quota.available() == 500);
  quota.release(1);
  CHECK(quota.available() == 500);

  RetryQuota little(9);
  CHECK_FALSE(little.acquire(10));
  CHECK(little.available() == 9);
  CHECK(little.acquire(9));
  CHECK_FALSE(little.acquire(1));
  CHECK(little.available() == 0);
}
