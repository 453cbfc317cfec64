// SPDX-License-Identifier: BSL-1.0
// Calls that are cancelled, or out of time, while a peer stalls: in each phase, over sockets.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/own_time.hpp"
#include "support/caller.hpp"
#include "support/canceller.hpp"
#include "support/client_sockets.hpp"
#include "support/gate.hpp"

using namespace secure_tunneling;

namespace {

/// A call by the system's clock, that is cancelled when `isReached` returns, or has a time.
struct LimitedCaller {
  LimitedCaller(Settings settings, CurlTransportOptions options = direct())
      : transport(connectingLong(std::move(options))),
        client(std::move(settings), transport, credentials, clock) {}

  RotateResult rotate(const CallLimits& limits) {
    RotateTunnelAccessTokenRequest request;
    request.tunnelId = ServedFake::tunnel;
    request.clientMode = ClientMode::ALL;
    return rotateTunnelAccessToken(request, client, limits);
  }
  RotateResult rotateUntil(std::function<void()> isReached) {
    const Canceller canceller(std::move(isReached));
    CallLimits limits;
    limits.cancelled = &canceller.flag;
    const Stopwatch watch;
    RotateResult result = rotate(limits);
    CHECK(watch.isEarly());
    return result;
  }
  RotateResult rotateWithin(std::int64_t ms) {
    CallLimits limits;
    limits.timeoutMs = ms;
    const Stopwatch watch;
    RotateResult result = rotate(limits);
    CHECK(watch.isEarly());
    return result;
  }
  /// The limit runs out when `isReached` returns.
  RotateResult rotateUntilTimeIsUp(std::function<void()> isReached) {
    const OwnTime time;
    const Canceller passing([isReached = std::move(isReached)] {
      isReached();
      OwnTime::passLimit();
    });
    return rotateWithin(OwnTime::limitMs);
  }
  /// In one of the ways, by a generator.
  RotateResult rotateInVain(std::function<void()> isReached) {
    const bool isCancelled = GENERATE(true, false);
    CAPTURE(isCancelled);
    kind = isCancelled ? ErrorKind::Cancelled : ErrorKind::DeadlineExceeded;
    RotateResult result =
        isCancelled ? rotateUntil(std::move(isReached)) : rotateUntilTimeIsUp(std::move(isReached));
    INFO(describe(result));
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == kind);
    CHECK(result.error().attempts == 1);
    CHECK(result.error().message.find(isCancelled ? "the call was cancelled"
                                                  : "; the call has no time left to go on") !=
          std::string::npos);
    return result;
  }

  /// The limit of connecting shall not end a call in place of the call's own.
  static CurlTransportOptions connectingLong(CurlTransportOptions options) {
    options.connectTimeoutMs = 60'000;
    return options;
  }

  ErrorKind kind = ErrorKind::Transport;
  StaticCredentials credentials{ServedFake::accessKeyId, ServedFake::secretAccessKey};
  SystemClock clock;
  CurlTransport transport;
  Client client;
};

/// Whether a connection to `port` has been asked for, and nobody has accepted it.
bool isConnecting(std::uint16_t port) {
  std::array<char, 32> remote{};
  std::snprintf(remote.data(), remote.size(), ":%04X 02 ", port);
  std::string table;
  if (FILE* const file = std::fopen("/proc/self/net/tcp", "re")) {
    std::array<char, 4096> chunk{};
    for (std::size_t size = 0; (size = std::fread(chunk.data(), 1, chunk.size(), file)) != 0;)
      table.append(chunk.data(), size);
    std::fclose(file);
  }
  return table.find(remote.data()) != std::string::npos;
}

