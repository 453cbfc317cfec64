// SPDX-License-Identifier: BSL-1.0
// The fake service: faults that are injected.
#include <atomic>
#include <string>
#include <string_view>

#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "support/catch.hpp"
#include "support/fake_service.hpp"
#include "support/sha256.hpp"

using namespace secure_tunneling;

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

TEST_CASE("The fake service rotates, and its answer comes too late") {
  ManualClock clock;
  FakeSecureTunnelingService service(clock);
  service.allowUnsigned();
  service.addTunnel("t-1");
  const std::string token = service.sourceToken("t-1");
  service.setAnswerTime(clock, 900);
  Settings settings;
  settings.region = "us-east-1";
  settings.callTimeoutMs = 2'000;
  settings.signRequests = false;
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  BasicClient<TestSha256> client(settings, service, credentials, clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = "t-1";
  request.clientMode = ClientMode::SOURCE;
  CHECK(rotateTunnelAccessToken(request, client));
  CHECK(clock.now().monotonicMs == 900);
  CallLimits limits;
  limits.timeoutMs = 899;
  const auto late = rotateTunnelAccessToken(request, client, limits);
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::DeadlineExceeded);
  CHECK(late.error().delivery == Delivery::Unknown);
  CHECK(clock.now().monotonicMs == 1'799);
  CHECK(service.rotations() == 2);
  CHECK_FALSE(service.accepts(token));
  const std::atomic<bool> flag{true};
  limits.cancelled = &flag;
  CHECK_FALSE(rotateTunnelAccessToken(request, client, limits));
  CHECK(service.calls() == 2);
}
