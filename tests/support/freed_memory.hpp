// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

/// While one lives, every block that goes through operator delete is searched for a text that must
/// have been wiped by then. One at a time. `unit/freed_memory.cpp` replaces the operators.
class FreedMemoryWatch {
 public:
  explicit FreedMemoryWatch(std::string_view text) noexcept;
  ~FreedMemoryWatch();
  FreedMemoryWatch(const FreedMemoryWatch&) = delete;
  FreedMemoryWatch& operator=(const FreedMemoryWatch&) = delete;

  /// Blocks that were freed with the text still in them.
  [[nodiscard]] int leaks() const noexcept;
};

/// How often memory was asked for by operator new, since the program began.
long allocationsSoFar() noexcept;
