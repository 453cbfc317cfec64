// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_OWNED_HPP
#define SECURE_TUNNELING_DETAIL_OWNED_HPP

#include <cassert>
#include <utility>

#include "secure_tunneling/detail/compiler.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Keeps an object on the heap, or none: small, and quick to move. As std::unique_ptr, whose header
/// is slow to include.
template <class T>
class Owned {
 public:
  Owned() noexcept = default;
  /// Takes what was made with `new`.
  explicit Owned(T* object) noexcept : object_(object) {}
  Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Owned() {
    if (object_ != nullptr) destroy();
  }

  [[nodiscard]] bool empty() const noexcept { return object_ == nullptr; }
  [[nodiscard]] T* get() const noexcept { return object_; }
  T& operator*() const noexcept {
    assert(object_ != nullptr);
    return *object_;
  }
  T* operator->() const noexcept { return &**this; }

 private:
  SECURE_TUNNELING_NOINLINE void destroy() noexcept { delete object_; }

  T* object_ = nullptr;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_OWNED_HPP
