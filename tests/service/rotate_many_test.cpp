// SPDX-License-Identifier: BSL-1.0
// Fleets, and the driver under them, over real sockets. A fleet that has waited for an answer for a
// second sends another request: where a test counts requests, time is slow.
#include "secure_tunneling/rotate_many.hpp"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "service/own_time.hpp"
#include "support/caller.hpp"
#include "support/client_sockets.hpp"
#include "support/gate.hpp"

using namespace secure_tunneling;

namespace {

using Requests = std::vector<RotateTunnelAccessTokenRequest>;

/// A service with some tunnels, and a fleet for them.
struct World {
  ServedFake service;
  Requests requests;
  StaticCredentials credentials{ServedFake::accessKeyId, ServedFake::secretAccessKey};
  Settings settings;
  FleetOptions options;

  /// The service's clock is `aheadMs` before that of this machine.
  explicit World(std::size_t tunnels, std::int64_t aheadMs = 0)
      : service(SystemClock().now().unixMs + aheadMs), settings(settingsFor(service.url())) {
    for (std::size_t i = 0; i != tunnels; ++i) {
      requests.push_back({"fleet-" + std::to_string(i), ClientMode::ALL, {}});
      service.with([&](auto& fake) { fake.addTunnel(requests.back().tunnelId); });
    }
    settings.maxBackoffMs = 1;
    options.transport = direct();
  }

  std::vector<RotateResult> rotate() {
    return rotateMany(requests, settings, credentials, options);
  }
  /// Answers a request that was read from a connection.
  bool answer(Connection& connection, const std::string& raw) {
    auto request = parseRequest(raw);
    HttpResponse response;
    if (!service.with([&](auto& fake) { return fake.send(request.view(), response).hasValue(); }))
      return false;
    return connection.answer(response.status, response.body.expose());
  }
};

/// Writes down what it is told.
struct Log final : FleetProgress {
  std::vector<std::size_t> begun;
  std::vector<std::size_t> ended;
  std::size_t most = static_cast<std::size_t>(-1);

  bool onBegin(std::size_t index) override {
    if (begun.size() == most) return false;
    begun.push_back(index);
    return true;
  }
  void onResult(std::size_t index, const RotateResult&) override { ended.push_back(index); }
};

std::size_t countOf(const std::vector<RotateResult>& results, ErrorKind kind) {
  std::size_t count = 0;
  for (const RotateResult& result : results)
    count += !result && result.error().kind == kind ? 1U : 0U;
  return count;
}

}  // namespace

TEST_CASE("fleet: every tunnel gets its own tokens, in the order of the requests") {
  World world(100);
  const auto results = world.rotate();
  REQUIRE(results.size() == 100);
  for (std::size_t i = 0; i != results.size(); ++i) {
    const std::string& tunnel = world.requests[i].tunnelId;
    INFO(tunnel << ": " << describe(results[i]));
    REQUIRE(results[i]);
    CHECK(results[i]->sourceAccessToken->equals(
        world.service.with([&](auto& fake) { return fake.sourceToken(tunnel); })));
    CHECK(results[i]->destinationAccessToken->equals(
        world.service.with([&](auto& fake) { return fake.destinationToken(tunnel); })));
  }
  CHECK(world.service.rotations() == 100);
  CHECK(world.service.calls() == 100);
  // Kept and shared.
  CHECK(world.service.connections() <= 32);
}

#if LIBCURL_VERSION_NUM >= 0x075000
TEST_CASE("fleet: one that is wider than usual shares its connections, too") {
  constexpr std::size_t width = 160;
  constexpr std::size_t tunnels = 700;
  World world(tunnels);
  world.options.parallel = width;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t asked = 0;
  std::size_t answered = 0;
  std::size_t wave = 1;
  // Answers all that may be under way at once: twice as many each time, up to the width.
  SocketServer server([&](Connection& connection) {
    for (;;) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      {
        std::unique_lock<std::mutex> lock(mutex);
        const std::size_t mine = ++asked;
        if (asked == answered + wave) {
          answered = asked;
          wave = std::min({2 * wave, width, tunnels - answered});
          changed.notify_all();
        }
        changed.wait_for(lock, std::chrono::seconds(30), [&] { return mine <= answered; });
      }
      if (!world.answer(connection, raw)) return;
    }
  });
  world.settings.endpointUrl = server.url();
  for (const RotateResult& result : world.rotate())
    REQUIRE(result);
  CHECK(server.connections() <= static_cast<int>(width));
}
#endif

