// SPDX-License-Identifier: BSL-1.0
// Any request is signed as the fake service, which shares no code with the signer, checks it; and
// the canonical form of a path and of a query is the fake's, and its own.
//
// The texts of an input: the path, the query, the secret, the body; then names and values of
// headers.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support/fuzz.hpp"
#include "secure_tunneling/sigv4/canonical_query.hpp"
#include "secure_tunneling/sigv4/signer.hpp"
#include "secure_tunneling/testing/detail/signature_check.hpp"
#include "secure_tunneling/testing/recorded_request.hpp"
#include "support/sha256.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::string_view amzDate = "20260115T123000Z";
constexpr std::int64_t signedAtMs = 1768480200000;

std::string queryOf(std::string_view query) {
  std::string out;
  sigv4::writeCanonicalQuery(query, out);
  return out;
}

/// A query as it goes over the wire: encoded, as the fake takes it.
std::string encoded(std::string_view query) {
  std::string out;
  for (const std::string& parameter : detail::fake::split(query, '&')) {
    const std::size_t equals = parameter.find('=');
    out.append(out.empty() ? "" : "&");
    out += detail::fake::percentEncode(std::string_view(parameter).substr(0, equals), false);
    if (equals != std::string::npos)
      out +=
          "=" + detail::fake::percentEncode(std::string_view(parameter).substr(equals + 1), false);
  }
  return out;
}

bool isToken(std::string_view name) {
  for (const char c : name) {
    if (!detail::isAlpha(c) && !detail::isDigit(c) && c != '-') return false;
  }
  return !name.empty();
}

/// A header's value as a transport may send it. The fake takes a tab within one for a character.
bool isValue(std::string_view value) {
  for (const char c : value) {
    if (detail::isControl(c)) return false;
  }
  return true;
}

void sign(RecordedRequest& recorded, const std::string& secret) {
  TestSha256 hash;
  std::vector<sigv4::Header> headers = {{"Host", recorded.authority}};
  for (const RecordedRequest::Header& header : recorded.headers)
    headers.push_back({header.name, header.value});
  const std::string target = recorded.target;
  const std::size_t question = target.find('?');
  std::string query;
  if (question != std::string::npos) query = queryOf(std::string_view(target).substr(question + 1));
  sigv4::Signature payloadHash;
  require(sigv4::hashToHex(hash, recorded.body, payloadHash) == sigv4::Status::Ok,
          "a body is hashed");
  sigv4::Request request;
  request.method = recorded.method;
  request.path = std::string_view(target).substr(0, question);
  request.canonicalQuery = query;
  request.headers = headers.data();
  request.headerCount = headers.size();
  request.payloadHash = payloadHash.text();
  request.amzDate = amzDate;
  const sigv4::CanonicalRequest canonical(request);
  const sigv4::Scope scope{amzDate.substr(0, 8), "us-east-1", "IoTSecuredTunneling"};
  sigv4::SigningKey key;
  require(sigv4::deriveSigningKey(hash, secret, scope, key) == sigv4::Status::Ok, "a key is made");
  sigv4::Signature signature;
  const sigv4::Status status = sigv4::sign(hash, key, scope, canonical, amzDate, signature);
  if (status != sigv4::Status::Ok) {
    require(status != sigv4::Status::HashFailure, "a hash does not fail");
    return;
  }
  std::string authorization;
  sigv4::writeAuthorization("AKID", scope, canonical, signature, authorization);
  recorded.headers.push_back({"X-Amz-Date", std::string(amzDate)});
  recorded.headers.push_back({"Authorization", authorization});

  const std::vector<detail::fake::KnownCredentials> known = {{"AKID", secret, {}, {}}};
  const HttpRequest view = recorded.view();
  const auto refused = detail::fake::SignatureCheck(view, "us-east-1", known, signedAtMs).run();
  require(!refused, "a request is signed as it is checked",
          refused ? refused->message : std::string_view());
  recorded.body += "x";
  const HttpRequest other = recorded.view();
  require(detail::fake::SignatureCheck(other, "us-east-1", known, signedAtMs).run().has_value(),
          "another body is refused");
}

}  // namespace

void fuzz(std::string_view input) {
  const std::string path = "/" + std::string(takeText(input));
  const std::string_view query = takeText(input);
  const std::string secret(takeText(input));
  std::string canonicalPath;
  sigv4::writeCanonicalPath(path, canonicalPath);
  require(canonicalPath == detail::fake::canonicalPath(path), "a path is the fake's", path);
  const std::string wire = encoded(query);
  require(queryOf(wire) == detail::fake::canonicalQuery(wire), "a query is the fake's", wire);
  const std::string canonicalQuery = queryOf(query);
  require(queryOf(canonicalQuery) == canonicalQuery, "a canonical query is its own",
          canonicalQuery);

  RecordedRequest request;
  request.authority = "h.example";
  request.target = path;
  for (char& c : request.target)
    if (c == '?') c = '/';
  if (!query.empty()) request.target += "?" + wire;
  request.body = takeText(input);
  while (!input.empty()) {
    const std::string_view name = takeText(input);
    const std::string_view value = takeText(input);
    if (isToken(name) && isValue(value) && !detail::equalsIgnoreCase(name, "host"))
      request.headers.push_back({std::string(name), std::string(value)});
  }
  sign(request, secret);
}
