// SPDX-License-Identifier: BSL-1.0
// Any answer of STS is credentials that can be signed with or an error without a secret; and
// credentials are read as they were written, with whatever entities.
//
// The texts of an input: a script of support/answer.hpp, then an access key id, a secret key and a
// token.
#include <cstddef>
#include <string>
#include <string_view>

#include "fuzz/support/answer.hpp"
#include "fuzz/support/fuzz.hpp"
#include "fuzz/support/secrets.hpp"
#include "secure_tunneling/credentials/detail/sts.hpp"
#include "support/sts_answers.hpp"

using namespace secure_tunneling;

namespace {

/// As an element's text; what is special in a way of its own for each place.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const std::string number = std::to_string(static_cast<unsigned char>(c));
    if (c == '&' || c == '<' || out.size() % 5 == 0) {
      out.append("&#").append(number).append(";");
    } else {
      out += c;
    }
  }
  return out;
}

void scan(std::string_view document) {
  detail::XmlElement elements[] = {{"Error", "Code"}, {"Credentials", "Token"}};
  const bool isXml = detail::XmlScanner(document).collect(elements, 2);
  for (const detail::XmlElement& element : elements) {
    require(element.text.empty() ||
                (element.text.data() > document.data() &&
                 element.text.data() + element.text.size() < document.data() + document.size()),
            "a text lies in its document", element.text);
    Secret decoded;
    detail::decodeXmlText(element.text, decoded);
    require(decoded.size() <= element.text.size(), "an entity is longer than what it stands for");
  }
  require(!isXml || document.find('<') != std::string_view::npos, "a document has a tag", document);
}

void readBack(std::string_view id, std::string_view secret, std::string_view token) {
  Credentials given;
  given.accessKeyId = id;
  given.secretAccessKey.assign(secret);
  given.sessionToken.assign(token);
  if (!detail::checkCredentials(given) || token.empty()) return;
  HttpResponse response;
  response.status = 200;
  response.body.assign(stsAnswer(escaped(id), escaped(secret), escaped(token)));
  Credentials read;
  require(detail::readStsAnswer(response, read).hasValue(), "good credentials are read", id);
  require(read.accessKeyId == id && read.secretAccessKey.equals(secret) &&
              read.sessionToken.equals(token),
          "credentials are read as they were written", secret);
}

}  // namespace

void fuzz(std::string_view input) {
  Answer answer({secretKey, temporaryToken});
  Script script(takeText(input));
  while (script.next())
    answer.take(script);
  scan(answer.body);
  HttpResponse response;
  answer.give(response);
  Credentials credentials;
  const Result<void> read =
      detail::readStsAnswer(response, credentials, {secretKey, temporaryToken});
  require(response.body.empty(), "an answer is wiped");
  if (read) {
    require(answer.status / 100 == 2, "only a 2xx is a success");
    require(detail::checkCredentials(credentials).hasValue(), "credentials can be signed with");
    require(credentials.expiresAtMs.has_value(), "credentials of STS end");
  } else {
    require(read.error().delivery == Delivery::Answered, "an answer is told as one");
    for (const std::string_view secret : {secretKey, temporaryToken})
      requireUntold(read.error(), secret);
    requireVisible(read.error());
  }
  const std::string_view id = takeText(input);
  const std::string_view secret = takeText(input);
  readBack(id, secret, input);
}
