// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

/// Sets a flag in a thread of its own, when what it waits for has come.
class Canceller {
 public:
  explicit Canceller(std::function<void()> wait)
      : thread_([this, wait = std::move(wait)] {
          wait();
          flag = true;
        }) {}
  ~Canceller() { thread_.join(); }
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;

  std::atomic<bool> flag{false};

 private:
  std::thread thread_;
};

/// Whether something ended before the half a minute that its peer would have stalled; an `OwnTime`
/// that passed a limit meanwhile is some seconds of it.
class Stopwatch {
 public:
  [[nodiscard]] bool isEarly() const {
    return std::chrono::steady_clock::now() - began_ < std::chrono::seconds(25);
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};
