// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_ENVIRONMENT_HPP
#define SECURE_TUNNELING_DETAIL_ENVIRONMENT_HPP

#include <cstdlib>
#include <string>
#include <string_view>

#if !defined(_WIN32) && __has_include(<pwd.h>)
#include <pwd.h>
#include <unistd.h>
#endif

namespace secure_tunneling {
inline namespace v0_1 {
namespace detail {

/// An environment variable; empty when it is not set, which AWS tools read alike. As `getenv`: not
/// safe beside a thread that changes the environment.
inline std::string_view environmentVariable(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

/// The home directory: HOME, else (on POSIX systems) the one that the system has for the user;
/// empty when neither is known.
inline std::string homeDirectory() {
  const std::string_view home = environmentVariable("HOME");
  if (!home.empty()) return std::string(home);
#if !defined(_WIN32) && __has_include(<pwd.h>)
  passwd entry{};
  passwd* found = nullptr;
  char text[4096];
  if (::getpwuid_r(::getuid(), &entry, text, sizeof text, &found) == 0 && found != nullptr) {
    return entry.pw_dir;
  }
#endif
  return {};
}

/// `path` with a leading `~/` made the home directory.
inline std::string expandHome(std::string_view path) {
  if (path.substr(0, 2) != "~/") return std::string(path);
  std::string home = homeDirectory();
  return home.empty() ? std::string(path) : home.append(path.substr(1));
}

}  // namespace detail
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_ENVIRONMENT_HPP
