// SPDX-License-Identifier: BSL-1.0
// This very call as botocore signs it: its bytes through the signer, and RotateCall's own request,
// which differs from it in the spaces of the JSON body and in nothing else that is signed.
#include "answers.hpp"
#include "signing.hpp"

using namespace secure_tunneling;

namespace {

Settings settingsOf(const Json& json) {
  const std::string& name = json["name"].text();
  Settings settings;
  settings.region = json["context"]["region"].text();
  settings.allowHttp = true;
  settings.useFipsEndpoint = name.find("fips") != std::string::npos;
  settings.useDualStackEndpoint = name.find("dualstack") != std::string::npos;
  if (name.find("endpoint url") == 0 || name == "upper-case host")
    settings.endpointUrl = json["request"]["url"].text();
  return settings;
}

RotateTunnelAccessTokenRequest inputOf(const Json& params) {
  RotateTunnelAccessTokenRequest input;
  input.tunnelId = params["tunnelId"].text();
  input.clientMode = ClientMode::other(params["clientMode"].text());
  const Json& destination = params["destinationConfig"];
  if (!destination.isNull()) {
    input.destinationConfig.emplace();
    input.destinationConfig->thingName = destination["thingName"].text();
    for (const Json& service : destination["services"].items())
      input.destinationConfig->services.push_back(service.text());
  }
  return input;
}

Signer signerOf(const Json& context) {
  return {context["access_key_id"].text(), context["secret_access_key"].text(),
          context["signing_region"].text(), context["signing_name"].text()};
}

/// botocore's Authorization for the case, had the body been `body`.
std::string authorizationFor(const Json& json, TestSha256& hash, std::string_view body) {
  const Json& expected = json["expected"];
  std::string canonical = expected["canonical_request"].text();
  canonical.erase(canonical.rfind('\n') + 1).append(hashed(hash, body));
  std::string stringToSign = expected["string_to_sign"].text();
  stringToSign.erase(stringToSign.rfind('\n') + 1).append(hashed(hash, canonical));

  const Signer signer = signerOf(json["context"]);
  const std::string_view date = std::string_view(json["context"]["amz_date"].text()).substr(0, 8);
  sigv4::SigningKey key;
  if (sigv4::deriveSigningKey(hash, signer.secretAccessKey, {date, signer.region, signer.service},
                              key) != sigv4::Status::Ok) {
    return {};
  }
  sigv4::detail::Hmac<TestSha256> hmac(hash, key.view());
  hmac.append(stringToSign);
  unsigned char digest[32];
  if (!hmac.finish(digest)) return {};
  sigv4::Signature signature;
  sigv4::detail::toHex(digest, sizeof digest, signature.hex);
  std::string authorization = expected["authorization"].text();
  return authorization.erase(authorization.rfind('=') + 1).append(signature.text());
}

/// botocore's own bytes through the resolver and the signer.
void checkBotocoreRequest(Case& test, TestSha256& hash, const Json& json) {
  const Settings settings = settingsOf(json);
  const Result<Endpoint> endpoint =
      resolveEndpoint({settings.region, settings.endpointUrl, settings.useFipsEndpoint,
                       settings.useDualStackEndpoint, settings.allowHttp});
  test.check("endpoint", endpoint.hasValue());
  if (!endpoint) return;
  const sigv4::Header headers[] = {
      {"Content-Type", contentType}, {"X-Amz-Target", amzTarget}, {"Host", endpoint->authority()}};
  const std::string payloadHash = hashed(hash, json["request"]["body"].text());
  sigv4::Request request;
  request.path = endpoint->path();
  request.headers = headers;
  request.headerCount = 3;
  request.payloadHash = payloadHash;
  request.amzDate = json["context"]["amz_date"].text();
  request.sessionToken = json["context"]["session_token"].text();
  checkSigned(test, hash, request, signerOf(json["context"]), json["expected"]);
}

/// The request that RotateCall makes: the same headers, signed the same way.
void checkRotateCall(Case& test, TestSha256& hash, const Json& json) {
  const Json& context = json["context"];
  CallState state(settingsOf(json));
  const RotateTunnelAccessTokenRequest input = inputOf(json["params"]);
  Call call(state, input);
  const Moment now{unixMsOf(context["amz_date"].text()), 0};
  if (call.next(now) != Step::NeedCredentials)
    return test.check("asks for credentials", false, call.takeResult().error().message);
  giveCredentials(call, context["access_key_id"].text(), context["secret_access_key"].text(),
                  context["session_token"].text());
  if (call.next(now) != Step::Send)
    return test.check("sends", false, call.takeResult().error().message);

  const HttpRequest& request = call.request();
  const Json& signedHeaders = json["request"]["headers_signed"];
  test.equal("Host", request.authority, json["request"]["host"].text());
  test.equal("number of headers but Host", static_cast<std::int64_t>(request.headerCount),
             static_cast<std::int64_t>(signedHeaders.items().size() + 1));
  for (std::size_t i = 0; i != request.headerCount; ++i) {
    std::string name(request.headers[i].name);
    for (char& c : name)
      c = detail::toLower(c);
    test.equal(name, request.headers[i].value,
               name == "authorization" ? authorizationFor(json, hash, request.body)
                                       : signedHeaders[name].text());
  }
}

void runSigv4RotateTunnel(const Json& vectors, Report& report) {
  TestSha256 hash;
  for (const Json& json : report.cases(vectors, "cases")) {
    Case test(report, json["name"].text());
    checkBotocoreRequest(test, hash, json);
    checkRotateCall(test, hash, json);
  }
}

const VectorTests tests("sigv4_rotate_tunnel.json", runSigv4RotateTunnel);

}  // namespace
