// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/recorded_request.hpp"

// The fake service, asked by hand, with a request that botocore signed.

inline constexpr const char* accessKeyId = "AKIDEXAMPLE";
inline constexpr const char* secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// An answer with owned text, so that it can be shown when a check fails.
struct Answer {
  bool answered = false;
  secure_tunneling::Error error;
  int status = 0;
  std::string code;
  std::string body;
  secure_tunneling::HttpHeaders headers;

  [[nodiscard]] std::string header(std::string_view name) const {
    return std::string(headers.find(name).value_or("(none)"));
  }
  /// Value of a string member of a flat JSON object; "(none)" without it.
  [[nodiscard]] std::string member(const std::string& name) const {
    const std::string start = "\"" + name + "\":\"";
    const std::size_t at = body.find(start);
    if (at == std::string::npos) return "(none)";
    const std::size_t begin = at + start.size();
    return body.substr(begin, body.find('"', begin) - begin);
  }
};

inline Answer sendTo(secure_tunneling::HttpTransport& transport,
                     secure_tunneling::RecordedRequest request) {
  Answer answer;
  secure_tunneling::HttpResponse response;
  const auto sent = transport.send(request.view(), response);
  answer.answered = sent.hasValue();
  if (!sent) answer.error = sent.error();
  answer.status = response.status;
  answer.code = response.headers.find("x-amzn-errortype").value_or("");
  answer.body = response.body.expose();
  answer.headers = std::move(response.headers);
  return answer;
}

inline secure_tunneling::RecordedRequest unsignedRequest(std::string body) {
  secure_tunneling::RecordedRequest request;
  request.url = "https://api.tunneling.iot.us-east-1.amazonaws.com/";
  request.host = request.authority = "api.tunneling.iot.us-east-1.amazonaws.com";
  request.port = 443;
  request.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                     {"X-Amz-Target", "IoTSecuredTunneling.RotateTunnelAccessToken"}};
  request.body = std::move(body);
  return request;
}

inline std::string authorization(const std::string& scope, const std::string& signedHeaders,
                                 const std::string& signature) {
  return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" + scope +
         "/aws4_request, SignedHeaders=" + signedHeaders + ", Signature=" + signature;
}

inline constexpr const char* usEast1 = "20260115/us-east-1/IoTSecuredTunneling";
inline constexpr const char* usualHeaders = "content-type;host;x-amz-date;x-amz-target";
inline constexpr const char* usualSignature =
    "a3085fb68ddaf68b9ad5572f0caa3883fddd2257f0c790db35888333f946f4e7";

/// Rotates both tokens of t-1, with the signature that botocore makes of it.
inline secure_tunneling::RecordedRequest signedRequest() {
  secure_tunneling::RecordedRequest request =
      unsignedRequest(R"({"tunnelId":"t-1","clientMode":"ALL"})");
  request.headers.push_back({"X-Amz-Date", "20260115T123000Z"});
  request.headers.push_back(
      {"Authorization", authorization(usEast1, usualHeaders, usualSignature)});
  return request;
}

inline void setHeader(secure_tunneling::RecordedRequest& request, std::string_view name,
                      std::string value) {
  for (auto& header : request.headers) {
    if (header.name == name) header.value = std::move(value);
  }
}

inline void removeHeader(secure_tunneling::RecordedRequest& request, std::string_view name) {
  std::vector<secure_tunneling::RecordedRequest::Header> kept;
  for (auto& header : request.headers) {
    if (header.name != name) kept.push_back(header);
  }
  request.headers = kept;
}

struct Fixture {
  secure_tunneling::ManualClock clock;
  secure_tunneling::FakeSecureTunnelingService service{clock};

  Fixture() {
    service.addCredentials(accessKeyId, secretAccessKey);
    service.addTunnel("t-1");
  }

  Answer send(secure_tunneling::RecordedRequest request) {
    return sendTo(service, std::move(request));
  }
};

/// A service that takes unsigned requests, for the tests of everything but signatures.
struct OpenFixture : Fixture {
  OpenFixture() { service.allowUnsigned(); }

  Answer sendBody(std::string body) { return send(unsignedRequest(std::move(body))); }
};
