// SPDX-License-Identifier: BSL-1.0
// The device's task, tick by tick, and its program. Servers hold an answer until there were more
// ticks: a tick that waited for the answer would wait for ever.
#include <string>
#include <utility>
#include <vector>

#include "support/caller.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"
#include "token_task.hpp"

using namespace secure_tunneling;

namespace {

using Event = TokenTask::Event;

constexpr std::int64_t unixMs = ManualClock::defaultUnixMs;

/// A device with its task; time stands still but where a test moves it.
struct Device {
  StaticCredentials credentials{ServedFake::accessKeyId, ServedFake::secretAccessKey};
  MbedtlsSettings tls;
  TokenTask task;
  Gate& ticks;
  std::int64_t uptimeMs = 1000;

  Device(const std::string& url, const std::string& caFile, Gate& everyTick)
      : task(settingsFor(url), credentials, tls), ticks(everyTick) {
    REQUIRE(tls.load(caFile));
    task.begin(ServedFake::tunnel);
  }

  Event tick() {
    const Event event = task.tick(unixMs, uptimeMs);
    ticks.arrive();
    return event;
  }
  /// Ticks until something happens that a log would have.
  Event nextEvent() {
    for (;;) {
      const Event event = tick();
      if (event != Event::None) return event;
    }
  }
};

/// Who the device trusts, and a gate that each of its ticks arrives at.
struct FirmwareWorld {
  TemporaryFolder folder;
  CertificateAuthority authority{folder, "ca"};
  TlsOptions tls;
  Gate ticks;
};

}  // namespace

TEST_CASE("firmware: no tick waits for the server") {
  FirmwareWorld made;
  made.tls.certificate = made.authority.issue("server");
  ServedFake service;
  bool held = true;
  SocketServer server(made.tls, [&](Connection& connection) {
    const std::string raw = connection.readRequest();
    held = held && made.ticks.waitForMore(100);
    connection.write("HTTP/1.1 100 Continue\r\n");
    held = held && made.ticks.waitForMore(100);
    connection.write("\r\n");
    if (!held) return;
    auto request = parseRequest(raw);
    HttpResponse response;
    service.with([&](auto& fake) { return fake.send(request.view(), response).hasValue(); });
    connection.answer(response.status, response.body.expose());
  });
  Device device(server.url("localhost"), made.authority.file(), made.ticks);
  CHECK(device.nextEvent() == Event::Sending);
  CHECK(device.nextEvent() == Event::Answered);
  CHECK(device.nextEvent() == Event::Finished);
  CHECK(held);
  const auto result = device.task.takeResult();
  INFO(describe(result));
  REQUIRE(result);
  CHECK(service.accepts(result->sourceAccessToken->expose()));
  CHECK_FALSE(device.task.isBusy());
  CHECK(device.tick() == Event::None);
}

TEST_CASE("firmware: the wait before a retry is ticks like any other") {
  FirmwareWorld any;
  ServedFake service;
  service.injectFault(Fault::ServiceUnavailable);
  service.with([](auto& fake) { fake.setRetryAfter("3"); });
  Device device(service.url(), any.authority.file(), any.ticks);
  CHECK(device.nextEvent() == Event::Sending);
  CHECK(device.nextEvent() == Event::Answered);
  CHECK(device.nextEvent() == Event::Waiting);
  REQUIRE(device.task.waitMs() == 3000);
  const std::int64_t began = device.uptimeMs;
  for (; device.uptimeMs != began + 3000; ++device.uptimeMs)
    REQUIRE(device.tick() == Event::None);
  CHECK(service.calls() == 1);
  CHECK(device.tick() == Event::Sending);
  CHECK(device.nextEvent() == Event::Answered);
  CHECK(device.nextEvent() == Event::Finished);
  const auto result = device.task.takeResult();
  REQUIRE(result);
  CHECK(result->attempts == 2);
  CHECK(service.accepts(result->sourceAccessToken->expose()));
}

TEST_CASE("firmware: a dropped connection is another attempt") {
  FirmwareWorld any;
  ServedFake service;
  service.injectFault(Fault::DroppedAfterRotation);
  Device device(service.url(), any.authority.file(), any.ticks);
  CHECK(device.nextEvent() == Event::Sending);
  CHECK(device.nextEvent() == Event::Failed);
  CHECK(device.task.problem().find("the connection ended") == 0);
  Event event = device.nextEvent();
  // A random wait of no length is none.
  if (event == Event::Waiting) {
    device.uptimeMs += device.task.waitMs();
    event = device.nextEvent();
  }
  CHECK(event == Event::Sending);
  CHECK(device.nextEvent() == Event::Answered);
  CHECK(device.nextEvent() == Event::Finished);
  const auto result = device.task.takeResult();
  REQUIRE(result);
  CHECK(result->attempts == 2);
  CHECK(service.rotations() == 2);
}