TEST_CASE("fleet: an empty one is done at once") {
  World world(0);
  CHECK(world.rotate().empty());
  CHECK(world.service.calls() == 0);
}

TEST_CASE("fleet: no more calls are under way than are asked for") {
  World world(40);
  world.options.parallel = 5;
  std::atomic<int> underWay{0};
  std::atomic<int> most{0};
  SocketServer server([&](Connection& connection) {
    for (;;) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      const int now = ++underWay;
      for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
      }
      std::this_thread::yield();
      --underWay;
      if (!world.answer(connection, raw)) return;
    }
  });
  world.settings.endpointUrl = server.url();
  for (const RotateResult& result : world.rotate())
    CHECK(result);
  CHECK(most <= 5);
  CHECK(server.connections() <= 5);
}

TEST_CASE("fleet: one that is not answered does not keep the others from theirs") {
  World world(12);
  world.options.parallel = 4;
  Gate others;
  SocketServer server([&](Connection& connection) {
    for (;;) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      if (raw.find("\"fleet-0\"") != std::string::npos) {
        if (!others.waitFor(11)) return;
      }
      if (!world.answer(connection, raw)) return;
      others.arrive();
    }
  });
  world.settings.endpointUrl = server.url();
  for (const RotateResult& result : world.rotate()) {
    INFO(describe(result));
    CHECK(result);
  }
}

TEST_CASE("fleet: what is wrong with a request is its own result, before anything is sent") {
  World world(3);
  world.requests.insert(world.requests.begin(), {"", ClientMode::ALL, {}});
  world.requests.push_back({"fleet-2", ClientMode{}, {}});
  world.requests.push_back({"fleet-1", ClientMode::SOURCE, {}});
  world.requests.push_back({"no-such-tunnel", ClientMode::ALL, {}});
  Log log;
  world.options.progress = &log;
  const auto results = world.rotate();
  REQUIRE(results.size() == 7);
  CHECK(results[0].error().kind == ErrorKind::InvalidArgument);
  for (std::size_t i = 1; i != 4; ++i)
    CHECK(results[i]);
  CHECK(results[4].error().kind == ErrorKind::InvalidArgument);
  CHECK(results[5].error().kind == ErrorKind::InvalidArgument);
  CHECK(results[5].error().message.find("an earlier request") != std::string::npos);
  CHECK(results[6].error().code == "ResourceNotFoundException");
  CHECK(log.begun == std::vector<std::size_t>{1, 2, 3, 6});
  CHECK(std::set<std::size_t>(log.ended.begin(), log.ended.end()).size() == 7);
  CHECK(log.ended.size() == 7);
  CHECK(world.service.calls() == 4);
}

TEST_CASE("fleet: the two sides of a tunnel are two requests") {
  World world(1);
  world.requests = {{"fleet-0", ClientMode::SOURCE, {}}, {"fleet-0", ClientMode::DESTINATION, {}}};
  for (const RotateResult& result : world.rotate())
    CHECK(result);
}

TEST_CASE("fleet: permanent throttling stops it") {
  const SlowTime time;
  const std::size_t tunnels = GENERATE(std::size_t{3}, std::size_t{10}, std::size_t{200});
  World world(tunnels);
  world.service.injectFault(Fault::Throttled, 1'000'000);
  const auto results = world.rotate();
  for (const RotateResult& result : results) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code == "ThrottlingException");
  }
  INFO(tunnels);
  CHECK(static_cast<std::size_t>(world.service.calls()) <= tunnels + tunnels / 10);
  CHECK(world.service.calls() >= 3);
  if (tunnels == 200) {
    CHECK(results.back().error().attempts == 0);
    CHECK(results.back().error().delivery == Delivery::NotSent);
    CHECK(results.back().error().message.find("not sent, for what other tunnels") == 0);
  }
}

