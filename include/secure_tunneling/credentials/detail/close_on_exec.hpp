// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_CLOSE_ON_EXEC_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_CLOSE_ON_EXEC_HPP

#if !defined(_WIN32)
#include <fcntl.h>
#include <unistd.h>
#endif

#include <cstdlib>

#if defined(__APPLE__)
#include <crt_externs.h>
#elif !defined(_WIN32) && !defined(_GNU_SOURCE)
// POSIX has no header that declares it.
extern "C" {
extern char** environ;
}
#endif

#if !defined(_WIN32)
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// `openPipe`, and `openTemporary` of a file of mode 0600 whose `pattern` ends with XXXXXX, which
/// becomes what is free, are for this program alone: what another thread starts meanwhile does not
/// inherit them. But where the system has no more than POSIX of 2008, as macOS has, it may if it is
/// started at that very moment. Errors are in errno.
#if !defined(__APPLE__) && \
    (defined(_GNU_SOURCE) || defined(_NETBSD_SOURCE) || (defined(__BSD_VISIBLE) && __BSD_VISIBLE))
inline bool openPipe(int (&ends)[2]) noexcept {
  return ::pipe2(ends, O_CLOEXEC) == 0;
}
inline int openTemporary(char* pattern) noexcept {
  return ::mkostemp(pattern, O_CLOEXEC);
}
#else
inline bool openPipe(int (&ends)[2]) noexcept {
  if (::pipe(ends) != 0) return false;
  ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  ::fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return true;
}
inline int openTemporary(char* pattern) noexcept {
  const int file = ::mkstemp(pattern);
  if (file != -1) ::fcntl(file, F_SETFD, FD_CLOEXEC);
  return file;
}
#endif

inline char** programEnvironment() noexcept {
#if defined(__APPLE__)
  return *::_NSGetEnviron();
#else
  return environ;
#endif
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling
#endif

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_CLOSE_ON_EXEC_HPP
