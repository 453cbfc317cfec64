// SPDX-License-Identifier: BSL-1.0
// The programs that make many calls at once on one thread, over poll() and over Asio. Their servers
// hold an answer until something else has happened, which never would if a program waited for it.
#include <atomic>
#include <string>
#include <vector>

#include "support/gate.hpp"
#include "support/many_tunnels.hpp"

namespace {

/// Each of the programs that are built; of Catch2's, so that a case runs with every one of them.
std::string loopProgram() {
#ifdef SECURE_TUNNELING_TEST_ASIO
  return GENERATE(as<std::string>(), "own-event-loop", "asio-coroutine");
#else
  return "own-event-loop";
#endif
}

/// The line of /proc that says how many threads a process has.
std::string threadsOf(const ChildProcess& process) {
  const std::string status = readFile("/proc/" + std::to_string(process.id()) + "/status");
  const std::size_t at = status.find("Threads:");
  return at == std::string::npos ? "unknown" : status.substr(at, status.find('\n', at) - at);
}

}  // namespace

TEST_CASE("event loops: many tunnels at once, on one thread") {
  ManyTunnels world(loopProgram(), 8);
  Gate requests;
  Gate answers;
  SocketServer server([&](Connection& connection) {
    for (;;) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      requests.arrive();
      if (!answers.waitFor(1) || !world.answer(connection, raw)) return;
    }
  });
  ChildProcess program = world.start(world.tunnels, server.url());
  REQUIRE(requests.waitFor(8));
  CHECK(server.connections() == 8);
  CHECK(threadsOf(program) == "Threads:\t1");
  answers.arrive();

  std::vector<std::string> lines;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i != world.tunnels.size(); ++i)
    lines.push_back(program.readLine());
  for (const std::string& tunnel : world.tunnels)
    expected.push_back(world.lineOf(tunnel));
  CHECK(program.wait() == 0);
  INFO(program.errors());
  CHECK(sorted(lines) == sorted(expected));
  CHECK(world.service.rotations() == 8);
}

TEST_CASE("event loops: a server that keeps one waiting does not keep the others") {
  ManyTunnels world(loopProgram(), 3);
  Gate othersDone;
  SocketServer server([&](Connection& connection) {
    const std::string raw = connection.readRequest();
    if (ManyTunnels::isOf(raw, "many-0")) {
      // In the middle of an answer, too.
      connection.write("HTTP/1.1 100 Continue\r\n");
      othersDone.waitFor(1);
      connection.write("\r\n");
    }
    world.answer(connection, raw);
  });
  ChildProcess program = world.start(world.tunnels, server.url());
  const std::vector<std::string> others = {program.readLine(), program.readLine()};
  CHECK(sorted(others) == sorted({world.lineOf("many-1"), world.lineOf("many-2")}));
  othersDone.arrive();
  const std::string line = program.readLine();
  CHECK(line == world.lineOf("many-0"));
  CHECK(program.wait() == 0);
}

TEST_CASE("event loops: the wait before a retry is the loop's, too") {
  ManyTunnels world(loopProgram(), 6);
  Gate firstAttempts;
  std::atomic<bool> longWaitIsOver{false};
  // All get an error at once; the first is asked to wait for five seconds, which the others, who
  // wait for one at most, must not have to share.
  SocketServer server([&](Connection& connection) {
    for (int attempt = 1;; ++attempt) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      const bool isFirst = ManyTunnels::isOf(raw, "many-0");
      if (attempt == 1) {
        firstAttempts.arrive();
        firstAttempts.waitFor(6);
        connection.answer(503, "{}", isFirst ? "Retry-After: 5\r\n" : "");
        continue;
      }
      if (isFirst) longWaitIsOver = true;
      if (!world.answer(connection, raw)) return;
    }
  });
  ChildProcess program = world.start(world.tunnels, server.url());
  std::vector<std::string> lines;
  std::vector<std::string> expected;
  for (int i = 1; i != 6; ++i)
    lines.push_back(program.readLine());
  CHECK_FALSE(longWaitIsOver);
  for (int i = 1; i != 6; ++i)
    expected.push_back(world.lineOf(world.tunnels[static_cast<std::size_t>(i)]));
  CHECK(sorted(lines) == sorted(expected));
}

TEST_CASE("event loops: one that fails does not fail the others") {
  ManyTunnels world(loopProgram(), 2);
  world.tunnels.insert(world.tunnels.begin(), {"no-such-tunnel", ""});
  ChildProcess program = world.start(world.tunnels, world.service.url());
  const std::vector<std::string> lines = {program.readLine(), program.readLine()};
  CHECK(sorted(lines) == sorted({world.lineOf("many-0"), world.lineOf("many-1")}));
  CHECK(program.wait() == 1);
  CHECK(program.errors().find("no-such-tunnel: ResourceNotFoundException") != std::string::npos);
  CHECK(program.errors().find(": tunnelId") == std::string::npos);
  CHECK(program.errors().find("tunnelId: required") != std::string::npos);
}

TEST_CASE("event loops: a signal ends every call, and each says what it knows") {
  ManyTunnels world(loopProgram(), 3);
  Gate requests;
  SocketServer server([&](Connection& connection) {
    const std::string raw = connection.readRequest();
    if (ManyTunnels::isOf(raw, "many-0"))
      connection.answer(503, "", "x-amz-retry-after: 30000\r\n");
    requests.arrive();
    connection.waitForClient();
  });
  ChildProcess program = world.start(world.tunnels, server.url());
  REQUIRE(requests.waitFor(3));
  program.signal(SIGTERM);
  CHECK(program.readAll().empty());
  CHECK(program.wait() == 1);
  const std::string errors = program.errors();
  for (const std::string& tunnel : world.tunnels) {
    const std::size_t at = errors.find(tunnel + ":");
    REQUIRE(at != std::string::npos);
    CHECK(errors.substr(at, errors.find('\n', at) - at).find("the call was cancelled") !=
          std::string::npos);
  }
}

#ifdef SECURE_TUNNELING_TEST_ASIO
TEST_CASE("event loops: a deadline that is no number of milliseconds is refused") {
  ManyTunnels world("asio-coroutine", 2);
  const std::string wrong =
      "many-1@" + GENERATE(as<std::string>(), "", "abc", "0", "-1", "5x", "99999999999999999999");
  ChildProcess program = world.start({"many-0", wrong}, world.service.url());
  CHECK(program.readAll().empty());
  CHECK(program.wait() == 2);
  CHECK(program.errors().find(wrong + ": ") == 0);
  CHECK(world.service.rotations() == 0);
}
#endif
