// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SEAMS_CLOCK_HPP
#define SECURE_TUNNELING_SEAMS_CLOCK_HPP

/// @file
/// The interface of clocks.

#include <cstdint>

namespace secure_tunneling {
inline namespace v0_2 {

/// What a driver knows of the moment: the core has no clock and no random source of its own.
struct Moment {
  /// Milliseconds since the Unix epoch. May be off, jump and run backwards: where the service
  /// refuses a signature for it, its own time is used (`Settings::correctClockSkew`).
  ///
  /// That is learnt from an answer, and over https there is none before TLS has compared the
  /// certificate with the time of its own library, mostly the system's: where that is before the
  /// certificate began, or behind its end, a call ends with `ErrorKind::Untrusted`. Certificates
  /// run for months, so it is enough to be right to some days. A device without a battery sets its
  /// system's clock before the first call to the latest of what it knows: the date of its
  /// firmware's build, the time that it last wrote down (some times a day, and after each answer),
  /// and NTP where it has that, by NTS or from its own network, as a forged time lets an old
  /// certificate pass. Only where the transport is told not to look at dates, or over http, may
  /// this begin at 0.
  std::int64_t unixMs = 0;
  /// Uniformly distributed over all values; spreads retries, and nothing else. Need not be
  /// unpredictable, but should differ between devices that fail together. Always 0 means retries
  /// without a wait, but for one that the service asks for.
  std::uint32_t random = 0;
  /// Milliseconds since any fixed point, by a clock that neither jumps nor runs backwards; less
  /// than 0 where there is none, and `unixMs` counts in its place. What a call may take is measured
  /// by it.
  std::int64_t monotonicMs = -1;

  /// The time by which durations are measured.
  [[nodiscard]] std::int64_t steadyMs() const noexcept {
    return monotonicMs < 0 ? unixMs : monotonicMs;
  }
};

/// The time, a random number, and a way to let time pass: see `Moment` for what both may be. Does
/// not throw. Called by one thread at a time unless the implementation says more.
class Clock {
 public:
  virtual ~Clock() = default;
  /// The time and a random number, at once. Asked for every step.
  virtual Moment now() = 0;
  /// Lets about `milliseconds` pass: more than 0, and at most five seconds more than
  /// `Settings::maxBackoffMs`, or what a rate limiter asks for. May return early, to have the next
  /// attempt sooner; a call that has a flag waits in slices of 50 ms, and only the slice ends then.
  virtual void wait(std::int64_t milliseconds) = 0;

  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

 protected:
  Clock() = default;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SEAMS_CLOCK_HPP
