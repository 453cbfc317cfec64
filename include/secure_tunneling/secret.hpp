// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SECRET_HPP
#define SECURE_TUNNELING_SECRET_HPP

/// @file
/// Text that is wiped.

#include <cassert>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/wipe.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Text that must not leak: a client access token, a secret access key, a session token, a response
/// body that carries them.
///
/// The characters live on the heap only (there is no small-string buffer to forget on a stack) and
/// are wiped before their memory is given back, also when the buffer grows. Move-only, so that
/// every copy is a visible `copy()`; it has no stream operator. A NUL always follows the last
/// character. Allocates with `operator new[]`; not thread-safe beyond what const access gives.
class Secret {
 public:
  /// Empty; allocates nothing.
  SECURE_TUNNELING_NOINLINE Secret() noexcept {}  // NOLINT(*-use-equals-default)
  /// A copy of `text`, which itself is not wiped: that is the caller's.
  explicit Secret(std::string_view text) { assign(text); }
  /// Takes the buffer of `other`, which is empty then; what this one had is wiped.
  /// @{
  Secret(Secret&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      release();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
      capacity_ = std::exchange(other.capacity_, 0);
    }
    return *this;
  }
  /// @}
  ~Secret() { release(); }

  /// The characters. The view dies with the next change of this object.
  [[nodiscard]] std::string_view expose() const noexcept SECURE_TUNNELING_LIFETIMEBOUND {
    return {data_ == nullptr ? "" : data_, size_};
  }
  /// A second secret with the same characters. Allocates.
  [[nodiscard]] Secret copy() const { return Secret(expose()); }
  /// Whether it has no characters.
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// Characters, without the NUL behind them.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Characters that there is room for without an allocation.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// The characters, to be changed in place (never past `size()`); null before the first
  /// allocation.
  [[nodiscard]] char* data() noexcept { return data_; }

  /// Replaces the characters, reusing the buffer where they fit. `text` may not point into it.
  SECURE_TUNNELING_NOINLINE void assign(std::string_view text) {
    clear();
    append(text);
  }
  /// Adds characters at the end. `text` may not point into this buffer.
  SECURE_TUNNELING_NOINLINE void append(std::string_view text) {
    if (text.empty()) return;
    reserve(size_ + text.size());
    assert(data_ != nullptr);
    std::memcpy(data_ + size_, text.data(), text.size());
    size_ += text.size();
    data_[size_] = '\0';
  }
  /// Makes room for at least `capacity` characters in all, so that appending up to there does not
  /// allocate. A buffer grows to twice its size or more.
  SECURE_TUNNELING_NOINLINE void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    capacity = grownCapacity(capacity);
    moveTo(new char[withNul(capacity)], capacity);
  }
  /// Makes room as `reserve` does, for where nothing may be thrown: false, and nothing is changed,
  /// where there is no memory.
  [[nodiscard]] bool tryReserve(std::size_t capacity) noexcept {
    if (capacity <= capacity_) return true;
    capacity = grownCapacity(capacity);
    char* const grown = new (std::nothrow) char[withNul(capacity)];
    if (grown != nullptr) moveTo(grown, capacity);
    return grown != nullptr;
  }
  /// Wipes the characters and keeps the buffer.
  void clear() noexcept {
    detail::wipe(data_, size_);
    size_ = 0;
  }

  /// Compares in a time that depends on the lengths only.
  /// @{
  friend bool operator==(const Secret& left, const Secret& right) noexcept {
    return left.equals(right.expose());
  }
  friend bool operator!=(const Secret& left, const Secret& right) noexcept {
    return !(left == right);
  }
  [[nodiscard]] bool equals(std::string_view other) const noexcept {
    if (size_ != other.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i != size_; ++i) {
      difference |= static_cast<unsigned>(static_cast<unsigned char>(data_[i])) ^
                    static_cast<unsigned char>(other[i]);
    }
    return difference == 0;
  }
  /// @}

 private:
  [[nodiscard]] std::size_t grownCapacity(std::size_t capacity) const noexcept {
    return capacity < capacity_ * 2 ? capacity_ * 2 : capacity;
  }
  /// A capacity of SIZE_MAX, for which there is no memory either way, does not become 0.
  static std::size_t withNul(std::size_t capacity) noexcept {
    return capacity + 1 != 0 ? capacity + 1 : capacity;
  }
  void moveTo(char* grown, std::size_t capacity) noexcept {
    if (size_ != 0) std::memcpy(grown, data_, size_);
    grown[size_] = '\0';
    const std::size_t size = size_;
    release();
    data_ = grown;
    size_ = size;
    capacity_ = capacity;
  }
  SECURE_TUNNELING_NOINLINE void release() noexcept {
    clear();
    delete[] data_;
    data_ = nullptr;
    capacity_ = 0;
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SECRET_HPP
