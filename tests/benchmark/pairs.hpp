// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <vector>

namespace benchmarks {

/// Keeps this thread on the core that it is on: caches and clock rates are another core's there.
inline bool pin() noexcept {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  return sched_setaffinity(0, sizeof one, &one) == 0;
}

inline double cpuSeconds() noexcept {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}
template <class Work>
double cpuSecondsOf(Work&& work) {
  const double before = cpuSeconds();
  work();
  return cpuSeconds() - before;
}
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Does two works in turns and prints `NAME RATIO ONE OTHER`: the median of the pairs' ratios of
/// CPU time, and the microseconds of each, of `count` operations.
template <class One, class Other>
void printPairs(const char* name, int pairs, std::size_t count, One&& one, Other&& other) {
  one();
  other();
  std::vector<double> ratios;
  std::vector<double> ofOne;
  std::vector<double> ofOther;
  for (int i = 0; i != pairs; ++i) {
    // In turns as to which comes first, too.
    const bool isFirst = i % 2 == 0;
    if (isFirst) ofOne.push_back(cpuSecondsOf(one));
    ofOther.push_back(cpuSecondsOf(other));
    if (!isFirst) ofOne.push_back(cpuSecondsOf(one));
    ratios.push_back(ofOne.back() / ofOther.back());
  }
  const double perOperation = 1e6 / static_cast<double>(count);
  std::printf("%s %.4f %.3f %.3f\n", name, median(ratios), median(ofOne) * perOperation,
              median(ofOther) * perOperation);
  std::fflush(stdout);
}

}  // namespace benchmarks
