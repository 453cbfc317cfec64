// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_WIPE_HPP
#define SECURE_TUNNELING_DETAIL_WIPE_HPP

#include <cstddef>
#include <cstring>

#include "secure_tunneling/detail/compiler.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Overwrites `size` bytes at `data` with zeros in a way the optimiser keeps.
inline void wipe(void* data, std::size_t size) noexcept {
#ifdef SECURE_TUNNELING_KEEP_WRITES
  if (size == 0) return;
  std::memset(data, 0, size);
  // Without it clang -O2 removes the memset before a free.
  SECURE_TUNNELING_KEEP_WRITES(data);
#else
  volatile unsigned char* bytes = static_cast<volatile unsigned char*>(data);
  while (size-- != 0)
    *bytes++ = 0;
#endif
}

/// Wipes an object of trivial type when the scope ends, however it ends.
template <class T>
class WipeOnExit {
 public:
  explicit WipeOnExit(T& object) noexcept : object_(object) {}
  ~WipeOnExit() { wipe(&object_, sizeof(T)); }
  WipeOnExit(const WipeOnExit&) = delete;
  WipeOnExit& operator=(const WipeOnExit&) = delete;

 private:
  T& object_;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_WIPE_HPP
