// SPDX-License-Identifier: BSL-1.0
// The clock of this program, which is found before the system's, by libcurl too. Machines of 32
// bits with times of 64 have another name for it: there time goes as usual, and the tests take
// longer.
#include "service/own_time.hpp"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace {

constexpr std::int64_t nsOfSecond = 1'000'000'000;

std::int64_t systemNs(clockid_t clock) {
  timespec time{};
  syscall(SYS_clock_gettime, clock, &time);
  return std::int64_t{time.tv_sec} * nsOfSecond + time.tv_nsec;
}

}  // namespace

SlowTime::SlowTime() {
  slowSinceNs = systemNs(CLOCK_MONOTONIC);
}

// By another name, for systems differ in how they declare it.
extern "C" int ownClock(clockid_t clock, timespec* time) __asm__("clock_gettime");
extern "C" int ownClock(clockid_t clock, timespec* time) {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (clock == CLOCK_THREAD_CPUTIME_ID || clock == CLOCK_PROCESS_CPUTIME_ID) return result;
  time->tv_sec += secondsAhead;
  const std::int64_t sinceNs = slowSinceNs;
  if (sinceNs == 0) return result;
  const std::int64_t lostNs =
      (systemNs(CLOCK_MONOTONIC) - sinceNs) / SlowTime::times * (SlowTime::times - 1);
  const std::int64_t ownNs = std::int64_t{time->tv_sec} * nsOfSecond + time->tv_nsec - lostNs;
  time->tv_sec = static_cast<time_t>(ownNs / nsOfSecond);
  time->tv_nsec = static_cast<long>(ownNs % nsOfSecond);
  return result;
}
