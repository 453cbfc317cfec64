// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/credentials/detail/credentials_document.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/freed_memory.hpp"

using namespace secure_tunneling;
using detail::CredentialsDocument;

namespace {

/// `id|secret|token|expiry`, or `error: message`.
std::string read(std::string_view document, const CredentialsDocument& form = {}) {
  Secret body(document);
  Credentials credentials;
  credentials.sessionToken.assign("old token");
  credentials.expiresAtMs = 1;
  const Result<void> result = detail::readCredentials(body, form, credentials);
  CHECK(body.empty());
  if (!result) {
    CHECK(result.error().kind == ErrorKind::Credentials);
    return "error: " + result.error().message;
  }
  return credentials.accessKeyId + "|" + std::string(credentials.secretAccessKey.expose()) + "|" +
         std::string(credentials.sessionToken.expose()) + "|" +
         (credentials.expiresAtMs ? std::to_string(*credentials.expiresAtMs) : "never");
}

}  // namespace

TEST_CASE("a credentials document is read by its form, or its fault is named") {
  CredentialsDocument noToken;
  noToken.tokenRequired = false;
  CredentialsDocument nested;
  nested.parent = "credentials";
  nested.tokenName = "sessionToken";
  CredentialsDocument expiring;
  expiring.expirationRequired = true;
  const struct {
    const char* document;
    CredentialsDocument form;
    const char* read;
  } cases[] = {
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t"})", {}, "I|s|t|never"},
      {R"({"accesskeyid":"I","SECRETACCESSKEY":"s","tOKEN":"t"})", {}, "I|s|t|never"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":"1970-01-01T00:00:01Z"})",
       {},
       "I|s|t|1000"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":1234567890123})",
       {},
       "I|s|t|1234567890123"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":1.7684802E12})",
       {},
       "I|s|t|1768480200000"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":1768480200000.75})",
       {},
       "I|s|t|1768480200000"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":17684802000000e-1})",
       {},
       "I|s|t|1768480200000"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":0.17684802e+13})",
       {},
       "I|s|t|1768480200000"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":0e99})", {}, "I|s|t|0"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":1e19})",
       {},
       "error: Expiration: expected a date as in 2026-01-15T12:30:00Z"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":1e100})",
       {},
       "error: Expiration: expected a date as in 2026-01-15T12:30:00Z"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":1e99999999999})",
       {},
       "error: Expiration: expected a date as in 2026-01-15T12:30:00Z"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t",)"
       R"("Expiration":1768480200000.000000000000000000000000001})",
       {},
       "I|s|t|1768480200000"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":1234567890123456789})",
       {},
       "error: Expiration: expected a date as in 2026-01-15T12:30:00Z"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":-1e3})",
       {},
       "error: Expiration: expected a date as in 2026-01-15T12:30:00Z"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":null})",
       {},
       "I|s|t|never"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s"})", noToken, "I|s||never"},
      {R"({"Code":"Success","AccessKeyId":"I","SecretAccessKey":"s"})", noToken, "I|s||never"},
      {R"({"other":{"accessKeyId":"x"},"credentials":{"accessKeyId":"I","secretAccessKey":"s",)"
       R"("sessionToken":"t","deeper":{"accessKeyId":"y"}},"accessKeyId":"z"})",
       nested, "I|s|t|never"},

      {R"({"AccessKeyId":"I","SecretAccessKey":"s"})", {}, "error: Token: missing"},
      {R"({"SecretAccessKey":"s","Token":"t"})", {}, "error: AccessKeyId: missing"},
      {R"({"AccessKeyId":"I","Token":"t"})", {}, "error: SecretAccessKey: missing"},
      {R"({"AccessKeyId":"","SecretAccessKey":"s","Token":"t"})",
       {},
       "error: AccessKeyId: missing"},
      {R"({"AccessKeyId":7,"SecretAccessKey":"s","Token":"t"})",
       {},
       "error: AccessKeyId: expected a string, found a number"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":["t"]})",
       {},
       "error: Token: expected a string, found an array"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t"})", nested,
       "error: AccessKeyId: missing"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t"})", expiring,
       "error: Expiration: expected a date as in 2026-01-15T12:30:00Z"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":"soon"})",
       {},
       "error: Expiration: expected a date as in 2026-01-15T12:30:00Z"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":-5})",
       {},
       "error: Expiration: expected a date as in 2026-01-15T12:30:00Z"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":1234567890123456789})",
       {},
       "error: Expiration: expected a date as in 2026-01-15T12:30:00Z"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":true})",
       {},
       "error: Expiration: expected a date as in 2026-01-15T12:30:00Z"},
      {R"({"Code":"Failed","Message":"no\nrole","AccessKeyId":"I","SecretAccessKey":"s","Token":"t"})",
       {},
       "error: Failed: no\\x0arole"},
      {R"({"code":"Failed"})", {}, "error: Failed"},
      {R"({"code":""})", {}, "error: refused, in words that cannot be quoted"},
      {R"({"Code":"Failed","Message":"not by canary-0123456789","Token":"canary-0123456789"})",
       {},
       "error: Failed: not by ***"},
      {R"({"Code":"canary-0123456789","Message":"why","SecretAccessKey":"canary-0123456789"})",
       {},
       "error: ***: why"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"canary\n","Token":"t"})",
       {},
       "error: the secret access key has a blank, a control or a non-ASCII character"},
      {R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"canary\u00a0"})",
       {},
       "error: the session token has a blank, a control or a non-ASCII character"},
      {R"({"AccessKeyId":"canary ","SecretAccessKey":"s","Token":"t"})",
       {},
       "error: the access key id is empty or has a character that none has"},
      {R"([1])", {}, "error: expected a JSON object"},
      {R"(404: not found)", {}, "error: not valid JSON in UTF-8, at byte 3 of 14"},
      {"", {}, "error: the body is empty"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.document);
    CHECK(read(row.document, row.form) == row.read);
  }
}

TEST_CASE("a credentials document of another version is refused") {
  CredentialsDocument form;
  form.tokenRequired = false;
  form.version = "1";
  for (const char* const document :
       {R"({"Version":1,"AccessKeyId":"I","SecretAccessKey":"s"})",
        "{\"Version\":\n1 ,\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"s\"}",
        R"({"AccessKeyId":"I","SecretAccessKey":"s","Version" : 1})"}) {
    CAPTURE(document);
    CHECK(read(document, form) == "I|s||never");
  }
  for (const char* const version : {"2", "11", "1.0", "\"1\"", "null", "true"}) {
    CAPTURE(version);
    const std::string document =
        R"({"Version":)" + std::string(version) + R"(,"AccessKeyId":"I","SecretAccessKey":"s"})";
    CHECK(read(document, form) == "error: Version: expected 1");
  }
  CHECK(read(R"({"AccessKeyId":"I","SecretAccessKey":"s"})", form) == "error: Version: expected 1");
}

TEST_CASE("a credentials document leaves no secret in freed memory") {
  const FreedMemoryWatch watch("canary");
  for (const char* const text :
       {R"({"AccessKeyId":"I","SecretAccessKey":"canary","Token":"canary"})",
        R"({"AccessKeyId":"I","SecretAccessKey":"canary","Token":5})"}) {
    Secret document(text);
    Credentials credentials;
    const Result<void> result = detail::readCredentials(document, {}, credentials);
    CHECK(result.hasValue() == credentials.secretAccessKey.equals("canary"));
  }
  CHECK(watch.leaks() == 0);
}
