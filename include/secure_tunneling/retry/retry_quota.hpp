// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_RETRY_RETRY_QUOTA_HPP
#define SECURE_TUNNELING_RETRY_RETRY_QUOTA_HPP

/// @file
/// The budget that retries are paid from.

#include <atomic>

namespace secure_tunneling {
inline namespace v0_2 {

/// The tokens that retries are paid with, so that clients whose every call fails soon send each
/// request once. A client has one of its own, or shares one (`Settings::retryQuota`) with any
/// number of clients and threads; it must outlive them. Lock-free.
class RetryQuota {
 public:
  /// The most tokens that there can be: a retry costs 5 to 14 of them, and a success gives back
  /// what its last retry cost, else 1.
  static constexpr int capacity = 500;

  /// Begins with `tokens`, from 0 to `capacity`.
  explicit RetryQuota(int tokens = capacity) noexcept : available_(tokens) {}

  /// Takes `tokens`; false, and nothing taken, where there are not so many.
  [[nodiscard]] bool acquire(int tokens) noexcept {
    int left = available();
    do {
      if (tokens > left) return false;
    } while (!available_.compare_exchange_weak(left, left - tokens, std::memory_order_relaxed));
    return true;
  }
  /// Gives `tokens` back, as far as there is room for them.
  void release(int tokens) noexcept {
    int left = available();
    int filled = 0;
    do {
      filled = tokens < capacity - left ? left + tokens : capacity;
    } while (!available_.compare_exchange_weak(left, filled, std::memory_order_relaxed));
  }
  /// The tokens that are left, 0 to `capacity`.
  [[nodiscard]] int available() const noexcept {
    return available_.load(std::memory_order_relaxed);
  }

 private:
  // 32 bits, which every processor with threads changes at once.
  std::atomic<int> available_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_RETRY_RETRY_QUOTA_HPP
