// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SIGV4_CANONICAL_QUERY_HPP
#define SECURE_TUNNELING_SIGV4_CANONICAL_QUERY_HPP

/// @file
/// The canonical form of a query, for Signature Version 4.

#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/percent_encoding.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/sigv4/detail/hash_message.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace sigv4 {
namespace detail {

using secure_tunneling::detail::isUnreserved;

enum class ParameterPart : unsigned char { Name, Value };

/// What `takeByte` gives: one of the first two, or a byte, to which `literal` is added where it
/// stands for itself. They are in the order of the encoded texts, as "%" is less than all that is
/// literal.
enum : int { endOfParameter = -2, endOfName = -1, literal = 0x100 };

/// Takes one byte, decoded, from the rest of a parameter; the "=" behind a name ends that part.
inline int takeByte(std::string_view& rest, ParameterPart& part) noexcept {
  if (rest.empty()) return endOfParameter;
  char c = rest.front();
  rest.remove_prefix(1);
  if (c == '%' && rest.size() >= 2) {
    const unsigned high = secure_tunneling::detail::hexValue(rest[0]);
    const unsigned low = secure_tunneling::detail::hexValue(rest[1]);
    if (high < 16 && low < 16) {
      c = static_cast<char>(high * 16 + low);
      rest.remove_prefix(2);
    }
  } else if (c == '=' && part == ParameterPart::Name) {
    part = ParameterPart::Value;
    return endOfName;
  }
  return static_cast<unsigned char>(c) + (isUnreserved(c) ? literal : 0);
}

/// By name, value and place in the query, so that no two parameters are equal.
inline bool isBefore(std::string_view left, std::string_view right) noexcept {
  ParameterPart leftPart = ParameterPart::Name;
  ParameterPart rightPart = ParameterPart::Name;
  for (;;) {
    const int l = takeByte(left, leftPart);
    const int r = takeByte(right, rightPart);
    if (l != r) return l < r;
    if (l == endOfParameter) return left.data() < right.data();
  }
}

inline void appendParameter(PieceBuffer& out, std::string_view parameter) noexcept {
  ParameterPart part = ParameterPart::Name;
  for (;;) {
    const int byte = takeByte(parameter, part);
    if (byte == endOfParameter) break;
    if (byte == endOfName) {
      out.append('=');
    } else if (byte < literal) {
      secure_tunneling::detail::appendPercentEncoded(static_cast<unsigned char>(byte), out);
    } else {
      out.append(static_cast<char>(byte));
    }
  }
  if (part == ParameterPart::Name) out.append('=');
}

/// The smallest parameter, then the smallest behind it, and so on: quadratic, but a query is short
/// and this needs no memory.
inline void appendQuery(PieceBuffer& out, std::string_view query) noexcept {
  for (std::string_view last;;) {
    std::string_view next;
    for (std::string_view rest = query; !rest.empty();) {
      const std::string_view candidate = secure_tunneling::detail::takePart(rest, '&');
      if (candidate.empty() || (!last.empty() && !isBefore(last, candidate))) continue;
      if (next.empty() || isBefore(candidate, next)) next = candidate;
    }
    if (next.empty()) return;
    if (!last.empty()) out.append('&');
    last = next;
    appendParameter(out, next);
  }
}

}  // namespace detail

/// Writes the canonical form of a query, for `Request::canonicalQuery`: parameters encoded and in
/// order. `query` is as on the request line, without the "?", percent-encoded or not. `Sink` is as
/// that of `CanonicalRequest`; nothing else allocates.
template <class Sink>
void writeCanonicalQuery(std::string_view query, Sink& sink) {
  detail::SinkBuffer<Sink> out(sink);
  detail::appendQuery(out, query);
}

}  // namespace sigv4
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SIGV4_CANONICAL_QUERY_HPP
