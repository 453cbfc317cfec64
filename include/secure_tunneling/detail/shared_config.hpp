// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/environment.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/secret.hpp"

/// The shared config and credentials files of the AWS tools.
namespace secure_tunneling {
inline namespace v1 {
namespace detail {

enum class SharedFile : unsigned char { Config, Credentials };

inline std::string sharedFilePath(SharedFile file) {
  const bool isConfig = file == SharedFile::Config;
  const std::string_view path =
      environmentVariable(isConfig ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE");
  if (!path.empty()) return expandHome(path);
  return expandHome(isConfig ? "~/.aws/config"sv : "~/.aws/credentials"sv);
}

/// Reads a file of at most 1 MiB. A file that does not exist reads as empty.
inline Result<Secret> readSharedFile(const std::string& path) {
  constexpr std::size_t longest = std::size_t{1} << 20;
  const auto refuse = [&path](std::string_view why) {
    return errorOf(ErrorKind::Configuration, {path, ": "sv, why});
  };
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) return Secret{};
    return refuse(std::strerror(errno));
  }
  // Without its own buffer stdio leaves no copy of a secret key behind.
  std::setvbuf(file, nullptr, _IONBF, 0);
  Secret text;
  char chunk[4096];
  std::size_t size = 0;
  do {
    size = std::fread(chunk, 1, sizeof chunk, file);
    text.append(std::string_view(chunk, size));
  } while (size == sizeof chunk && text.size() <= longest);
  wipe(chunk, sizeof chunk);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) return refuse("cannot be read"sv);
  if (text.size() > longest) return refuse("longer than 1 MiB"sv);
  return text;
}

/// The profile that a section heading (what stands between the brackets) is about; empty when none.
/// In the config file all but `default` are headed `profile NAME`.
inline std::string_view profileOfSection(SharedFile file, std::string_view heading) noexcept {
  constexpr std::string_view prefix = "profile"sv;
  heading = trimBlanks(heading);
  if (file == SharedFile::Credentials || heading == "default"sv) return heading;
  if (heading.substr(0, prefix.size()) != prefix) return {};
  heading.remove_prefix(prefix.size());
  if (heading.empty() || !isBlank(heading.front())) return {};
  heading = trimBlanks(heading);
  if (heading.size() > 1 && heading.front() == heading.back() &&
      (heading.front() == '"' || heading.front() == '\'')) {
    heading = heading.substr(1, heading.size() - 2);
  }
  return heading;
}

/// Cuts a comment off: `#` or `;` behind a blank.
inline std::string_view withoutComment(std::string_view value) noexcept {
  for (std::size_t i = 1; i < value.size(); ++i) {
    if ((value[i] == '#' || value[i] == ';') && isBlank(value[i - 1])) return value.substr(0, i);
  }
  return value;
}

/// Calls `visit(key, value)` for every property of profile `profile` in `text`, in order, and
/// `visit({}, {})` for its heading. Names of properties are compared without case: `key` is as it
/// stands. Lines that continue a value (they begin with a blank) are nested settings, which no
/// property read here has; they are passed over.
template <class Visit>
Result<void> forEachProperty(SharedFile file, const std::string& path, std::string_view text,
                             std::string_view profile, Visit visit) {
  bool inProfile = false;
  bool inSection = false;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view raw = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::string_view line = trimBlanks(raw);
    const bool isContinuation = isBlank(raw.empty() ? 'x' : raw.front());
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    const auto refuse = [&](std::string_view expected) {
      return errorOf(ErrorKind::Configuration,
                     {path, ", line "sv, Decimal(number).text(), ": expected "sv, expected});
    };
    if (line.front() == '[' && !isContinuation) {
      const std::size_t close = line.find(']');
      if (close == std::string_view::npos) return refuse("a closing ]"sv);
      inSection = true;
      inProfile = profileOfSection(file, line.substr(1, close - 1)) == profile;
      if (inProfile) visit(std::string_view{}, std::string_view{});
      continue;
    }
    if (isContinuation) continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return refuse("[section] or name = value"sv);
    if (!inSection) return refuse("a [section] before the first property"sv);
    if (inProfile) {
      visit(trimBlanks(line.substr(0, equals)),
            trimBlanks(withoutComment(line.substr(equals + 1))));
    }
  }
  return {};
}

/// The profile to use: the one given, else AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default".
inline std::string_view chosenProfile(std::string_view given) noexcept {
  if (!given.empty()) return given;
  for (const char* const name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    const std::string_view value = environmentVariable(name);
    if (!value.empty()) return value;
  }
  return "default"sv;
}

/// Calls `visit(file, key, value)` for the profile's properties in both files, the config file
/// first, so that where both have a property the credentials file's comes last. Returns whether
/// either file has the profile.
template <class Visit>
Result<bool> visitProfile(std::string_view profile, Visit visit) {
  bool found = false;
  for (const SharedFile file : {SharedFile::Config, SharedFile::Credentials}) {
    const std::string path = sharedFilePath(file);
    Result<Secret> text = readSharedFile(path);
    if (!text) return std::move(text).error();
    Result<void> parsed = forEachProperty(file, path, text->expose(), profile,
                                          [&](std::string_view key, std::string_view value) {
                                            found = true;
                                            if (!key.empty()) visit(file, key, value);
                                          });
    if (!parsed) return std::move(parsed).error();
  }
  return found;
}

}  // namespace detail
}  // namespace v1
}  // namespace secure_tunneling
