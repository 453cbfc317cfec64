// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_WINDOWS_HANDLE_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_WINDOWS_HANDLE_HPP

#if defined(_WIN32)
// Brings windows.h without the older winsock.h.
#include <winsock2.h>

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// A handle of Windows', closed at its end; null where there is none.
class WindowsHandle {
 public:
  WindowsHandle() noexcept = default;
  ~WindowsHandle() { reset(); }
  WindowsHandle(const WindowsHandle&) = delete;
  WindowsHandle& operator=(const WindowsHandle&) = delete;

  void reset(HANDLE handle = nullptr) noexcept {
    if (handle_ != nullptr) ::CloseHandle(handle_);
    handle_ = handle != INVALID_HANDLE_VALUE ? handle : nullptr;
  }
  /// For a function that makes one.
  [[nodiscard]] HANDLE* out() noexcept { return &handle_; }
  [[nodiscard]] HANDLE get() const noexcept { return handle_; }
  [[nodiscard]] bool isOpen() const noexcept { return handle_ != nullptr; }

 private:
  HANDLE handle_ = nullptr;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling
#endif

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_WINDOWS_HANDLE_HPP
