// SPDX-License-Identifier: BSL-1.0
// The fake service: whose requests it takes.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/fake_service.hpp"

using namespace secure_tunneling;

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
