// SPDX-License-Identifier: BSL-1.0
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* accessKeyId = "AKIDEXAMPLE";
constexpr const char* secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// An answer with owned text, so that it can be shown when a check fails.
struct Answer {
  bool answered = false;
  Error error;
  int status = 0;
  std::string code;
  std::string body;
  HttpHeaders headers;

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

Answer sendTo(HttpTransport& transport, RecordedRequest request) {
  Answer answer;
  HttpResponse response;
  const auto sent = transport.send(request.view(), response);
  answer.answered = sent.hasValue();
  if (!sent) answer.error = sent.error();
  answer.status = response.status;
  answer.code = response.headers.find("x-amzn-errortype").value_or("");
  answer.body = response.body.expose();
  answer.headers = std::move(response.headers);
  return answer;
}

RecordedRequest unsignedRequest(std::string body) {
  RecordedRequest request;
  request.url = "https://api.tunneling.iot.us-east-1.amazonaws.com/";
  request.host = request.authority = "api.tunneling.iot.us-east-1.amazonaws.com";
  request.port = 443;
  request.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                     {"X-Amz-Target", "IoTSecuredTunneling.RotateTunnelAccessToken"}};
  request.body = std::move(body);
  return request;
}

std::string authorization(const std::string& scope, const std::string& signedHeaders,
                          const std::string& signature) {
  return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" + scope +
         "/aws4_request, SignedHeaders=" + signedHeaders + ", Signature=" + signature;
}

constexpr const char* usEast1 = "20260115/us-east-1/IoTSecuredTunneling";
constexpr const char* usualHeaders = "content-type;host;x-amz-date;x-amz-target";
constexpr const char* usualSignature =
    "a3085fb68ddaf68b9ad5572f0caa3883fddd2257f0c790db35888333f946f4e7";

/// Rotates both tokens of t-1, with the signature that botocore makes of it.
RecordedRequest signedRequest() {
  RecordedRequest request = unsignedRequest(R"({"tunnelId":"t-1","clientMode":"ALL"})");
  request.headers.push_back({"X-Amz-Date", "20260115T123000Z"});
  request.headers.push_back(
      {"Authorization", authorization(usEast1, usualHeaders, usualSignature)});
  return request;
}

void setHeader(RecordedRequest& request, std::string_view name, std::string value) {
  for (auto& header : request.headers) {
    if (header.name == name) header.value = std::move(value);
  }
}

void removeHeader(RecordedRequest& request, std::string_view name) {
  std::vector<RecordedRequest::Header> kept;
  for (auto& header : request.headers) {
    if (header.name != name) kept.push_back(header);
  }
  request.headers = kept;
}

struct Fixture {
  ManualClock clock;
  FakeSecureTunnelingService service{clock};

  Fixture() {
    service.addCredentials(accessKeyId, secretAccessKey);
    service.addTunnel("t-1");
  }

  Answer send(RecordedRequest request) { return sendTo(service, std::move(request)); }
};

/// A service that takes unsigned requests, for the tests of everything but signatures.
struct OpenFixture : Fixture {
  OpenFixture() { service.allowUnsigned(); }

  Answer sendBody(std::string body) { return send(unsignedRequest(std::move(body))); }
};

}  // namespace

TEST_CASE("ScriptedTransport plays its script and records what it is sent") {
  ScriptedTransport transport;
  transport.answer(400, "body", {{"X-One", "1"}, {"Retry-After", "2"}})
      .fail(Delivery::NotSent, "no route");
  CHECK(transport.remaining() == 2);

  RecordedRequest request = signedRequest();
  request.target = "/path";
  const Answer first = sendTo(transport, request);
  CHECK(first.answered);
  CHECK(first.status == 400);
  CHECK(first.body == "body");
  CHECK(first.header("x-one") == "1");
  CHECK(first.header("retry-after") == "2");

  const Answer second = sendTo(transport, unsignedRequest("{}"));
  CHECK_FALSE(second.answered);
  CHECK(second.status == 0);
  CHECK(second.error.kind == ErrorKind::Transport);
  CHECK(second.error.delivery == Delivery::NotSent);
  CHECK(second.error.message == "no route");
  CHECK(transport.remaining() == 0);

  REQUIRE(transport.requests().size() == 2);
  const RecordedRequest& recorded = transport.requests()[0];
  CHECK(recorded.method == "POST");
  CHECK(recorded.url == request.url);
  CHECK(recorded.https);
  CHECK(recorded.host == request.host);
  CHECK(recorded.port == 443);
  CHECK(recorded.authority == request.authority);
  CHECK(recorded.target == "/path");
  CHECK(recorded.header("x-amz-date") == std::string("20260115T123000Z"));
  CHECK(recorded.header("x-none") == std::nullopt);
  CHECK(recorded.headers.size() == request.headers.size());
  CHECK(recorded.body == request.body);
}

