// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_REFUSAL_HPP
#define SECURE_TUNNELING_DETAIL_REFUSAL_HPP

#include <string>
#include <string_view>

#include "secure_tunneling/http.hpp"
#include "secure_tunneling/protocol.hpp"

namespace secure_tunneling {
inline namespace v1 {
namespace detail {

/// What a server says in an answer that refuses: `HTTP status 400 (code: message)`, the body's own
/// words, AWS's or OAuth's. Where they repeat `secret`, which the request held, they stay out. Uses
/// the body up.
inline std::string refusalText(HttpResponse& response, std::string_view secret) {
  enum : std::size_t { code, message, oauthCode, oauthMessage };
  StringMember members[] = {StringMember("code"sv), StringMember("message"sv),
                            StringMember("error"sv), StringMember("error_description"sv)};
  std::string said;
  if (collectMembers(response.body, members, 4, {{}, true}).shape == BodyShape::Object) {
    const std::string_view which = members[members[code].found ? code : oauthCode].text;
    const std::string_view why = members[members[message].found ? message : oauthMessage].text;
    said = concat({which, which.empty() || why.empty() ? ""sv : ": "sv, why});
  }
  if (!secret.empty() && said.find(secret) != std::string::npos) {
    wipe(said.data(), said.size());
    said.clear();
  }
  response.body.clear();
  const Decimal status(static_cast<unsigned>(response.status));
  if (said.empty()) return concat({"HTTP status "sv, status.text()});
  return concat({"HTTP status "sv, status.text(), " ("sv, printable(said, 300), ")"sv});
}

}  // namespace detail
}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_REFUSAL_HPP
