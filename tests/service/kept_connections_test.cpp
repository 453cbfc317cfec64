// SPDX-License-Identifier: BSL-1.0
// What waits on a kept connection, and whose it is.
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "support/caller.hpp"
#include "support/client_sockets.hpp"
#include "support/environment.hpp"
#include "support/gate.hpp"
#include "support/own_multi.hpp"
#include "support/server_process.hpp"

using namespace secure_tunneling;

namespace {

/// A server in the clear or over TLS, and who trusts it.
struct Place {
  TemporaryFolder folder;
  CertificateAuthority authority{folder, "ca"};
  TlsOptions tls;
  bool isTls;

  /// In the clear with version 0.
  explicit Place(int tlsVersion) : isTls(tlsVersion != 0) {
    tls.certificate = authority.issue("server");
    tls.newestVersion = tlsVersion;
  }
  [[nodiscard]] std::unique_ptr<SocketServer> serve(SocketServer::Script script) const {
    return isTls ? std::make_unique<SocketServer>(tls, std::move(script))
                 : std::make_unique<SocketServer>(std::move(script));
  }
  [[nodiscard]] CurlTransportOptions trusting() const {
    CurlTransportOptions options = direct();
    options.caFile = authority.file();
    return options;
  }
};

std::string answerNamed(const std::string& name) {
  return R"({"tunnelArn":")" + name + R"(","sourceAccessToken":"token"})";
}

std::string withLength(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

/// `name`, or what went wrong.
std::string nameOf(const RotateResult& response) {
  return response && response->tunnelArn ? *response->tunnelArn : describe(response);
}

/// An option of the socket of the only connection to `port`.
int optionOf(std::uint16_t port, int level, int option) {
  const ClientSockets sockets(port);
  REQUIRE(sockets.count == 1);
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(getsockopt(sockets.last, level, option, &value, &size) == 0);
  return value;
}

/// What a forked child makes of `action`, which returns its text.
template <class Action>
std::string inChild(const Action& action) {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string text = action();
    const ssize_t written = write(ends[1], text.data(), text.size());
    _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 256> buffer{};
  for (ssize_t count = 0; (count = read(ends[0], buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  return text;
}

}  // namespace

TEST_CASE("what waits on a kept connection is not the answer to the next request") {
  const Place place(GENERATE(0, TLS1_2_VERSION, TLS1_3_VERSION));
  const std::string stray =
      GENERATE(withLength("200 OK", answerNamed("stray")),
               withLength("408 Request Timeout", "").insert(26, "Connection: close\r\n"),
               std::string("HTTP/1.1 100 Continue\r\n\r\n"), std::string("H"));
  CAPTURE(place.isTls, place.tls.newestVersion, stray);
  Gate answerIsRead;
  const auto server = place.serve([&](Connection& connection) {
    const std::string name = "connection " + std::to_string(connection.number());
    while (!connection.readRequest().empty()) {
      connection.write(withLength("200 OK", answerNamed(name)));
      if (connection.number() != 0) continue;
      answerIsRead.waitFor(1);
      connection.write(stray);
    }
  });
  Caller caller(server->url(), place.trusting());
  REQUIRE(nameOf(caller.rotate()) == "connection 0");
  answerIsRead.arrive();
  REQUIRE(hasArrived(server->port()));
  for (int i = 0; i != 2; ++i) {
    const auto response = caller.rotate();
    CHECK(nameOf(response) == "connection 1");
    CHECK((response && response->attempts == 1));
  }
  CHECK(server->connections() == 2);
}

TEST_CASE("a piece of another answer behind a whole one stays out of the next") {
  const Place place(GENERATE(0, TLS1_3_VERSION));
  Gate answerIsRead;
  const auto server = place.serve([&](Connection& connection) {
    const std::string stray = withLength("200 OK", answerNamed("stray"));
    while (!connection.readRequest().empty()) {
      const std::string body = answerNamed("own");
      std::array<char, 8> size{};
      std::snprintf(size.data(), size.size(), "%zx", body.size());
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                       std::string(size.data()) + "\r\n" + body + "\r\n0\r\n\r\n" +
                       stray.substr(0, 20));
      if (connection.number() != 0) continue;
      answerIsRead.waitFor(1);
      connection.write(stray.substr(20));
    }
  });
  Caller caller(server->url(), place.trusting());
  REQUIRE(nameOf(caller.rotate()) == "own");
  answerIsRead.arrive();
  REQUIRE(hasArrived(server->port()));
  CHECK(nameOf(caller.rotate()) == "own");
}

TEST_CASE("another answer that comes with a whole one stays out of the next") {
  const Place place(GENERATE(0, TLS1_2_VERSION, TLS1_3_VERSION));
  Gate written;
  const auto server = place.serve([&](Connection& connection) {
    while (!connection.readRequest().empty()) {
      // In one packet, and over TLS in two records.
      int isHeldBack = 1;
      setsockopt(connection.socket(), IPPROTO_TCP, TCP_CORK, &isHeldBack, sizeof isHeldBack);
      connection.write(withLength("200 OK", answerNamed("own")));
      connection.write(withLength("200 OK", answerNamed("stray")));
      isHeldBack = 0;
      setsockopt(connection.socket(), IPPROTO_TCP, TCP_CORK, &isHeldBack, sizeof isHeldBack);
      written.arrive();
    }
  });
  Caller caller(server->url(), place.trusting());
  for (int i = 1; i != 4; ++i) {
    CHECK(nameOf(caller.rotate()) == "own");
    // What is held back goes out after 200 ms in any case: the stray one may still be on its way.
    REQUIRE(written.waitFor(i));
  }
}

TEST_CASE("another answer in one piece with the end of a whole one stays out of the next") {
  const Place place(GENERATE(0, TLS1_2_VERSION, TLS1_3_VERSION));
  const auto server = place.serve([&](Connection& connection) {
    while (!connection.readRequest().empty()) {
      // Over TLS one record each: of the second libcurl asks for no more than it wants.
      const std::string own = withLength("200 OK", answerNamed("own"));
      const std::size_t headers = own.find("\r\n\r\n") + 4;
      connection.write(own.substr(0, headers));
      connection.write(own.substr(headers) + withLength("200 OK", answerNamed("stray")));
    }
  });
  Caller caller(server->url(), place.trusting());
  for (int i = 0; i != 3; ++i)
    CHECK(nameOf(caller.rotate()) == "own");
}

TEST_CASE("a connection is kept for each host") {
  ServedFake one;
  ServedFake other;
  Caller caller(one.url());
  Client second(settingsFor(other.url()), caller.transport, caller.credentials, caller.clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  for (int i = 0; i != 3; ++i) {
    REQUIRE(caller.rotate());
    REQUIRE(rotateTunnelAccessToken(request, second));
  }
  CHECK(one.connections() == 1);
  CHECK(other.connections() == 1);
}

TEST_CASE("a connection that is of no use takes no other with it") {
  const Place place(GENERATE(0, TLS1_2_VERSION, TLS1_3_VERSION));
  CAPTURE(place.isTls, place.tls.newestVersion);
  Gate answerIsRead;
  const auto untidy = place.serve([&](Connection& connection) {
    while (!connection.readRequest().empty()) {
      connection.write(withLength("200 OK", answerNamed("untidy")));
      if (connection.number() != 0) continue;
      answerIsRead.waitFor(1);
      connection.write(withLength("408 Request Timeout", ""));
    }
  });
  const auto tidy = place.serve([](Connection& connection) {
    while (!connection.readRequest().empty())
      connection.write(withLength("200 OK", answerNamed("tidy")));
  });
  Caller caller(untidy->url(), place.trusting());
  Client second(settingsFor(tidy->url()), caller.transport, caller.credentials, caller.clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  CHECK(nameOf(caller.rotate()) == "untidy");
  CHECK(nameOf(rotateTunnelAccessToken(request, second)) == "tidy");
  answerIsRead.arrive();
  REQUIRE(hasArrived(untidy->port()));
  CHECK(nameOf(caller.rotate()) == "untidy");
  CHECK(nameOf(rotateTunnelAccessToken(request, second)) == "tidy");
  CHECK(untidy->connections() == 2);
  CHECK(tidy->connections() == 1);
}

TEST_CASE("in a program's own multi handle, too, nothing that waits is an answer") {
  Gate answersAreRead;
  SocketServer server([&](Connection& connection) {
    for (int i = 0; !connection.readRequest().empty(); ++i) {
      connection.answer(200, answerNamed(std::to_string(connection.number())));
      if (connection.number() != 0 || i != 1) continue;
      answersAreRead.waitFor(1);
      connection.answer(200, answerNamed("stray"));
    }
  });
  const OwnMulti multi;
  HttpRequest request;
  const std::string url = server.url() + "/";
  request.method = "POST";
  request.url = url;
  request.target = "/";
  request.https = false;
  HttpResponse response;
  const auto perform = [&](CurlTransport& transport) {
    response.clear();
    REQUIRE(transport.begin(request, response));
    return multi.perform(transport);
  };
  const auto transfer = [&](CurlTransport& transport) {
    const CURLcode code = perform(transport);
    return transport.end(code);
  };
  CurlTransport one(direct());
  CurlTransport other(direct());
  // Kept for whoever comes next.
  REQUIRE(transfer(one));
  REQUIRE(transfer(other));
  CHECK(response.body.expose() == answerNamed("0"));
  answersAreRead.arrive();
  REQUIRE(hasArrived(server.port()));
  CurlTransport& next = GENERATE(false, true) ? other : one;
  const bool beginsAgain = GENERATE(false, true);
  // A libcurl that sees for itself that it is of no use takes another at once.
  const CURLcode code = perform(next);
  if (next.mustBeginAgain()) {
    if (!beginsAgain) {
      const Result<void> refused = next.end(code);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().kind == ErrorKind::Transport);
      CHECK(refused.error().delivery == Delivery::NotSent);
    }
    const CURLcode again = perform(next);
    CHECK_FALSE(next.mustBeginAgain());
    REQUIRE(next.end(again));
  } else {
    REQUIRE(next.end(code));
  }
  CHECK(response.body.expose() == answerNamed("1"));
}

TEST_CASE("a program that is started does not inherit a connection") {
  ServedFake service;
  Caller caller(service.url());
  REQUIRE(caller.rotate());
  const ClientSockets sockets(service.server().port());
  CHECK(sockets.count == 1);
  CHECK(sockets.areClosedByExec);
}

TEST_CASE("on both sides of a fork a transport has its own connection") {
  const Place place(GENERATE(0, TLS1_2_VERSION, TLS1_3_VERSION));
  CAPTURE(place.isTls, place.tls.newestVersion);
  // A thread of this process could hold a lock while it forks, which its child would wait for.
  const ServerProcess server([&] {
    return place.serve([](Connection& connection) {
      const std::string name = "connection " + std::to_string(connection.number());
      while (!connection.readRequest().empty())
        connection.write(withLength("200 OK", answerNamed(name)));
    });
  });
  auto caller = std::make_unique<Caller>(server.url(), place.trusting());
  REQUIRE(nameOf(caller->rotate()) == "connection 0");
  SECTION("that calls") {
    const std::string seen = inChild([&] {
      std::string names;
      for (int i = 0; i != 2; ++i)
        names += nameOf(caller->rotate()) + ";";
      return names + inChild([&] { return nameOf(caller->rotate()); });
    });
    CHECK(seen == "connection 1;connection 1;connection 2");
  }
  SECTION("that only ends there") {
    const std::string seen = inChild([&] {
      caller.reset();
      return std::string("ended");
    });
    CHECK(seen == "ended");
  }
  CHECK(nameOf(caller->rotate()) == "connection 0");
}

TEST_CASE("the other end of an idle connection is asked whether it is still there") {
  TestEnvironment environment;
  for (const char* const name : {"http_proxy", "all_proxy", "ALL_PROXY"})
    environment.unset(name);
  ServedFake service;
  std::optional<Caller> caller;
  int idle = 60;
  int interval = 60;
  SECTION("by a transport without options") {
    CurlTransport transport;
    Caller parts(service.url());
    Client client(settingsFor(service.url()), transport, parts.credentials, parts.clock);
    RotateTunnelAccessTokenRequest request;
    request.tunnelId = ServedFake::tunnel;
    request.clientMode = ClientMode::ALL;
    REQUIRE(rotateTunnelAccessToken(request, client));
    CHECK(optionOf(service.server().port(), SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(optionOf(service.server().port(), IPPROTO_TCP, TCP_KEEPIDLE) == idle);
    CHECK(optionOf(service.server().port(), IPPROTO_TCP, TCP_KEEPINTVL) == interval);
    return;
  }
  CurlTransportOptions options = direct();
  SECTION("by options as they begin") {}
  SECTION("at times of its own") {
    options.keepAliveIdleSeconds = idle = 7;
    options.keepAliveIntervalSeconds = interval = 3;
  }
  SECTION("but not where that is off") {
    options.keepAliveIdleSeconds = idle = 0;
  }
  caller.emplace(service.url(), options);
  REQUIRE(caller->rotate());
  CHECK(optionOf(service.server().port(), SOL_SOCKET, SO_KEEPALIVE) == (idle != 0 ? 1 : 0));
  if (idle == 0) return;
  CHECK(optionOf(service.server().port(), IPPROTO_TCP, TCP_KEEPIDLE) == idle);
  CHECK(optionOf(service.server().port(), IPPROTO_TCP, TCP_KEEPINTVL) == interval);
}

TEST_CASE("a connection in place of one that has ended takes up its TLS session") {
  // An older libcurl is not sound where memory runs out, but for one that needs them.
  const unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
  const bool isKept = version >= 0x080c00 || version == 0x075700;
  const Place place(GENERATE(TLS1_2_VERSION, TLS1_3_VERSION));
  // What the server does with a connection whose answer was read.
  const std::string end = GENERATE("close", "reset", "408");
  CAPTURE(place.tls.newestVersion, end);
  Gate answersAreRead;
  std::atomic<int> resumed{0};
  const auto server = place.serve([&](Connection& connection) {
    if (connection.isResumed()) ++resumed;
    connection.readRequest();
    connection.write(withLength("200 OK", answerNamed(std::to_string(connection.number()))));
    answersAreRead.waitFor(connection.number() + 1);
    if (end == "reset") connection.reset();
    if (end == "408") {
      connection.write(withLength("408 Request Timeout", ""));
      connection.waitForClient();
    }
  });
  Caller caller(server->url(), place.trusting());
  for (int i = 0; i != 3; ++i) {
    const auto response = caller.rotate();
    CHECK(nameOf(response) == std::to_string(i));
    CHECK((response && response->attempts == 1));
    CHECK(resumed == (isKept ? i : 0));
    const ClientSockets sockets(server->port());  // one that is reset leads nowhere
    answersAreRead.arrive();
    REQUIRE(hasArrived(sockets));
  }
}
