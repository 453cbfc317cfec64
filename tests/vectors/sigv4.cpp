// SPDX-License-Identifier: BSL-1.0
// The signer against every published case: canonical request, string to sign, signature and
// Authorization.
#include "secure_tunneling/sigv4/canonical_query.hpp"
#include "signing.hpp"

using namespace secure_tunneling;

namespace {

/// A request whose views point into the JSON it is made from.
struct VectorRequest {
  std::string canonicalQuery;
  std::vector<sigv4::Header> headers;
  std::vector<std::string_view> unsignedHeaders;
  sigv4::Request request;
};

/// Takes method, target and headers; X-Amz-Date is the signer's own.
void read(const Json& json, VectorRequest& out) {
  out.request.method = json["method"].text();
  const std::string_view target = json["target"].text();
  const std::size_t question = target.find('?');
  out.request.path = target.substr(0, question);
  if (question != std::string_view::npos)
    sigv4::writeCanonicalQuery(target.substr(question + 1), out.canonicalQuery);
  out.request.canonicalQuery = out.canonicalQuery;
  for (const Json& header : json["headers"].items()) {
    if (header[0].text() == "X-Amz-Date") continue;
    out.headers.push_back({header[0].text(), header[1].text()});
  }
  out.request.headers = out.headers.data();
  out.request.headerCount = out.headers.size();
}

Signer signerOf(const Json& context) {
  return {context["access_key_id"].text(), context["secret_access_key"].text(),
          context["region"].text(), context["service"].text()};
}

void runSigv4(const Json& vectors, Report& report) {
  TestSha256 hash;
  const std::string emptyHash = hashed(hash, {});

  for (const Json& json : report.cases(vectors, "cases")) {
    Case test(report, json["suite"].text() + "/" + json["name"].text());
    const Json& context = json["context"];
    VectorRequest vector;
    read(json["request"], vector);
    sigv4::Request& request = vector.request;
    request.payloadHash = context["payload_hash"].text();
    request.amzDate = context["amz_date"].text();
    if (!context["omit_session_token"].isTrue())
      request.sessionToken = context["session_token"].text();
    request.signPayloadHash = context["sign_body"].isTrue();
    request.normalizePath = context["normalize"].isTrue();
    request.doubleEncodePath = context["double_uri_encode"].isTrue();
    test.check("payload hash",
               request.payloadHash == emptyHash ||
                   request.payloadHash == hashed(hash, json["request"]["body"].text()));
    checkSigned(test, hash, request, signerOf(context), json["expected"]);
  }

  for (const Json& json : report.cases(vectors, "unsigned_header_cases")) {
    Case test(report, json["name"].text());
    VectorRequest vector;
    read(json["request"], vector);
    for (const Json& name : json["unsigned_headers"].items())
      vector.unsignedHeaders.push_back(name.text());
    vector.request.unsignedHeaders = vector.unsignedHeaders.data();
    vector.request.unsignedHeaderCount = vector.unsignedHeaders.size();
    vector.request.payloadHash = emptyHash;
    vector.request.amzDate = "20150830T123600Z";
    checkSigned(test, hash, vector.request, signerOf(json["context"]), json["expected"]);
  }

  for (const Json& json : report.cases(vectors, "forbidden_header_cases")) {
    Case test(report, json["name"].text());
    const sigv4::Header headers[] = {{"Host", "example.amazonaws.com"},
                                     {json["header"][0].text(), json["header"][1].text()}};
    sigv4::Request request;
    request.headers = headers;
    request.headerCount = 2;
    request.payloadHash = emptyHash;
    request.amzDate = "20150830T123600Z";
    const sigv4::CanonicalRequest canonical(request);
    const sigv4::Scope scope{"20150830", "us-east-1", "service"};
    const sigv4::SigningKey key{};
    sigv4::Signature signature;
    test.check("is refused", sigv4::sign(hash, key, scope, canonical, request.amzDate, signature) ==
                                 sigv4::Status::ForbiddenHeader);
  }

  for (const Json& json : report.cases(vectors, "hmac_key_boundaries")) {
    Case test(report, json["name"].text());
    VectorRequest vector;
    read(json["request"], vector);
    vector.request.payloadHash = emptyHash;
    vector.request.amzDate = json["context"]["amz_date"].text();
    checkSigned(test, hash, vector.request, signerOf(json["context"]), json["expected"]);
  }
}

const VectorTests tests("sigv4.json", runSigv4);

}  // namespace
