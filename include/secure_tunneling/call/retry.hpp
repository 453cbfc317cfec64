// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CALL_RETRY_HPP
#define SECURE_TUNNELING_CALL_RETRY_HPP

/// @file
/// The rules of retries, without a clock and without a random source of their own.

#include <cstdint>

#include "secure_tunneling/result.hpp"
#include "secure_tunneling/retry/rate_limiter.hpp"
#include "secure_tunneling/retry/retry_mode.hpp"
#include "secure_tunneling/retry/retry_quota.hpp"
#include "secure_tunneling/retry/retry_reason.hpp"
#include "secure_tunneling/settings.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Milliseconds to wait before retry number `retry` (0 is the first): a random part of
/// min(2^retry * baseMs, maxBackoffMs). Where the service asked for a longer wait it is that, but
/// no more than five seconds above the random part. `random` is uniform over all its values.
inline std::int64_t retryDelayMs(int retry, std::uint32_t random, std::int64_t maxBackoffMs,
                                 const Error& error, std::int64_t baseMs = 1'000) noexcept {
  constexpr std::int64_t mostAbove = 5'000;
  std::int64_t ceiling = baseMs << (retry < 20 ? retry : 20);
  if (ceiling > maxBackoffMs) ceiling = maxBackoffMs < 0 ? 0 : maxBackoffMs;
  const auto delay =
      static_cast<std::int64_t>((static_cast<std::uint64_t>(ceiling) * random + 0x80000000U) >> 32);
  const std::int64_t asked = error.retryAfterMs.value_or(0);
  if (asked <= delay) return delay;
  return asked < delay + mostAbove ? asked : delay + mostAbove;
}

/// How a call is made again.
struct CallRules {
  /// Attempts in all, the first included; less than 1 counts as 1.
  int maxAttempts = 3;
  /// The longest wait between two attempts, in milliseconds; less than 0 counts as 0.
  std::int64_t maxBackoffMs = 5'000;
  /// Asks again when an attempt may have arrived without an answer.
  bool retryUnknownDelivery = true;
  /// What a retry costs, and how long the wait before it may be, by the SDKs' revision of 2026.
  bool newRetries2026 = false;
  /// Says what is tried again.
  RetryMode::ReasonOf reasonOf = &retryReason;
  /// Where server time minus local time is kept, for calls that are signed with the server's; null
  /// for those that are not.
  std::int64_t* clockSkewMs = nullptr;
  /// What retries are paid with; null where they are free.
  RetryQuota* quota = nullptr;
  /// What every request waits for; null for none.
  RateLimiter* rateLimiter = nullptr;

  /// The tokens that a retry costs after `error`, which is of `reason`.
  [[nodiscard]] int costOf(const Error& error, RetryReason reason) const noexcept {
    if (newRetries2026) return reason == RetryReason::Throttling ? 5 : 14;
    return error.kind == ErrorKind::Transport ? 10 : 5;
  }
  /// Milliseconds of the longest wait before a first retry.
  [[nodiscard]] std::int64_t baseMsOf(RetryReason reason) const noexcept {
    return newRetries2026 && reason != RetryReason::Throttling ? 50 : 1'000;
  }
};

/// The rules of a client's calls; what is the client's own, as the clock and mostly the quota, is
/// not in them yet.
inline CallRules rulesOf(const Settings& settings) noexcept {
  const RetryMode& mode = settings.retryMode;
  return {mode.isOff() ? 1 : settings.maxAttempts,
          settings.maxBackoffMs,
          settings.retryUnknownDelivery,
          settings.newRetries2026 && !mode.isLegacy(),
          mode.reasonOf(),
          nullptr,
          settings.retryQuota,
          settings.rateLimiter};
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CALL_RETRY_HPP
