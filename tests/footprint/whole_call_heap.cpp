// SPDX-License-Identifier: BSL-1.0
// Prints `whole_call BYTES`: the most heap that one call takes, that of libcurl and OpenSSL
// included. The definitions below take the place of glibc's.
#include <malloc.h>

#include <cerrno>
#include <cstddef>

#include "../benchmark/calls.hpp"
#include "heap.hpp"

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);
}

namespace {

footprint::Heap heap;

void* counted(void* memory) noexcept {
  heap.add(malloc_usable_size(memory));
  return memory;
}

}  // namespace

extern "C" {
void* malloc(std::size_t size) {
  return counted(__libc_malloc(size));
}
void* calloc(std::size_t number, std::size_t size) {
  return counted(__libc_calloc(number, size));
}
void* realloc(void* memory, std::size_t size) {
  heap.now -= malloc_usable_size(memory);
  return counted(__libc_realloc(memory, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return counted(__libc_memalign(alignment, size));
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  *memory = counted(__libc_memalign(alignment, size));
  return *memory == nullptr ? ENOMEM : 0;
}
void free(void* memory) {
  heap.now -= malloc_usable_size(memory);
  __libc_free(memory);
}
}

int main() {
  const benchmarks::LoopbackServer server;
  footprint::printPeak("whole_call", heap, [&] {
    benchmarks::LibraryCall call(server.url());
    call();
  });
}