TEST_CASE("ScriptedTransport fails with the whole error it was given") {
  ScriptedTransport transport;
  Error error = makeError(ErrorKind::Transport, "timed out");
  error.delivery = Delivery::Unknown;
  error.transportCode = 28;
  transport.fail(error);

  const Answer answer = sendTo(transport, signedRequest());
  CHECK(answer.error.delivery == Delivery::Unknown);
  CHECK(answer.error.transportCode == 28);
}

TEST_CASE("ScriptedTransport says so when the script is over") {
  ScriptedTransport transport;
  transport.answer(200);
  sendTo(transport, signedRequest());

  const Answer answer = sendTo(transport, signedRequest());
  CHECK_FALSE(answer.answered);
  CHECK(answer.error.kind == ErrorKind::Transport);
  CHECK(answer.error.message ==
        "ScriptedTransport: request 2 came, but the script has only 1 answers");
  CHECK(transport.requests().size() == 2);
}

TEST_CASE("A recorded request is a request again, header lines included") {
  RecordedRequest copy = RecordedRequest(signedRequest().view());
  const HttpRequest view = copy.view();
  REQUIRE(view.headerCount == 4);
  CHECK(view.headers[2].line == "X-Amz-Date: 20260115T123000Z");
  CHECK(view.headers[2].line.data()[view.headers[2].line.size()] == '\0');
  CHECK(view.headers[2].name == "X-Amz-Date");
  CHECK(view.headers[2].value == "20260115T123000Z");
}

TEST_CASE("ManualClock stands still until it is moved") {
  ManualClock clock;
  CHECK(clock.now().unixMs == ManualClock::defaultUnixMs);
  CHECK(clock.now().unixMs == 1768480200000);
  CHECK(clock.now().random == 0xffffffffU);

  clock.wait(1500);
  clock.wait(20);
  CHECK(clock.now().unixMs == 1768480201520);
  CHECK(clock.waits() == std::vector<std::int64_t>{1500, 20});

  clock.advance(-20);
  CHECK(clock.now().unixMs == 1768480201500);
  clock.set(7);
  clock.setRandom(3);
  CHECK(clock.now().unixMs == 7);
  CHECK(clock.now().random == 3);
  CHECK(ManualClock(5).now().unixMs == 5);
}

TEST_CASE("Dates of the fake service") {
  using detail::fake::fromAmzDate;
  using detail::fake::toAmzDate;
  using detail::fake::toHttpDate;
  const std::pair<std::int64_t, const char*> dates[] = {
      {0, "19700101T000000Z"},          {951782399, "20000228T235959Z"},
      {951782400, "20000229T000000Z"},  {951868800, "20000301T000000Z"},
      {1709164800, "20240229T000000Z"}, {1767225599, "20251231T235959Z"},
      {1768480200, "20260115T123000Z"}, {4107542400, "21000301T000000Z"},
  };
  for (const auto& [seconds, text] : dates) {
    CHECK(toAmzDate(seconds * 1000 + 999) == text);
    CHECK(fromAmzDate(text) == seconds * 1000);
  }
  CHECK(toHttpDate(784111777000) == "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const char* const text :
       {"", "20260115T123000", "20260115 123000Z", "2026-01-15T12:30", "20260015T123000Z",
        "20261315T123000Z", "20260229T123000Z", "20260115T240000Z", "20260115T126000Z",
        "20260115T123060Z", "19691231T235959Z"}) {
    INFO(text);
    CHECK_FALSE(fromAmzDate(text).has_value());
  }
}

