// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

namespace secure_tunneling {
inline namespace v1 {
namespace detail {

/// An environment variable; empty when it is not set, which AWS tools read alike. As `getenv`: not
/// safe beside a thread that changes the environment.
inline std::string_view environmentVariable(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

/// `path` with a leading `~/` made the home directory.
inline std::string expandHome(std::string_view path) {
  if (path.substr(0, 2) != "~/") return std::string(path);
  return std::string(environmentVariable("HOME")).append(path.substr(1));
}

}  // namespace detail
}  // namespace v1
}  // namespace secure_tunneling
