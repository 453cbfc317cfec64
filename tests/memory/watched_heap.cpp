// SPDX-License-Identifier: BSL-1.0
// malloc and the global operators new and delete, replaced to see what memory holds when it is
// given back. By hand: no packaged allocator shows a block at its end. Needs glibc.
#include "memory/watched_heap.hpp"

#include <dlfcn.h>
#include <malloc.h>

#include <cstddef>
#include <cstdio>
#include <cstring>

#include "memory/painted_stack.hpp"
#include "support/replaced_new.hpp"

extern "C" {
void* __libc_malloc(std::size_t size);
void __libc_free(void* memory);
void* __libc_calloc(std::size_t count, std::size_t size);
}

namespace {

const SecretWindows* watched;
int leakCount;
int leakCountOfLibraries;

/// What a search has in its hands must not stay on the stack that is examined.
PaintedStack stackOfSearches;

/// Reports what a block holds. `caller` is null for operator delete.
void report(const SecretWindows& secrets, const char* memory, std::size_t size,
            const void* caller) {
  bool isFound = false;
  auto search = [&] {
    secrets.search(memory, size, [&](const std::string& name, std::size_t at) {
      Dl_info info{};
      const char* who = "operator delete";
      if (caller != nullptr) {
        who = dladdr(caller, &info) != 0 ? info.dli_fname : "?";
      }
      std::printf("  heap: %s at byte %zu of %zu, freed by %s\n", name.c_str(), at, size, who);
      isFound = true;
    });
  };
  stackOfSearches.run(search);
  if (isFound) ++(caller == nullptr ? leakCount : leakCountOfLibraries);
}

/// Searches a block, and clears it: what is allocated there next must not be taken for its owner's.
void inspect(void* memory, const void* caller) {
  if (memory == nullptr) return;
  const std::size_t size = malloc_usable_size(memory);
  const SecretWindows* const secrets = watched;
  if (secrets != nullptr) {
    watched = nullptr;  // what is allocated in here is of no interest
    report(*secrets, static_cast<const char*>(memory), size, caller);
    watched = secrets;
  }
  std::memset(memory, 0, size);
}

}  // namespace

void* replaced_new::allocate(std::size_t size) noexcept {
  return __libc_malloc(size);
}
void replaced_new::release(void* memory) noexcept {
  inspect(memory, nullptr);
  __libc_free(memory);
}

WatchedHeap::WatchedHeap(const SecretWindows& secrets) noexcept {
  leakCount = 0;
  leakCountOfLibraries = 0;
  watched = &secrets;
}
WatchedHeap::~WatchedHeap() {
  watched = nullptr;
}
int WatchedHeap::leaks() const noexcept {
  return leakCount;
}
int WatchedHeap::leaksOfLibraries() const noexcept {
  return leakCountOfLibraries;
}

extern "C" {
void free(void* memory) {
  inspect(memory, __builtin_return_address(0));
  __libc_free(memory);
}
// Always moves, so that the old block is seen.
void* realloc(void* memory, std::size_t size) {
  if (memory == nullptr) return __libc_malloc(size);
  const std::size_t had = malloc_usable_size(memory);
  void* const moved = __libc_malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, had < size ? had : size);
  inspect(memory, __builtin_return_address(0));
  __libc_free(memory);
  return moved;
}
void* malloc(std::size_t size) {
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  return __libc_calloc(count, size);
}
}
