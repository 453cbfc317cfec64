// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_SSO_TOKEN_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_SSO_TOKEN_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "secure_tunneling/configuration/detail/environment.hpp"
#include "secure_tunneling/credentials/detail/sha1.hpp"
#include "secure_tunneling/credentials/detail/token_file.hpp"
#include "secure_tunneling/detail/time.hpp"
#include "secure_tunneling/protocol/detail/json.hpp"

/// The token that `aws sso login` leaves in the home directory.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// What the file holds. All but the access token and its end may be missing.
struct SsoToken {
  Secret accessToken;
  std::int64_t expiresAtMs = 0;
  Secret refreshToken;
  std::string clientId;
  Secret clientSecret;
  std::optional<std::int64_t> registrationExpiresAtMs;
  std::string region;
  std::string startUrl;
};

/// Where the token is; `key` is the name of the session, or the start URL of a profile without.
inline std::string ssoTokenPath(std::string_view key) {
  std::string home = homeDirectory();
  if (!home.empty() && isSlash(home.back())) home.pop_back();
  return filled("{}/.aws/sso/cache/{}.json", {home, sha1Hex(key)});
}

/// Reads the text of the file in place and wipes it. Returns what is wrong with it; never a value.
inline std::string readSsoToken(Secret& text, SsoToken& token) {
  enum : std::size_t { access, expires, refresh, id, secret, registration, region, startUrl };
  StringMembers members(
      "accessToken expiresAt refreshToken clientId clientSecret registrationExpiresAt region "
      "startUrl"sv);
  std::string problem;
  collectMembers(text, members, problem);
  const auto expiresAtMs = parseIsoDate(members[expires].text);
  if (problem.empty() && members[access].text.empty()) problem = "accessToken: missing";
  if (problem.empty() && !expiresAtMs) {
    problem = "expiresAt: expected a date as in 2026-01-15T12:30:00Z";
  }
  if (problem.empty()) {
    token.accessToken.assign(members[access].text);
    token.expiresAtMs = *expiresAtMs;
    token.refreshToken.assign(members[refresh].text);
    token.clientId = members[id].text;
    token.clientSecret.assign(members[secret].text);
    token.registrationExpiresAtMs = parseIsoDate(members[registration].text);
    token.region = members[region].text;
    token.startUrl = members[startUrl].text;
  }
  text.clear();
  return problem;
}

inline void writeSsoToken(const SsoToken& token, Secret& out) {
  const std::string registration =
      token.registrationExpiresAtMs ? formatIsoDate(*token.registrationExpiresAtMs) : std::string();
  writeJsonTexts({{"accessToken"sv, token.accessToken.expose()},
                  {"expiresAt"sv, formatIsoDate(token.expiresAtMs)},
                  {"refreshToken"sv, token.refreshToken.expose()},
                  {"clientId"sv, token.clientId},
                  {"clientSecret"sv, token.clientSecret.expose()},
                  {"registrationExpiresAt"sv, registration},
                  {"region"sv, token.region},
                  {"startUrl"sv, token.startUrl}},
                 out);
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_SSO_TOKEN_HPP
