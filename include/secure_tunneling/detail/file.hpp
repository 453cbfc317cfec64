// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_FILE_HPP
#define SECURE_TUNNELING_DETAIL_FILE_HPP

#include <fcntl.h>
#include <sys/stat.h>

#include <cstddef>
#include <string>

#if defined(_WIN32)
#include <io.h>
#include <share.h>
#else
#include <unistd.h>
#endif

#include "secure_tunneling/detail/before_x11.hpp"

/// Reading files, by POSIX or by Windows' C library: both say in errno what is wrong. On Windows a
/// path is in the program's code page, as that of `fopen` is.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

enum class FileKind : unsigned char { None, Regular, Directory, Other };

/// What is at `path`.
inline FileKind fileKind(const std::string& path) noexcept {
#if defined(_WIN32)
  struct _stat64 status {};
  if (::_stat64(path.c_str(), &status) != 0) return FileKind::None;
  const int kind = status.st_mode & _S_IFMT;
  if (kind == _S_IFREG) return FileKind::Regular;
  return kind == _S_IFDIR ? FileKind::Directory : FileKind::Other;
#else
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return FileKind::None;
  if (S_ISREG(status.st_mode)) return FileKind::Regular;
  return S_ISDIR(status.st_mode) ? FileKind::Directory : FileKind::Other;
#endif
}

/// -1 where that fails. Waits for nobody, should it be a pipe; and a program that another thread
/// starts does not inherit it.
inline int openToRead(const std::string& path) noexcept {
#if defined(_WIN32)
  int file = -1;
  ::_sopen_s(&file, path.c_str(), _O_RDONLY | _O_BINARY | _O_NOINHERIT, _SH_DENYNO, 0);
  return file;
#else
  return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
#endif
}

/// How much was read, 0 at the end; less than 0 where that fails.
template <std::size_t Size>
std::ptrdiff_t readFile(int file, char (&out)[Size]) noexcept {
#if defined(_WIN32)
  return ::_read(file, out, unsigned{Size});
#else
  return ::read(file, out, Size);
#endif
}

inline void closeFile(int file) noexcept {
#if defined(_WIN32)
  ::_close(file);
#else
  ::close(file);
#endif
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_FILE_HPP
