// SPDX-License-Identifier: BSL-1.0
// The global operators new and delete, replaced to see what memory holds when it is given back.
#include "support/freed_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

std::string_view watched;
int leakCount;
long allocationCount;

// In front of each block; as large as the strictest alignment, which the block must keep.
struct alignas(std::max_align_t) Prefix {
  std::size_t size;
};

void* allocate(std::size_t size) {
  ++allocationCount;
  void* const memory = std::malloc(sizeof(Prefix) + size);
  if (memory == nullptr) std::abort();
  Prefix* const prefix = ::new (memory) Prefix{size};
  // What an earlier owner of the memory left there is no leak of the next one.
  return std::memset(prefix + 1, 0, size);
}

void release(void* memory) {
  if (memory == nullptr) return;
  Prefix* const prefix = static_cast<Prefix*>(memory) - 1;
  const std::string_view content(static_cast<const char*>(memory), prefix->size);
  if (!watched.empty() && content.find(watched) != std::string_view::npos) ++leakCount;
  std::free(prefix);
}

}  // namespace

FreedMemoryWatch::FreedMemoryWatch(std::string_view text) noexcept {
  leakCount = 0;
  watched = text;
}
FreedMemoryWatch::~FreedMemoryWatch() {
  watched = {};
}
long allocationsSoFar() noexcept {
  return allocationCount;
}
int FreedMemoryWatch::leaks() const noexcept {
  return leakCount;
}

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (size > PTRDIFF_MAX - sizeof(Prefix)) return nullptr;
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  if (size > PTRDIFF_MAX - sizeof(Prefix)) return nullptr;
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  release(memory);
}
