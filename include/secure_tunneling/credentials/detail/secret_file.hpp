// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_SECRET_FILE_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_SECRET_FILE_HPP

#if defined(_WIN32)
// Brings windows.h without the older winsock.h.
#include <winsock2.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "secure_tunneling/credentials/detail/close_on_exec.hpp"
#include "secure_tunneling/credentials/detail/windows_handle.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/secret.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

namespace detail {

#if defined(_WIN32)
/// All rights for the user that the program runs as, none for others, and none that a folder would
/// pass on.
class UserRights {
 public:
  UserRights() noexcept {
    WindowsHandle token;
    DWORD size = 0;
    isComplete_ =
        ::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, token.out()) != 0 &&
        ::GetTokenInformation(token.get(), TokenUser, &user_, sizeof user_, &size) != 0 &&
        ::InitializeAcl(&list_.head, sizeof list_, ACL_REVISION) != 0 &&
        ::AddAccessAllowedAce(&list_.head, ACL_REVISION, FILE_ALL_ACCESS, user_.head.User.Sid) !=
            0 &&
        ::InitializeSecurityDescriptor(&descriptor_, SECURITY_DESCRIPTOR_REVISION) != 0 &&
        ::SetSecurityDescriptorDacl(&descriptor_, TRUE, &list_.head, FALSE) != 0 &&
        ::SetSecurityDescriptorControl(&descriptor_, SE_DACL_PROTECTED, SE_DACL_PROTECTED) != 0;
    attributes_.nLength = sizeof attributes_;
    attributes_.lpSecurityDescriptor = &descriptor_;
  }
  UserRights(const UserRights&) = delete;
  UserRights& operator=(const UserRights&) = delete;

  [[nodiscard]] bool isComplete() const noexcept { return isComplete_; }
  /// For a file that is made while this lives.
  [[nodiscard]] SECURITY_ATTRIBUTES* attributes() noexcept { return &attributes_; }

 private:
  /// With room for what Windows writes behind it.
  template <class Head>
  struct WithRoom {
    Head head;
    char room[SECURITY_MAX_SID_SIZE + 32];
  };

  WithRoom<TOKEN_USER> user_{};
  WithRoom<ACL> list_{};
  SECURITY_DESCRIPTOR descriptor_{};
  SECURITY_ATTRIBUTES attributes_{};
  bool isComplete_ = false;
};
#endif

/// Replaces the file at `path` by `text`, for its owner alone to read. Who reads it meanwhile gets
/// the old text or the new one, whole. False when that cannot be done: then nothing has changed.
#if defined(_WIN32)
inline bool replaceSecretFile(const std::string& path, const Secret& text) {
  UserRights rights;
  if (!rights.isComplete()) return false;
  const std::string temporary = filled("{}.{}-{}", {path, Decimal(::GetCurrentThreadId()).text(),
                                                    Decimal(::GetTickCount64()).text()});
  const HANDLE file = ::CreateFileA(temporary.c_str(), GENERIC_WRITE, 0, rights.attributes(),
                                    CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) return false;
  const std::string_view bytes = text.expose();
  DWORD written = 0;
  const bool isWhole =
      ::WriteFile(file, bytes.data(), static_cast<DWORD>(bytes.size()), &written, nullptr) != 0 &&
      written == bytes.size() && ::FlushFileBuffers(file) != 0;
  ::CloseHandle(file);
  if (isWhole && ::MoveFileExA(temporary.c_str(), path.c_str(), MOVEFILE_REPLACE_EXISTING) != 0) {
    return true;
  }
  ::DeleteFileA(temporary.c_str());
  return false;
}
#else
inline bool replaceSecretFile(const std::string& path, const Secret& text) {
  std::string temporary = filled("{}.XXXXXX", {path});
  const int file = openTemporary(temporary.data());
  if (file < 0) return false;
  std::string_view rest = text.expose();
  while (!rest.empty()) {
    const auto written = ::write(file, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  const bool isWhole = rest.empty() && ::fsync(file) == 0;
  const bool isClosed = ::close(file) == 0;
  if (isWhole && isClosed && std::rename(temporary.c_str(), path.c_str()) == 0) return true;
  ::unlink(temporary.c_str());
  return false;
}
#endif

}  // namespace detail

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_SECRET_FILE_HPP
