// SPDX-License-Identifier: BSL-1.0
// RotateCall, driven by hand: every answer and every moment is the test's.
#include "secure_tunneling/call/rotate_call.hpp"

#include <string>
#include <utility>
#include <vector>

#include "secure_tunneling/testing/recorded_request.hpp"
#include "support/calls.hpp"
#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::uint32_t fullJitter = 0xffffffffU;
constexpr Moment start{1768480200000, fullJitter};  // 2026-01-15T12:30:00Z

constexpr const char* goodBody =
    R"({"tunnelArn":"arn","sourceAccessToken":"source","destinationAccessToken":"destination"})";

template <class AnyCall>
void answer(AnyCall& call, int status, std::string_view body, const Moment& now = start) {
  call.response().status = status;
  call.response().headers.add("x-amzn-RequestId", "id-" + std::to_string(status));
  call.response().body.assign(body);
  call.onSent({}, now);
}

template <class AnyCall>
void answerError(AnyCall& call, int status, const std::string& code, const Moment& now = start) {
  answer(call, status, "{\"__type\":\"" + code + "\",\"message\":\"why\"}", now);
}

void failTransport(Call& call, ErrorKind kind, Delivery delivery) {
  Error error = makeError(kind, "no answer");
  error.delivery = delivery;
  error.transportCode = 28;
  call.onSent(std::move(error), start);
}

/// Drives a call to its first request.
template <class AnyCall>
void driveToSend(AnyCall& call) {
  REQUIRE(call.next(start) == AnyCall::Step::NeedCredentials);
  giveCredentials(call);
  REQUIRE(call.next(start) == AnyCall::Step::Send);
}

Error errorOf(Call& call) {
  REQUIRE(call.next(start) == Step::Done);
  Result<RotateTunnelAccessTokenResponse> result = call.takeResult();
  REQUIRE_FALSE(result);
  return std::move(result).error();
}

/// Asks for the step behind a wait, which has to come first.
Step afterWait(Call& call, std::int64_t expectedMs) {
  CHECK(call.next(start) == Step::Wait);
  CHECK(call.waitMs() == expectedMs);
  return call.next(start);
}

/// SHA-256 whose call number `failAt` fails, and with it every later one.
class FailingHash {
 public:
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;
  explicit FailingHash(int failAt) : callsLeft_(failAt) {}
  bool init() { return step() && hash_.init(); }
  bool update(const void* data, std::size_t size) { return step() && hash_.update(data, size); }
  bool final(unsigned char* digest) { return step() && hash_.final(digest); }

 private:
  bool step() { return callsLeft_-- > 0; }

  TestSha256 hash_;
  int callsLeft_;
};

}  // namespace

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

TEST_CASE("the request of a call") {
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

TEST_CASE("a call makes at most so many attempts") {
  const struct {
    int maxAttempts;
    int attempts;
  } cases[] = {{1, 1}, {2, 2}, {3, 3}, {7, 7}, {0, 1}, {-5, 1}};
  for (const auto& row : cases) {
    CAPTURE(row.maxAttempts);
    Settings settings = settingsForTests();
    settings.maxAttempts = row.maxAttempts;
    CallState state(settings);
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    int sent = 0;
    for (;;) {
      ++sent;
      answerError(call, 500, "InternalFailure");
      if (call.next(start) == Step::Done) break;
      REQUIRE(call.next(start) == Step::Send);
    }
    CHECK(sent == row.attempts);
    const Error error = errorOf(call);
    CHECK(error.attempts == row.attempts);
    CHECK(error.kind == ErrorKind::Service);
    CHECK(error.code == "InternalFailure");
    CHECK(error.message == "why");
    CHECK(error.httpStatus == 500);
    CHECK(error.requestId == "id-500");
    CHECK(error.delivery == Delivery::Answered);
  }
}

TEST_CASE("credentials are asked for once, and each attempt is signed at its own time") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  CHECK(headerOf(call.request(), "x-amz-date") == "20260115T123000Z");
  answerError(call, 500, "");
  REQUIRE(call.next(start) == Step::Wait);
  REQUIRE(call.next({start.unixMs + 1000, 0}) == Step::Send);
  CHECK(headerOf(call.request(), "x-amz-date") == "20260115T123001Z");
  CHECK(call.request().headerCount == 4);
  answer(call, 200, goodBody);
  REQUIRE(call.next(start) == Step::Done);
  CHECK(call.takeResult()->attempts == 2);
}