TEST_CASE("The fake service takes what botocore signed") {
  Fixture fixture;

  SECTION("the plain request") {
    CHECK(fixture.send(signedRequest()).status == 200);
  }
  SECTION("a session token") {
    FakeSecureTunnelingService service(fixture.clock);
    service.addCredentials(accessKeyId, secretAccessKey, "AQoDYXdzEPT//EXAMPLE==");
    service.addTunnel("t-1");
    RecordedRequest request = signedRequest();
    request.headers.push_back({"X-Amz-Security-Token", "AQoDYXdzEPT//EXAMPLE=="});
    setHeader(
        request, "Authorization",
        authorization(usEast1, "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
                      "c4fb3422299b10b86efcfb7cce6fa47c5c4ae6e4645972f9683dfadfd339527c"));
    CHECK(sendTo(service, request).status == 200);

    SECTION("another one is refused") {
      setHeader(request, "X-Amz-Security-Token", "other");
      CHECK(sendTo(service, request).code == "UnrecognizedClientException");
    }
    SECTION("none is refused") {
      CHECK(sendTo(service, signedRequest()).code == "UnrecognizedClientException");
    }
  }
  SECTION("a path prefix, a query, a port and a header with blanks") {
    RecordedRequest request = signedRequest();
    request.authority = "127.0.0.1:8080";
    request.target = "/pre%20fix//a/../b/?z=1&a=%20x";
    request.headers.push_back({"X-Custom", "  two   words "});
    setHeader(request, "Authorization",
              authorization(usEast1, "content-type;host;x-amz-date;x-amz-target;x-custom",
                            "01256facce0ce63b08256a1cfb8a7fcdee7fe11dc84ce45a6d4f97de1cf91578"));
    CHECK(fixture.send(request).status == 200);
  }
  SECTION("another region") {
    FakeSecureTunnelingService service(fixture.clock, "eu-west-1");
    service.addCredentials(accessKeyId, secretAccessKey);
    service.addTunnel("t-1");
    RecordedRequest request = signedRequest();
    setHeader(request, "Authorization",
              authorization("20260115/eu-west-1/IoTSecuredTunneling", usualHeaders,
                            "87c696169205a8e9da8e0ca4e2f6071c8b3566b5dd486c7f020ca42daaa56e95"));
    CHECK(sendTo(service, request).member("tunnelArn") ==
          "arn:aws:iot:eu-west-1:123456789012:tunnel/t-1");
    CHECK(sendTo(service, signedRequest()).member("message") ==
          "Credential should be scoped to a valid region.");
  }
  SECTION("a body that is not ASCII: the signature is right, the tunnel id is not") {
    RecordedRequest request = signedRequest();
    request.body = "{\"tunnelId\":\"\xc3\xa9\",\"clientMode\":\"SOURCE\"}";
    setHeader(request, "Authorization",
              authorization(usEast1, usualHeaders,
                            "ae8f6545afa956cf9939cdddc159f7fc08fed80534d307434c956ee383aa8476"));
    CHECK(fixture.send(request).code == "ValidationException");
  }
}

TEST_CASE("The fake service refuses requests that changed after they were signed") {
  Fixture fixture;
  RecordedRequest request = signedRequest();
  SECTION("body") {
    request.body += " ";
  }
  SECTION("path") {
    request.target = "/other";
  }
  SECTION("query") {
    request.target = "/?a=1";
  }
  SECTION("host") {
    request.authority = "example.com";
  }
  SECTION("signed header") {
    setHeader(request, "Content-Type", "application/x-amz-json-1.1; charset=utf-8");
  }
  SECTION("repeated header") {
    request.headers.push_back({"content-type", "text/plain"});
  }
  SECTION("date") {
    setHeader(request, "X-Amz-Date", "20260115T123001Z");
  }
  SECTION("signature") {
    setHeader(request, "Authorization", authorization(usEast1, usualHeaders, std::string(64, '0')));
  }
  const Answer answer = fixture.send(request);
  CHECK(answer.status == 403);
  CHECK(answer.code == "InvalidSignatureException");
  CHECK(answer.member("message").find("signature we calculated does not match") !=
        std::string::npos);
  CHECK(fixture.service.rotations() == 0);
}

TEST_CASE("The fake service refuses the signature of another secret") {
  Fixture fixture;
  FakeSecureTunnelingService service(fixture.clock);
  service.addCredentials(accessKeyId, "another");
  CHECK(sendTo(service, signedRequest()).code == "InvalidSignatureException");
}

TEST_CASE("The fake service refuses what is not a signature") {
  struct Case {
    const char* authorization;
    const char* message;
  };
  const Case cases[] = {
      {"Bearer abc", "does not name the algorithm"},
      {"AWS4-HMAC-SHA256", "does not name the algorithm"},
      {"AWS4-HMAC-SHA256 Credential", "not a key=value pair"},
      {"AWS4-HMAC-SHA256 Credential=a/b/c/d/e", "requires 'SignedHeaders'"},
      {"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host", "requires 'Signature'"},
      {"AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0", "requires 'Credential'"},
      {"AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0", "exactly 5"},
  };
  Fixture fixture;
  for (const Case& one : cases) {
    INFO(one.authorization);
    RecordedRequest request = signedRequest();
    setHeader(request, "Authorization", one.authorization);
    const Answer answer = fixture.send(request);
    CHECK(answer.status == 400);
    CHECK(answer.code == "IncompleteSignatureException");
    CHECK(answer.body.find(one.message) != std::string::npos);
  }

  RecordedRequest request = signedRequest();
  SECTION("no Authorization") {
    removeHeader(request, "Authorization");
    const Answer answer = fixture.send(request);
    CHECK(answer.status == 403);
    CHECK(answer.code == "MissingAuthenticationTokenException");
  }
  SECTION("no date") {
    removeHeader(request, "X-Amz-Date");
    CHECK(fixture.send(request).code == "IncompleteSignatureException");
  }
  SECTION("a date that is none") {
    setHeader(request, "X-Amz-Date", "Thu, 15 Jan 2026 12:30:00 GMT");
    CHECK(fixture.send(request).code == "IncompleteSignatureException");
  }
}

