// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_CREDENTIALS_DOCUMENT_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_CREDENTIALS_DOCUMENT_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "secure_tunneling/credentials/detail/refusal.hpp"
#include "secure_tunneling/detail/time.hpp"
#include "secure_tunneling/protocol/detail/json.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// How a JSON document carries credentials. Names are compared without case, as the SDKs do.
struct CredentialsDocument {
  /// The member whose object has them; empty where the document itself does.
  std::string_view parent = {};
  std::string_view tokenName = "Token"sv;
  bool tokenRequired = true;
  bool expirationRequired = false;
  /// The number that a member `Version` has to be; empty where there is none.
  std::string_view version = {};
};

/// A JSON number without a sign, in whole: some write `3600.0` or `1.8E9` for what counts seconds.
inline std::optional<std::int64_t> parseJsonInteger(const StringMember& member) noexcept {
  constexpr std::int64_t most = 99'999'999'999'999'999;
  if (member.wrongType != jsonNumber) return std::nullopt;
  std::string_view text = member.text;
  std::int64_t value = 0;
  int scale = 0;
  bool isFraction = false;
  for (; !text.empty() && (isDigit(text.front()) || text.front() == '.'); text.remove_prefix(1)) {
    const bool isPoint = text.front() == '.';
    isFraction = isFraction || isPoint;
    if (isPoint || (isFraction && value > most)) continue;
    if (value > most) return std::nullopt;
    value = value * 10 + (text.front() - '0');
    if (isFraction) --scale;
  }
  if (!text.empty()) {
    if (toLower(text.front()) != 'e') return std::nullopt;
    text.remove_prefix(1);
    const bool isSmall = startsWith(text, "-"sv);
    if (isSmall || startsWith(text, "+"sv)) text.remove_prefix(1);
    const int exponent = parseDecimal(text);
    if (exponent < 0 || exponent > 99) return std::nullopt;
    scale += isSmall ? -exponent : exponent;
  }
  for (; scale < 0; ++scale)
    value /= 10;
  for (; scale > 0; --scale) {
    if (value > most) return std::nullopt;
    value *= 10;
  }
  return value;
}

/// Reads `document` in place and wipes it. An expiration is a date in text, or milliseconds since
/// the Unix epoch. A document with a `Code` that is not `Success` is the server's refusal. Errors
/// are of kind `Credentials`, and quote as of `redactor` and no credential of the document's own.
inline Result<void> readCredentials(Secret& document, const CredentialsDocument& form,
                                    Credentials& credentials, Redactor redactor = {}) {
  enum : std::size_t { accessKeyId, secretAccessKey, token, expiration, code, message, version };
  StringMembers members("AccessKeyId SecretAccessKey Token Expiration Code Message Version"sv);
  members[token].name = form.tokenName;
  members.parent = form.parent;
  members.ignoreCase = true;
  std::string problem;
  collectMembers(document, members, problem);
  const bool refused = members[code].found && members[code].text != "Success"sv;
  if (problem.empty() && refused) {
    redactor.add(members[secretAccessKey].text);
    redactor.add(members[token].text);
    problem = serverWords(members[code].text, members[message].text, redactor);
    if (problem.empty()) problem = "refused, in words that cannot be quoted"sv;
  }
  const bool isVersion =
      members[version].wrongType == jsonNumber && members[version].text == form.version;
  if (problem.empty() && !form.version.empty() && !isVersion) {
    problem = filled("Version: expected {}", {form.version});
  }
  for (const std::size_t i : {accessKeyId, secretAccessKey, token}) {
    findTypeProblem(members[i], problem);
    const bool required = i != token || form.tokenRequired;
    if (problem.empty() && required && members[i].text.empty()) {
      problem = filled("{}: missing", {members[i].name});
    }
  }
  std::optional<std::int64_t> expiresAtMs = parseJsonInteger(members[expiration]);
  if (!expiresAtMs) expiresAtMs = parseIsoDate(members[expiration].text);
  const bool hasExpiration = members[expiration].found || members[expiration].wrongType != nullptr;
  if (problem.empty() && !expiresAtMs && (hasExpiration || form.expirationRequired)) {
    problem = "Expiration: expected a date as in 2026-01-15T12:30:00Z"sv;
  }
  if (problem.empty()) {
    credentials.accessKeyId = members[accessKeyId].text;
    credentials.secretAccessKey.assign(members[secretAccessKey].text);
    credentials.sessionToken.assign(members[token].text);
    credentials.expiresAtMs = expiresAtMs;
    const Result<void> checked = checkCredentials(credentials);
    if (!checked) problem = checked.error().message;
  }
  document.clear();
  if (problem.empty()) return {};
  return detail::failure(ErrorKind::Credentials, problem.c_str());
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_CREDENTIALS_DOCUMENT_HPP
