// SPDX-License-Identifier: BSL-1.0
#include "token_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "output.hpp"
#include "text.hpp"

using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;
using secure_tunneling::RotateTunnelAccessTokenResponse;
using secure_tunneling::Secret;

namespace {

constexpr const char* sourceName = "sourceAccessToken";
constexpr const char* destinationName = "destinationAccessToken";

/// A new file beside the one that it is to replace; taken away again unless it did.
class NewFile {
 public:
  explicit NewFile(std::string target) : target_(std::move(target)) {
    const std::size_t name = target_.rfind('/') + 1;
    path_ = target_.substr(0, name) + "." + target_.substr(name) + ".XXXXXX";
    descriptor_ = mkstemp(path_.data());
    if (descriptor_ != -1) static_cast<void>(fcntl(descriptor_, F_SETFD, FD_CLOEXEC));
  }
  ~NewFile() {
    const int reason = errno;
    if (descriptor_ != -1) {
      static_cast<void>(close(descriptor_));
      if (!replaced_) static_cast<void>(unlink(path_.c_str()));
    }
    errno = reason;
  }
  NewFile(NewFile&& other) noexcept
      : target_(std::move(other.target_)),
        path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        replaced_(other.replaced_) {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  NewFile& operator=(NewFile&&) = delete;

  /// Writes all of it to the disk; false, with errno set, when that fails.
  [[nodiscard]] bool write(std::string_view text) const {
    return descriptor_ != -1 && fchmod(descriptor_, S_IRUSR | S_IWUSR) == 0 &&
           writeTo(descriptor_, text) && fsync(descriptor_) == 0;
  }
  [[nodiscard]] bool replace() {
    replaced_ = rename(path_.c_str(), target_.c_str()) == 0;
    return replaced_;
  }
  [[nodiscard]] const std::string& target() const noexcept { return target_; }

 private:
  std::string target_;
  std::string path_;
  int descriptor_ = -1;
  bool replaced_ = false;
};

/// A rename is on the disk when its directory is.
bool syncDirectory(const std::string& directory) {
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor == -1) return false;
  // Some file systems know no such thing.
  const bool synced = fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS;
  const int reason = errno;
  static_cast<void>(close(descriptor));
  errno = reason;
  return synced;
}

Error refuse(const std::string& path, int reason) {
  return makeError(ErrorKind::Configuration,
                   "--token-file: " + visible(path) + ": " + std::strerror(reason));
}

}  // namespace

std::string TokenFiles::path(std::string_view name) const {
  return (directory_ + "/").append(name);
}

Result<void> TokenFiles::check(std::string_view clientMode) const {
  struct stat status {};
  if (stat(directory_.c_str(), &status) != 0) return refuse(directory_, errno);
  if (!S_ISDIR(status.st_mode)) return refuse(directory_, ENOTDIR);
  for (const char* const name : {sourceName, destinationName}) {
    const bool isAsked = clientMode != (name == sourceName ? "DESTINATION" : "SOURCE");
    if (!isAsked) continue;
    const std::string target = path(name);
    if (stat(target.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
      return refuse(target, EISDIR);
    }
    // As long as tokens are, so that a full disk shows.
    const NewFile trial(target);
    if (!trial.write(std::string(1024, '\0'))) return refuse(directory_, errno);
  }
  return {};
}

Result<void> TokenFiles::write(const RotateTunnelAccessTokenResponse& response) const {
  const auto fail = [](const std::string& what) {
    return makeError(ErrorKind::Configuration, what);
  };
  std::vector<NewFile> files;
  const auto add = [&](const char* name, const std::optional<Secret>& token) {
    if (!token) return true;
    files.emplace_back(path(name));
    return files.back().write(token->expose());
  };
  files.reserve(2);
  if (!add(sourceName, response.sourceAccessToken) ||
      !add(destinationName, response.destinationAccessToken)) {
    const std::string reason = std::strerror(errno);
    return fail("cannot be written to " + visible(files.back().target()) + ": " + reason +
                "; no file was changed");
  }
  if (files.empty()) return fail("the answer has none of them; no file was changed");
  std::string written;
  for (NewFile& file : files) {
    if (!file.replace()) {
      const std::string reason = std::strerror(errno);
      return fail(visible(file.target()) + " cannot be replaced: " + reason +
                  (written.empty() ? "; no file was changed" : "; " + written + " has a new one"));
    }
    written = visible(file.target());
  }
  if (syncDirectory(directory_)) return {};
  const std::string reason = std::strerror(errno);
  return fail(visible(directory_) + " cannot be written to the disk: " + reason +
              "; its files have the new ones until the machine stops");
}