TEST_CASE("The fake service refuses signatures of another scope or too few headers") {
  struct Case {
    const char* scope;
    const char* signedHeaders;
    const char* message;
  };
  const Case cases[] = {
      {"20260114/us-east-1/IoTSecuredTunneling", usualHeaders, "Date in Credential scope"},
      {"20260115/eu-west-1/IoTSecuredTunneling", usualHeaders, "valid region"},
      {"20260115/us-east-1/iotsecuretunneling", usualHeaders, "correct service"},
      {usEast1, "content-type;x-amz-date;x-amz-target", "'Host' must be"},
      {usEast1, "content-type;host;x-amz-target", "'x-amz-date' must be"},
      {usEast1, "content-type;host;x-amz-date", "'x-amz-target' must be"},
      {usEast1, "host;content-type;x-amz-date;x-amz-target", "sorted"},
      {usEast1, "Content-Type;host;x-amz-date;x-amz-target", "lower case"},
      {usEast1, "host;host;x-amz-date;x-amz-target", "each once"},
  };
  Fixture fixture;
  for (const Case& one : cases) {
    INFO(one.message);
    RecordedRequest request = signedRequest();
    setHeader(request, "Authorization",
              authorization(one.scope, one.signedHeaders, usualSignature));
    const Answer answer = fixture.send(request);
    CHECK(answer.status == 403);
    CHECK(answer.code == "InvalidSignatureException");
    CHECK(answer.body.find(one.message) != std::string::npos);
  }

  RecordedRequest request = signedRequest();
  std::string value = *request.header("Authorization");
  value.replace(value.find("aws4_request"), 12, "aws5_request");
  setHeader(request, "Authorization", value);
  CHECK(fixture.send(request).body.find("valid terminator") != std::string::npos);
}

TEST_CASE("The fake service takes signatures for five minutes either way") {
  Fixture fixture;
  const auto sendAt = [&fixture](std::int64_t offsetMs) {
    fixture.service.setClockOffset(offsetMs);
    return fixture.send(signedRequest());
  };
  CHECK(sendAt(300000).status == 200);
  CHECK(sendAt(-300000).status == 200);

  const Answer late = sendAt(300001);
  CHECK(late.status == 403);
  CHECK(late.code == "InvalidSignatureException");
  CHECK(late.header("Date") == "Thu, 15 Jan 2026 12:35:00 GMT");
  CHECK(sendAt(600000).member("message") ==
        "Signature expired: 20260115T123000Z is now earlier than 20260115T123500Z "
        "(20260115T124000Z - 5 min.)");
  CHECK(sendAt(-600000).member("message") ==
        "Signature not yet current: 20260115T123000Z is still later than 20260115T122500Z "
        "(20260115T122000Z + 5 min.)");
}

TEST_CASE("The fake service refuses credentials it does not know and those that ended") {
  ManualClock clock;
  FakeSecureTunnelingService service(clock);
  service.addTunnel("t-1");
  const Answer unknown = sendTo(service, signedRequest());
  CHECK(unknown.status == 400);
  CHECK(unknown.code == "UnrecognizedClientException");
  CHECK(unknown.member("message") == "The security token included in the request is invalid.");

  service.addCredentials(accessKeyId, secretAccessKey, {}, ManualClock::defaultUnixMs + 1000);
  CHECK(sendTo(service, signedRequest()).status == 200);
  clock.advance(1000);
  const Answer expired = sendTo(service, signedRequest());
  CHECK(expired.status == 400);
  CHECK(expired.code == "ExpiredTokenException");
}

TEST_CASE("The fake service takes unsigned requests only where that is allowed") {
  Fixture fixture;
  const RecordedRequest request = unsignedRequest(R"({"tunnelId":"t-1","clientMode":"ALL"})");
  CHECK(fixture.send(request).code == "MissingAuthenticationTokenException");

  fixture.service.allowUnsigned();
  CHECK(fixture.send(request).status == 200);
  RecordedRequest forged = signedRequest();
  forged.body += " ";
  CHECK(fixture.send(forged).code == "InvalidSignatureException");

  fixture.service.allowUnsigned(false);
  CHECK(fixture.send(request).code == "MissingAuthenticationTokenException");
}