TEST_CASE("firmware: a server that never shakes hands is given up in time, tick by tick") {
  FirmwareWorld any;
  SocketServer server([](Connection& connection) { connection.waitForClient(); });
  Device device("https://" + server.authority("localhost"), any.authority.file(), any.ticks);
  CHECK(device.nextEvent() == Event::Sending);
  const std::int64_t began = device.uptimeMs;
  const std::int64_t limit = ExchangeLimits{}.connectTimeoutMs;
  for (; device.uptimeMs != began + limit; device.uptimeMs += 10)
    REQUIRE(device.tick() == Event::None);
  CHECK(device.tick() == Event::Failed);
  CHECK(device.task.problem().find("no connection within the time limit") == 0);
}

TEST_CASE("firmware: a task can begin again, also in the middle of another") {
  FirmwareWorld any;
  ServedFake service;
  Device device(service.url(), any.authority.file(), any.ticks);
  CHECK(device.nextEvent() == Event::Sending);
  for (int round = 1; round != 3; ++round) {
    device.task.begin(ServedFake::tunnel);
    CHECK(device.nextEvent() == Event::Sending);
    CHECK(device.nextEvent() == Event::Answered);
    CHECK(device.nextEvent() == Event::Finished);
    const auto result = device.task.takeResult();
    REQUIRE(result);
    CHECK(service.accepts(result->sourceAccessToken->expose()));
    CHECK(service.rotations() == round);
  }
}

TEST_CASE("firmware: a mistake in the request is the result, and nothing is sent") {
  FirmwareWorld any;
  ServedFake service;
  Device device(service.url(), any.authority.file(), any.ticks);
  device.task.begin("");
  CHECK(device.nextEvent() == Event::Finished);
  const auto result = device.task.takeResult();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::InvalidArgument);
  CHECK(service.connections() == 0);
}

TEST_CASE("the firmware program measures on while it fetches a token") {
  FirmwareWorld made;
  made.tls.certificate = made.authority.issue("server");
  ServedFake service;
  Gate measured;
  SocketServer server(made.tls, [&](Connection& connection) {
    if (connection.number() == 0) {
      connection.readRequest();
      measured.waitFor(1);
      return;  // without an answer
    }
    service.serve(connection);
  });
  ChildProcess program(
      {std::string(SECURE_TUNNELING_PROGRAMS) + "/firmware", ServedFake::tunnel},
      {std::string("AWS_ACCESS_KEY_ID=") + ServedFake::accessKeyId,
       std::string("AWS_SECRET_ACCESS_KEY=") + ServedFake::secretAccessKey, "AWS_REGION=us-east-1",
       "AWS_ENDPOINT_URL=" + server.url("localhost"), "AWS_CA_BUNDLE=" + made.authority.file()});
  const auto has = [](const std::string& line, const char* text) {
    return line.find(text) != std::string::npos;
  };
  std::string line = program.readLine();
  while (!line.empty() && !has(line, "sending"))
    line = program.readLine();
  REQUIRE(has(line, "sending"));
  for (int readings = 0; readings != 5;) {
    line = program.readLine();
    REQUIRE(has(line, "degrees"));
    ++readings;
  }
  measured.arrive();
  std::vector<std::string> log;
  for (line = program.readLine(); !line.empty(); line = program.readLine())
    log.push_back(line);
  INFO(program.errors());
  CHECK(program.wait() == 0);
  REQUIRE(log.size() >= 4);
  CHECK(log.back() == service.sourceToken());
  CHECK(has(log[log.size() - 2], "a new token after "));
  std::string events;
  for (const std::string& entry : log) {
    if (has(entry, "failed: the connection ended")) events += 'f';
    if (has(entry, "sending")) events += 's';
    if (has(entry, "answered")) events += 'a';
  }
  CHECK(events.substr(0, 3) == "fsa");
}

TEST_CASE("firmware: a task is cancelled in whatever it does") {
  FirmwareWorld made;
  made.tls.certificate = made.authority.issue("server");
  Gate reached;
  SocketServer server(made.tls, [&](Connection& connection) {
    connection.readRequest();
    reached.arrive();
    if (connection.number() == 0) return connection.waitForClient();
    connection.answer(503, "");
  });
  Device device(server.url("localhost"), made.authority.file(), made.ticks);
  CHECK(device.nextEvent() == Event::Sending);
  while (!reached.hasArrived())
    device.tick();
  SECTION("while its request is not answered") {
    device.task.cancel();
    CHECK(device.nextEvent() == Event::Failed);
    CHECK(device.nextEvent() == Event::Finished);
    const auto result = device.task.takeResult();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::Cancelled);
    CHECK(result.error().delivery == Delivery::Unknown);
  }
  SECTION("while it waits") {
    device.task.begin(ServedFake::tunnel);
    CHECK(device.nextEvent() == Event::Sending);
    CHECK(device.nextEvent() == Event::Answered);
    CHECK(device.nextEvent() == Event::Waiting);
    device.task.cancel();
    CHECK(device.nextEvent() == Event::Finished);
    const auto result = device.task.takeResult();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::Cancelled);
    CHECK(result.error().httpStatus == 503);
  }
}
