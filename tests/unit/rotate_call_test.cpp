// SPDX-License-Identifier: BSL-1.0
// RotateCall: the request, and one answer to it.
#include "secure_tunneling/call/rotate_call.hpp"

#include <string>
#include <vector>

#include "secure_tunneling/testing/recorded_request.hpp"
#include "support/catch.hpp"
#include "support/driven_call.hpp"
#include "support/failing_hash.hpp"

using namespace secure_tunneling;

TEST_CASE("a call asks for credentials, sends, and is done") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  REQUIRE(call.next(start) == Step::NeedCredentials);
  CHECK(call.credentialsQuery().nowMs == start.unixMs);
  CHECK_FALSE(call.credentialsQuery().expired);
  giveCredentials(call);
  REQUIRE(call.next(start) == Step::Send);
  answer(call, 200, goodBody);
  REQUIRE(call.next(start) == Step::Done);
  const Result<RotateTunnelAccessTokenResponse> result = call.takeResult();
  REQUIRE(result);
  CHECK(result->tunnelArn == "arn");
  CHECK(result->sourceAccessToken->expose() == "source");
  CHECK(result->destinationAccessToken->expose() == "destination");
  CHECK(result->requestId == "id-200");
  CHECK(result->attempts == 1);
}

TEST_CASE("a request is what the service reads, signed with each of its headers") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  REQUIRE(call.next(start) == Step::NeedCredentials);
  giveCredentials(call, "AKIDEXAMPLE", "secret", "session-token");
  REQUIRE(call.next(start) == Step::Send);
  const HttpRequest& request = call.request();
  CHECK(request.method == "POST");
  CHECK(request.url == "https://api.tunneling.iot.us-east-1.amazonaws.com/");
  CHECK(request.https);
  CHECK(request.host == "api.tunneling.iot.us-east-1.amazonaws.com");
  CHECK(request.port == 443);
  CHECK(request.authority == request.host);
  CHECK(request.target == "/");
  CHECK(request.body == R"({"tunnelId":"tunnel","clientMode":"ALL"})");

  const char* const names[] = {"content-type", "x-amz-date", "x-amz-security-token", "x-amz-target",
                               "authorization"};
  REQUIRE(request.headerCount == 5);
  // All that there is room for: each of the canonical request, with Authorization in place of Host.
  CHECK(request.headerCount == detail::CanonicalCall::headerCount);
  for (std::size_t i = 0; i != 5; ++i) {
    const HttpHeader& header = request.headers[i];
    CHECK(header.name == names[i]);
    CHECK(header.line == std::string(header.name) + ": " + std::string(header.value));
    CHECK(header.line.data()[header.line.size()] == '\0');
  }
  CHECK(headerOf(request, "Content-Type") == "application/x-amz-json-1.1");
  CHECK(headerOf(request, "X-Amz-Target") == "IoTSecuredTunneling.RotateTunnelAccessToken");
  CHECK(headerOf(request, "X-Amz-Date") == "20260115T123000Z");
  CHECK(headerOf(request, "X-Amz-Security-Token") == "session-token");
  const std::string authorization(headerOf(request, "Authorization"));
  CHECK(authorization.find("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-east-1/"
                           "IoTSecuredTunneling/aws4_request, SignedHeaders=content-type;host;"
                           "x-amz-date;x-amz-security-token;x-amz-target, Signature=") == 0);
}

TEST_CASE("an explicit endpoint shows in the request") {
  Settings settings = settingsForTests();
  settings.endpointUrl = "http://[::1]:8080/prefix";
  CallState state(settings);
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  CHECK(call.request().url == "http://[::1]:8080/prefix");
  CHECK_FALSE(call.request().https);
  CHECK(call.request().host == "::1");
  CHECK(call.request().port == 8080);
  CHECK(call.request().authority == "[::1]:8080");
  CHECK(call.request().target == "/prefix");
}

