// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_ASCII_HPP
#define SECURE_TUNNELING_DETAIL_ASCII_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "secure_tunneling/detail/compiler.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

// The C library's classification functions depend on the locale; protocols do not.

constexpr char toLower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool isDigit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool isAlpha(char c) noexcept {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';  // the bit that makes a letter lower case
}
/// A hexadecimal digit's value; 16 or more for any other character.
constexpr unsigned hexValue(char c) noexcept {
  return isDigit(c)   ? static_cast<unsigned>(c - '0')
         : isAlpha(c) ? static_cast<unsigned>((c | 0x20) - 'a') + 10
                      : 99;
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

/// The number that `text` is in decimal digits; -1 for anything else and for more than nine digits.
SECURE_TUNNELING_NOINLINE inline std::int32_t parseDecimal(std::string_view text) noexcept {
  if (text.empty() || text.size() > 9) return -1;
  std::int32_t value = 0;
  for (const char c : text) {
    if (!isDigit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// Less than, equal to or greater than 0, as `std::string_view::compare` gives it.
SECURE_TUNNELING_NOINLINE inline int compareIgnoreCase(std::string_view left,
                                                       std::string_view right) noexcept {
  const std::size_t shorter = left.size() < right.size() ? left.size() : right.size();
  for (std::size_t i = 0; i != shorter; ++i) {
    const int difference = toLower(left[i]) - toLower(right[i]);
    if (difference != 0) return difference;
  }
  return static_cast<int>(left.size()) - static_cast<int>(right.size());
}
SECURE_TUNNELING_NOINLINE inline bool equalsIgnoreCase(std::string_view left,
                                                       std::string_view right) noexcept {
  bool isEqual = left.size() == right.size();
  for (std::size_t i = 0; isEqual && i != left.size(); ++i)
    isEqual = toLower(left[i]) == toLower(right[i]);
  return isEqual;
}

SECURE_TUNNELING_NOINLINE inline std::string_view trimBlanks(std::string_view text) noexcept {
  while (!text.empty() && isBlank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back()))
    text.remove_suffix(1);
  return text;
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_ASCII_HPP
