// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_REFUSAL_HPP
#define SECURE_TUNNELING_DETAIL_REFUSAL_HPP

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "secure_tunneling/http.hpp"
#include "secure_tunneling/protocol.hpp"

namespace secure_tunneling {
inline namespace v0_1 {
namespace detail {

/// What a request held that a server's complaint about it may repeat.
using SentSecrets = std::initializer_list<std::string_view>;

/// Whether `text` repeats a part of a secret that is long enough to be no accident: echoes may be
/// cut, and encoded here and there.
inline bool repeatsSecret(std::string_view text, SentSecrets secrets) noexcept {
  constexpr std::size_t enough = 12;
  for (std::string_view secret : secrets) {
    if (secret.empty()) continue;
    do {
      if (text.find(secret.substr(0, enough)) != std::string_view::npos) return true;
      secret.remove_prefix(1);
    } while (secret.size() >= enough);
  }
  return false;
}

/// A server's `code: message` for an error. Each is cut to what can be quoted, and stays out where
/// that repeats a secret; empty where nothing is left.
inline std::string serverWords(std::string_view code, std::string_view message,
                               SentSecrets secrets) {
  constexpr std::size_t longestCode = 80;
  constexpr std::size_t longestMessage = 300;
  // Looked at before there is a copy, which nobody would wipe.
  if (repeatsSecret(code.substr(0, longestCode), secrets)) code = {};
  if (repeatsSecret(message.substr(0, longestMessage), secrets)) message = {};
  return concat({printable(code, longestCode), code.empty() || message.empty() ? ""sv : ": "sv,
                 printable(message, longestMessage)});
}

/// What a server says in an answer that refuses: `HTTP status 400 (code: message)`, the body's own
/// words, AWS's or OAuth's, as of `serverWords`. Uses the body up.
inline std::string refusalText(HttpResponse& response, SentSecrets secrets) {
  enum : std::size_t { code, message, oauthCode, oauthMessage };
  StringMembers members("code message error error_description"sv);
  members.ignoreCase = true;
  std::string problem;
  std::string said;
  if (collectMembers(response.body, members, problem) == BodyShape::Object) {
    said = serverWords(members[members[code].found ? code : oauthCode].text,
                       members[members[message].found ? message : oauthMessage].text, secrets);
  }
  response.body.clear();
  const Decimal status(static_cast<unsigned>(response.status));
  if (said.empty()) return concat({"HTTP status "sv, status.text()});
  return concat({"HTTP status "sv, status.text(), " ("sv, said, ")"sv});
}

}  // namespace detail
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_REFUSAL_HPP