/// Listens, and has no room for another connection.
class FullPort {
 public:
  FullPort() : listener_(bindToLoopback(port_)) {
    REQUIRE(listen(listener_, 0) == 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    while (!isConnecting(port_)) {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      connect(socket, reinterpret_cast<const sockaddr*>(&address), size);
      sockets_.push_back(socket);
      REQUIRE(sockets_.size() < 64);
    }
    // Its own place in the queue of those that ask.
    close(sockets_.back());
    sockets_.pop_back();
  }
  ~FullPort() {
    for (const int socket : sockets_)
      close(socket);
    close(listener_);
  }
  FullPort(const FullPort&) = delete;
  FullPort& operator=(const FullPort&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  std::uint16_t port_ = 0;
  int listener_;
  std::vector<int> sockets_;
};

}  // namespace

TEST_CASE("a call ends while its connection is not accepted") {
  const FullPort full;
  LimitedCaller caller(settingsFor("http://127.0.0.1:" + std::to_string(full.port())));
  const RotateResult result = caller.rotateInVain([&] {
    for (int i = 0; i != 30'000 && !isConnecting(full.port()); ++i)
      SystemClock().wait(1);
  });
  CHECK(result.error().delivery == Delivery::NotSent);
  CHECK_FALSE(isConnecting(full.port()));
}

TEST_CASE("a call ends while a server or a proxy is mute") {
  Gate reached;
  const struct {
    const char* what;
    const char* scheme;
    bool isProxy;
    bool reads;
    Delivery delivery;
  } cases[] = {{"TLS is not answered", "https://", false, false, Delivery::NotSent},
               {"the request is not answered", "http://", false, true, Delivery::Unknown},
               {"a proxy does not answer CONNECT", "https://", true, true, Delivery::NotSent},
               {"a proxy does not answer a request", "http://", true, true, Delivery::Unknown}};
  const auto& row = cases[GENERATE(0, 1, 2, 3)];
  INFO(row.what);
  SocketServer server([&](Connection& connection) {
    if (row.reads) {
      connection.readRequest();
    } else {
      connection.readSome();
    }
    reached.arrive();
    connection.waitForClient();
  });
  CurlTransportOptions options;
  if (row.isProxy) {
    options.proxy = server.url();
  } else {
    options.noProxy = "*";
  }
  LimitedCaller caller(
      settingsFor(row.scheme + (row.isProxy ? "127.0.0.9:81" : server.authority())), options);
  const RotateResult result = caller.rotateInVain([&] { reached.waitFor(1); });
  CHECK(result.error().delivery == row.delivery);
  CHECK(ClientSockets(server.port()).count == 0);
}

TEST_CASE("a call ends while its answer trickles") {
  Gate reached;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
    reached.arrive();
    while (connection.write(" "))
      SystemClock().wait(5);
  });
  LimitedCaller caller(settingsFor(server.url()));
  const RotateResult result = caller.rotateInVain([&] { reached.waitFor(1); });
  CHECK(result.error().delivery == Delivery::Unknown);
  CHECK(ClientSockets(server.port()).count == 0);
}

TEST_CASE("a request that cannot be written is given up") {
  Gate reached;
  Gate over;
  SocketServer server([&](Connection& connection) {
    connection.readSome();
    reached.arrive();
    over.waitFor(1);
  });
  // More than both sides' buffers hold.
  const std::string body(std::size_t{64} << 20, 'x');
  const bool isCancelled = GENERATE(true, false);
  const OwnTime time;
  const Canceller canceller([&] {
    reached.waitFor(1);
    if (!isCancelled) OwnTime::passLimit();
  });
  const std::string url = server.url() + "/";
  const std::string authority = server.authority();
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.https = false;
  request.authority = authority;
  request.host = "127.0.0.1";
  request.port = server.port();
  request.target = "/";
  request.body = body;
  if (isCancelled) {
    request.cancelled = &canceller.flag;
  } else {
    request.timeoutMs = OwnTime::limitMs;
  }
  CurlTransport transport(direct());
  HttpResponse response;
  const Stopwatch watch;
  const Result<void> sent = transport.send(request, response);
  over.arrive();
  CHECK(watch.isEarly());
  REQUIRE_FALSE(sent);
  CHECK(sent.error().kind == (isCancelled ? ErrorKind::Cancelled : ErrorKind::Transport));
  CHECK(sent.error().delivery == Delivery::Unknown);
  CHECK(ClientSockets(server.port()).count == 0);
}

