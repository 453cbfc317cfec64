// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <malloc.h>

#include <cerrno>
#include <cstddef>

#include "heap.hpp"

// Counts the heap of a program, that of libcurl and OpenSSL included: these definitions take the
// place of glibc's. For one source file of it.

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);
}

namespace footprint {

inline Heap heap;

inline void* counted(void* memory) noexcept {
  heap.add(malloc_usable_size(memory));
  return memory;
}

}  // namespace footprint

extern "C" {
void* malloc(std::size_t size) {
  return footprint::counted(__libc_malloc(size));
}
void* calloc(std::size_t number, std::size_t size) {
  return footprint::counted(__libc_calloc(number, size));
}
void* realloc(void* memory, std::size_t size) {
  footprint::heap.now -= malloc_usable_size(memory);
  return footprint::counted(__libc_realloc(memory, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return footprint::counted(__libc_memalign(alignment, size));
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  *memory = footprint::counted(__libc_memalign(alignment, size));
  return *memory == nullptr ? ENOMEM : 0;
}
void free(void* memory) {
  footprint::heap.now -= malloc_usable_size(memory);
  __libc_free(memory);
}
}
