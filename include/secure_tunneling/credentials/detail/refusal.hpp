// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_REFUSAL_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_REFUSAL_HPP

#include <cstddef>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/redaction.hpp"
#include "secure_tunneling/protocol/detail/json.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// More of what a server says would hide what it is about.
inline constexpr std::size_t longestWords = 300;

/// A server's `code: message` for an error, as of `redactor`; empty where there is neither.
inline std::string serverWords(std::string_view code, std::string_view message,
                               const Redactor& redactor) {
  constexpr std::size_t longestCode = 80;
  return filled(code.empty() || message.empty() ? "{}{}" : "{}: {}",
                {redactor.quote(code, longestCode), redactor.quote(message, longestWords)});
}

/// What a server says in an answer that refuses: `HTTP status 400 (code: message)`, the body's own
/// words, AWS's or OAuth's, as of `serverWords`, or the body where that is text but no markup. Uses
/// the body up.
inline std::string refusalText(HttpResponse& response, const Redactor& redactor) {
  enum : std::size_t { code, message, oauthCode, oauthMessage };
  StringMembers members("code message error error_description"sv);
  members.ignoreCase = true;
  std::string problem;
  std::string said;
  const BodyShape shape = collectMembers(response.body, members, problem);
  const std::string_view text = trimBlanks(response.body.expose());
  if (shape == BodyShape::Object) {
    said = serverWords(members[members[code].found ? code : oauthCode].text,
                       members[members[message].found ? message : oauthMessage].text, redactor);
  } else if (shape == BodyShape::Text && !startsWith(text, "<"sv)) {
    said = redactor.quote(text, longestWords);
  }
  response.body.clear();
  const Decimal status(static_cast<unsigned>(response.status));
  if (said.empty()) return filled("HTTP status {}", {status.text()});
  return filled("HTTP status {} ({})", {status.text(), said});
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_REFUSAL_HPP
