// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

/// Counts arrivals and holds whoever waits until there are enough. Waiting ends after half a
/// minute, so that a test that goes wrong ends.
class Gate {
 public:
  void arrive() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++arrived_;
    changed_.notify_all();
  }
  [[nodiscard]] int arrived() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return arrived_;
  }
  /// False when `count` never arrived.
  bool waitFor(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return arrived_ >= count; });
  }
  [[nodiscard]] bool hasArrived() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return arrived_ != 0;
  }
  /// The same for so many arrivals from now on.
  bool waitForMore(int count) {
    int before = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      before = arrived_;
    }
    return waitFor(before + count);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
};
