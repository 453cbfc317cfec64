// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "memory/secret_windows.hpp"

/// A heap that refuses, for what this thread does while one lives; one at a time a thread.
/// `refusing_heap.cpp` replaces the operators new and delete, and gives libcurl and OpenSSL their
/// memory.
class RefusingHeap {
 public:
  enum class Owner : unsigned char {
    Cpp,  ///< the operators new
    C,    ///< libcurl and OpenSSL
  };
  enum class How : unsigned char { Once, FromThenOn };

  /// Refuses the allocation `number` of `owner`, counted from 1; none where it is 0.
  RefusingHeap(Owner owner, int number, How how) noexcept;
  ~RefusingHeap();
  RefusingHeap(const RefusingHeap&) = delete;
  RefusingHeap& operator=(const RefusingHeap&) = delete;

  /// Allocations of `owner` so far, a refused one included.
  [[nodiscard]] int allocations() const noexcept;
  [[nodiscard]] bool hasRefused() const noexcept;
};

/// While one lives: what operator new gives out and what operator delete takes back, in all
/// threads.
class CppHeapWatch {
 public:
  explicit CppHeapWatch(const SecretWindows& secrets) noexcept;
  ~CppHeapWatch();
  CppHeapWatch(const CppHeapWatch&) = delete;
  CppHeapWatch& operator=(const CppHeapWatch&) = delete;

  /// Blocks that this thread has allocated meanwhile and nobody has freed.
  [[nodiscard]] int blocksInUse() const noexcept;
  /// Blocks that were freed with a secret in them.
  [[nodiscard]] int leakedSecrets() const noexcept;
};