TEST_CASE("what is tried again") {
  const struct {
    int status;
    const char* body;
    bool isRetried;
    ErrorKind kind;
  } cases[] = {
      {500, "{}", true, ErrorKind::Service},
      {503, "<html>", true, ErrorKind::Service},
      {503, "[]", true, ErrorKind::InvalidResponse},
      {429, "", true, ErrorKind::Service},
      {400, R"({"__type":"ThrottlingException"})", true, ErrorKind::Service},
      {400, R"({"__type":"ResourceNotFoundException"})", false, ErrorKind::Service},
      {404, "", false, ErrorKind::Service},
      {301, "", false, ErrorKind::Service},
      {200, "", false, ErrorKind::InvalidResponse},
      {200, "<html>", false, ErrorKind::InvalidResponse},
      {204, "", false, ErrorKind::InvalidResponse},
  };
  for (const auto& row : cases) {
    CAPTURE(row.status, row.body);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    answer(call, row.status, row.body);
    if (row.isRetried) {
      CHECK(afterWait(call, 1000) == Step::Send);
      answer(call, row.status, row.body);
      CHECK(afterWait(call, 2000) == Step::Send);
      answer(call, row.status, row.body);
    }
    const Error error = errorOf(call);
    CHECK(error.kind == row.kind);
    CHECK(error.httpStatus == row.status);
    CHECK(error.delivery == Delivery::Answered);
    CHECK(error.attempts == (row.isRetried ? 3 : 1));
  }
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

TEST_CASE("failures of the transport") {
  const struct {
    ErrorKind kind;
    Delivery delivery;
    bool retryUnknown;
    bool isRetried;
  } cases[] = {
      {ErrorKind::Transport, Delivery::NotSent, true, true},
      {ErrorKind::Transport, Delivery::NotSent, false, true},
      {ErrorKind::Transport, Delivery::Unknown, true, true},
      {ErrorKind::Transport, Delivery::Unknown, false, false},
      {ErrorKind::Untrusted, Delivery::NotSent, true, false},
      {ErrorKind::Untrusted, Delivery::Unknown, true, false},
      {ErrorKind::Configuration, Delivery::NotSent, true, false},
      {ErrorKind::InvalidResponse, Delivery::Unknown, true, false},
  };
  for (const auto& row : cases) {
    CAPTURE(static_cast<int>(row.kind), static_cast<int>(row.delivery), row.retryUnknown);
    Settings settings = settingsForTests();
    settings.retryUnknownDelivery = row.retryUnknown;
    settings.maxAttempts = 2;
    CallState state(settings);
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    failTransport(call, row.kind, row.delivery);
    if (row.isRetried) {
      CHECK(detail::sharedBy(state).retryQuota.available() == 490);
      CHECK(afterWait(call, 1000) == Step::Send);
      failTransport(call, row.kind, row.delivery);
    }
    const Error error = errorOf(call);
    CHECK(error.kind == row.kind);
    CHECK(error.message == "no answer");
    CHECK(error.transportCode == 28);
    CHECK(error.httpStatus == 0);
    CHECK(error.delivery == row.delivery);
    CHECK(error.attempts == (row.isRetried ? 2 : 1));
  }
}

TEST_CASE("once an attempt may have arrived, the tokens may be gone") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  failTransport(call, ErrorKind::Transport, Delivery::Unknown);
  CHECK(afterWait(call, 1000) == Step::Send);
  SECTION("a later attempt did not") {
    failTransport(call, ErrorKind::Untrusted, Delivery::NotSent);
    CHECK(errorOf(call).delivery == Delivery::Unknown);
  }
  SECTION("a later attempt was answered with an error") {
    answerError(call, 400, "ResourceNotFoundException");
    const Error error = errorOf(call);
    CHECK(error.delivery == Delivery::Unknown);
    CHECK(error.code == "ResourceNotFoundException");
    CHECK(error.attempts == 2);
  }
  SECTION("a later attempt brought the tokens") {
    answer(call, 200, goodBody);
    REQUIRE(call.next(start) == Step::Done);
    CHECK(call.takeResult()->attempts == 2);
  }
}

