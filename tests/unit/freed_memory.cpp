// SPDX-License-Identifier: BSL-1.0
// The global operators new and delete, replaced to see what memory holds when it is given back.
#include "support/freed_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "support/replaced_new.hpp"

namespace {

std::string_view watched;
int leakCount;
long allocationCount;

// In front of each block; as large as the strictest alignment, which the block must keep.
struct alignas(std::max_align_t) Prefix {
  std::size_t size;
};

}  // namespace

void* replaced_new::allocate(std::size_t size) noexcept {
  if (size > PTRDIFF_MAX - sizeof(Prefix)) return nullptr;
  ++allocationCount;
  void* const memory = std::malloc(sizeof(Prefix) + size);
  if (memory == nullptr) return nullptr;
  Prefix* const prefix = ::new (memory) Prefix{size};
  // What an earlier owner of the memory left there is no leak of the next one. Nor is it zero,
  // which would be a NUL that nobody wrote.
  constexpr int unwritten = 0xa5;
  return std::memset(prefix + 1, unwritten, size);
}

void replaced_new::release(void* memory) noexcept {
  Prefix* const prefix = static_cast<Prefix*>(memory) - 1;
  const std::string_view content(static_cast<const char*>(memory), prefix->size);
  if (!watched.empty() && content.find(watched) != std::string_view::npos) ++leakCount;
  std::free(prefix);
}

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
