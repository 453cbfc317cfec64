// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_PERCENT_ENCODING_HPP
#define SECURE_TUNNELING_DETAIL_PERCENT_ENCODING_HPP

#include <cstring>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/text.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Whether a character stands for itself in a URI (RFC 3986, 2.3).
inline bool isUnreserved(char c) noexcept {
  constexpr std::string_view marks = "-._~"sv;
  return isAlpha(c) || isDigit(c) || std::memchr(marks.data(), c, marks.size()) != nullptr;
}

/// Appends a byte as `%` and two hexadecimal digits.
template <class Text>
void appendPercentEncoded(unsigned char byte, Text& out) {
  const char encoded[] = {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
  out.append(std::string_view(encoded, sizeof encoded));
}

/// Appends `text` with all but the unreserved characters percent-encoded: one part of a path or of
/// a query, or one side of a form's field.
template <class Text>
void appendPercentEncoded(std::string_view text, Text& out) {
  for (const char c : text) {
    if (isUnreserved(c)) {
      out.append(std::string_view(&c, 1));
    } else {
      appendPercentEncoded(static_cast<unsigned char>(c), out);
    }
  }
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_PERCENT_ENCODING_HPP
