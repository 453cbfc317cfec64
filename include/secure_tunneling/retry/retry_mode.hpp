// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_RETRY_RETRY_MODE_HPP
#define SECURE_TUNNELING_RETRY_RETRY_MODE_HPP

/// @file
/// The retry modes.

#include "secure_tunneling/result.hpp"
#include "secure_tunneling/retry/retry_reason.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

class RateLimiter;

/// How a call goes on after an attempt that failed: one of the four constants, set and compared
/// like an enum's. Each is of a type of its own, by which it brings the code of its mode along: no
/// program is linked with a mode that it does not name.
class RetryMode {
 public:
  /// The type of `Standard` alone.
  enum StandardConstant : unsigned char {
    /// The mode of all SDKs: throttling, 5xx and lost connections are tried again after a random
    /// part of 1, 2, 4 and more seconds, as long as the quota lasts.
    Standard
  };
  /// The type of `Adaptive` alone.
  enum AdaptiveConstant : unsigned char {
    /// Standard, and every request, the first one too, waits for its turn at a rate limiter, which
    /// follows what the service takes once that has throttled. Needs
    /// `retry/adaptive_rate_limiter.hpp`.
    Adaptive
  };
  /// The type of `Legacy` alone.
  enum LegacyConstant : unsigned char {
    /// The mode of the Python SDK without a setting: a shorter list of what is tried again, the
    /// same waits, no quota. Goes with 5 attempts, which `loadSettings` sets and a program sets by
    /// itself.
    Legacy
  };
  /// The type of `Off` alone.
  enum OffConstant : unsigned char {
    /// One attempt, whatever comes of it.
    Off
  };

  /// The mode that a constant stands for.
  /// @{
  // Implicit on purpose, for this is how it is set.
  constexpr RetryMode(StandardConstant = Standard) noexcept {}  // NOLINT(*-explicit-*)
  inline RetryMode(AdaptiveConstant) noexcept;                  // NOLINT(*-explicit-*)
  constexpr RetryMode(LegacyConstant) noexcept                  // NOLINT(*-explicit-*)
      : RetryMode(Name::Legacy, &legacyRetryReason) {}
  constexpr RetryMode(OffConstant) noexcept  // NOLINT(*-explicit-*)
      : RetryMode(Name::Off, &retryReason) {}
  /// @}

  /// Whether both are of one mode.
  /// @{
  friend constexpr bool operator==(const RetryMode& left, const RetryMode& right) noexcept {
    return left.name_ == right.name_;
  }
  friend constexpr bool operator!=(const RetryMode& left, const RetryMode& right) noexcept {
    return !(left == right);
  }
  /// @}

  // Not by comparing, for which a program would be linked with the mode.
  /// Whether it is `Off`.
  [[nodiscard]] constexpr bool isOff() const noexcept { return name_ == Name::Off; }
  /// Whether it is `Legacy`.
  [[nodiscard]] constexpr bool isLegacy() const noexcept { return name_ == Name::Legacy; }

  /// A function that says whether, and why, another attempt may help after an error.
  using ReasonOf = RetryReason (*)(const Error&) noexcept;
  /// Says whether another attempt may help.
  [[nodiscard]] constexpr ReasonOf reasonOf() const noexcept { return reasonOf_; }
  /// Makes, with `new`, the rate limiter that a client of this mode has for itself; null for none.
  [[nodiscard]] RateLimiter* newRateLimiter() const {
    return newRateLimiter_ == nullptr ? nullptr : newRateLimiter_();
  }

 private:
  enum class Name : unsigned char { Standard, Adaptive, Legacy, Off };

  constexpr RetryMode(Name name, ReasonOf reason, RateLimiter* (*limiter)() = nullptr) noexcept
      : name_(name), reasonOf_(reason), newRateLimiter_(limiter) {}

  Name name_ = Name::Standard;
  ReasonOf reasonOf_ = &retryReason;
  RateLimiter* (*newRateLimiter_)() = nullptr;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_RETRY_RETRY_MODE_HPP
