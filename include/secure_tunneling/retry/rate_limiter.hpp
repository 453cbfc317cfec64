// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_RETRY_RATE_LIMITER_HPP
#define SECURE_TUNNELING_RETRY_RATE_LIMITER_HPP

/// @file
/// The interface of what limits the rate of requests.

#include <cstdint>

namespace secure_tunneling {
inline namespace v0_2 {

/// Says when a request may be sent. Shared by clients and threads where `Settings::rateLimiter` of
/// several says so: both functions may then be called by any thread at any time. Must not throw or
/// block. Times are `Moment::steadyMs()` of who calls; those who share one share a clock.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;
  /// Asked before every request. 0 where it may be sent at once, which counts it; else the
  /// milliseconds after which to ask again.
  virtual std::int64_t acquire(std::int64_t nowMs) noexcept = 0;
  /// Tells what came of a request: that the service refused it as one of too many, or anything
  /// else, no answer included. Once for each `acquire` that gave 0, but for a request that could
  /// not be signed.
  virtual void onAnswer(bool isThrottled, std::int64_t nowMs) noexcept = 0;

  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

 protected:
  RateLimiter() = default;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_RETRY_RATE_LIMITER_HPP