TEST_CASE("a call ends while it waits for its next attempt") {
  Gate reached;
  SocketServer server([&](Connection& connection) {
    while (!connection.readRequest().empty()) {
      connection.answer(503, "", "x-amz-retry-after: 30000\r\n");
      reached.arrive();
    }
  });
  Settings settings = settingsFor(server.url());
  settings.maxBackoffMs = 30'000;
  LimitedCaller caller(settings);
  const RotateResult cancelled = caller.rotateUntil([&] { reached.waitFor(1); });
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().kind == ErrorKind::Cancelled);
  CHECK(cancelled.error().delivery == Delivery::Answered);
  CHECK(cancelled.error().httpStatus == 503);
  // What the service said is worth more than that no time is left to ask it again.
  // The wait is five seconds at least.
  const RotateResult late = caller.rotateWithin(4'000);
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::Service);
  CHECK(late.error().httpStatus == 503);
  CHECK(late.error().attempts == 1);
}

TEST_CASE("a call that was cancelled before it began connects to nobody") {
  ServedFake service;
  LimitedCaller caller(settingsFor(service.url()));
  const std::atomic<bool> flag{true};
  CallLimits limits;
  limits.cancelled = &flag;
  const RotateResult result = caller.rotate(limits);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::Cancelled);
  CHECK(result.error().delivery == Delivery::NotSent);
  CHECK(result.error().attempts == 0);
  CHECK(service.calls() == 0);
  // The transport by itself, too, also where it has a connection that was used.
  REQUIRE(caller.rotate({}));
  const int calls = service.calls();
  const std::string url = service.url() + "/";
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  request.https = false;
  request.authority = "127.0.0.1";
  request.target = "/";
  request.cancelled = &flag;
  HttpResponse response;
  const Result<void> sent = caller.transport.send(request, response);
  REQUIRE_FALSE(sent);
  CHECK(sent.error().kind == ErrorKind::Cancelled);
  CHECK(sent.error().delivery == Delivery::NotSent);
  CHECK(sent.error().message == "the call was cancelled (" + service.url() + ")");
  CHECK(service.calls() == calls);
}

TEST_CASE("calls with and without a flag share a connection, and a cut one is not used again") {
  Gate reached;
  SocketServer server([&](Connection& connection) {
    for (int i = 0; !connection.readRequest().empty(); ++i) {
      if (connection.number() == 0 && i == 3) {
        reached.arrive();
        return connection.waitForClient();
      }
      connection.answer(200, R"({"tunnelArn":"arn","sourceAccessToken":"token"})");
    }
  });
  LimitedCaller caller(settingsFor(server.url()));
  const std::atomic<bool> never{false};
  CallLimits limits;
  limits.cancelled = &never;
  limits.timeoutMs = 60'000;
  REQUIRE(caller.rotate(limits));
  REQUIRE(caller.rotate({}));
  REQUIRE(caller.rotate(limits));
  CHECK(server.connections() == 1);
  CHECK(ClientSockets(server.port()).count == 1);
  const RotateResult cancelled = caller.rotateUntil([&] { reached.waitFor(1); });
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().delivery == Delivery::Unknown);
  CHECK(ClientSockets(server.port()).count == 0);
  REQUIRE(caller.rotate({}));
  CHECK(server.connections() == 2);
}

TEST_CASE("an answer that has arrived is taken, though the flag is set meanwhile") {
  std::array<std::atomic<bool>, 50> flags{};
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(200, R"({"tunnelArn":"arn","sourceAccessToken":"token"})");
    flags.at(static_cast<std::size_t>(connection.number())) = true;
    connection.waitForClient();
  });
  // The flag is true when the answer is read, or soon after.
  for (const std::atomic<bool>& flag : flags) {
    LimitedCaller caller(settingsFor(server.url()));
    CallLimits limits;
    limits.cancelled = &flag;
    const RotateResult result = caller.rotate(limits);
    INFO(describe(result));
    REQUIRE(result);
    CHECK(result->sourceAccessToken->expose() == "token");
  }
}

