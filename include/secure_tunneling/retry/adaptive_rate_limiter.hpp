// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_RETRY_ADAPTIVE_RATE_LIMITER_HPP
#define SECURE_TUNNELING_RETRY_ADAPTIVE_RATE_LIMITER_HPP

/// @file
/// The retry mode `adaptive`.

#include <atomic>
#include <cstdint>

#include "secure_tunneling/retry/rate_limiter.hpp"
#include "secure_tunneling/retry/retry_mode.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

namespace detail {

// Requests, seconds, and requests in a second, all as the SDKs count them.

inline double lesser(double left, double right) noexcept {
  return right < left ? right : left;
}
inline double greater(double left, double right) noexcept {
  return right < left ? left : right;
}
/// Of at least 0. Here, for <cmath> is slow to include, and firmware may be without its library.
inline double wholeOf(double number) noexcept {
  return static_cast<double>(static_cast<std::int64_t>(number));
}
/// By Newton's method, which comes down to the root until it cannot any more.
inline double cubeRoot(double number) noexcept {
  if (number <= 0) return 0;
  double root = greater(number, 1);
  for (;;) {
    const double next = (2 * root + number / (root * root)) / 3;
    if (next >= root) return root;
    root = next;
  }
}

/// The rate to send at, as TCP's CUBIC has it: cut where the service throttles, then back towards
/// the rate at which it did, slowly near to that, and beyond.
class CubicRate {
 public:
  explicit CubicRate(double throttledAt = 0, double lastMax = 0) noexcept {
    setLast(lastMax, throttledAt);
  }
  double onSuccess(double now) const noexcept {
    const double since = now - throttledAt_ - window_;
    return scale * since * since * since + lastMax_;
  }
  double onThrottled(double rate, double now) noexcept {
    setLast(rate, now);
    return rate * beta;
  }

 private:
  static constexpr double beta = 0.7;
  static constexpr double scale = 0.4;

  void setLast(double rate, double now) noexcept {
    lastMax_ = rate;
    throttledAt_ = now;
    window_ = cubeRoot(rate * (1 - beta) / scale);
  }

  double lastMax_ = 0;
  double throttledAt_ = 0;
  double window_ = 0;
};

/// How many requests are sent in a second: measured over half seconds, and smoothed.
class MeasuredRate {
 public:
  explicit MeasuredRate(double now = 0) noexcept : last_(wholeOf(now)) {}
  double count(double now) noexcept {
    constexpr double smooth = 0.8;
    const double bucket = wholeOf(now * 2) / 2;
    ++count_;
    if (bucket > last_) {
      rate_ = count_ / (bucket - last_) * smooth + rate_ * (1 - smooth);
      count_ = 0;
      last_ = bucket;
    }
    return rate_;
  }
  [[nodiscard]] double rate() const noexcept { return rate_; }

 private:
  double last_;
  double count_ = 0;
  double rate_ = 0;
};

/// Fills at a rate, and is emptied request by request.
class TokenBucket {
 public:
  explicit TokenBucket(double now = 0) noexcept : filledAt_(now) {}
  [[nodiscard]] double rate() const noexcept { return rate_; }
  void setRate(double rate, double now) noexcept {
    constexpr double least = 0.5;
    fill(now);
    rate_ = greater(rate, least);
    size_ = greater(rate, 1);
  }
  /// Takes a token; where there is none, the seconds until there is one.
  double take(double now) noexcept {
    fill(now);
    if (tokens_ < 1) return (1 - tokens_) / rate_;
    tokens_ -= 1;
    return 0;
  }

 private:
  void fill(double now) noexcept {
    tokens_ = lesser(size_, tokens_ + (now - filledAt_) * rate_);
    filledAt_ = now;
  }

  double filledAt_;
  double tokens_ = 0;
  double rate_ = 1;
  double size_ = 1;
};

}  // namespace detail

