// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CLOCK_HPP
#define SECURE_TUNNELING_CLOCK_HPP

#include <cstdint>

namespace secure_tunneling {
inline namespace v1 {

/// What a driver knows of the moment: the core has no clock and no random source of its own.
struct Moment {
  /// Milliseconds since the Unix epoch.
  std::int64_t unixMs = 0;
  /// Uniformly distributed over all values; spreads retries. Need not be unpredictable.
  std::uint32_t random = 0;
};

/// The time, a random number, and a way to let time pass. Called by one thread at a time unless the
/// implementation says more.
class Clock {
 public:
  virtual Moment now() = 0;
  /// Blocks for about `milliseconds`, which is more than 0.
  virtual void wait(std::int64_t milliseconds) = 0;

  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

 protected:
  Clock() = default;
  ~Clock() = default;
};

}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CLOCK_HPP