TEST_CASE("a call is signed as the signer signs any request") {
  const char* const paths[] = {"", "/", "/prefix", "/a//b/./../c/", "/a%20b/~x", "/.."};
  for (const char* const path : paths) {
    for (const char* const token : {"", "session/token+="}) {
      CAPTURE(path, token);
      Settings settings = settingsForTests();
      settings.endpointUrl = std::string("https://Example.com:8443") + path;
      CallState state(settings);
      const RotateTunnelAccessTokenRequest input = rotateAll();
      Call call(state, input);
      REQUIRE(call.next(start) == Step::NeedCredentials);
      giveCredentials(call, "AKIDEXAMPLE", "secret", token);
      REQUIRE(call.next(start) == Step::Send);

      const HttpRequest& sent = call.request();
      TestSha256 hash;
      sigv4::Signature payloadHash;
      REQUIRE(sigv4::hashToHex(hash, sent.body, payloadHash) == sigv4::Status::Ok);
      const sigv4::Header headers[] = {{"X-Amz-Target", headerOf(sent, "X-Amz-Target")},
                                       {"Host", "example.com:8443"},
                                       {"Content-Type", headerOf(sent, "Content-Type")}};
      sigv4::Request request;
      request.path = sent.target;
      request.headers = headers;
      request.headerCount = 3;
      request.payloadHash = payloadHash.text();
      request.amzDate = "20260115T123000Z";
      request.sessionToken = token;
      const sigv4::CanonicalRequest canonical(request);
      const sigv4::Scope scope{"20260115", settings.region, signingService};
      sigv4::SigningKey key;
      sigv4::Signature signature;
      REQUIRE(sigv4::deriveSigningKey(hash, "secret", scope, key) == sigv4::Status::Ok);
      REQUIRE(sigv4::sign(hash, key, scope, canonical, request.amzDate, signature) ==
              sigv4::Status::Ok);
      std::string authorization;
      sigv4::writeAuthorization("AKIDEXAMPLE", scope, canonical, signature, authorization);
      CHECK(headerOf(sent, "Authorization") == authorization);
    }
  }
}

TEST_CASE("asking for the same step again changes nothing") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  REQUIRE(call.next({1, 0}) == Step::NeedCredentials);
  REQUIRE(call.next(start) == Step::NeedCredentials);
  CHECK(call.credentialsQuery().nowMs == start.unixMs);
  giveCredentials(call);
  REQUIRE(call.next(start) == Step::Send);
  const RecordedRequest first(call.request());
  REQUIRE(call.next({start.unixMs + 3'600'000, 0}) == Step::Send);
  const RecordedRequest second(call.request());
  CHECK(second.header("x-amz-date") == first.header("x-amz-date"));
  CHECK(second.header("authorization") == first.header("authorization"));
  answer(call, 200, goodBody);
  REQUIRE(call.next(start) == Step::Done);
  REQUIRE(call.next(start) == Step::Done);
  CHECK(call.takeResult());
}

TEST_CASE("mistakes are found before anything is asked for or sent") {
  struct Mistake {
    const char* what;
    Settings settings = settingsForTests();
    RotateTunnelAccessTokenRequest input = rotateAll();
    ErrorKind kind = ErrorKind::InvalidArgument;
  };
  std::vector<Mistake> mistakes(7);
  mistakes[0].what = "no tunnel";
  mistakes[0].input.tunnelId.clear();
  mistakes[1].what = "no mode";
  mistakes[1].input.clientMode = ClientMode();
  mistakes[2].what = "no service";
  mistakes[2].input.destinationConfig.emplace();
  mistakes[3].what = "no region";
  mistakes[3].settings.region.clear();
  mistakes[3].kind = ErrorKind::Configuration;
  mistakes[4].what = "no region to sign for";
  mistakes[4].settings.region.clear();
  mistakes[4].settings.endpointUrl = "https://example.com";
  mistakes[4].kind = ErrorKind::Configuration;
  mistakes[5].what = "bad region";
  mistakes[5].settings.region = "us-east-1\n";
  mistakes[5].kind = ErrorKind::Configuration;
  mistakes[6].what = "http beyond loopback";
  mistakes[6].settings.endpointUrl = "http://example.com";
  mistakes[6].kind = ErrorKind::Configuration;
  for (const Mistake& mistake : mistakes) {
    CAPTURE(mistake.what);
    CallState state(mistake.settings);
    // The second call meets the same mistake.
    for (int i = 0; i != 2; ++i) {
      Call call(state, mistake.input);
      const Error error = errorOf(call);
      CHECK(error.kind == mistake.kind);
      CHECK(error.delivery == Delivery::NotSent);
      CHECK(error.attempts == 0);
      CHECK_FALSE(error.message.empty());
    }
  }
}

TEST_CASE("an unsigned call needs neither credentials nor a region") {
  Settings settings;
  settings.signRequests = false;
  settings.endpointUrl = "https://example.com";
  CallState state(settings);
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  REQUIRE(call.next(start) == Step::Send);
  REQUIRE(call.request().headerCount == 2);
  CHECK(call.request().headers[0].name == "content-type");
  CHECK(call.request().headers[1].name == "x-amz-target");
  answerError(call, 403, "ExpiredTokenException");
  CHECK(errorOf(call).code == "ExpiredTokenException");
}

TEST_CASE("any 2xx answer with a body that can be understood is a success") {
  for (const int status : {200, 201, 299}) {
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    answer(call, status, goodBody);
    REQUIRE(call.next(start) == Step::Done);
    CHECK(call.takeResult());
  }
}

