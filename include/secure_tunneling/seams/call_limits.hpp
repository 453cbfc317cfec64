// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SEAMS_CALL_LIMITS_HPP
#define SECURE_TUNNELING_SEAMS_CALL_LIMITS_HPP

/// @file
/// What ends a call early: a time, and a flag.

#include <atomic>
#include <cstdint>

#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/seams/clock.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// What ends a call that would go on by itself: with `ErrorKind::DeadlineExceeded` or
/// `ErrorKind::Cancelled`, whose `Error::delivery` says what became of the request. An answer that
/// is there by then is what the call returns all the same.
struct CallLimits {
  /// Milliseconds for the whole call: the search for its credentials, all attempts and the waits
  /// between. They run from its first step, by `Moment::steadyMs`. 0 or less: no limit.
  ///
  /// What is left bounds each attempt, beside the transport's own limits. An attempt or a wait that
  /// cannot end in time is not begun: a call may end before its time is over, and where its last
  /// attempt was answered, with the error that it was answered with.
  std::int64_t timeoutMs = 0;
  /// Ends the call, within a tenth of a second, once it is true; null without. It is only read, and
  /// may be set at any time: by any thread, and by a signal handler where
  /// `std::atomic<bool>::is_always_lock_free`. Any number of calls may look at one flag. It must
  /// outlive them, and is set back when none is under way.
  const std::atomic<bool>* cancelled = nullptr;
};

/// The limits of the call that is under way, for machines.
class CallEnd {
 public:
  /// What `leftMs` gives where there is no limit.
  static constexpr std::int64_t never = INT64_MAX;

  /// A call with these limits begins; its time runs from the first `leftMs`.
  void begin(const CallLimits& limits) noexcept {
    leftMs_ = limits.timeoutMs > 0 ? limits.timeoutMs : never;
    flag_ = limits.cancelled;
    hasBegun_ = false;
    isCancelled_ = false;
  }
  /// Ends the call as the flag would; by the thread that drives it.
  void cancel() noexcept { isCancelled_ = true; }
  /// Whether `cancel` was called, or the flag is true.
  [[nodiscard]] bool isCancelled() const noexcept {
    return isCancelled_ || (flag_ != nullptr && flag_->load(std::memory_order_relaxed));
  }
  /// `CallLimits::cancelled`; null without.
  [[nodiscard]] const std::atomic<bool>* flag() const noexcept { return flag_; }
  /// Whether it may end otherwise than by itself.
  [[nodiscard]] bool isLimited() const noexcept { return flag_ != nullptr || leftMs_ != never; }
  /// Milliseconds that are left at `now`, 0 where the time is over; `never` without a limit. The
  /// time runs from the first question. Where a clock is set back no time passes.
  SECURE_TUNNELING_NOINLINE std::int64_t leftMs(const Moment& now) noexcept {
    if (leftMs_ == never) return never;
    const auto nowMs = static_cast<std::uint64_t>(now.steadyMs());
    // Without overflow, whatever a clock says.
    const auto passedMs = static_cast<std::int64_t>(nowMs - lastMs_);
    if (hasBegun_ && passedMs > 0) leftMs_ = passedMs < leftMs_ ? leftMs_ - passedMs : 0;
    lastMs_ = nowMs;
    hasBegun_ = true;
    return leftMs_;
  }

 private:
  std::int64_t leftMs_ = never;
  std::uint64_t lastMs_ = 0;
  const std::atomic<bool>* flag_ = nullptr;
  bool hasBegun_ = false;
  bool isCancelled_ = false;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SEAMS_CALL_LIMITS_HPP
