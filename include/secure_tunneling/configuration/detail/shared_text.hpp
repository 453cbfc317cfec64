// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_TEXT_HPP
#define SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_TEXT_HPP

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/detail/environment.hpp"
#include "secure_tunneling/detail/file.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/secret.hpp"

/// The text of the shared config and credentials files of the AWS tools: where it is, and reading
/// it.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

enum class SharedFile : unsigned char { Config, Credentials };

/// Where a shared file is, and whether somebody said so.
struct SharedFilePath {
  std::string path;
  bool isNamed = false;
};

/// AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE, else in `~/.aws`.
inline SharedFilePath sharedFilePath(SharedFile file) {
  const bool isConfig = file == SharedFile::Config;
  const std::string_view named =
      environmentVariable(isConfig ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE");
  if (!named.empty()) return {expandPath(named), true};
  return {expandPath(isConfig ? "~/.aws/config"sv : "~/.aws/credentials"sv), false};
}

/// A file as it was read.
struct SharedText {
  std::string path;
  Secret text;
  /// Why it reads as empty, although it is there or somebody named it; null for all others.
  const char* unread = nullptr;
};

/// Reads a file of at most 4 MiB, which holds ten thousand profiles. One that does not exist reads
/// as empty, and so does what is no regular file, as in the AWS CLI: nothing waits for a pipe or a
/// device, /dev/null is an empty file, and a missing file that was mounted into a container has
/// become a directory. One in the usual place that may not be read is passed over too: a service
/// may run with the home directory of another user.
inline Result<SharedText> readSharedFile(SharedFilePath where) {
  constexpr std::size_t longest = std::size_t{4} << 20;
  SharedText read;
  read.path = std::move(where.path);
  const auto refuse = [&read](std::string_view why) {
    return detail::filledFailure(ErrorKind::Configuration, "{}: {}", {read.path, why});
  };
  // Looked at first: to open a pipe lets its writer go on, to nobody.
  const FileKind kind = fileKind(read.path);
  if (kind != FileKind::None && kind != FileKind::Regular) {
    read.unread = kind == FileKind::Directory ? "a directory" : "not a regular file";
    return read;
  }
  const int file = kind == FileKind::Regular ? openToRead(read.path) : -1;
  if (file < 0) {
    const bool isAbsent = errno == ENOENT || errno == ENOTDIR;
    if (isAbsent && where.isNamed) read.unread = "no such file";
    if (isAbsent) return read;
    if (errno == ELOOP) read.unread = "a loop of links";
    if (errno == EACCES && !where.isNamed) read.unread = "permission denied";
    if (read.unread != nullptr) return read;
    return refuse(std::strerror(errno));
  }
  char chunk[4096];
  std::ptrdiff_t size = 0;
  do {
    size = readFile(file, chunk);
    if (size > 0) read.text.append(std::string_view(chunk, static_cast<std::size_t>(size)));
  } while ((size > 0 && read.text.size() <= longest) || (size < 0 && errno == EINTR));
  wipe(chunk, sizeof chunk);
  closeFile(file);
  if (size < 0) return refuse("cannot be read"sv);
  if (read.text.size() > longest) return refuse("longer than 4 MiB"sv);
  return read;
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_TEXT_HPP
