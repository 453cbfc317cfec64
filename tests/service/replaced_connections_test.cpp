// SPDX-License-Identifier: BSL-1.0
// When a kept connection is given up for a new one. Its end can fall between the look at it and the
// request, and its age takes minutes: this program has a recv of its own, which is found before the
// system's, and a time of its own.
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <functional>
#include <memory>
#include <string>

#include "service/own_time.hpp"
#include "support/caller.hpp"
#include "support/gate.hpp"

using namespace secure_tunneling;

namespace {

/// What happens when a kept connection was looked at, and found fit for a request.
std::function<void(int socket)> afterLook;

}  // namespace

extern "C" ssize_t recv(int socket, void* buffer, std::size_t size, int flags) {
  static const auto next = reinterpret_cast<decltype(&recv)>(dlsym(RTLD_NEXT, "recv"));
  const ssize_t count = next(socket, buffer, size, flags);
  if (flags == (MSG_PEEK | MSG_DONTWAIT) && count == -1 && afterLook) {
    const int reason = errno;
    afterLook(socket);
    errno = reason;
  }
  return count;
}

TEST_CASE("a connection that was idle for too long is not used again") {
  ServedFake service;
  CurlTransportOptions options = direct();
  OwnTime time;
  SECTION("by libcurl's limit, where there is no other") {
    Caller caller(service.url(), options);
    REQUIRE(caller.rotate());
    time.pass(117);
    REQUIRE(caller.rotate());
    CHECK(service.connections() == 1);
    time.pass(120);
    REQUIRE(caller.rotate());
    CHECK(service.connections() == 2);
  }
  SECTION("by one of the program's own") {
    options.maxIdleSeconds = 600;
    Caller caller(service.url(), options);
    REQUIRE(caller.rotate());
    time.pass(590);
    REQUIRE(caller.rotate());
    CHECK(service.connections() == 1);
    time.pass(602);
    REQUIRE(caller.rotate());
    CHECK(service.connections() == 2);
  }
  SECTION("unless there is none") {
    options.maxIdleSeconds = 0;
    Caller caller(service.url(), options);
    REQUIRE(caller.rotate());
    time.pass(1'000'000);
    REQUIRE(caller.rotate());
    CHECK(service.connections() == 1);
  }
}

TEST_CASE("a connection that is too old is not used again, though it was never idle") {
  ServedFake service;
  CurlTransportOptions options = direct();
  options.maxLifetimeSeconds = 100;
  Caller caller(service.url(), options);
  OwnTime time;
  REQUIRE(caller.rotate());
  time.pass(60);
  REQUIRE(caller.rotate());
  CHECK(service.connections() == 1);
  time.pass(60);
  REQUIRE(caller.rotate());
  CHECK(service.connections() == 2);
}

namespace {

/// A service whose first connection ends when the test wants it, after one answer.
class EndingService {
 public:
  using End = void (*)(Connection&);

  EndingService(bool isTls, End end) : end_(end) {
    const auto script = [this](Connection& connection) { serve(connection); };
    server_ = isTls ? std::make_unique<SocketServer>(TlsOptions{authority_.issue("server"), {}, 0},
                                                     script)
                    : std::make_unique<SocketServer>(script);
  }

  [[nodiscard]] CurlTransportOptions options() const {
    CurlTransportOptions options = direct();
    options.caFile = authority_.file();
    return options;
  }
  [[nodiscard]] std::string url() const { return server_->url(); }
  [[nodiscard]] int connections() const { return server_->connections(); }
  [[nodiscard]] int calls() { return fake_.calls(); }
  /// Ends the first connection, and waits until the client has been told on `socket`.
  void endFirst(int socket) {
    isToEnd_.arrive();
    pollfd told{socket, POLLIN, 0};
    CHECK(poll(&told, 1, 30'000) == 1);
  }
  /// Ends all connections, and takes no more.
  void stop() {
    isToEnd_.arrive();
    server_.reset();
  }

 private:
  void serve(Connection& connection) {
    if (connection.number() != 0) return fake_.serve(connection);
    fake_.answerOne(connection);
    isToEnd_.waitFor(1);
    end_(connection);
  }

  TemporaryFolder folder_;
  CertificateAuthority authority_{folder_, "ca"};
  End end_;
  Gate isToEnd_;
  ServedFake fake_;
  std::unique_ptr<SocketServer> server_;
};

void closeAtOnce(Connection&) {}
void resetAtOnce(Connection& connection) {
  connection.reset();
}

/// Does something at the next look, and only then.
struct AtNextLook {
  explicit AtNextLook(std::function<void(int)> action) {
    afterLook = [action = std::move(action)](int socket) {
      const auto once = action;
      afterLook = nullptr;
      once(socket);
    };
  }
  ~AtNextLook() { afterLook = nullptr; }
  AtNextLook(const AtNextLook&) = delete;
  AtNextLook& operator=(const AtNextLook&) = delete;
};

}  // namespace

TEST_CASE("a connection that is reset between the look and the request is replaced at once") {
  EndingService service(GENERATE(false, true), &resetAtOnce);
  Caller caller(service.url(), service.options());
  REQUIRE(caller.rotate());
  const AtNextLook look([&](int socket) { service.endFirst(socket); });
  const auto response = caller.rotate();
  INFO(describe(response));
  REQUIRE(response);
  CHECK(response->attempts == 1);
  CHECK(caller.clock.waits().empty());
  CHECK(service.connections() == 2);
  CHECK(service.calls() == 2);
}

TEST_CASE("a request on a connection that is closed after the look may have arrived") {
  // What is written to a connection that the other end has closed is taken, and then refused.
  EndingService service(GENERATE(false, true), &closeAtOnce);
  Settings settings = settingsFor(service.url());
  settings.retryUnknownDelivery = GENERATE(false, true);
  Caller caller(settings, service.options());
  REQUIRE(caller.rotate());
  const AtNextLook look([&](int socket) { service.endFirst(socket); });
  const auto response = caller.rotate();
  INFO(describe(response));
  if (settings.retryUnknownDelivery) {
    REQUIRE(response);
    CHECK(response->attempts == 2);
    CHECK(service.calls() == 2);
  } else {
    REQUIRE_FALSE(response);
    CHECK(response.error().kind == ErrorKind::Transport);
    CHECK(response.error().delivery == Delivery::Unknown);
    CHECK(response.error().attempts == 1);
    CHECK(service.calls() == 1);
  }
}

TEST_CASE("a connection in place of a kept one that is refused is an attempt, as any other") {
  EndingService service(GENERATE(false, true), GENERATE(&closeAtOnce, &resetAtOnce));
  Caller caller(service.url(), service.options());
  REQUIRE(caller.rotate());
  service.stop();
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().transportCode == CURLE_COULDNT_CONNECT);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().attempts == 3);
  CHECK(caller.clock.waits().size() == 2);
}