TEST_CASE("The fake service knows one operation") {
  OpenFixture fixture;
  RecordedRequest request = unsignedRequest(R"({"tunnelId":"t-1","clientMode":"ALL"})");
  SECTION("method") {
    request.method = "GET";
  }
  SECTION("target") {
    setHeader(request, "X-Amz-Target", "IoTSecuredTunneling.OpenTunnel");
  }
  SECTION("no target") {
    removeHeader(request, "X-Amz-Target");
  }
  SECTION("content type") {
    setHeader(request, "Content-Type", "application/json");
  }
  SECTION("no content type") {
    removeHeader(request, "Content-Type");
  }
  const Answer answer = fixture.send(request);
  CHECK(answer.status == 400);
  CHECK(answer.code == "UnknownOperationException");
}

TEST_CASE("The fake service takes a content type with parameters") {
  OpenFixture fixture;
  RecordedRequest request = unsignedRequest(R"({"tunnelId":"t-1","clientMode":"ALL"})");
  setHeader(request, "Content-Type", "application/x-amz-json-1.1 ; charset=utf-8");
  CHECK(fixture.send(request).status == 200);
}

TEST_CASE("The fake service refuses bodies it cannot read") {
  OpenFixture fixture;
  const std::string bodies[] = {
      "",
      " ",
      "null",
      "7",
      "\"text\"",
      "[]",
      "{",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\"",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\"} x",
      std::string("{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\"}\0x", 39),
      "{\"tunnelId\":\"t-\xff\",\"clientMode\":\"ALL\"}",
      "{\"tunnelId\":7,\"clientMode\":\"ALL\"}",
      "{\"tunnelId\":\"t-1\",\"clientMode\":true}",
      "{\"tunnelId\":{},\"clientMode\":\"ALL\"}",
      "{\"tunnelId\":[\"t-1\"],\"clientMode\":\"ALL\"}",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"destinationConfig\":\"x\"}",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"destinationConfig\":[]}",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"destinationConfig\":{\"services\":\"ssh\"}}",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"destinationConfig\":{\"services\":{}}}",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"destinationConfig\":{\"services\":[1]}}",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"destinationConfig\":{\"services\":[null]}}",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"destinationConfig\":{\"services\":[[]]}}",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"destinationConfig\":{\"thingName\":1.5}}",
  };
  for (const std::string& body : bodies) {
    INFO(body);
    const Answer answer = fixture.sendBody(body);
    CHECK(answer.status == 400);
    CHECK(answer.code == "SerializationException");
  }
  CHECK(fixture.service.rotations() == 0);
}

TEST_CASE("The fake service skips unknown members and null ones, however deep") {
  OpenFixture fixture;
  std::string nested;
  for (int i = 0; i != 20000; ++i)
    nested += "[{\"tunnelId\":";
  nested += "1";
  for (int i = 0; i != 20000; ++i)
    nested += "}]";
  CHECK(fixture
            .sendBody("{\"other\":" + nested +
                      ",\"tunnelId\":\"t-1\",\"more\":{\"clientMode\":\"no\",\"l\":[1,true,null]},"
                      "\"clientMode\":\"ALL\",\"destinationConfig\":null}")
            .status == 200);
}

