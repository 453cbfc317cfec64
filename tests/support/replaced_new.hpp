// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

// The global operators new and delete, by two functions that the file defines which includes this.
// One file of a program does.
namespace replaced_new {

/// Null where there is no memory.
void* allocate(std::size_t size) noexcept;
/// `memory` is not null.
void release(void* memory) noexcept;

inline void* allocateOrThrow(std::size_t size) {
  void* const memory = allocate(size);
  if (memory != nullptr) return memory;
#if defined(__cpp_exceptions)
  throw std::bad_alloc();
#else
  std::abort();
#endif
}
inline void releaseIfAny(void* memory) noexcept {
  if (memory != nullptr) release(memory);
}

}  // namespace replaced_new

void* operator new(std::size_t size) {
  return replaced_new::allocateOrThrow(size);
}
void* operator new[](std::size_t size) {
  return replaced_new::allocateOrThrow(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return replaced_new::allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return replaced_new::allocate(size);
}
void operator delete(void* memory) noexcept {
  replaced_new::releaseIfAny(memory);
}
void operator delete[](void* memory) noexcept {
  replaced_new::releaseIfAny(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  replaced_new::releaseIfAny(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  replaced_new::releaseIfAny(memory);
}