TEST_CASE("fleet: all calls pay for their retries from one quota") {
  World world(60);
  std::atomic<int> received{0};
  SocketServer server([&](Connection& connection) {
    while (!connection.readRequest().empty()) {
      ++received;
      if (!connection.answer(500, "{}")) return;
    }
  });
  world.settings.endpointUrl = server.url();
  int retries = 0;
  SECTION("of their own") {
    retries = RetryQuota::capacity / 5;
  }
  RetryQuota quota(35);
  SECTION("of the program's") {
    world.settings.retryQuota = &quota;
    retries = 35 / 5;
  }
  CHECK(countOf(world.rotate(), ErrorKind::Service) == 60);
  CHECK(received == 60 + retries);
}

TEST_CASE("fleet: goes on after throttling that passes") {
  World world(60);
  world.service.injectFault(Fault::Throttled, 5);
  for (const RotateResult& result : world.rotate())
    CHECK(result);
  CHECK(world.service.calls() == 65);
}

TEST_CASE("fleet: keys that the service does not know stop it after three requests") {
  const SlowTime time;
  World world(50);
  StaticCredentials unknown("AKIDUNKNOWN", "secret");
  const auto results = rotateMany(world.requests, world.settings, unknown, world.options);
  CHECK(countOf(results, ErrorKind::Service) == 50);
  CHECK(world.service.calls() == 3);
}

TEST_CASE("fleet: without a permission it goes one by one, and to the end") {
  const SlowTime time;
  World world(20);
  world.service.injectFault(Fault::AccessDenied, 19);
  const auto results = world.rotate();
  CHECK(countOf(results, ErrorKind::Service) == 19);
  CHECK(results.back());
  CHECK(world.service.connections() == 1);
}

TEST_CASE("fleet: failures of some are not those of others") {
  World world(50);
  world.service.injectFault(Fault::InternalError);
  world.service.injectFault(Fault::DroppedBeforeRotation);
  world.service.injectFault(Fault::NotJsonBody, 2);
  const auto results = world.rotate();
  CHECK(countOf(results, ErrorKind::InvalidResponse) == 2);
  std::size_t good = 0;
  for (const RotateResult& result : results)
    good += result ? 1U : 0U;
  CHECK(good == 48);
}

namespace {

/// Counts how often it is asked.
class CountedSource final : public CredentialsProvider {
 public:
  int asked = 0;
  bool isThere = true;

  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    ++asked;
    if (!isThere) return makeError(ErrorKind::NoCredentials, "nothing is set up");
    credentials.accessKeyId = ServedFake::accessKeyId;
    credentials.secretAccessKey.assign(ServedFake::secretAccessKey);
    return {};
  }
};

}  // namespace

TEST_CASE("fleet: credentials are looked up once") {
  World world(40);
  CountedSource source;
  for (const RotateResult& result :
       rotateMany(world.requests, world.settings, source, world.options))
    CHECK(result);
  CHECK(source.asked == 1);
}

TEST_CASE("fleet: without credentials nothing is sent, and few searches are made") {
  World world(40);
  CountedSource source;
  source.isThere = false;
  const auto results = rotateMany(world.requests, world.settings, source, world.options);
  CHECK(countOf(results, ErrorKind::NoCredentials) == 40);
  CHECK(source.asked <= 3);
  CHECK(world.service.calls() == 0);
}

TEST_CASE("fleet: a program that refuses a call ends it, and what is under way is finished") {
  World world(30);
  Log log;
  log.most = 10;
  world.options.progress = &log;
  const auto results = world.rotate();
  CHECK(log.begun.size() == 10);
  CHECK(log.ended.size() == 30);
  CHECK(countOf(results, ErrorKind::Cancelled) == 20);
  CHECK(world.service.rotations() == 10);
  for (std::size_t i = 0; i != 10; ++i)
    CHECK(results[i]);
}

TEST_CASE("fleet: is cancelled from another thread while nothing is answered") {
  World world(20);
  std::atomic<bool> cancelled{false};
  world.options.limits.cancelled = &cancelled;
  Gate asked;
  Gate over;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    asked.arrive();
    over.waitFor(1);
  });
  world.settings.endpointUrl = server.url();
  std::thread canceller([&] {
    asked.waitFor(1);
    cancelled = true;
  });
  const auto results = world.rotate();
  over.arrive();
  canceller.join();
  CHECK(countOf(results, ErrorKind::Cancelled) == 20);
  CHECK(results.front().error().delivery == Delivery::Unknown);
  CHECK(results.back().error().delivery == Delivery::NotSent);
}

