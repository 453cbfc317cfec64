// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CONFIGURATION_DETAIL_ENVIRONMENT_HPP
#define SECURE_TUNNELING_CONFIGURATION_DETAIL_ENVIRONMENT_HPP

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/text.hpp"

#if !defined(_WIN32) && __has_include(<pwd.h>)
#include <pwd.h>
#include <unistd.h>
#endif

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// An environment variable; empty when it is not set, which AWS tools read alike. As `getenv`: not
/// safe beside a thread that changes the environment.
inline std::string_view environmentVariable(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

/// The home directory of the user `name`, or for an empty one of whoever runs the program: HOME,
/// else on Windows USERPROFILE, and on POSIX systems the one that the system has. Empty when none
/// is known, as on Windows that of another user.
inline std::string homeDirectory(std::string_view name = {}) {
  std::string home;
  if (name.empty()) append(home, environmentVariable("HOME"));
#if defined(_WIN32)
  if (name.empty() && home.empty()) append(home, environmentVariable("USERPROFILE"));
#elif __has_include(<pwd.h>)
  if (!home.empty()) return home;
  passwd entry{};
  passwd* found = nullptr;
  char text[4096];
  if (name.empty()) {
    ::getpwuid_r(::getuid(), &entry, text, sizeof text, &found);
  } else {
    ::getpwnam_r(concat({name}).c_str(), &entry, text, sizeof text, &found);
  }
  if (found != nullptr) append(home, entry.pw_dir);
#endif
  return home;
}

/// Whether it divides a path: on Windows both slashes do.
inline bool isSlash(char c) noexcept {
#if defined(_WIN32)
  if (c == '\\') return true;
#endif
  return c == '/';
}

/// How many letters, digits and underscores `text` begins with.
inline std::size_t wordSize(std::string_view text) noexcept {
  std::size_t size = 0;
  while (size != text.size() && (isAlpha(text[size]) || isDigit(text[size]) || text[size] == '_'))
    ++size;
  return size;
}

/// `text` with each `$NAME` and `${NAME}` made the value of that variable, which is not looked
/// through again. One that is not set stays as it is.
inline std::string expandVariables(std::string_view text) {
  std::string out;
  bool hasEnds = true;  // further braces to the right
  while (!text.empty()) {
    const char* value = nullptr;
    std::size_t size = 1;
    if (text.front() == '$') {
      std::string_view name = text;
      name.remove_prefix(1);
      const bool isBraced = !name.empty() && name.front() == '{';
      if (isBraced) name.remove_prefix(1);
      const std::size_t end = !isBraced ? wordSize(name) : hasEnds ? name.find('}') : name.npos;
      hasEnds = hasEnds && (!isBraced || end != name.npos);
      if (end != std::string_view::npos) {
        value = std::getenv(concat({{name.data(), end}}).c_str());
        size = end + (isBraced ? 3 : 1);
      }
    }
    append(out, value != nullptr ? std::string_view(value) : std::string_view(text.data(), size));
    text.remove_prefix(size);
  }
  return out;
}

/// A path that somebody set in a variable or a file, with `$NAME`, `${NAME}` and a leading `~` or
/// `~USER` expanded as by Python's `os.path.expandvars` and `expanduser`, and so by the AWS CLI.
/// What is not known stays as it is.
inline std::string expandPath(std::string_view path) {
  std::string out = expandVariables(path);
  if (out.empty() || out.front() != '~') return out;
  std::string_view rest = out;
  rest.remove_prefix(1);
  std::size_t end = 0;
  while (end != rest.size() && !isSlash(rest[end]))
    ++end;
  const std::string_view user(rest.data(), end);
  rest.remove_prefix(end);
  std::string home = homeDirectory(user);
  if (home.empty()) return out;
  while (!home.empty() && isSlash(home.back()))
    home.pop_back();
  append(home, rest);
  return home.empty() ? "/" : home;
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CONFIGURATION_DETAIL_ENVIRONMENT_HPP