/// The rate limiter of the SDKs' mode `adaptive`. Lets everything pass until the service throttles
/// for the first time; then lets requests pass at a rate that follows what the service takes, 0.5
/// in a second at least, so that no wait is longer than 2,001 ms.
///
/// Any number of threads, of whatever priority, may share one: none waits for another. Where two
/// are in it at once, the second is sent away for a millisecond, and an answer that it tells of is
/// worked in by who comes next. No allocation.
class AdaptiveRateLimiter final : public RateLimiter {
 public:
  std::int64_t acquire(std::int64_t nowMs) noexcept override {
    constexpr std::int64_t busyMs = 1;
    if (state_.load(std::memory_order_relaxed) == State::Open) return 0;
    if (!enter(nowMs)) return busyMs;
    std::int64_t waitMs = 0;
    if (hasThrottled_) {
      const double seconds = bucket_.take(now_);
      // The next whole millisecond: the token is there by then.
      if (seconds > 0) waitMs = static_cast<std::int64_t>(seconds * 1'000) + 1;
    } else {
      // Not over a thread that tells of the first throttling meanwhile.
      State state = State::New;
      state_.compare_exchange_strong(state, State::Open, std::memory_order_relaxed);
    }
    leave();
    return waitMs;
  }
  void onAnswer(bool isThrottled, std::int64_t nowMs) noexcept override {
    if (isThrottled) state_.store(State::Paced, std::memory_order_relaxed);
    (isThrottled ? throttled_ : others_).fetch_add(1, std::memory_order_relaxed);
    if (enter(nowMs)) leave();
  }

  /// Requests in a second.
  struct Rates {
    double measured;  ///< that were sent
    double allowed;   ///< that are let through, once the service has throttled
  };
  /// For a log; not while another thread may use this.
  [[nodiscard]] Rates rates() const noexcept { return {measured_.rate(), bucket_.rate()}; }

 private:
  enum class State : std::int32_t { New, Open, Paced };

  /// False where another thread is inside.
  bool enter(std::int64_t nowMs) noexcept {
    if (isBusy_.exchange(1, std::memory_order_acquire) != 0) return false;
    setNow(nowMs);
    for (auto count = others_.exchange(0, std::memory_order_relaxed); count != 0; --count)
      setRate(cubic_.onSuccess(now_), measured_.count(now_));
    for (auto count = throttled_.exchange(0, std::memory_order_relaxed); count != 0; --count) {
      const double sent = measured_.count(now_);
      const double rate = hasThrottled_ ? detail::lesser(sent, bucket_.rate()) : sent;
      hasThrottled_ = true;
      setRate(cubic_.onThrottled(rate, now_), sent);
    }
    return true;
  }
  void leave() noexcept { isBusy_.store(0, std::memory_order_release); }

  /// Seconds on a scale that never runs backwards. Threads come a little out of turn; a clock that
  /// goes back by more than that has been set, and goes on from there.
  void setNow(std::int64_t nowMs) noexcept {
    constexpr double mostOutOfTurn = 1;
    const double seconds = static_cast<double>(nowMs) / 1'000;
    if (!isBegun_) {
      isBegun_ = true;
      now_ = seconds;
      cubic_ = detail::CubicRate(now_);
      measured_ = detail::MeasuredRate(now_);
      bucket_ = detail::TokenBucket(now_);
    }
    if (seconds + ahead_ < now_ - mostOutOfTurn) ahead_ = now_ - seconds;
    now_ = detail::greater(now_, seconds + ahead_);
  }
  void setRate(double rate, double sent) noexcept {
    constexpr double mostGrowth = 2;
    bucket_.setRate(detail::lesser(rate, mostGrowth * sent), now_);
  }

  // All of 32 bits: what every processor with threads changes at once.
  std::atomic<State> state_{State::New};
  std::atomic<std::int32_t> isBusy_{0};
  // Answers that are not worked in yet.
  std::atomic<std::int32_t> throttled_{0};
  std::atomic<std::int32_t> others_{0};
  // For who is inside.
  bool isBegun_ = false;
  bool hasThrottled_ = false;
  double now_ = 0;
  double ahead_ = 0;
  detail::CubicRate cubic_;
  detail::MeasuredRate measured_;
  detail::TokenBucket bucket_;
};

namespace detail {

inline RateLimiter* newAdaptiveRateLimiter() {
  return new AdaptiveRateLimiter;
}

}  // namespace detail

RetryMode::RetryMode(AdaptiveConstant) noexcept
    : RetryMode(Name::Adaptive, &retryReason, &detail::newAdaptiveRateLimiter) {}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_RETRY_ADAPTIVE_RATE_LIMITER_HPP
