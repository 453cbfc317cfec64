// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "memory/secret_windows.hpp"

/// While one lives, every block that is freed in this process is searched for secrets, whoever
/// frees it: `watched_heap.cpp` replaces malloc and the operators new and delete. One at a time.
class WatchedHeap {
 public:
  explicit WatchedHeap(const SecretWindows& secrets) noexcept;
  ~WatchedHeap();
  WatchedHeap(const WatchedHeap&) = delete;
  WatchedHeap& operator=(const WatchedHeap&) = delete;

  /// Blocks that operator delete freed with a secret in them: all that C++ code owns.
  [[nodiscard]] int leaks() const noexcept;
  /// Blocks that C libraries freed with one in them.
  [[nodiscard]] int leaksOfLibraries() const noexcept;
};
