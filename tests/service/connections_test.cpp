// SPDX-License-Identifier: BSL-1.0
// How connections are kept, replaced and ended.
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "support/caller.hpp"
#include "support/client_sockets.hpp"
#include "support/gate.hpp"
#include "support/own_multi.hpp"

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
  SocketServer server([&](Connection& connection) {
    if (connection.number() != 0) return service.serve(connection);
    service.answerOne(connection);
    shutdown(connection.socket(), SHUT_WR);
    connection.waitForClient();
  });
  Caller caller(server.url());
  REQUIRE(caller.rotate());
  REQUIRE(hasArrived(server.port()));
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

TEST_CASE("a program can let its own curl_multi handle do the transfers") {
  ServedFake service;
  SocketServer server([&](Connection& connection) {
    if (connection.number() != 0) return service.serve(connection);
    service.answerOne(connection);
    service.injectFault(Fault::DroppedAfterRotation);
    service.answerOne(connection);
  });
  const OwnMulti multi;
  CurlTransport transport(direct());
  StaticCredentials credentials(ServedFake::accessKeyId, ServedFake::secretAccessKey);
  ManualClock clock;
  ClientState<OpensslSha256> state(settingsFor(server.url()));
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  const auto transfer = [&](RotateCall<OpensslSha256>& call) {
    Result<void> begun = transport.begin(call.request(), call.response());
    if (!begun) return begun;
    return transport.end(multi.perform(transport));
  };
  using Step = RotateCall<OpensslSha256>::Step;
  {
    RotateCall<OpensslSha256> call(state, request);
    REQUIRE(call.next(clock.now()) == Step::NeedCredentials);
    call.onCredentials(credentials.retrieve(call.credentialsQuery(), call.credentials()));
    REQUIRE(call.next(clock.now()) == Step::Send);
    REQUIRE(transfer(call));
    call.onSent({}, clock.now());
    REQUIRE(call.next(clock.now()) == Step::Done);
    CHECK(call.takeResult());
  }
  // On the kept connection, whose server takes the request and goes: not sent again by libcurl.
  RotateCall<OpensslSha256> call(state, request);
  REQUIRE(call.next(clock.now()) == Step::NeedCredentials);
  call.onCredentials(credentials.retrieve(call.credentialsQuery(), call.credentials()));
  REQUIRE(call.next(clock.now()) == Step::Send);
  const Result<void> lost = transfer(call);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::Transport);
  CHECK(lost.error().delivery == Delivery::Unknown);
  CHECK(service.calls() == 2);
  // It is usable again, in either way.
  REQUIRE(transfer(call));
  CHECK(call.response().status == 200);
  REQUIRE(transport.send(call.request(), call.response()));
  CHECK(call.response().status == 200);
  CHECK(service.calls() == 4);
}

TEST_CASE("a transfer that cannot begin is an error, and leaves the transport usable") {
  ServedFake service;
  CurlTransport transport(direct());
  std::vector<HttpHeader> headers(14, {"X-Header: value", "X-Header", "value"});
  HttpRequest request;
  const std::string url = service.url();
  request.url = url;
  request.https = false;
  request.authority = "authority";
  request.headers = headers.data();
  HttpResponse response;
  for (int i = 0; i != 2; ++i) {
    request.headerCount = 13;
    REQUIRE(transport.send(request, response));
    CHECK(response.status != 0);
    response.clear();
    request.headerCount = 14;
    const Result<void> refused = transport.begin(request, response);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Configuration);
    CHECK(refused.error().delivery == Delivery::NotSent);
  }
}

TEST_CASE("SIGPIPE reaches nobody") {
  const SigpipeCounter counter;
  const TemporaryFolder folder;
  const CertificateAuthority authority(folder, "ca");
  TlsOptions tls;
  tls.certificate = authority.issue("server");
  Gate answerIsRead;
  // Its end, then a reset: what the client writes next has no reader. After a reset alone the first
  // write would fail without a signal.
  SocketServer server(tls, [&](Connection& connection) {
    connection.readRequest();
    connection.answer(200, "{}");
    if (connection.number() != 0) return;
    answerIsRead.waitFor(1);
    connection.write("surplus");
    connection.reset();
    shutdown(connection.socket(), SHUT_WR);
  });
  CurlTransportOptions options = direct();
  options.caFile = authority.file();
  const bool isUsedAgain = GENERATE(true, false);
  CAPTURE(isUsedAgain);
  {
    Caller caller(server.url(), options);
    REQUIRE(caller.rotate());
    const ClientSockets sockets(server.port());
    answerIsRead.arrive();
    REQUIRE(isReset(sockets));
    if (isUsedAgain) CHECK(caller.rotate());
    // Its end closes the connection.
  }
  CHECK(sigpipes == 0);
  CHECK_FALSE(isSigpipePending());
}

TEST_CASE("the guard takes the signals that come in its time, and no others") {
  const SigpipeCounter counter;
  SECTION("its own") {
    {
      const detail::SigpipeGuard guard;
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
      const detail::SigpipeGuard guard;
      writeToBrokenPipe();
    }
    CHECK(isSigpipePending());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    CHECK(sigpipes == 1);
  }
}