TEST_CASE("without credentials nothing is sent") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  for (const ErrorKind kind : {ErrorKind::Credentials, ErrorKind::Configuration}) {
    Call call(state, input);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    call.onCredentials(makeError(kind, "looked here and there"));
    const Error error = errorOf(call);
    CHECK(error.kind == kind);
    CHECK(error.message == "looked here and there");
    CHECK(error.attempts == 0);
    CHECK(error.delivery == Delivery::NotSent);
  }
}

TEST_CASE("credentials that no service can have given are refused and not repeated") {
  using namespace std::string_literals;
  const struct {
    std::string accessKeyId;
    std::string secretAccessKey;
    std::string sessionToken;
  } cases[] = {
      {"", "canary", ""},
      {"canary", "", ""},
      {"canary\r\nX-Evil: 1", "canary", ""},
      {"canary\n", "canary", ""},
      {"canary\0"s, "canary", ""},
      {"can ary", "canary", ""},
      {"canary/20260101", "canary", ""},
      {"canary, SignedHeaders=", "canary", ""},
      {"canary\x7f", "canary", ""},
      {"canary\xc3\xbc", "canary", ""},
      {"AKID", "canary\n", ""},
      {"AKID", "canary\r\n", ""},
      {"AKID", " canary", ""},
      {"AKID", "can\tary", ""},
      {"AKID", "canary\0"s, ""},
      {"AKID", "canary\xc2\xa0", ""},
      {"AKID", "canary", "canary\r\nX-Evil: 1"},
      {"AKID", "canary", "canary\n"},
      {"AKID", "canary", "canary canary"},
      {"AKID", "canary", "canary\0"s},
      {"AKID", "canary", "canary\t"},
      {"AKID", "canary", "canary\x7f"},
      {"AKID", "canary", "canary\xc3\xbc"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.accessKeyId, row.sessionToken);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    giveCredentials(call, row.accessKeyId, row.secretAccessKey, row.sessionToken);
    const Error error = errorOf(call);
    CHECK(error.kind == ErrorKind::Credentials);
    CHECK(error.attempts == 0);
    CHECK(error.message.find("canary") == std::string::npos);
  }
}

TEST_CASE("calls of one client have nothing of each other") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  {
    Call call(state, input);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    giveCredentials(call, "AKID", "secret", std::string(2000, 't'));
    REQUIRE(call.next(start) == Step::Send);
    answer(call, 200, goodBody);
  }
  CHECK(detail::sharedBy(state).exchange.headerLines.empty());
  CHECK(detail::sharedBy(state).exchange.response.body.empty());
  CHECK(detail::sharedBy(state).exchange.response.headers.size() == 0);

  RotateTunnelAccessTokenRequest other = rotateAll();
  other.tunnelId = "other";
  Call call(state, other);
  driveToSend(call);
  CHECK(call.request().body == R"({"tunnelId":"other","clientMode":"ALL"})");
  CHECK(call.request().headerCount == 4);
  CHECK(headerOf(call.request(), "x-amz-security-token").empty());
  CHECK(call.response().status == 0);
  CHECK(call.response().headers.size() == 0);
}

TEST_CASE("a request of the longest headers is whole") {
  Settings settings = settingsForTests();
  settings.region = std::string(63, 'r');
  CallState state(settings);
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  REQUIRE(call.next(start) == Step::NeedCredentials);
  const std::string token(5000, 't');
  const std::string keyId(500, 'K');
  giveCredentials(call, keyId, "secret", token);
  REQUIRE(call.next(start) == Step::Send);
  CHECK(headerOf(call.request(), "content-type") == "application/x-amz-json-1.1");
  CHECK(headerOf(call.request(), "x-amz-security-token") == token);
  CHECK(headerOf(call.request(), "authorization").find(keyId) != std::string_view::npos);
  const char* const block = detail::sharedBy(state).exchange.headerLines.expose().data();
  CHECK(call.request().headers[0].line.data() == block);
}

TEST_CASE("whichever call of the hash fails, nothing is sent") {
  const RotateTunnelAccessTokenRequest input = rotateAll();
  using FailingCall = RotateCall<FailingHash>;
  int failAt = 0;
  for (; failAt != 1000; ++failAt) {
    CAPTURE(failAt);
    ClientState<FailingHash> state(settingsForTests(), FailingHash(failAt));
    FailingCall call(state, input);
    REQUIRE(call.next(start) == FailingCall::Step::NeedCredentials);
    giveCredentials(call);
    const FailingCall::Step step = call.next(start);
    if (step == FailingCall::Step::Send) break;
    REQUIRE(step == FailingCall::Step::Done);
    const Result<RotateTunnelAccessTokenResponse> result = call.takeResult();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::Signing);
    CHECK(result.error().delivery == Delivery::NotSent);
    CHECK(result.error().attempts == 0);
  }
  CHECK(failAt > 30);
  CHECK(failAt < 1000);
}
