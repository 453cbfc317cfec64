// SPDX-License-Identifier: BSL-1.0
// Rotations as coroutines await them, over real sockets.
#include "rotations.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/gate.hpp"
#include "support/many_tunnels.hpp"
#ifdef __linux__
#include "watch_faults.hpp"
#endif

using namespace secure_tunneling;

namespace {

RotateTunnelAccessTokenRequest requestFor(const std::string& tunnel) {
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = tunnel;
  request.clientMode = ClientMode::SOURCE;
  return request;
}

/// A service whose tunnel many-0 gets no answer, and a program in Asio's context.
struct World {
  ManyTunnels many{"", 3};
  Gate stalled;
  SocketServer server{[this](Connection& connection) {
    for (;;) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      if (ManyTunnels::isOf(raw, "many-0")) {
        stalled.arrive();
        return connection.waitForClient();
      }
      if (!many.answer(connection, raw)) return;
    }
  }};
  StaticCredentials credentials{ServedFake::accessKeyId, ServedFake::secretAccessKey};
  asio::io_context context{1};
  std::optional<Rotations> rotations{std::in_place, context.get_executor(),
                                     settingsFor(server.url()), credentials, direct()};
  std::vector<std::optional<RotateResult>> results;

  asio::awaitable<void> rotate(std::size_t index, CallLimits limits = {}) {
    const auto request = requestFor(many.tunnels[index]);
    RotateResult result = co_await rotations->rotate(request, limits);
    results[index].emplace(std::move(result));
  }
  World() { results.resize(many.tunnels.size()); }
};

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace

TEST_CASE("asio: a cancelled coroutine has what its call knows, and the others go on") {
  World world;
  asio::cancellation_signal stop;
  asio::co_spawn(world.context, world.rotate(0),
                 asio::bind_cancellation_slot(stop.slot(), rethrow));
  int done = 0;
  for (const std::size_t index : {1U, 2U}) {
    asio::co_spawn(world.context, world.rotate(index), [&](const std::exception_ptr& thrown) {
      rethrow(thrown);
      if (++done != 2) return;
      // Behind what the service has of the first call by then.
      world.stalled.waitFor(1);
      CHECK_FALSE(world.results[0].has_value());
      stop.emit(asio::cancellation_type::terminal);
    });
  }
  world.context.run();

  REQUIRE(world.results[0].has_value());
  INFO(describe(*world.results[0]));
  CHECK(world.results[0]->error().kind == ErrorKind::Cancelled);
  CHECK(world.results[0]->error().delivery == Delivery::Unknown);
  for (const std::size_t index : {1U, 2U}) {
    REQUIRE(world.results[index].has_value());
    REQUIRE(world.results[index]->hasValue());
    CHECK(world.many.service.accepts((**world.results[index]).sourceAccessToken->expose()));
  }
}

TEST_CASE("asio: cancellation ends a call where its coroutine lets that kind through") {
  World world;
  const auto kind = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                             asio::cancellation_type::total);
  const bool letsAllThrough = GENERATE(false, true);
  const bool isLetThrough = letsAllThrough || kind == asio::cancellation_type::terminal;
  CallLimits limits;
  limits.timeoutMs = isLetThrough ? 30'000 : 500;
  asio::cancellation_signal stop;
  const auto one = [&]() -> asio::awaitable<void> {
    if (letsAllThrough) {
      co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    }
    co_await world.rotate(0, limits);
  };
  asio::co_spawn(world.context, one(), asio::bind_cancellation_slot(stop.slot(), rethrow));
  // What the server has got is no event here.
  while (!world.stalled.hasArrived() && !world.results[0].has_value())
    world.context.run_one_for(std::chrono::milliseconds(1));
  stop.emit(kind);
  world.context.run();
  REQUIRE(world.results[0].has_value());
  CHECK(world.results[0]->error().kind ==
        (isLetThrough ? ErrorKind::Cancelled : ErrorKind::DeadlineExceeded));
}

TEST_CASE("asio: a call ends at its deadline") {
  World world;
  CallLimits limits;
  limits.timeoutMs = 200;
  asio::co_spawn(world.context, world.rotate(0, limits), rethrow);
  world.context.run();
  REQUIRE(world.results[0].has_value());
  CHECK(world.results[0]->error().kind == ErrorKind::DeadlineExceeded);
}

TEST_CASE("asio: another operation that ends first ends the call") {
  using namespace asio::experimental::awaitable_operators;
  World world;
  std::size_t first = 2;
  const auto race = [&]() -> asio::awaitable<void> {
    asio::steady_timer timer(world.context, std::chrono::milliseconds(50));
    first = (co_await (world.rotate(0) || timer.async_wait(asio::use_awaitable))).index();
  };
  asio::co_spawn(world.context, race(), rethrow);
  world.context.run();
  CHECK(first == 1);
  REQUIRE(world.results[0].has_value());
  CHECK(world.results[0]->error().kind == ErrorKind::Cancelled);
}

TEST_CASE("asio: a coroutine that was cancelled before sends nothing") {
  World world;
  asio::cancellation_signal stop;
  bool doesThrow = true;
  const auto late = [&]() -> asio::awaitable<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    stop.emit(asio::cancellation_type::terminal);
    co_await world.rotate(1);
    doesThrow = co_await asio::this_coro::throw_if_cancelled();
  };
  asio::co_spawn(world.context, late(), asio::bind_cancellation_slot(stop.slot(), rethrow));
  world.context.run();
  REQUIRE(world.results[1].has_value());
  CHECK(world.results[1]->error().kind == ErrorKind::Cancelled);
  CHECK(world.results[1]->error().delivery == Delivery::NotSent);
  CHECK(world.server.connections() == 0);
  // As its caller has set it.
  CHECK_FALSE(doesThrow);
}

TEST_CASE("asio: a context that is destroyed ends the calls of its coroutines") {
  World world;
  {
    asio::io_context context(1);
    Rotations rotations(context.get_executor(), settingsFor(world.server.url()), world.credentials,
                        direct());
    const auto one = [&]() -> asio::awaitable<void> {
      const auto request = requestFor("many-0");
      static_cast<void>(co_await rotations.rotate(request));
    };
    asio::co_spawn(context, one(), [](const std::exception_ptr&) { FAIL("not at its end"); });
    while (!world.stalled.hasArrived())
      context.run_one_for(std::chrono::milliseconds(1));
  }
  // The server, which waits for its clients, ends.
}

#ifdef __linux__
TEST_CASE("asio: a socket that cannot be watched is looked at all the same") {
  World world;
  CallLimits limits;
  limits.timeoutMs = 300;
  const WatchFault fault(GENERATE(WatchFault::Kind::NoRoom, WatchFault::Kind::NoMemory));
  asio::co_spawn(world.context, world.rotate(0, limits), rethrow);
  for (const std::size_t index : {1U, 2U})
    asio::co_spawn(world.context, world.rotate(index), rethrow);
  world.context.run();

  CHECK(fault.count() >= 3);
  REQUIRE(world.results[0].has_value());
  CHECK(world.results[0]->error().kind == ErrorKind::DeadlineExceeded);
  for (const std::size_t index : {1U, 2U}) {
    REQUIRE(world.results[index].has_value());
    INFO(describe(*world.results[index]));
    CHECK(world.results[index]->hasValue());
  }
}
#endif
