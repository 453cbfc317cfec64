// SPDX-License-Identifier: BSL-1.0
// The driver of many machines over one curl_multi: what is cancelled, and clocks that are set back.
#include "secure_tunneling/adapters/curl_driver.hpp"

#include <atomic>
#include <vector>

#include "support/caller.hpp"
#include "support/gate.hpp"

using namespace secure_tunneling;

namespace {

struct Multi {
  Multi() : handle(curl_multi_init()) {}
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;
  ~Multi() { curl_multi_cleanup(handle); }

  CURLM* const handle;
};

struct DrivenTask final : CurlDriver::Task {
  explicit DrivenTask(CurlDriver& of) : driver(of) {}
  void onDone() override {
    ++timesDone;
    wasIdle = driver.isIdle();
  }

  CurlDriver& driver;
  int timesDone = 0;
  bool wasIdle = false;
};

/// A call by a driver, with keys of its own.
struct DrivenCall {
  DrivenCall(CurlDriver& driver, const std::string& url, const CallLimits& limits = {})
      : transport(direct()),
        state(settingsFor(url)),
        call(state, {ServedFake::tunnel, ClientMode::ALL, {}}, &credentials, false, limits),
        task(driver) {}

  StaticCredentials credentials{ServedFake::accessKeyId, ServedFake::secretAccessKey};
  CurlTransport transport;
  ClientState<OpensslSha256> state;
  RotateCall<OpensslSha256> call;
  DrivenTask task;
};

/// Waits once, for a second.
class WaitingMachine final : public Steps {
 public:
  explicit WaitingMachine(HttpExchange& exchange, bool waits = true) noexcept
      : Steps(exchange), waits_(waits) {}

  Step next(const Moment&) override {
    waitMs_ = 1'000;
    return std::exchange(waits_, false) ? Step::Wait : Step::Done;
  }
  void onSent(Result<void>&&, const Moment&) override {}

 private:
  bool waits_;
};

/// Has the wall's time and no other.
class WallClock final : public Clock {
 public:
  std::int64_t unixMs = 1'000'000'000'000;

  Moment now() override { return {unixMs, 0}; }
  void wait(std::int64_t milliseconds) override { unixMs += milliseconds; }
};

}  // namespace

TEST_CASE("driver: an answer that has arrived is what a cancelled call returns") {
  Gate received;
  Gate mayAnswer;
  Gate answered;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    received.arrive();
    CHECK(mayAnswer.waitFor(1));
    connection.answer(200, R"({"sourceAccessToken":"arrived"})");
    answered.arrive();
    connection.waitForClient();
  });
  SystemClock clock;
  Multi multi;
  CurlDriver driver(multi.handle, clock);
  std::atomic<bool> flag{false};
  DrivenCall one(driver, server.url(), {0, &flag});
  driver.start(one.task, one.call, one.transport);
  while (!received.hasArrived())
    driver.turn(1);
  mayAnswer.arrive();
  REQUIRE(answered.waitFor(1));
  SECTION("by its flag") {
    flag = true;
  }
  SECTION("by the program's loop") {
    one.call.cancel();
    driver.interrupt(one.task);
    CHECK(driver.waitMs() == 0);
  }
  driver.act();
  REQUIRE(one.task.timesDone == 1);
  const auto result = one.call.takeResult();
  INFO(describe(result));
  REQUIRE(result);
  CHECK(result->sourceAccessToken->expose() == "arrived");
}

TEST_CASE("driver: of a cancelled call that has not begun nothing is sent") {
  SystemClock clock;
  ServedFake service(clock.now().unixMs);
  Multi multi;
  CurlDriver driver(multi.handle, clock);
  DrivenCall first(driver, service.url());
  driver.start(first.task, first.call, first.transport);
  driver.run();
  REQUIRE(first.call.takeResult());
  // Over the same transport, which has sent a request before.
  DrivenCall second(driver, service.url());
  driver.start(second.task, second.call, first.transport);
  driver.act();
  second.call.cancel();
  driver.interrupt(second.task);
  driver.act();
  REQUIRE(second.task.timesDone == 1);
  const auto result = second.call.takeResult();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::Cancelled);
  CHECK(result.error().delivery == Delivery::NotSent);
  CHECK(service.calls() == 1);
}

TEST_CASE("driver: one that keeps no socket makes calls all the same") {
  SystemClock clock;
  ServedFake service(clock.now().unixMs);
  Multi multi;
  CurlDriver driver(multi.handle, clock, 0);
  DrivenCall call(driver, service.url());
  driver.start(call.task, call.call, call.transport);
  driver.run();
  CHECK(call.call.takeResult());
}

TEST_CASE("driver: a wait ends although the clock is set back") {
  WallClock clock;
  Multi multi;
  CurlDriver driver(multi.handle, clock);
  HttpExchange exchange;
  CurlTransport transport(direct());
  WaitingMachine machine(exchange);
  DrivenTask task(driver);
  SECTION("by an hour") {
    driver.start(task, machine, transport);
    driver.act();
    CHECK(driver.waitMs() == 1'000);
    clock.unixMs -= 3'600'000;
  }
  SECTION("before its beginning") {
    clock.unixMs = -5'000;
    driver.start(task, machine, transport);
    CHECK(driver.waitMs() == 0);
    driver.act();
    clock.unixMs += 1'000;
  }
  CHECK(driver.waitMs() == 0);
  driver.act();
  CHECK(task.timesDone == 1);
}

TEST_CASE("driver: is not idle while another is due") {
  SystemClock clock;
  Multi multi;
  CurlDriver driver(multi.handle, clock);
  HttpExchange exchange;
  CurlTransport transport(direct());
  WaitingMachine machines[] = {WaitingMachine(exchange, false), WaitingMachine(exchange, false)};
  DrivenTask tasks[] = {DrivenTask(driver), DrivenTask(driver)};
  driver.start(tasks[0], machines[0], transport);
  driver.start(tasks[1], machines[1], transport);
  driver.act();
  CHECK(tasks[0].timesDone + tasks[1].timesDone == 2);
  CHECK(tasks[0].wasIdle != tasks[1].wasIdle);
  CHECK(driver.isIdle());
}
