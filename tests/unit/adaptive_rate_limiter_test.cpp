// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/retry/adaptive_rate_limiter.hpp"

#include <cstdint>
#include <cstdlib>
#include <limits>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

bool isNear(double value, double expected) {
  return std::abs(value - expected) < 1e-6;
}

}  // namespace

TEST_CASE("cube roots are right to the last digits") {
  CHECK(detail::cubeRoot(0) == 0);
  for (const double root : {1e-3, 0.1, 0.5, 1.0, 1.5, 2.0, 7.25, 100.0, 12345.0}) {
    CAPTURE(root);
    CHECK(std::abs(detail::cubeRoot(root * root * root) / root - 1) < 1e-14);
  }
}

TEST_CASE("the rate is cut by throttling and grows back over what it was") {
  // By botocore's CubicCalculator.
  detail::CubicRate cubic(2, 8);
  const struct {
    double now;
    bool isThrottled;
    double rate;
  } steps[] = {
      {2, false, 5.6},       {3, false, 7.781768}, {4, false, 8.002447},    {5, false, 8.662036},
      {5.5, true, 6.063425}, {6, false, 7.642649}, {7.25, false, 8.661413}, {12, false, 48.468142},
  };
  double rate = 8;
  for (const auto& step : steps) {
    CAPTURE(step.now);
    rate = step.isThrottled ? cubic.onThrottled(rate, step.now) : cubic.onSuccess(step.now);
    CHECK(isNear(rate, step.rate));
  }
}

TEST_CASE("the rates are those of botocore") {
  AdaptiveRateLimiter limiter;
  CHECK(limiter.acquire(10'000) == 0);
  // By botocore's ClientRateLimiter, with a clock that was set by hand.
  const struct {
    std::int64_t now;
    bool isThrottled;
    double measured;
    double allowed;
  } answers[] = {
      {10'100, false, 0, 0.5},
      {10'200, false, 0, 0.5},
      {10'300, false, 0, 0.5},
      {10'600, false, 6.4, 0.5},
      {10'700, false, 6.4, 0.5},
      {10'800, false, 6.4, 0.5},
      {11'100, false, 6.08, 0.5324},
      {11'150, true, 6.08, 4.256},
      {11'600, false, 4.416, 5.374413},
      {12'200, false, 2.4832, 4.9664},
      {12'900, true, 2.09664, 1.467648},
      {13'300, false, 2.019328, 1.919058},
      {14'000, false, 1.203866, 2.096541},
      {14'100, false, 1.203866, 2.09666},
      {15'600, false, 1.30744, 2.61488},
      {16'200, false, 1.861488, 3.722976},
      {16'300, true, 1.861488, 1.303042},
      {18'000, false, 1.172298, 1.940484},
      {18'400, false, 1.172298, 2.240676},
  };
  for (const auto& answer : answers) {
    CAPTURE(answer.now);
    limiter.onAnswer(answer.isThrottled, answer.now);
    CHECK(isNear(limiter.rates().measured, answer.measured));
    CHECK(isNear(limiter.rates().allowed, answer.allowed));
  }
  // As many tokens as the rate have been saved by then, and no more.
  CHECK(limiter.acquire(20'000) == 0);
  CHECK(limiter.acquire(20'000) == 0);
  // (3 - 2.240676) / 2.240676 s
  CHECK(limiter.acquire(20'000) == 339);
  // A lower rate leaves no more than its own: one token.
  limiter.onAnswer(false, 22'000);
  limiter.onAnswer(true, 23'000);
  REQUIRE(limiter.rates().allowed < 1);
  CHECK(limiter.acquire(23'000) == 0);
  CHECK(limiter.acquire(23'000) > 0);
}

TEST_CASE("nothing waits before the service has throttled") {
  AdaptiveRateLimiter limiter;
  for (std::int64_t now = 0; now != 10'000; ++now) {
    REQUIRE(limiter.acquire(now) == 0);
    limiter.onAnswer(false, now);
  }
  CHECK(limiter.rates().measured > 999);
}

TEST_CASE("throttled requests go out at half a request in a second at least") {
  AdaptiveRateLimiter limiter;
  CHECK(limiter.acquire(10'000) == 0);
  std::int64_t now = 10'000;
  std::int64_t longest = 0;
  int sent = 0;
  while (now < 110'000) {
    const std::int64_t wait = limiter.acquire(now);
    longest = wait > longest ? wait : longest;
    now += wait;
    if (wait != 0) continue;
    limiter.onAnswer(true, now);
    ++sent;
  }
  CHECK(sent >= 50);
  CHECK(sent <= 52);
  CHECK(longest <= 2'001);
  CHECK(isNear(limiter.rates().allowed, 0.5));
}

TEST_CASE("a clock that is set back, or threads that come out of turn, do no harm") {
  AdaptiveRateLimiter limiter;
  std::int64_t now = 1'000'000'000;
  CHECK(limiter.acquire(now) == 0);
  limiter.onAnswer(true, now);
  const std::int64_t wait = limiter.acquire(now);
  CHECK(wait > 0);
  // A little out of turn: no time has passed.
  CHECK(limiter.acquire(now - 900) == wait);
  CHECK(limiter.acquire(now) == wait);
  // Set back by days: time goes on from there.
  now -= 500'000'000;
  CHECK(limiter.acquire(now) == wait);
  CHECK(limiter.acquire(now + wait - 3) > 0);
  CHECK(limiter.acquire(now + wait) == 0);
  // By no clock at all.
  for (const std::int64_t odd : {std::numeric_limits<std::int64_t>::min(), std::int64_t{0},
                                 std::numeric_limits<std::int64_t>::max(), std::int64_t{-1}}) {
    limiter.onAnswer(odd < 0, odd);
    CHECK(limiter.acquire(odd) <= 2'001);
  }
}