TEST_CASE("The fake service checks every value") {
  struct Case {
    std::string body;
    const char* message;
  };
  const std::string destination = R"({"tunnelId":"t-1","clientMode":"ALL","destinationConfig":)";
  const std::string longName(129, 'n');
  const Case cases[] = {
      {"{}",
       "2 validation errors detected: Value at 'tunnelId' failed to satisfy constraint: Member "
       "must not be null; Value at 'clientMode' failed to satisfy constraint: Member must not be "
       "null"},
      {R"({"tunnelId":null,"clientMode":"ALL"})", "Value at 'tunnelId'"},
      {R"({"tunnelId":"","clientMode":"ALL"})", "Value '' at 'tunnelId'"},
      {R"({"tunnelId":"a b","clientMode":"ALL"})", "Value 'a b' at 'tunnelId'"},
      {R"({"tunnelId":")" + longName + R"(","clientMode":"ALL"})", "nn' at 'tunnelId'"},
      {R"({"tunnelId":"t-1","clientMode":""})", "Value '' at 'clientMode'"},
      {R"({"tunnelId":"t-1","clientMode":"all"})", "Value 'all' at 'clientMode'"},
      {destination + "{}}", "Value at 'destinationConfig.services'"},
      {destination + R"({"services":[]}})", "length greater than or equal to 1"},
      {destination + R"({"services":["ssh",""]}})", "'destinationConfig.services.2.member'"},
      {destination + R"({"services":["s s"]}})", "Value 's s' at"},
      {destination + R"({"services":[")" + longName + R"("]}})", "services.1.member"},
      {destination + R"({"thingName":"","services":["ssh"]}})", "destinationConfig.thingName"},
      {destination + R"({"thingName":"a/b","services":["ssh"]}})", "Value 'a/b' at"},
      {R"({"tunnelId":"t-1","clientMode":"SOURCE","destinationConfig":{"services":["ssh"]}})",
       "Member must be null where clientMode is SOURCE"},
  };
  OpenFixture fixture;
  for (const Case& one : cases) {
    INFO(one.body);
    const Answer answer = fixture.sendBody(one.body);
    CHECK(answer.status == 400);
    CHECK(answer.code == "ValidationException");
    CHECK(answer.member("__type") == "ValidationException");
    CHECK(answer.member("message").find(one.message) != std::string::npos);
  }
  CHECK(fixture.service.rotations() == 0);

  fixture.service.addTunnel("aZ09_-+=:");
  const std::string name128(128, 'n');
  CHECK(fixture
            .sendBody(R"({"tunnelId":"aZ09_-+=:","clientMode":"ALL","destinationConfig":)"
                      R"({"thingName":")" +
                      name128 + R"(","services":["a:b_c-d",")" + name128 + R"("]}})")
            .status == 200);
}

TEST_CASE("The fake service rotates the tokens of the mode and no others") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  const std::string source = service.sourceToken("t-1");
  const std::string destination = service.destinationToken("t-1");
  CHECK(source != destination);
  for (const std::string& token : {source, destination}) {
    CHECK(token.size() > 300);
    CHECK(token.compare(0, 5, "AQGAA") == 0);
    CHECK(service.accepts(token));
  }

  SECTION("SOURCE") {
    const Answer answer = fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"SOURCE"})");
    CHECK(answer.status == 200);
    CHECK(answer.member("tunnelArn") == "arn:aws:iot:us-east-1:123456789012:tunnel/t-1");
    CHECK(answer.member("sourceAccessToken") == service.sourceToken("t-1"));
    CHECK(answer.member("destinationAccessToken") == "(none)");
    CHECK_FALSE(service.accepts(source));
    CHECK(service.accepts(service.sourceToken("t-1")));
    CHECK(service.destinationToken("t-1") == destination);
    CHECK(service.accepts(destination));
  }
  SECTION("DESTINATION") {
    const Answer answer = fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"DESTINATION"})");
    CHECK(answer.status == 200);
    CHECK(answer.member("sourceAccessToken") == "(none)");
    CHECK(answer.member("destinationAccessToken") == service.destinationToken("t-1"));
    CHECK_FALSE(service.accepts(destination));
    CHECK(service.accepts(service.destinationToken("t-1")));
    CHECK(service.sourceToken("t-1") == source);
    CHECK(service.accepts(source));
  }
  SECTION("ALL") {
    const Answer answer = fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"ALL"})");
    CHECK(answer.status == 200);
    CHECK(answer.member("sourceAccessToken") == service.sourceToken("t-1"));
    CHECK(answer.member("destinationAccessToken") == service.destinationToken("t-1"));
    CHECK_FALSE(service.accepts(source));
    CHECK_FALSE(service.accepts(destination));
    CHECK(service.sourceToken("t-1") != service.destinationToken("t-1"));
  }
  CHECK(service.calls() == 1);
  CHECK(service.rotations() == 1);
}

TEST_CASE("The tunnel's ARN is in the partition of the region") {
  ManualClock clock;
  const std::pair<const char*, const char*> regions[] = {
      {"eu-central-1", "arn:aws:iot:eu-central-1:123456789012:tunnel/t-1"},
      {"cn-north-1", "arn:aws-cn:iot:cn-north-1:123456789012:tunnel/t-1"},
      {"us-gov-west-1", "arn:aws-us-gov:iot:us-gov-west-1:123456789012:tunnel/t-1"},
  };
  for (const auto& [region, arn] : regions) {
    FakeSecureTunnelingService service(clock, region);
    service.allowUnsigned();
    service.addTunnel("t-1");
    CHECK(sendTo(service, unsignedRequest(R"({"tunnelId":"t-1","clientMode":"ALL"})"))
              .member("tunnelArn") == arn);
  }
}