TEST_CASE("fleet: ends with its time") {
  World world(20);
  world.options.limits.timeoutMs = 200;
  Gate over;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    over.waitFor(1);
  });
  world.settings.endpointUrl = server.url();
  const auto results = world.rotate();
  over.arrive();
  CHECK(countOf(results, ErrorKind::DeadlineExceeded) == 20);
}

TEST_CASE("fleet: each call has its own time beside that") {
  World world(3);
  world.settings.callTimeoutMs = 50;
  // None for all of it, or more than enough.
  world.options.limits.timeoutMs = GENERATE(0, 600'000);
  Gate over;
  std::atomic<int> requests{0};
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    ++requests;
    over.waitFor(1);
  });
  world.settings.endpointUrl = server.url();
  const auto results = world.rotate();
  over.arrive();
  CHECK(countOf(results, ErrorKind::DeadlineExceeded) == 3);
  CHECK(requests <= 3);
}

TEST_CASE("fleet: begins no more once the program has used up its time") {
  struct Slow final : FleetProgress {
    SystemClock clock;
    std::int64_t limitMs = 1'000;
    std::int64_t firstMs = 0;
    int begun = 0;
    int ended = 0;
    bool isOver = false;
    int late = 0;

    bool onBegin(std::size_t) override {
      if (begun++ == 0) firstMs = clock.now().monotonicMs;
      late += isOver ? 1 : 0;
      // By then several are begun at a time.
      if (ended < 8) return true;
      while (clock.now().monotonicMs - firstMs <= limitMs) {
      }
      isOver = true;
      return true;
    }
    void onResult(std::size_t, const RotateResult&) override { ++ended; }
  } slow;
  World world(80);
  world.options.limits.timeoutMs = slow.limitMs;
  world.options.progress = &slow;
  const auto results = world.rotate();
  CHECK(slow.late == 0);
  REQUIRE_FALSE(results.back());
  CHECK(results.back().error().kind == ErrorKind::DeadlineExceeded);
}

TEST_CASE("fleet: a kept connection that the server has closed costs no attempt") {
  // The next call is begun when the connection is closed, as the client sees it.
  struct Closed final : FleetProgress {
    std::uint16_t port = 0;

    bool onBegin(std::size_t) override { return true; }
    void onResult(std::size_t, const RotateResult&) override { CHECK(hasArrived(port)); }
  } closed;
  World world(6);
  world.options.parallel = 1;
  world.options.progress = &closed;
  SocketServer server([&](Connection& connection) {
    world.answer(connection, connection.readRequest());
    shutdown(connection.socket(), SHUT_WR);
    connection.waitForClient();
  });
  closed.port = server.port();
  world.settings.endpointUrl = server.url();
  for (const RotateResult& result : world.rotate()) {
    INFO(describe(result));
    REQUIRE(result);
    CHECK(result->attempts == 1);
  }
  CHECK(server.connections() == 6);
}

namespace {

/// Told of results; a server may wait for them.
struct Ends final : FleetProgress {
  Gate gate;
  /// Whose result opens the gate.
  std::size_t index = 0;

  bool onBegin(std::size_t) override { return true; }
  void onResult(std::size_t which, const RotateResult&) override {
    if (which == index) gate.arrive();
  }
};

std::int64_t cpuMs() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::int64_t{used.tv_sec} * 1000 + used.tv_nsec / 1'000'000;
}

}  // namespace

TEST_CASE("fleet: tokens that come after it has stopped are kept") {
  World world(20);
  Ends ends;
  ends.index = 19;
  world.options.progress = &ends;
  SocketServer server([&](Connection& connection) {
    for (;;) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      const bool isFirst = raw.find("\"fleet-0\"") != std::string::npos;
      const bool isSlow = raw.find("\"fleet-1\"") != std::string::npos;
      // The last one is not begun, and ends where the others have stopped the fleet.
      if (isSlow && !ends.gate.waitFor(1)) return;
      if (isFirst || isSlow
              ? !world.answer(connection, raw)
              : !connection.answer(403, R"({"__type":"UnrecognizedClientException"})")) {
        return;
      }
    }
  });
  world.settings.endpointUrl = server.url();
  const auto results = world.rotate();
  CHECK(countOf(results, ErrorKind::Service) == 18);
  CHECK(results.back().error().delivery == Delivery::NotSent);
  INFO(describe(results[1]));
  REQUIRE(results[1]);
  CHECK(results[1]->sourceAccessToken->equals(
      world.service.with([](auto& fake) { return fake.sourceToken("fleet-1"); })));
}

