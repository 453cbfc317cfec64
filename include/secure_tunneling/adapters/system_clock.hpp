// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_SYSTEM_CLOCK_HPP
#define SECURE_TUNNELING_ADAPTERS_SYSTEM_CLOCK_HPP

/// @file
/// The clock of a POSIX system, or of Windows.

#if defined(_WIN32)
// Brings windows.h without the older winsock.h.
#include <winsock2.h>
#else
#include <time.h>
#endif

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "secure_tunneling/seams/clock.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// The system's clock, by POSIX, or by Windows. Any number of threads may use it.
class SystemClock final : public Clock {
 public:
#if defined(_WIN32)
  Moment now() override {
    FILETIME wall{};
    LARGE_INTEGER ticks{};
    ::GetSystemTimeAsFileTime(&wall);
    ::QueryPerformanceCounter(&ticks);
    return {toMs(wall), nextRandom(static_cast<std::uint64_t>(ticks.QuadPart)),
            static_cast<std::int64_t>(::GetTickCount64())};
  }

  void wait(std::int64_t milliseconds) override {
    constexpr std::int64_t longest = 0x7fffffff;
    if (milliseconds > 0)
      ::Sleep(static_cast<DWORD>(milliseconds < longest ? milliseconds : longest));
  }

 private:
  static std::int64_t toMs(const FILETIME& time) noexcept {
    // In steps of 100 ns since 1601.
    constexpr std::int64_t msTo1970 = 11'644'473'600'000;
    const std::uint64_t high = time.dwHighDateTime;
    return static_cast<std::int64_t>(((high << 32) | time.dwLowDateTime) / 10'000) - msTo1970;
  }
#else
  Moment now() override {
    timespec wall{};
    timespec monotonic{};
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    return {toMs(wall), nextRandom(static_cast<std::uint64_t>(wall.tv_nsec)), toMs(monotonic)};
  }

  void wait(std::int64_t milliseconds) override {
    timespec rest{};
    // Through an int, because time_t is another type on each system.
    constexpr std::int64_t longest = 0x7fffffff;
    const std::int64_t seconds = milliseconds / 1000;
    rest.tv_sec = static_cast<int>(seconds < longest ? seconds : longest);
    rest.tv_nsec = static_cast<int>(milliseconds % 1000) * 1'000'000;
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
  }

 private:
  static std::int64_t toMs(const timespec& time) noexcept {
    const std::int64_t seconds = time.tv_sec;
    return seconds * 1000 + time.tv_nsec / 1'000'000;
  }
#endif

  /// Fibonacci hashing of the time in nanoseconds and this object's address: it only has to keep
  /// many clients from retrying in step.
  std::uint32_t nextRandom(std::uint64_t nanoseconds) noexcept {
    // Where two threads meet, the number of one of them is lost, which is no matter.
    const std::uint64_t before = random_.load(std::memory_order_relaxed);
    const std::uint64_t hash =
        (before + nanoseconds + reinterpret_cast<std::uintptr_t>(this)) * 0x9e3779b97f4a7c15U;
    const auto random = static_cast<std::uint32_t>(hash >> 32);
    random_.store(random, std::memory_order_relaxed);
    return random;
  }

  /// The last number. Of 32 bits, for machines whose atomics of 64 take another library.
  std::atomic<std::uint32_t> random_{0};
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_SYSTEM_CLOCK_HPP
