// SPDX-License-Identifier: BSL-1.0
// The core alone, built and run under the flags of firmware: it signs, serialises and parses, and
// goes through errors, retries and the clock's correction. No library, no test framework, no
// exception.
#include <cstdio>
#include <string>
#include <string_view>

#include "secure_tunneling/core.hpp"
#include "support/portable_sha256.hpp"

using namespace secure_tunneling;

namespace {

using Call = RotateCall<PortableSha256>;
using Step = Call::Step;

int failures = 0;

void check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "failed: %s\n", what);
  ++failures;
}

constexpr std::int64_t newYearMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

Settings settings() {
  Settings settings;
  settings.region = "us-east-1";
  return settings;
}

RotateTunnelAccessTokenRequest request() {
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = "tunnel-1";
  request.clientMode = ClientMode::DESTINATION;
  request.destinationConfig = DestinationConfig{"caf\xc3\xa9", {"SSH"}};
  return request;
}

void giveCredentials(Call& call) {
  call.credentials().accessKeyId = "AKIDEXAMPLE";
  call.credentials().secretAccessKey.assign("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  call.credentials().sessionToken.assign("session-token");
  call.onCredentials({});
}

void answer(Call& call, int status, std::string_view body, std::int64_t nowMs) {
  call.response().status = status;
  call.response().body.assign(body);
  call.onSent({}, {nowMs, 0x80000000U});
}

std::string_view headerOf(const HttpRequest& request, std::string_view name) {
  for (std::size_t i = 0; i != request.headerCount; ++i) {
    if (request.headers[i].name == name) return request.headers[i].value;
  }
  return {};
}

void signsAndParses() {
  ClientState<PortableSha256> state(settings());
  Call call(state, request());
  check(call.next({newYearMs, 0}) == Step::NeedCredentials, "credentials are asked for");
  giveCredentials(call);
  check(call.next({newYearMs, 0}) == Step::Send, "a request is to be sent");
  check(call.request().body ==
            "{\"tunnelId\":\"tunnel-1\",\"clientMode\":\"DESTINATION\",\"destinationConfig\":"
            "{\"thingName\":\"caf\xc3\xa9\",\"services\":[\"SSH\"]}}",
        "the body is the request's JSON");
  // By botocore.
  check(headerOf(call.request(), "authorization") ==
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/IoTSecuredTunneling/"
            "aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
            "x-amz-target, "
            "Signature=10abada3246267fb9ca9282d1bc37b3a29806e2cda4531eb932a0f305b8ad29f",
        "the signature is botocore's");
  answer(
      call, 200,
      R"({"tunnelArn":"arn","destinationAccessToken":"caf\u00e9 \ud83d\ude00","more":[{"a":1}]})",
      newYearMs);
  check(call.next({newYearMs, 0}) == Step::Done, "the call is done");
  const auto response = call.takeResult();
  check(response && response->tunnelArn == "arn" && !response->sourceAccessToken &&
            response->destinationAccessToken &&
            response->destinationAccessToken->expose() == "caf\xc3\xa9 \xf0\x9f\x98\x80",
        "the answer's members arrive");
}

void triesAgain() {
  ClientState<PortableSha256> state(settings());
  Call call(state, request());
  call.next({newYearMs, 0});
  giveCredentials(call);
  call.next({newYearMs, 0});
  call.response().headers.add("Date", "Thu, 01 Jan 2026 01:00:00 GMT");
  answer(call, 403, R"({"__type":"ns#InvalidSignatureException:uri","message":"session-token"})",
         newYearMs);
  check(call.next({newYearMs, 0}) == Step::Send, "a signature refused for the clock is made again");
  check(headerOf(call.request(), "x-amz-date") == "20260101T010000Z", "with the service's time");
  answer(call, 503, "<html>busy, session-token</html>", newYearMs);
  check(call.next({newYearMs, 0}) == Step::Wait && call.waitMs() > 0,
        "a busy service is given time");
  check(call.next({newYearMs, 0}) == Step::Send, "and asked again");
  answer(call, 400, R"({"__type":"ResourceNotFoundException","Message":"no tunnel"})", newYearMs);
  check(call.next({newYearMs, 0}) == Step::Done, "an error ends the call");
  const auto result = call.takeResult();
  check(!result && result.error().kind == ErrorKind::Service && result.error().attempts == 3 &&
            result.error().code == "ResourceNotFoundException" &&
            result.error().message == "no tunnel",
        "the error arrives");
}

void refusesMistakes() {
  ClientState<PortableSha256> state(settings());
  RotateTunnelAccessTokenRequest bad = request();
  bad.tunnelId = "\xff";
  Call call(state, bad);
  check(call.next({newYearMs, 0}) == Step::Done, "nothing is sent");
  const auto result = call.takeResult();
  check(!result && result.error().kind == ErrorKind::InvalidArgument &&
            result.error().message == "tunnelId: not valid UTF-8",
        "the mistake is named");
}

}  // namespace

int main() {
  signsAndParses();
  triesAgain();
  refusesMistakes();
  return failures == 0 ? 0 : 1;
}