TEST_CASE("A token of the fake service connects once") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  const std::string first = service.sourceToken("t-1");
  CHECK(service.connect(first));
  CHECK_FALSE(service.accepts(first));
  CHECK_FALSE(service.connect(first));
  CHECK(service.sourceToken("t-1") == first);
  CHECK(service.connect(service.destinationToken("t-1")));

  fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"SOURCE"})");
  CHECK_FALSE(service.connect(first));
  CHECK(service.connect(service.sourceToken("t-1")));
  CHECK_FALSE(service.connect(""));
  CHECK_FALSE(service.connect("no token"));
}

TEST_CASE("The fake service refuses unknown, closed and expired tunnels") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  const std::string token = service.sourceToken("t-1");
  const auto refused = [&fixture](const char* body) {
    const Answer answer = fixture.sendBody(body);
    return answer.status == 400 && answer.code == "ResourceNotFoundException" &&
           answer.member("__type") == "ResourceNotFoundException" &&
           answer.member("message").find("not found") != std::string::npos;
  };
  CHECK(refused(R"({"tunnelId":"t-2","clientMode":"ALL"})"));

  SECTION("closed") {
    service.closeTunnel("t-1");
    CHECK(refused(R"({"tunnelId":"t-1","clientMode":"ALL"})"));
    CHECK_FALSE(service.accepts(token));
    CHECK(service.sourceToken("t-1").empty());
    CHECK(service.destinationToken("t-1").empty());
    service.closeTunnel("t-1");
  }
  SECTION("expired, in spite of a rotation") {
    fixture.clock.advance(FakeSecureTunnelingService::twelveHoursMs - 1);
    CHECK(fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"DESTINATION"})").status == 200);
    CHECK(service.accepts(token));
    fixture.clock.advance(1);
    CHECK(refused(R"({"tunnelId":"t-1","clientMode":"ALL"})"));
    CHECK_FALSE(service.connect(token));
    CHECK(service.sourceToken("t-1").empty());
  }
  SECTION("expired after its own lifetime") {
    service.addTunnel("short", 60000);
    fixture.clock.advance(60000);
    CHECK(refused(R"({"tunnelId":"short","clientMode":"ALL"})"));
    CHECK(fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"ALL"})").status == 200);
  }
}

TEST_CASE("The fake service tells the device its token") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  CHECK(service.notifications().empty());

  fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"DESTINATION"})");
  CHECK(service.notifications().empty());

  fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"ALL",)"
                   R"("destinationConfig":{"thingName":"pump","services":["ssh","vnc"]}})");
  REQUIRE(service.notifications().size() == 1);
  CHECK(service.notifications()[0].thingName == "pump");
  CHECK(service.notifications()[0].clientAccessToken == service.destinationToken("t-1"));
  CHECK(service.notifications()[0].services == std::vector<std::string>{"ssh", "vnc"});

  fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"SOURCE"})");
  CHECK(service.notifications().size() == 1);

  DestinationConfig destination;
  destination.thingName = "valve";
  destination.services = {"ssh"};
  service.addTunnel("t-2", 60000, destination);
  REQUIRE(service.notifications().size() == 2);
  CHECK(service.notifications()[1].thingName == "valve");
  CHECK(service.notifications()[1].clientAccessToken == service.destinationToken("t-2"));
  fixture.sendBody(R"({"tunnelId":"t-2","clientMode":"DESTINATION"})");
  REQUIRE(service.notifications().size() == 3);
  CHECK(service.notifications()[2].clientAccessToken == service.destinationToken("t-2"));
  CHECK(service.notifications()[2].services == std::vector<std::string>{"ssh"});
}

TEST_CASE("The fake service's headers, and the same ones again") {
  const auto run = [] {
    OpenFixture fixture;
    return fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"ALL"})");
  };
  const Answer answer = run();
  CHECK(answer.header("Date") == "Thu, 15 Jan 2026 12:30:00 GMT");
  CHECK(answer.header("Content-Type") == "application/x-amz-json-1.1");
  CHECK(answer.header("x-amzn-ErrorType") == "(none)");
  const std::string id = answer.header("x-amzn-RequestId");
  REQUIRE(id.size() == 36);
  for (const std::size_t at : {8U, 13U, 18U, 23U})
    CHECK(id[at] == '-');
  CHECK(id[14] == '4');

  CHECK(run().header("x-amzn-RequestId") == id);
  CHECK(run().body == answer.body);
}