TEST_CASE("waits grow, are random and end by asking again") {
  Settings settings = settingsForTests();
  settings.maxAttempts = 10;
  settings.maxBackoffMs = 3000;
  CallState state(settings);
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  for (const std::int64_t expected : {1000, 2000, 3000, 3000}) {
    answerError(call, 500, "");
    CHECK(afterWait(call, expected) == Step::Send);
  }
  answerError(call, 500, "", {start.unixMs, 0x80000000U});
  CHECK(afterWait(call, 1500) == Step::Send);
  // Nothing to wait: no step for it.
  answerError(call, 500, "", {start.unixMs, 0});
  CHECK(call.next(start) == Step::Send);
  call.response().headers.add("Retry-After", "4");
  answerError(call, 500, "", {start.unixMs, 0});
  CHECK(afterWait(call, 4000) == Step::Send);
}

TEST_CASE("the calls of a client share the retry quota") {
  Settings settings = settingsForTests();
  CallState state(settings);
  detail::sharedBy(state).retryQuota.setAvailable(12);
  const RotateTunnelAccessTokenRequest input = rotateAll();
  {
    Call call(state, input);
    driveToSend(call);
    answerError(call, 500, "");
    CHECK(afterWait(call, 1000) == Step::Send);
    answerError(call, 500, "");
    CHECK(afterWait(call, 2000) == Step::Send);
    answerError(call, 500, "");
    CHECK(errorOf(call).attempts == 3);
  }
  CHECK(detail::sharedBy(state).retryQuota.available() == 2);
  {
    Call call(state, input);
    driveToSend(call);
    answerError(call, 500, "");
    CHECK(errorOf(call).attempts == 1);
  }
  for (int i = 0; i != 3; ++i) {
    Call call(state, input);
    driveToSend(call);
    answer(call, 200, goodBody);
  }
  CHECK(detail::sharedBy(state).retryQuota.available() == 5);
  Call call(state, input);
  driveToSend(call);
  answerError(call, 500, "");
  CHECK(afterWait(call, 1000) == Step::Send);
}

TEST_CASE("clock skew is corrected only where that is wanted") {
  for (const bool isCorrected : {true, false}) {
    CAPTURE(isCorrected);
    Settings settings = settingsForTests();
    settings.correctClockSkew = isCorrected;
    CallState state(settings);
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    call.response().headers.add("Date", "Thu, 15 Jan 2026 13:30:00 GMT");
    answerError(call, 403, "InvalidSignatureException");
    if (!isCorrected) {
      CHECK(errorOf(call).code == "InvalidSignatureException");
      continue;
    }
    REQUIRE(call.next(start) == Step::Send);
    CHECK(headerOf(call.request(), "x-amz-date") == "20260115T133000Z");
    answer(call, 200, goodBody);
    REQUIRE(call.next(start) == Step::Done);
    CHECK(call.takeResult()->attempts == 2);
  }
}

TEST_CASE("a date that nobody can mean does no harm") {
  for (const char* const date :
       {"Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT", "nonsense"}) {
    CAPTURE(date);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    call.response().headers.add("Date", date);
    answerError(call, 500, "");
    CHECK(afterWait(call, 1000) == Step::Send);
    CHECK(headerOf(call.request(), "x-amz-date").size() == 16);
  }
}

