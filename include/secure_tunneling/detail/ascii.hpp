// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_ASCII_HPP
#define SECURE_TUNNELING_DETAIL_ASCII_HPP

#include <cstddef>
#include <string_view>

namespace secure_tunneling {
inline namespace v1 {
namespace detail {

// The C library's classification functions depend on the locale; protocols do not.

constexpr char toLower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool isDigit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool isAlpha(char c) noexcept {
  return toLower(c) >= 'a' && toLower(c) <= 'z';
}
constexpr bool isBlank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
constexpr bool isControl(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Whether every character of `text` can stand in a header value without splitting it.
inline bool isVisibleAscii(std::string_view text) noexcept {
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

[[gnu::noinline]] inline bool equalsIgnoreCase(std::string_view left,
                                               std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i != left.size(); ++i) {
    if (toLower(left[i]) != toLower(right[i])) return false;
  }
  return true;
}

[[gnu::noinline]] inline std::string_view trimBlanks(std::string_view text) noexcept {
  while (!text.empty() && isBlank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back()))
    text.remove_suffix(1);
  return text;
}

}  // namespace detail
}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_ASCII_HPP