TEST_CASE("fleet: a clock that is off costs one request") {
  const SlowTime time;
  const std::int64_t aheadMs = GENERATE(-3'600'000, 3'600'000);
  World world(20, aheadMs);
  for (const RotateResult& result : world.rotate()) {
    INFO(describe(result));
    CHECK(result);
  }
  CHECK(world.service.calls() == 21);
}

TEST_CASE("fleet: keys that are wrong stop it by a clock that is off, too") {
  const SlowTime time;
  World world(50, 3'600'000);
  StaticCredentials wrong(ServedFake::accessKeyId, "another-secret-access-key");
  const auto results = rotateMany(world.requests, world.settings, wrong, world.options);
  CHECK(countOf(results, ErrorKind::Service) == 50);
  CHECK(world.service.calls() < 10);
}

TEST_CASE("fleet: a call that is not answered does not set its clock back") {
  const SlowTime time;
  World world(5, 3'600'000);
  world.options.parallel = 2;
  world.settings.retryUnknownDelivery = false;
  Ends ends;
  ends.index = 2;
  world.options.progress = &ends;
  Gate learnt;
  SocketServer server([&](Connection& connection) {
    for (;;) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      const auto isOf = [&raw](const char* tunnel) {
        return raw.find(tunnel) != std::string::npos;
      };
      if (isOf("\"fleet-0\"")) {
        // Without a date, so that the next two know no better.
        if (!connection.answer(400, R"({"__type":"ResourceNotFoundException"})")) return;
        continue;
      }
      if (isOf("\"fleet-2\"")) {
        learnt.waitFor(1);
        return;
      }
      if (isOf("\"fleet-3\"")) {
        learnt.arrive();
        ends.gate.waitFor(1);
      }
      const std::string answer = world.service.answerTo(raw);
      if (answer.empty() || !connection.write(answer)) return;
    }
  });
  world.settings.endpointUrl = server.url();
  const auto results = world.rotate();
  CHECK(results[1]);
  CHECK(countOf(results, ErrorKind::Transport) == 1);
  CHECK(results[3]);
  CHECK(results[4]);
  // The one of fleet-1 that was refused, and its second.
  CHECK(world.service.calls() == 4);
}

TEST_CASE("fleet: a pause takes no CPU time") {
  World world(2);
  world.settings.maxAttempts = 1;
  SocketServer server([](Connection& connection) {
    while (!connection.readRequest().empty()) {
      if (!connection.answer(429, "{}", "x-amz-retry-after: 1000\r\n")) return;
    }
  });
  world.settings.endpointUrl = server.url();
  const std::int64_t beforeMs = cpuMs();
  CHECK(countOf(world.rotate(), ErrorKind::Service) == 2);
  CHECK(cpuMs() - beforeMs < 500);
}

TEST_CASE("fleet: where the program begins no more, retries wait as long as they have to") {
  World world(2);
  Log log;
  log.most = 1;
  world.options.progress = &log;
  std::atomic<int> requests{0};
  std::atomic<std::int64_t> answeredAtMs{0};
  std::atomic<std::int64_t> againAtMs{0};
  SocketServer server([&](Connection& connection) {
    for (;;) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      if (++requests == 1) {
        answeredAtMs = SystemClock().now().steadyMs();
        if (!connection.answer(500, "{}", "x-amz-retry-after: 300\r\n")) return;
        continue;
      }
      againAtMs = SystemClock().now().steadyMs();
      if (!world.answer(connection, raw)) return;
    }
  });
  world.settings.endpointUrl = server.url();
  const auto results = world.rotate();
  CHECK(results[0]);
  CHECK(countOf(results, ErrorKind::Cancelled) == 1);
  CHECK(requests == 2);
  CHECK(againAtMs - answeredAtMs >= 300);
}
