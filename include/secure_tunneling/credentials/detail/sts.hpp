// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_STS_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_STS_HPP

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/credentials/detail/refusal.hpp"
#include "secure_tunneling/credentials/detail/source_call.hpp"
#include "secure_tunneling/detail/percent_encoding.hpp"
#include "secure_tunneling/detail/time.hpp"
#include "secure_tunneling/protocol/detail/xml.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

/// The AWS Security Token Service, as far as credential sources need it: the query protocol, whose
/// requests are forms and whose answers are XML.
namespace secure_tunneling {
inline namespace v0_2 {

namespace detail {

inline constexpr std::string_view stsContentType = "application/x-www-form-urlencoded"sv;

/// The name of a session that nobody named.
inline std::string sessionNameOf(std::int64_t nowMs) {
  return filled("secure-tunneling-{}", {Decimal(static_cast<std::uint64_t>(nowMs)).text()});
}

struct FormField {
  std::string_view name;
  std::string_view value;
};

/// Replaces `body` by the form of an action; fields without a value are left out.
inline void writeStsForm(std::string_view action, std::initializer_list<FormField> fields,
                         Secret& body) {
  // Room for every byte percent-encoded.
  std::size_t size = 64 + action.size();
  for (const FormField& field : fields)
    size += field.name.size() + 2 + 3 * field.value.size();
  body.clear();
  body.reserve(size);
  body.append("Action="sv);
  body.append(action);
  body.append("&Version=2011-06-15"sv);
  for (const FormField& field : fields) {
    if (field.value.empty()) continue;
    body.append("&"sv);
    body.append(field.name);
    body.append("="sv);
    appendPercentEncoded(field.value, body);
  }
}

/// Whether something is decided by a code: then it is told as it is, whatever a secret is called.
inline bool isKnown(std::string_view code) noexcept {
  return codeKind(code) != CodeKind::Other ||
         isListed(code, "InvalidIdentityToken RequestExpired"sv);
}

/// Reads an answer of STS and wipes it. The error is the service's, for `retryReason`; a success
/// that has no credentials is `ErrorKind::InvalidResponse`. Quotes as of `redactor`.
inline Result<void> readStsAnswer(HttpResponse& response, Credentials& credentials,
                                  const Redactor& redactor = {}) {
  enum : std::size_t { accessKeyId, secretAccessKey, sessionToken, expiration, code, message };
  constexpr std::string_view parent = "Credentials"sv;
  XmlElement elements[] = {{parent, "AccessKeyId"sv},  {parent, "SecretAccessKey"sv},
                           {parent, "SessionToken"sv}, {parent, "Expiration"sv},
                           {"Error"sv, "Code"sv},      {"Error"sv, "Message"sv}};
  const bool isXml = XmlScanner(response.body.expose()).collect(elements, 6);
  const auto textOf = [&elements](std::size_t element, Secret& text) {
    decodeXmlText(elements[element].text, text);
    return trimBlanks(text.expose());
  };
  Result<void> failed = statusError(response.status);
  Error& error = failed.error();
  Secret text;
  if (response.status / 100 != 2) {
    Secret saidText;
    const std::string_view said = textOf(message, saidText);
    const std::string_view name = textOf(code, text);
    if (isXml && !(name.empty() && said.empty())) {
      error.message = serverWords(name, said, redactor);
      error.code = isKnown(name) ? std::string(name) : redactor.quote(name, longestWords);
    } else {
      error.message = refusalText(response, redactor);
    }
  } else {
    credentials.accessKeyId = textOf(accessKeyId, text);
    credentials.secretAccessKey.assign(textOf(secretAccessKey, text));
    credentials.sessionToken.assign(textOf(sessionToken, text));
    credentials.expiresAtMs = parseIsoDate(textOf(expiration, text));
    const bool isComplete = isXml && !credentials.accessKeyId.empty() &&
                            !credentials.secretAccessKey.empty() &&
                            !credentials.sessionToken.empty() && credentials.expiresAtMs;
    error.kind = ErrorKind::InvalidResponse;
    error.message = isXml ? "the answer has no complete credentials"sv : "the answer is not XML"sv;
    if (isComplete) {
      Result<void> checked = checkCredentials(credentials);
      if (checked) {
        response.body.clear();
        return checked;
      }
      error.message = std::move(checked.error().message);
    }
  }
  response.body.clear();
  return failed;
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_STS_HPP