TEST_CASE("credentials that the service calls expired are asked for again") {
  const std::string code = GENERATE(as<std::string>{}, "ExpiredTokenException", "ExpiredToken");
  CAPTURE(code);
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  answerError(call, 403, code);
  // At once: the next request is another one.
  REQUIRE(call.next({start.unixMs + 5, 0}) == Step::NeedCredentials);
  CHECK(call.credentialsQuery().expired);
  CHECK(call.credentialsQuery().nowMs == start.unixMs + 5);

  SECTION("new ones are used") {
    giveCredentials(call, "AKIDOTHER", "other-secret", "other-token");
    REQUIRE(call.next(start) == Step::Send);
    CHECK(headerOf(call.request(), "authorization").find("Credential=AKIDOTHER/") !=
          std::string_view::npos);
    CHECK(headerOf(call.request(), "x-amz-security-token") == "other-token");
    CHECK_FALSE(call.credentialsQuery().expired);
    answer(call, 200, goodBody);
    REQUIRE(call.next(start) == Step::Done);
    CHECK(call.takeResult()->attempts == 2);
  }
  SECTION("the same again are not sent again") {
    giveCredentials(call);
    const Error error = errorOf(call);
    CHECK(error.kind == ErrorKind::Service);
    CHECK(error.code == code);
    CHECK(error.attempts == 1);
  }
  SECTION("where there are none, the service's word is the answer") {
    call.onCredentials(makeError(ErrorKind::Credentials, "cannot refresh"));
    const Error error = errorOf(call);
    CHECK(error.kind == ErrorKind::Service);
    CHECK(error.code == code);
    CHECK(error.httpStatus == 403);
    CHECK(error.attempts == 1);
  }
  SECTION("not for ever") {
    giveCredentials(call, "AKID2");
    REQUIRE(call.next(start) == Step::Send);
    answerError(call, 403, code);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    giveCredentials(call, "AKID3");
    REQUIRE(call.next(start) == Step::Send);
    answerError(call, 403, code);
    CHECK(errorOf(call).attempts == 3);
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

TEST_CASE("secrets are masked in what the service says") {
  const std::string token = "canary-session-token-0123456789/+=";
  const std::string secret = "canary-secret-access-key";
  const struct {
    const char* what;
    std::string body;
    std::string message;
  } cases[] = {
      {"the token", R"({"message":"it was )" + token + R"("})", "it was ***"},
      {"twice", R"({"message":")" + token + token + R"( x )" + token + R"("})", "*** x ***"},
      {"the secret", R"({"message":"a )" + secret + R"( b"})", "a *** b"},
      {"both", R"({"Message":")" + secret + token + R"("})", "***"},
      {"escaped", R"({"message":"canary-session-token-0123456789\/+="})", "***"},
      {"a page", "<html>" + token + "</html>", "<html>***</html>"},
      {"truncated JSON", R"({"message":")" + token,
       "the service's answer cannot be understood: not valid JSON in UTF-8, at byte 46 of 46"},
      {"a page that is cut in it", std::string(1000, 'x') + token, std::string(1000, 'x') + "***"},
      {"a page that is cut at its beginning", std::string(1020, 'x') + token,
       std::string(1020, 'x') + "cana"},
      {"almost", R"({"message":"canary-session-token-0123456788"})", "***8"},
      {"less than twelve", R"({"message":"canary-sess session-tok"})", "canary-sess session-tok"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    giveCredentials(call, "AKID", secret, token);
    REQUIRE(call.next(start) == Step::Send);
    answer(call, 400, row.body);
    CHECK(errorOf(call).message == row.message);
  }
}

TEST_CASE("what is a secret is no reason to take a code for another one") {
  const struct {
    const char* token;
    const char* secret;
    const char* code;
    Step step;
    bool isShown;
  } cases[] = {
      {"Token", "some-secret-access-key", "ExpiredTokenException", Step::NeedCredentials, true},
      {"Expired", "x", "ExpiredTokenException", Step::NeedCredentials, true},
      {"ExpiredTokenException", "secret", "ExpiredTokenException", Step::NeedCredentials, false},
      {"", "T", "ThrottlingException", Step::Wait, true},
      {"the-ThrottlingException", "e", "ThrottlingException", Step::Wait, false},
      {"", "Service", "InternalError", Step::Wait, true},
      {"Internal", "secret", "InternalError", Step::Wait, false},
      {"x", "y", "ResourceNotFoundException", Step::Done, true},
  };
  for (const auto& row : cases) {
    CAPTURE(row.token, row.secret, row.code);
    for (const int attempts : {1, 2}) {
      Settings settings = settingsForTests();
      settings.maxAttempts = attempts;
      CallState state(settings);
      const RotateTunnelAccessTokenRequest input = rotateAll();
      Call call(state, input);
      REQUIRE(call.next(start) == Step::NeedCredentials);
      giveCredentials(call, "AKID", row.secret, row.token);
      REQUIRE(call.next(start) == Step::Send);
      answerError(call, 400, row.code);
      if (attempts == 2) {
        CHECK(call.next(start) == row.step);
      } else {
        CHECK((errorOf(call).code == row.code) == row.isShown);
      }
    }
  }
}

TEST_CASE("the signature of a request is not in what a proxy shows of it") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  const std::string authorization(headerOf(call.request(), "authorization"));
  const std::string signature = authorization.substr(authorization.size() - 64);
  answer(call, 403, "<pre>Host: h\r\nAuthorization: " + authorization + "\r\n</pre>");
  const std::string message = errorOf(call).message;
  CHECK(message == "<pre>Host: h\\x0d\\x0a\nAuthorization: " +
                       authorization.substr(0, authorization.size() - 64) +
                       "***\\x0d\\x0a\n</pre>");
}

TEST_CASE("a page tells no new access token") {
  const std::string json = R"({"tunnelArn":"a","sourceAccessToken":"canary-token"})";
  const struct {
    std::string page;
    std::string message;
  } cases[] = {
      {")]}',\n" + json, ")]}',\\x0a\n***"},
      {"while(1);" + json, "***"},
      {"event: data\ndata: " + json, "event: data\\x0a\ndata: ***"},
      {"3a\r\n" + json, "3a\\x0d\\x0a\n***"},
      {std::string("\0 ", 2) + json, "\\x00 ***"},
      {"\xef\xbb\xbf"
       "upstream said " +
           json,
       "\xef\xbb\xbf"
       "upstream said ***"},
      {R"(said {\"sourceAccessToken\": \"canary-token\"})", "said ***"},
      {"<p>{&quot;accessToken&quot; :&quot;canary-token&quot;}", "***"},
      {"<p> %7B%22token%22%3A%22canary-token", "<p> ***"},
      {R"(ken":"canary-token"})", "***"},
      {R"(canary-token","destinationAccessToken":"canary)", "***"},
      {R"(said: canary-token" })", "said: ***"},
      {R"(said: ["canary-token" ])", "said: ***"},
      {"<a><sourceAccessToken>canary-token</sourceAccessToken></a>", "***"},
      {"so: destinationAccessToken=canary-token", "so: ***"},
      {"{'a': 1, 'sourceAccessToken': 'canary-token'}",
       "the service's answer cannot be understood"},
      {"no iot:RotateTunnelAccessToken for \"you\", by \"policy\"",
       "no iot:RotateTunnelAccessToken for \"you\", by \"policy\""},
      {"<p class=\"a\" id=\"b\">Your access token is over</p>",
       "<p class=\"a\" id=\"b\">Your access token is over</p>"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.page);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    answer(call, 400, row.page);
    const std::string message = errorOf(call).message;
    CHECK(message.substr(0, row.message.size()) == row.message);
    CHECK(message.find("canary") == std::string::npos);
  }
}

