// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_TESTING_MANUAL_CLOCK_HPP
#define SECURE_TUNNELING_TESTING_MANUAL_CLOCK_HPP

/// @file
/// A clock for tests.

#include <cstdint>
#include <vector>

#include "secure_tunneling/seams/clock.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// A clock that stands still until a test moves it. Waiting takes no time: it moves the clock and
/// is recorded. `advance` lets time pass, on the monotonic clock too; `set` sets the wall clock, as
/// a person or NTP may, and lets no time pass.
class ManualClock final : public Clock {
 public:
  /// 2026-01-15T12:30:00Z.
  static constexpr std::int64_t defaultUnixMs = 1768480200000;

  /// Begins at `unixMs`, milliseconds since the Unix epoch; its monotonic time begins at 0.
  explicit ManualClock(std::int64_t unixMs = defaultUnixMs) noexcept { moment_.unixMs = unixMs; }

  Moment now() override { return moment_; }
  void wait(std::int64_t ms) override {
    waits_.push_back(ms);
    advance(ms);
  }

  /// Sets the wall clock to `unixMs`, forwards or backwards; no time passes.
  void set(std::int64_t unixMs) noexcept { moment_.unixMs = unixMs; }
  /// Lets `ms` milliseconds pass; less than 0 only sets the wall clock back.
  void advance(std::int64_t ms) noexcept {
    moment_.unixMs += ms;
    if (ms > 0) moment_.monotonicMs += ms;
  }
  /// What every `now()` gives as its random number. At first the largest, which leaves a random
  /// delay at its full length.
  void setRandom(std::uint32_t random) noexcept { moment_.random = random; }
  /// Every wait so far, in milliseconds.
  [[nodiscard]] const std::vector<std::int64_t>& waits() const noexcept { return waits_; }

 private:
  Moment moment_{0, 0xffffffffU, 0};
  std::vector<std::int64_t> waits_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_TESTING_MANUAL_CLOCK_HPP
