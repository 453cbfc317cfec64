// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_LOGIN_TOKEN_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_LOGIN_TOKEN_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "secure_tunneling/configuration/detail/environment.hpp"
#include "secure_tunneling/credentials/detail/token_file.hpp"
#include "secure_tunneling/detail/time.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/sigv4/detail/hash_message.hpp"

/// The session that `aws login` leaves in the home directory.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Where the file of a session is: AWS_LOGIN_CACHE_DIRECTORY, else `~/.aws/login/cache`. Empty
/// where the hash fails.
template <class Hash>
std::string loginTokenPath(std::string_view session) {
  static_assert(Hash::digestSize == 32, "SHA-256");
  const std::string_view named = environmentVariable("AWS_LOGIN_CACHE_DIRECTORY");
  unsigned char digest[Hash::digestSize];
  Hash hash;
  if (!hash.init() || !hash.update(session.data(), session.size()) || !hash.final(digest)) {
    return {};
  }
  char hex[2 * sizeof digest];
  sigv4::detail::toHex(digest, sizeof digest, hex);
  return filled("{}/{}.json", {expandPath(named.empty() ? "~/.aws/login/cache"sv : named),
                               std::string_view(hex, sizeof hex)});
}

/// What is needed of the file.
struct LoginToken {
  Credentials credentials;
  Secret refreshToken;
  std::string clientId;
  /// In PEM.
  Secret key;
};

inline constexpr std::string_view loginAccessToken = "accessToken"sv;

/// Reads the text of the file. Returns what is wrong with it; never a value.
inline std::string readLoginToken(const Secret& text, LoginToken& token) {
  enum : std::size_t { accessKeyId, secretAccessKey, sessionToken, accountId, expiresAt };
  enum : std::size_t { refreshToken, clientId, key };
  StringMembers access("accessKeyId secretAccessKey sessionToken accountId expiresAt"sv);
  access.parent = loginAccessToken;
  StringMembers session("refreshToken clientId dpopKey"sv);
  Secret accessText = text.copy();
  Secret sessionText = text.copy();
  std::string problem;
  collectMembers(sessionText, session, problem);
  if (problem.empty()) collectMembers(accessText, access, problem);
  for (StringMembers* const members : {&access, &session}) {
    for (const StringMember& member : *members) {
      findTypeProblem(member, problem);
      if (!problem.empty() || !member.text.empty()) continue;
      const bool isAccess = members == &access;
      problem = filled(isAccess ? "accessToken.{}: missing" : "{}: missing", {member.name});
    }
  }
  const auto expiresAtMs = parseIsoDate(access[expiresAt].text);
  if (problem.empty() && !expiresAtMs) {
    problem = "accessToken.expiresAt: expected a date as in 2026-01-15T12:30:00Z"sv;
  }
  if (!problem.empty()) return problem;
  token.credentials.accessKeyId = access[accessKeyId].text;
  token.credentials.secretAccessKey.assign(access[secretAccessKey].text);
  token.credentials.sessionToken.assign(access[sessionToken].text);
  token.credentials.expiresAtMs = expiresAtMs;
  token.refreshToken.assign(session[refreshToken].text);
  token.clientId = session[clientId].text;
  token.key.assign(session[key].text);
  const Result<void> usable = checkCredentials(token.credentials);
  return usable ? std::string() : usable.error().message;
}

/// Puts renewed credentials into the text of a file that was read without a problem.
inline void renewLoginToken(const Credentials& credentials, std::string_view refreshToken,
                            Secret& text) {
  const struct {
    std::string_view name;
    std::string_view value;
  } renewed[] = {{"accessKeyId"sv, credentials.accessKeyId},
                 {"secretAccessKey"sv, credentials.secretAccessKey.expose()},
                 {"sessionToken"sv, credentials.sessionToken.expose()}};
  for (const auto& each : renewed)
    replaceJsonText(text, loginAccessToken, each.name, each.value);
  replaceJsonText(text, loginAccessToken, "expiresAt"sv, formatIsoDate(*credentials.expiresAtMs));
  replaceJsonText(text, {}, "refreshToken"sv, refreshToken);
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_LOGIN_TOKEN_HPP
