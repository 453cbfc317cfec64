// SPDX-License-Identifier: BSL-1.0
// The whole call, as an application makes it, against the fake service over a socket.
#include <thread>
#include <vector>

#include "support/caller.hpp"
#include "support/environment.hpp"

using namespace secure_tunneling;

TEST_CASE("each mode rotates its tokens and no others") {
  ServedFake service;
  const std::string oldSource = service.sourceToken();
  const std::string oldDestination = service.destinationToken();
  Caller caller(service.url());

  SECTION("SOURCE") {
    const auto response = caller.rotate(ClientMode::SOURCE);
    INFO(describe(response));
    REQUIRE(response);
    REQUIRE(response->sourceAccessToken);
    CHECK(response->sourceAccessToken->expose() == service.sourceToken());
    CHECK_FALSE(response->destinationAccessToken);
    CHECK_FALSE(service.accepts(oldSource));
    CHECK(service.accepts(oldDestination));
  }
  SECTION("DESTINATION") {
    const auto response = caller.rotate(ClientMode::DESTINATION);
    INFO(describe(response));
    REQUIRE(response);
    REQUIRE(response->destinationAccessToken);
    CHECK(response->destinationAccessToken->expose() == service.destinationToken());
    CHECK_FALSE(response->sourceAccessToken);
    CHECK(service.accepts(oldSource));
    CHECK_FALSE(service.accepts(oldDestination));
  }
  SECTION("ALL") {
    const auto response = caller.rotate(ClientMode::ALL);
    INFO(describe(response));
    REQUIRE(response);
    CHECK(response->tunnelArn == "arn:aws:iot:us-east-1:123456789012:tunnel/tunnel-1");
    REQUIRE(response->sourceAccessToken);
    REQUIRE(response->destinationAccessToken);
    CHECK(service.accepts(response->sourceAccessToken->expose()));
    CHECK(service.accepts(response->destinationAccessToken->expose()));
    CHECK_FALSE(service.accepts(oldSource));
    CHECK_FALSE(service.accepts(oldDestination));
    CHECK(response->requestId.size() == 36);
    CHECK(response->attempts == 1);
  }
}

TEST_CASE("a destination config reaches the service") {
  ServedFake service;
  Caller caller(service.url());
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::DESTINATION;
  request.destinationConfig.emplace();
  request.destinationConfig->thingName = "pump-7";
  request.destinationConfig->services = {"ssh", "http"};

  const auto response = rotateTunnelAccessToken(request, caller.client);
  INFO(describe(response));
  REQUIRE(response);
  const auto notifications = service.with([](auto& fake) { return fake.notifications(); });
  REQUIRE(notifications.size() == 1);
  CHECK(notifications.front().thingName == "pump-7");
  CHECK(notifications.front().services == request.destinationConfig->services);
  CHECK(notifications.front().clientAccessToken == response->destinationAccessToken->expose());
}

TEST_CASE("an error of the service comes back whole, and is not retried") {
  ServedFake service;
  Caller caller(service.url());
  const auto response = caller.rotate(ClientMode::ALL, "no-such-tunnel");
  REQUIRE_FALSE(response);
  const Error& error = response.error();
  CHECK(error.kind == ErrorKind::Service);
  CHECK(error.delivery == Delivery::Answered);
  CHECK(error.httpStatus == 400);
  CHECK(error.code == "ResourceNotFoundException");
  CHECK(error.message == "Tunnel not found: no-such-tunnel");
  CHECK(error.requestId.size() == 36);
  CHECK(error.attempts == 1);
  CHECK(service.calls() == 1);
}

TEST_CASE("a session token is sent and signed") {
  ServedFake service;
  service.with([](auto& fake) {
    fake.addCredentials("ASIATEMPORARY", ServedFake::secretAccessKey, "session/token+==");
  });
  Caller caller(service.url());
  StaticCredentials temporary("ASIATEMPORARY", ServedFake::secretAccessKey, "session/token+==");
  Client client(settingsFor(service.url()), caller.transport, temporary, caller.clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  const auto response = rotateTunnelAccessToken(request, client);
  INFO(describe(response));
  CHECK(response);
}

TEST_CASE("a request is sent without a signature where that is asked for") {
  ServedFake service;
  Settings settings = settingsFor(service.url());
  settings.signRequests = false;
  Caller caller(settings);
  const auto refused = caller.rotate();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "MissingAuthenticationTokenException");
  service.with([](auto& fake) { fake.allowUnsigned(); });
  CHECK(caller.rotate());
}

TEST_CASE("a clock that is off is corrected by the service's") {
  ServedFake service(ManualClock::defaultUnixMs + 3'600'000);
  Caller caller(service.url());
  const auto response = caller.rotate();
  INFO(describe(response));
  REQUIRE(response);
  CHECK(response->attempts == 2);
  const auto next = caller.rotate();
  REQUIRE(next);
  CHECK(next->attempts == 1);
}

TEST_CASE("the one-line form goes by the environment") {
  SystemClock clock;
  ServedFake service(clock.now().unixMs);
  TestEnvironment environment;
  environment.set("AWS_ENDPOINT_URL", service.url());
  environment.set("AWS_REGION", "us-east-1");
  environment.set("AWS_ACCESS_KEY_ID", ServedFake::accessKeyId);
  environment.set("AWS_SECRET_ACCESS_KEY", ServedFake::secretAccessKey);
  environment.set("no_proxy", "127.0.0.1");
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::SOURCE;

  const auto response = rotateTunnelAccessToken(request);
  INFO(describe(response));
  REQUIRE(response);
  CHECK(service.accepts(response->sourceAccessToken->expose()));

  environment.set("AWS_ENDPOINT_URL", "nonsense");
  const auto refused = rotateTunnelAccessToken(request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Configuration);
  CHECK(service.calls() == 1);
}

TEST_CASE("clients can take turns with one transport") {
  ServedFake first;
  ServedFake second;
  second.with([](auto& fake) {
    fake.addCredentials("ASIATEMPORARY", ServedFake::secretAccessKey, "session-token");
  });
  Caller caller(first.url());
  StaticCredentials temporary("ASIATEMPORARY", ServedFake::secretAccessKey, "session-token");
  Client other(settingsFor(second.url()), caller.transport, temporary, caller.clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  for (int turn = 0; turn != 2; ++turn) {
    const auto here = caller.rotate();
    INFO(describe(here));
    REQUIRE(here);
    CHECK(here->sourceAccessToken->expose() == first.sourceToken());
    const auto there = rotateTunnelAccessToken(request, other);
    INFO(describe(there));
    REQUIRE(there);
    CHECK(there->sourceAccessToken->expose() == second.sourceToken());
  }
  CHECK(first.rotations() == 2);
  CHECK(second.rotations() == 2);
}

TEST_CASE("threads call at once, each with a client of its own") {
  ServedFake service;
  constexpr int threadCount = 4;
  constexpr int callsEach = 5;
  std::vector<int> succeeded(threadCount);
  std::vector<std::thread> threads;
  for (int& count : succeeded) {
    threads.emplace_back([&service, &count] {
      Caller caller(service.url());
      for (int i = 0; i != callsEach; ++i)
        count += caller.rotate() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(succeeded == std::vector<int>(threadCount, callsEach));
  CHECK(service.rotations() == threadCount * callsEach);
}