TEST_CASE("a call that a program drives itself is cancelled in the middle of a transfer") {
  Gate reached;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    reached.arrive();
    connection.waitForClient();
  });
  ClientState<OpensslSha256> state(settingsFor(server.url()));
  StaticCredentials credentials(ServedFake::accessKeyId, ServedFake::secretAccessKey);
  SystemClock clock;
  CurlTransport transport(direct());
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  RotateCall<OpensslSha256> call(state, request, &credentials);
  REQUIRE(call.next(clock.now()) == Step::Send);
  CURLM* const multi = curl_multi_init();
  REQUIRE(transport.begin(call.request(), call.response()));
  curl_multi_add_handle(multi, transport.handle());
  while (!reached.hasArrived()) {
    int running = 0;
    curl_multi_perform(multi, &running);
    REQUIRE(running == 1);
    curl_multi_wait(multi, nullptr, 0, 1, nullptr);
  }
  call.cancel();
  curl_multi_remove_handle(multi, transport.handle());
  call.onSent(transport.end(CURLE_ABORTED_BY_CALLBACK), clock.now());
  REQUIRE(call.next(clock.now()) == Step::Done);
  const auto result = call.takeResult();
  curl_multi_cleanup(multi);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::Cancelled);
  CHECK(result.error().delivery == Delivery::Unknown);
  CHECK(ClientSockets(server.port()).count == 0);
}

TEST_CASE("a signal handler cancels a call") {
  static std::atomic<bool> flag;
  static_assert(std::atomic<bool>::is_always_lock_free);
  flag = false;
  // The program forks while this process has one thread: another could hold a lock, which the
  // program would wait for.
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t program = fork();
  if (program == 0) {
    signal(SIGINT, [](int) { flag = true; });
    close(ends[1]);
    std::array<char, 64> url{};
    const ssize_t size = read(ends[0], url.data(), url.size());
    if (size <= 0) _exit(1);
    LimitedCaller caller(settingsFor(std::string(url.data(), static_cast<std::size_t>(size))));
    CallLimits limits;
    limits.cancelled = &flag;
    const RotateResult result = caller.rotate(limits);
    const bool isAsExpected = !result && result.error().kind == ErrorKind::Cancelled &&
                              result.error().delivery == Delivery::Unknown;
    _exit(isAsExpected ? 0 : 1);
  }
  Gate reached;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    reached.arrive();
    connection.waitForClient();
  });
  const std::string url = server.url();
  REQUIRE(write(ends[1], url.data(), url.size()) == static_cast<ssize_t>(url.size()));
  close(ends[0]);
  close(ends[1]);
  REQUIRE(reached.waitFor(1));
  const Stopwatch watch;
  kill(program, SIGINT);
  int status = -1;
  CHECK(waitpid(program, &status, 0) == program);
  CHECK(watch.isEarly());
  CHECK(status == 0);
}

TEST_CASE("the shorter of two limits counts") {
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    OwnTime::passLimit();
    connection.waitForClient();
  });
  const struct {
    long totalMs;
    std::int64_t callMs;
    ErrorKind kind;
  } cases[] = {{OwnTime::limitMs, 60'000, ErrorKind::Transport},
               {60'000, OwnTime::limitMs, ErrorKind::DeadlineExceeded},
               {0, OwnTime::limitMs, ErrorKind::DeadlineExceeded},
               {OwnTime::limitMs, INT64_MAX, ErrorKind::Transport},
               {OwnTime::limitMs, std::int64_t{1} << 32, ErrorKind::Transport}};
  for (const auto& row : cases) {
    CAPTURE(row.totalMs, row.callMs);
    const OwnTime time;
    CurlTransportOptions options = direct();
    options.totalTimeoutMs = row.totalMs;
    Settings settings = settingsFor(server.url());
    settings.maxAttempts = 1;
    LimitedCaller caller(settings, options);
    const RotateResult result = caller.rotateWithin(row.callMs);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == row.kind);
    CHECK(result.error().transportCode == CURLE_OPERATION_TIMEDOUT);
  }
}
