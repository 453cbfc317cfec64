// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdio>

namespace footprint {

/// Bytes on the heap now, and the most there have been.
struct Heap {
  std::size_t now = 0;
  std::size_t most = 0;

  void add(std::size_t size) noexcept {
    now += size;
    if (now > most) most = now;
  }
};

/// Prints `NAME BYTES`: how much more than before `operation` needs at its worst.
template <class Operation>
void printPeak(const char* name, Heap& heap, Operation operation) {
  const std::size_t before = heap.now;
  heap.most = heap.now;
  operation();
  std::printf("%s %zu\n", name, heap.most - before);
}

}  // namespace footprint
