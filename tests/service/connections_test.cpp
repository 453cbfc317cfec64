// SPDX-License-Identifier: BSL-1.0
// How connections are kept, replaced and ended.
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <future>

#include "support/caller.hpp"

using namespace secure_tunneling;

namespace {

std::atomic<int> sigpipes{0};

/// Counts SIGPIPE instead of dying of it.
class SigpipeCounter {
 public:
  SigpipeCounter() {
    sigpipes = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { ++sigpipes; };
    sigaction(SIGPIPE, &action, &before_);
  }
  ~SigpipeCounter() { sigaction(SIGPIPE, &before_, nullptr); }
  SigpipeCounter(const SigpipeCounter&) = delete;
  SigpipeCounter& operator=(const SigpipeCounter&) = delete;

 private:
  struct sigaction before_ {};
};

bool isSigpipePending() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}

/// Provokes SIGPIPE as a library would.
void writeToBrokenPipe() {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  close(ends[0]);
  CHECK(write(ends[1], "x", 1) == -1);
  close(ends[1]);
}

}  // namespace

TEST_CASE("a connection is kept for the next call") {
  SECTION("http") {
    ServedFake service;
    Caller caller(service.url());
    for (int i = 0; i != 3; ++i)
      REQUIRE(caller.rotate());
    CHECK(service.connections() == 1);
  }
  SECTION("https") {
    const TemporaryFolder folder;
    const CertificateAuthority authority(folder, "ca");
    TlsOptions tls;
    tls.certificate = authority.issue("server");
    ServedFake service(tls);
    CurlTransportOptions options = direct();
    options.caFile = authority.file();
    Caller caller(service.url(), options);
    for (int i = 0; i != 3; ++i)
      REQUIRE(caller.rotate());
    CHECK(service.connections() == 1);
  }
  SECTION("after an error of the service, too") {
    ServedFake service;
    Caller caller(service.url());
    REQUIRE_FALSE(caller.rotate(ClientMode::ALL, "no-such-tunnel"));
    REQUIRE(caller.rotate());
    CHECK(service.connections() == 1);
  }
}

TEST_CASE("a connection that the server has closed is replaced, within one attempt") {
  ServedFake service;
  std::promise<void> closed;
  SocketServer server([&](Connection& connection) {
    if (connection.number() != 0) return service.serve(connection);
    service.answerOne(connection);
    shutdown(connection.socket(), SHUT_WR);
    closed.set_value();
    connection.waitForClient();
  });
  Caller caller(server.url());
  REQUIRE(caller.rotate());
  closed.get_future().wait();
  const auto response = caller.rotate();
  INFO(describe(response));
  REQUIRE(response);
  CHECK(response->attempts == 1);
  CHECK(server.connections() == 2);
  CHECK(service.calls() == 2);
}

TEST_CASE("a request on a kept connection is never sent twice behind the caller's back") {
  ServedFake service;
  // The second request of the connection is processed, and its answer lost.
  SocketServer server([&](Connection& connection) {
    if (connection.number() != 0) return service.serve(connection);
    service.answerOne(connection);
    service.injectFault(Fault::DroppedAfterRotation);
    service.answerOne(connection);
  });
  SECTION("without retries after an unknown delivery it is an error") {
    Settings settings = settingsFor(server.url());
    settings.retryUnknownDelivery = false;
    Caller caller(settings);
    REQUIRE(caller.rotate());
    const auto response = caller.rotate();
    REQUIRE_FALSE(response);
    CHECK(response.error().kind == ErrorKind::Transport);
    CHECK(response.error().delivery == Delivery::Unknown);
    CHECK(response.error().attempts == 1);
    CHECK(service.calls() == 2);
    CHECK(caller.rotate());
  }
  SECTION("with them it is a second attempt") {
    Caller caller(server.url());
    REQUIRE(caller.rotate());
    const auto response = caller.rotate();
    INFO(describe(response));
    REQUIRE(response);
    CHECK(response->attempts == 2);
    CHECK(service.calls() == 3);
  }
}

TEST_CASE("SIGPIPE reaches nobody") {
  const SigpipeCounter counter;
  const TemporaryFolder folder;
  const CertificateAuthority authority(folder, "ca");
  TlsOptions tls;
  tls.certificate = authority.issue("server");
  std::promise<void> closed;
  // The closing message, then a reset: what the client writes next has no reader.
  SocketServer server(tls, [&](Connection& connection) {
    connection.readRequest();
    connection.answer(200, "{}");
    if (connection.number() != 0) return;
    connection.write("surplus");
    connection.reset();
    shutdown(connection.socket(), SHUT_WR);
    closed.set_value();
  });
  CurlTransportOptions options = direct();
  options.caFile = authority.file();
  SECTION("when a connection is used again") {
    Caller caller(server.url(), options);
    REQUIRE(caller.rotate());
    closed.get_future().wait();
    CHECK(caller.rotate());
  }
  SECTION("when a connection is closed") {
    Caller caller(server.url(), options);
    REQUIRE(caller.rotate());
    closed.get_future().wait();
  }
  CHECK(sigpipes == 0);
  CHECK_FALSE(isSigpipePending());
}

TEST_CASE("the guard takes the signals that come in its time, and no others") {
  const SigpipeCounter counter;
  SECTION("its own") {
    {
      const detail::SigpipeGuard guard(true);
      writeToBrokenPipe();
    }
    CHECK(sigpipes == 0);
    CHECK_FALSE(isSigpipePending());
    writeToBrokenPipe();
    CHECK(sigpipes == 1);
  }
  SECTION("not one that a program keeps pending") {
    sigset_t pipe;
    sigset_t before;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    writeToBrokenPipe();
    {
      const detail::SigpipeGuard guard(true);
      writeToBrokenPipe();
    }
    CHECK(isSigpipePending());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    CHECK(sigpipes == 1);
  }
}
