// SPDX-License-Identifier: BSL-1.0
// The fake service: requests, tunnels and their tokens.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/fake_service.hpp"

using namespace secure_tunneling;

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

TEST_CASE("The fake service refuses operations that it does not know") {
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
      // Ends within a character; a sanitizer sees what is read behind the end.
      "{\"tunnelId\":\"t-\xf0",
      "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"\xe2",
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

namespace {

constexpr const char* usedBefore =
    "Invalid access token: The access token was previously used and can not be used again.";

/// The text that a local proxy is refused with; empty where it is not.
std::string refusal(FakeSecureTunnelingService& service, const std::string& token, ClientMode side,
                    const std::string& clientToken = {}) {
  const auto connected = service.connect(token, side, clientToken);
  if (connected) return {};
  CHECK(connected.error().kind == ErrorKind::Service);
  CHECK(connected.error().httpStatus == 400);
  return connected.error().message;
}

}  // namespace

TEST_CASE("A token of the fake service connects once, on its own side") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  const std::string first = service.sourceToken("t-1");
  CHECK(refusal(service, first, ClientMode::DESTINATION) ==
        "Invalid access token: The access token is not for this local proxy mode.");
  CHECK(service.accepts(first));
  const auto connected = service.connect(first, ClientMode::SOURCE);
  REQUIRE(connected);
  CHECK(connected->tunnelId == "t-1");
  CHECK(connected->services.empty());
  CHECK(connected->endsAtMs ==
        ManualClock::defaultUnixMs + FakeSecureTunnelingService::twelveHoursMs);
  CHECK_FALSE(service.accepts(first));
  CHECK(service.isCurrent(first));
  CHECK(refusal(service, first, ClientMode::SOURCE) == usedBefore);
  CHECK(service.sourceToken("t-1") == first);
  CHECK(refusal(service, service.destinationToken("t-1"), ClientMode::DESTINATION).empty());

  fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"SOURCE"})");
  CHECK_FALSE(service.isCurrent(first));
  CHECK(refusal(service, first, ClientMode::SOURCE) == usedBefore);
  CHECK(refusal(service, service.sourceToken("t-1"), ClientMode::SOURCE).empty());
  CHECK(refusal(service, "", ClientMode::SOURCE) == "Invalid access token");
  CHECK(refusal(service, "no token", ClientMode::SOURCE) == "Invalid access token");
}

TEST_CASE("The fake service tells a local proxy what became of its token") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  const std::string token = service.destinationToken("t-1");
  SECTION("rotated") {
    fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"ALL"})");
    CHECK(refusal(service, token, ClientMode::DESTINATION) ==
          "Invalid access token: The access token was revoked.");
    for (int i = 0; i != 2000; ++i)
      fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"SOURCE"})");
    CHECK(refusal(service, token, ClientMode::DESTINATION) == "Invalid access token");
    CHECK(refusal(service, service.destinationToken("t-1"), ClientMode::DESTINATION).empty());
  }
  SECTION("closed or expired with its tunnel") {
    if (GENERATE(true, false)) {
      service.closeTunnel("t-1");
      service.addTunnel("t-1");
    } else {
      fixture.clock.advance(FakeSecureTunnelingService::twelveHoursMs);
    }
    CHECK_FALSE(service.isCurrent(token));
    CHECK(refusal(service, token, ClientMode::DESTINATION) ==
          "Invalid access token: The tunnel is closed.");
  }
}

TEST_CASE("A client token lets a token of the fake service connect again") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  const std::string token = service.sourceToken("t-1");
  const std::string clientToken = "6f1c2c8e-7d5b-4a69-9d6a-0b9f9f4f3a21";
  constexpr const char* mismatch =
      "Invalid client token: The provided client token does not match the client token that was "
      "previously set.";
  for (const std::string& bad :
       {std::string(31, 'a'), std::string(129, 'a'), std::string(32, '_')}) {
    CHECK(refusal(service, token, ClientMode::SOURCE, bad) ==
          "Invalid client token: The client token must match [a-zA-Z0-9-]{32,128}.");
  }
  SECTION("the same one, until the token is rotated") {
    CHECK(refusal(service, token, ClientMode::SOURCE, clientToken).empty());
    CHECK(refusal(service, token, ClientMode::SOURCE, clientToken).empty());
    CHECK(refusal(service, token, ClientMode::SOURCE, std::string(32, 'a')) == mismatch);
    CHECK(refusal(service, token, ClientMode::SOURCE) == mismatch);
    fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"SOURCE"})");
    CHECK(refusal(service, token, ClientMode::SOURCE, clientToken) == usedBefore);
  }
  SECTION("not one that comes too late") {
    CHECK(refusal(service, token, ClientMode::SOURCE).empty());
    CHECK(refusal(service, token, ClientMode::SOURCE, clientToken) == usedBefore);
  }
}

TEST_CASE("The fake service closes a tunnel on request") {
  OpenFixture fixture;
  FakeSecureTunnelingService& service = fixture.service;
  RecordedRequest request = unsignedRequest(R"({"tunnelId":"t-1","delete":true})");
  setHeader(request, "X-Amz-Target", "IoTSecuredTunneling.CloseTunnel");
  SECTION("which is signed") {
    service.allowUnsigned(false);
    CHECK(fixture.send(request).code == "MissingAuthenticationTokenException");
    CHECK_FALSE(service.sourceToken("t-1").empty());
  }
  SECTION("with nothing to say about it") {
    const Answer answer = fixture.send(request);
    CHECK(answer.status == 200);
    CHECK(answer.body == "{}");
    CHECK(service.rotations() == 0);
    CHECK(fixture.sendBody(R"({"tunnelId":"t-1","clientMode":"ALL"})").code ==
          "ResourceNotFoundException");
    CHECK(fixture.send(request).code == "ResourceNotFoundException");
  }
  SECTION("of a valid tunnel id") {
    request.body = GENERATE("{}", R"({"tunnelId":"no tunnel"})");
    CHECK(fixture.send(request).code == "ValidationException");
  }
}

TEST_CASE("The fake service refuses bodies that are too long or encoded") {
  OpenFixture fixture;
  const std::string body = R"({"tunnelId":"t-1","clientMode":"ALL"})";
  SECTION("a byte too long") {
    const std::string padding(FakeSecureTunnelingService::maxBodySize - body.size(), ' ');
    CHECK(fixture.sendBody(body + padding).status == 200);
    const Answer answer = fixture.sendBody(body + padding + ' ');
    CHECK(answer.status == 413);
    CHECK(answer.code == "RequestEntityTooLargeException");
  }
  SECTION("encoded") {
    RecordedRequest request = unsignedRequest(body);
    request.headers.push_back({"Content-Encoding", "identity"});
    CHECK(fixture.send(request).status == 200);
    setHeader(request, "Content-Encoding", "gzip");
    const Answer answer = fixture.send(request);
    CHECK(answer.status == 415);
    CHECK(answer.code == "UnsupportedMediaTypeException");
  }
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
    CHECK_FALSE(service.connect(token, ClientMode::SOURCE));
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
  CHECK(service.notifications()[0].topic == "$aws/things/pump/tunnels/notify");
  CHECK(service.notifications()[0].payload ==
        R"({"clientAccessToken":")" + service.destinationToken("t-1") +
            R"(","clientMode":"destination","region":"us-east-1","services":["ssh","vnc"]})");

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

TEST_CASE("The fake service gives the real one's headers, and in each run the same") {
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