TEST_CASE("what a service says does not steer a terminal and is of a bounded size") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  call.response().headers.add("x-amzn-requestid", "id\x9b" + std::string(300, 'i'));
  call.response().headers.add("x-amzn-errortype",
                              "Co\x1b"
                              "de" +
                                  std::string(300, 'c'));
  const std::string body = R"({"message":"a\nb\u202ec)" + std::string(1'000'000, 'm') + "\"}";
  answer(call, 400, body);
  const Error error = errorOf(call);
  CHECK(error.requestId == "id\\x9b" + std::string(253, 'i'));
  CHECK(error.code ==
        "Co\\x1b"
        "de" +
            std::string(251, 'c'));
  CHECK(error.message.substr(0, 20) == R"(a\x0ab\xe2\x80\xaecm)");
  CHECK(error.message.size() < 2100);
}

TEST_CASE("secrets are masked wherever a service may put them") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  REQUIRE(call.next(start) == Step::NeedCredentials);
  giveCredentials(call, "AKID", "secret-access-key", "session-token");
  REQUIRE(call.next(start) == Step::Send);
  call.response().headers.add("x-amzn-requestid", "id session-token");
  answerError(call, 400, "Code-session-token");
  const Error error = errorOf(call);
  CHECK(error.requestId == "id ***");
  CHECK(error.code == "Code-***");
}

TEST_CASE("a secret in the id of an answer is masked, whatever the answer") {
  for (const char* const body : {goodBody, "not JSON"}) {
    CAPTURE(body);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    giveCredentials(call, "AKID", "secret-access-key", "session-token");
    REQUIRE(call.next(start) == Step::Send);
    call.response().headers.add("x-amzn-requestid", "id session-token");
    answer(call, 200, body);
    const Result<RotateTunnelAccessTokenResponse> result = call.takeResult();
    CHECK((result ? result->requestId : result.error().requestId) == "id ***");
  }
}

TEST_CASE("masking ends, whatever the secret") {
  for (const char* const token : {"*", "**", "***", "****", "a"}) {
    CAPTURE(token);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    giveCredentials(call, "AKID", "secret", token);
    REQUIRE(call.next(start) == Step::Send);
    answer(call, 400, R"({"message":"******** a ********"})");
    CHECK(errorOf(call).message.size() < 100);
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

TEST_CASE("an answer that was begun is gone before the next attempt") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  call.response().status = 200;
  call.response().headers.add("Date", "half");
  call.response().body.assign("half a body");
  failTransport(call, ErrorKind::Transport, Delivery::Unknown);
  CHECK(afterWait(call, 1000) == Step::Send);
  CHECK(call.response().status == 0);
  CHECK(call.response().headers.size() == 0);
  CHECK(call.response().body.empty());
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