TEST_CASE("Faults of the fake service that rotate nothing") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  const std::string token = service.sourceToken("t-1");
  const char* const body = R"({"tunnelId":"t-1","clientMode":"ALL"})";
  service.setRetryAfter("7");

  SECTION("refused connection") {
    service.injectFault(Fault::ConnectionRefused);
    const Answer answer = fixture.sendBody(body);
    CHECK_FALSE(answer.answered);
    CHECK(answer.error.kind == ErrorKind::Transport);
    CHECK(answer.error.delivery == Delivery::NotSent);
  }
  SECTION("dropped before the rotation") {
    service.injectFault(Fault::DroppedBeforeRotation);
    const Answer answer = fixture.sendBody(body);
    CHECK_FALSE(answer.answered);
    CHECK(answer.error.delivery == Delivery::Unknown);
  }
  SECTION("throttled") {
    service.injectFault(Fault::Throttled);
    const Answer answer = fixture.sendBody(body);
    CHECK(answer.status == 400);
    CHECK(answer.code == "ThrottlingException");
    CHECK(answer.member("__type") == "ThrottlingException");
    CHECK(answer.header("Retry-After") == "7");
  }
  SECTION("access denied") {
    service.injectFault(Fault::AccessDenied);
    const Answer answer = fixture.sendBody(body);
    CHECK(answer.status == 403);
    CHECK(answer.code == "AccessDeniedException");
    CHECK(answer.header("Retry-After") == "(none)");
  }
  SECTION("internal error") {
    service.injectFault(Fault::InternalError);
    const Answer answer = fixture.sendBody(body);
    CHECK(answer.status == 500);
    CHECK(answer.code == "InternalServerException");
    CHECK(answer.header("Retry-After") == "7");
  }
  SECTION("bad gateway") {
    service.injectFault(Fault::BadGateway);
    const Answer answer = fixture.sendBody(body);
    CHECK(answer.answered);
    CHECK(answer.status == 502);
    CHECK(answer.body.empty());
    CHECK(answer.header("Retry-After") == "7");
  }
  SECTION("service unavailable") {
    service.setRetryAfter("");
    service.injectFault(Fault::ServiceUnavailable);
    const Answer answer = fixture.sendBody(body);
    CHECK(answer.status == 503);
    CHECK(answer.header("Content-Type") == "text/html");
    CHECK(answer.body.find("<html>") == 0);
    CHECK(answer.header("Retry-After") == "(none)");
    CHECK(answer.header("Date") == "Thu, 15 Jan 2026 12:30:00 GMT");
  }
  CHECK(service.calls() == 1);
  CHECK(service.rotations() == 0);
  CHECK(service.accepts(token));

  CHECK(fixture.sendBody(body).status == 200);
  CHECK(service.rotations() == 1);
}

TEST_CASE("Faults of the fake service that lose the new tokens") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  const std::string token = service.sourceToken("t-1");
  const char* const body = R"({"tunnelId":"t-1","clientMode":"ALL"})";

  SECTION("dropped after the rotation") {
    service.injectFault(Fault::DroppedAfterRotation);
    const Answer answer = fixture.sendBody(body);
    CHECK_FALSE(answer.answered);
    CHECK(answer.error.kind == ErrorKind::Transport);
    CHECK(answer.error.delivery == Delivery::Unknown);
    CHECK(answer.status == 0);
    CHECK(answer.body.empty());
  }
  SECTION("damaged bodies") {
    Fault fault = Fault::EmptyBody;
    std::string expected;
    SECTION("empty") {}
    SECTION("not JSON") {
      fault = Fault::NotJsonBody;
      expected = "OK";
    }
    SECTION("wrong types") {
      fault = Fault::WrongTypeBody;
      expected = R"({"tunnelArn":{},"sourceAccessToken":42})";
    }
    SECTION("not UTF-8") {
      fault = Fault::InvalidUtf8Body;
      expected = "{\"tunnelArn\":\"\xff\xfe\"}";
    }
    service.injectFault(fault);
    const Answer answer = fixture.sendBody(body);
    CHECK(answer.status == 200);
    CHECK(answer.body == expected);
  }
  SECTION("truncated body") {
    service.injectFault(Fault::TruncatedBody);
    const Answer answer = fixture.sendBody(body);
    CHECK(answer.status == 200);
    CHECK(answer.body.find(R"({"tunnelArn":"arn:aws:iot)") == 0);
    CHECK(answer.body.back() != '}');
  }
  CHECK(service.rotations() == 1);
  CHECK_FALSE(service.accepts(token));
}

TEST_CASE("Faults of the fake service come in the order they were injected") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  service.injectFault(Fault::Throttled, 2);
  service.injectFault(Fault::BadGateway);
  service.injectFault(Fault::InternalError, 0);
  const auto status = [&fixture] {
    return fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"ALL"})").status;
  };
  CHECK(status() == 400);
  CHECK(status() == 400);
  CHECK(status() == 502);
  CHECK(status() == 200);
  CHECK(service.calls() == 4);
}
