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
