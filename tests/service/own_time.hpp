// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>

// The time of this program. Its own clock_gettime, in own_time.cpp, goes by these two.

/// How much later it is than for the system.
inline std::atomic<long> secondsAhead{0};
/// When time became slow, in nanoseconds of the monotonic clock; 0 where it is not.
inline std::atomic<std::int64_t> slowSinceNs{0};

/// Lets time pass that nobody has to wait for, up to the end of this object. A limit runs out when
/// the test wants it, not when the machine is slow: the limit is longer than any pause of the
/// machine, and passes as soon as the peer has come to where it stalls. libcurl sees that within a
/// second.
class OwnTime {
 public:
  OwnTime() = default;
  ~OwnTime() { secondsAhead = 0; }
  OwnTime(const OwnTime&) = delete;
  OwnTime& operator=(const OwnTime&) = delete;

  /// A limit that is shorter than those of a transport without options, of which the one for
  /// connecting, of 10 seconds, is the shortest.
  static constexpr int limitMs = 8'000;
  static constexpr long pastLimitSeconds = 9;

  /// From any thread.
  static void pass(long seconds) { secondsAhead += seconds; }
  static void passLimit() { pass(pastLimitSeconds); }
};

/// Time that goes by at a twentieth of its speed: what has to be over within a second is so on a
/// slow machine, too. A `Gate` that nobody opens waits for ten minutes then, and ctest ends the
/// test before.
class SlowTime {
 public:
  static constexpr std::int64_t times = 20;

  SlowTime();
  ~SlowTime() { slowSinceNs = 0; }
  SlowTime(const SlowTime&) = delete;
  SlowTime& operator=(const SlowTime&) = delete;
};
