// SPDX-License-Identifier: BSL-1.0
// Servers and networks that fail, and what an application learns of it.
#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "service/own_time.hpp"
#include "support/caller.hpp"
#include "support/client_sockets.hpp"
#include "support/environment.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";

Settings once(std::string url) {
  Settings settings = settingsFor(std::move(url));
  settings.maxAttempts = 1;
  return settings;
}

std::string tooLongFrom(const std::string& url) {
  return std::string("the answer is longer than the transport's options allow: ") +
         curl_easy_strerror(CURLE_FILESIZE_EXCEEDED) + " (" + url + ")";
}

}  // namespace

TEST_CASE("failures that pass are retried") {
  ServedFake service;
  Caller caller(service.url());
  SECTION("throttling") {
    service.injectFault(Fault::Throttled, 2);
  }
  SECTION("an internal error") {
    service.injectFault(Fault::InternalError, 2);
  }
  SECTION("a gateway's error") {
    service.injectFault(Fault::BadGateway);
    service.injectFault(Fault::ServiceUnavailable);
  }
  SECTION("a lost connection") {
    service.injectFault(Fault::DroppedBeforeRotation);
    service.injectFault(Fault::DroppedAfterRotation);
  }
  const auto response = caller.rotate();
  INFO(describe(response));
  REQUIRE(response);
  CHECK(response->attempts == 3);
  CHECK(service.calls() == 3);
  CHECK(service.accepts(response->sourceAccessToken->expose()));
  CHECK(caller.clock.waits() == std::vector<std::int64_t>{1000, 2000});
}

TEST_CASE("the wait that a server asks for is kept") {
  ServedFake service;
  service.with([](auto& fake) { fake.setRetryAfter("4"); });
  service.injectFault(Fault::Throttled);
  Caller caller(service.url());
  REQUIRE(caller.rotate());
  CHECK(caller.clock.waits() == std::vector<std::int64_t>{4000});
}

TEST_CASE("retries end, and the last failure is the result") {
  ServedFake service;
  service.injectFault(Fault::ServiceUnavailable, 5);
  Caller caller(service.url());
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  CHECK(response.error().kind == ErrorKind::Service);
  CHECK(response.error().httpStatus == 503);
  CHECK(response.error().attempts == 3);
  CHECK(response.error().message.find("503 Service Unavailable") != std::string::npos);
  CHECK(service.calls() == 3);
}

TEST_CASE("an answer that nobody can understand is an error, and is not asked for again") {
  ServedFake service;
  service.injectFault(GENERATE(Fault::EmptyBody, Fault::TruncatedBody, Fault::NotJsonBody,
                               Fault::WrongTypeBody, Fault::InvalidUtf8Body));
  Caller caller(service.url());
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  CHECK(response.error().kind == ErrorKind::InvalidResponse);
  CHECK(response.error().delivery == Delivery::Answered);
  CHECK(response.error().attempts == 1);
  CHECK(service.calls() == 1);
}

TEST_CASE("what certainly was not sent is told from what may have been") {
  const ClosedPort closed;
  std::string url;
  SECTION("nobody listens") {
    url = "http://" + closed.authority();
  }
  SECTION("a host without an address") {
    url = "https://nonexistent.invalid";
  }
  SECTION("a host that cannot have one") {
    url = "https://" + std::string(64, 'x') + ".invalid";
  }
  CurlTransportOptions options = direct();
  options.connectTimeoutMs = 3000;
  Caller caller(once(url), options);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().transportCode != 0);
  CHECK(response.error().attempts == 1);
}

TEST_CASE("a server that goes away on a warm transport leaves the request unsent") {
  auto service = std::make_unique<ServedFake>();
  Caller caller(once(service->url()));
  REQUIRE(caller.rotate());
  const ClientSockets sockets(service->server().port());
  service.reset();
  REQUIRE(hasArrived(sockets));
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().delivery == Delivery::NotSent);
}

TEST_CASE("a TLS handshake that breaks leaves the request unsent") {
  SocketServer server([](Connection& connection) {
    connection.readSome();
    if (connection.number() % 2 == 0) connection.write("SSH-2.0-not-TLS\r\n");
    connection.reset();
  });
  for (int i = 0; i != 2; ++i) {
    Caller caller(once("https://" + server.authority()));
    const auto response = caller.rotate();
    REQUIRE_FALSE(response);
    INFO(describe(response));
    CHECK(response.error().kind == ErrorKind::Transport);
    CHECK(response.error().delivery == Delivery::NotSent);
  }
}

TEST_CASE("after the request the delivery is unknown") {
  SocketServer::Script script;
  SECTION("reset at the first byte") {
    script = [](Connection& connection) {
      char first = '\0';
      recv(connection.socket(), &first, 1, 0);
      connection.reset();
    };
  }
  SECTION("reset after the request") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.reset();
    };
  }
  SECTION("closed without an answer") {
    script = [](Connection& connection) { connection.readRequest(); };
  }
  SECTION("closed within the headers") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 OK\r\nContent-Le");
    };
  }
  SECTION("closed behind a header that is folded into nothing") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 OK\r\nX-Folded: a\r\n \n");
    };
  }
  SECTION("closed within the body") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write(std::string(head) + R"({"sourceAccessToken":"half)");
    };
  }
  SECTION("reset within the body") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write(std::string(head) + R"({"sourceAccessToken":"half)");
      connection.reset();
    };
  }
  SECTION("closed within a chunk") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}");
    };
  }
  SECTION("a chunk length that is none") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n");
    };
  }
  SECTION("a content length that is none") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}");
    };
  }
  SECTION("not HTTP") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("220 mail.example ESMTP\r\n");
    };
  }
  SECTION("HTTP/0.9, a body and nothing else") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("{}");
    };
  }
  SECTION("a NUL in a header") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.answer(200, "{}", std::string_view("X-Nul: a\0b\r\n", 12));
    };
  }
  SocketServer server(script);
  Caller caller(server.url());
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().delivery == Delivery::Unknown);
  CHECK(response.error().transportCode != 0);
  CHECK(response.error().attempts == 3);
  CHECK(server.connections() == 3);
}

TEST_CASE("once an attempt may have arrived, an unsent one does not change that") {
  auto server =
      std::make_unique<SocketServer>([](Connection& connection) { connection.readRequest(); });
  // The server goes away between the first attempt and the second.
  class GoneAfterFirst final : public HttpTransport {
   public:
    GoneAfterFirst(HttpTransport& inner, std::unique_ptr<SocketServer>& server)
        : inner_(inner), server_(server) {}
    Result<void> send(const HttpRequest& request, HttpResponse& response) override {
      auto sent = inner_.send(request, response);
      server_.reset();
      return sent;
    }

   private:
    HttpTransport& inner_;
    std::unique_ptr<SocketServer>& server_;
  };
  Caller caller(server->url());
  GoneAfterFirst transport(caller.transport, server);
  Client client(caller.client.settings(), transport, caller.credentials, caller.clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  const auto response = rotateTunnelAccessToken(request, client);
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().attempts == 3);
  CHECK(response.error().transportCode == CURLE_COULDNT_CONNECT);
  CHECK(response.error().delivery == Delivery::Unknown);
}

TEST_CASE("an unknown delivery is not retried where that is not wanted") {
  ServedFake service;
  service.injectFault(Fault::DroppedAfterRotation);
  Settings settings = settingsFor(service.url());
  settings.retryUnknownDelivery = false;
  Caller caller(settings);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  CHECK(response.error().delivery == Delivery::Unknown);
  CHECK(response.error().attempts == 1);
  CHECK(service.calls() == 1);
}

TEST_CASE("an answer past the limits is refused, and memory stays within them") {
  CurlTransportOptions options = direct();
  options.maxResponseBytes = 1000;
  options.maxHeaderBytes = 500;
  SocketServer::Script script;
  int status = 200;  // which headers that have not ended do not say
  SECTION("a body without an end") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 OK\r\n\r\n");
      while (connection.write(std::string(10'000, ' '))) {
      }
    };
  }
  SECTION("chunks without an end") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      while (connection.write("4\r\n    \r\n")) {
      }
    };
  }
  SECTION("headers without an end") {
    status = 0;
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 OK\r\n");
      while (connection.write("X-Header: value\r\n")) {
      }
    };
  }
  SECTION("headers that are too long by a few bytes") {
    status = 0;
    script = [](Connection& connection) {
      connection.readRequest();
      connection.answer(200, "{}", "X-Long: " + std::string(500, 'x') + "\r\n");
    };
  }
  SECTION("one byte too many in the body") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.answer(200, std::string(1001, ' '));
    };
  }
  SocketServer server(script);
  CurlTransport transport(options);
  ManualClock clock;
  StaticCredentials credentials("AKIDEXAMPLE", ServedFake::secretAccessKey);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  ClientState<OpensslSha256> state(settingsFor(server.url()));
  {
    RotateCall<OpensslSha256> call(state, request);
    REQUIRE(call.next(clock.now()) == RotateCall<OpensslSha256>::Step::NeedCredentials);
    call.onCredentials(credentials.retrieve(call.credentialsQuery(), call.credentials()));
    REQUIRE(call.next(clock.now()) == RotateCall<OpensslSha256>::Step::Send);
    auto sent = transport.send(call.request(), call.response());
    REQUIRE_FALSE(sent);
    CHECK(detail::sharedBy(state).exchange.response.body.capacity() == options.maxResponseBytes);
    CHECK(detail::sharedBy(state).exchange.response.body.empty());
    CHECK(detail::sharedBy(state).exchange.response.headers.size() == 0);
    call.onSent(std::move(sent), clock.now());
    REQUIRE(call.next(clock.now()) == RotateCall<OpensslSha256>::Step::Done);
    const auto response = call.takeResult();
    REQUIRE_FALSE(response);
    INFO(describe(response));
    CHECK(response.error().kind == ErrorKind::InvalidResponse);
    CHECK(response.error().delivery == Delivery::Answered);
    CHECK(response.error().attempts == 1);
    CHECK(response.error().httpStatus == status);
    CHECK(response.error().transportCode == CURLE_FILESIZE_EXCEEDED);
    CHECK(response.error().message == tooLongFrom(server.url()));
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("an error answer that is too long is the error that its beginning says") {
  CurlTransportOptions options = direct();
  options.maxResponseBytes = GENERATE(std::size_t{1000}, std::size_t{64} * 1024);
  const struct {
    int status;
    const char* header;
    const char* body;
    const char* code;
    int attempts;
  } cases[] = {
      {503, "", "<html>", "", 3},
      {429, "Retry-After: 0\r\n", "busy", "", 3},
      {413, "", "<html>", "", 1},
      {400, "X-Amzn-Errortype: ThrottlingException\r\n", "{\"message\":\"", "ThrottlingException",
       3},
      {403, "X-Amzn-Errortype: AccessDeniedException\r\n", "{\"message\":\"",
       "AccessDeniedException", 1},
  };
  for (const auto& row : cases) {
    CAPTURE(row.status);
    SocketServer server([&](Connection& connection) {
      connection.readRequest();
      connection.answer(row.status, row.body + std::string(200'000, ' '),
                        std::string(row.header) + "X-Amzn-Requestid: an-id\r\n");
    });
    Settings settings = settingsFor(server.url());
    Caller caller(settings, options);
    const auto response = caller.rotate();
    REQUIRE_FALSE(response);
    INFO(describe(response));
    CHECK(response.error().kind == ErrorKind::Service);
    CHECK(response.error().delivery == Delivery::Answered);
    CHECK(response.error().httpStatus == row.status);
    CHECK(response.error().code == row.code);
    CHECK(response.error().requestId == "an-id");
    CHECK(response.error().attempts == row.attempts);
    CHECK(server.connections() == row.attempts);
  }
}

TEST_CASE("of an error answer that is too long all is read that the limit allows") {
  CurlTransportOptions options = direct();
  options.maxResponseBytes = 1000;
  SocketServer server([](Connection& connection) {
    connection.readRequest();
    connection.answer(503, "the gateway is down" + std::string(1'500, '.'));
  });
  Settings settings = settingsFor(server.url());
  settings.maxAttempts = 1;
  Caller caller(settings, options);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  CHECK(response.error().kind == ErrorKind::Service);
  CHECK(response.error().message.find("the gateway is down...") != std::string::npos);
}

TEST_CASE("an answer up to the limit is taken") {
  CurlTransportOptions options = direct();
  options.maxResponseBytes = 1000;
  SocketServer server([](Connection& connection) {
    connection.readRequest();
    connection.answer(200, "{}" + std::string(998, ' '));
  });
  Caller caller(server.url(), options);
  const auto response = caller.rotate();
  INFO(describe(response));
  CHECK(response);
}

TEST_CASE("a header line that is too long for libcurl is refused, and not asked for again") {
  const std::string begin = GENERATE("HTTP/1.1 200 OK\r\nX-Endless: ", "HTTP/1.1 200 ",
                                     "HTTP/1.1 503 Busy\r\nX-Endless: ");
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.write(begin);
    while (connection.write(std::string(10'000, 'x'))) {
    }
  });
  CurlTransportOptions options = direct();
  options.maxHeaderBytes = GENERATE(std::size_t{16} * 1024, SIZE_MAX);
  Caller caller(server.url(), options);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::InvalidResponse);
  CHECK(response.error().delivery == Delivery::Answered);
  CHECK(response.error().attempts == 1);
  CHECK(response.error().message.find("the answer has headers that libcurl has no room for") == 0);
  CHECK(server.connections() == 1);
}

TEST_CASE("limits of SIZE_MAX are none but libcurl's own") {
  CurlTransportOptions options = direct();
  options.maxResponseBytes = SIZE_MAX;
  options.maxHeaderBytes = SIZE_MAX;
  const std::string line = "X-Header: " + std::string(9988, 'x') + "\r\n";
  std::size_t lines = 0;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    std::string headers;
    for (std::size_t i = 0; i != lines; ++i)
      headers += line;
    connection.answer(200, "{}" + std::string(5'000'000, ' '), headers);
  });
  SECTION("what libcurl takes") {
    lines = 200'000 / line.size();
    Caller caller(server.url(), options);
    const auto response = caller.rotate();
    INFO(describe(response));
    CHECK(response);
  }
  SECTION("what a newer one does not") {
    lines = 400'000 / line.size();
    Caller caller(server.url(), options);
    const auto response = caller.rotate();
    REQUIRE_FALSE(response);
    INFO(describe(response));
    CHECK(response.error().kind == ErrorKind::InvalidResponse);
    CHECK(response.error().attempts == 1);
  }
}

TEST_CASE("a redirect is an error, and never followed") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  ServedFake elsewhere;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(status, "", "Location: " + elsewhere.url() + "/\r\n");
    connection.waitForClient();
  });
  Caller caller(server.url());
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  CHECK(response.error().kind == ErrorKind::Service);
  CHECK(response.error().httpStatus == status);
  CHECK(response.error().attempts == 1);
  CHECK(server.connections() == 1);
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("a server that does not answer in time is left") {
  CurlTransportOptions options = direct();
  SocketServer::Script script = [](Connection& connection) { connection.waitForClient(); };
  Delivery delivery = Delivery::Unknown;
  bool https = false;
  const OwnTime time;
  SECTION("nothing comes: the total limit") {
    options.totalTimeoutMs = OwnTime::limitMs;
    script = [](Connection& connection) {
      connection.readRequest();
      OwnTime::passLimit();
      connection.waitForClient();
    };
  }
  SECTION("half an answer comes: the total limit") {
    options.totalTimeoutMs = OwnTime::limitMs;
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write(head);
      OwnTime::passLimit();
      connection.waitForClient();
    };
  }
  SECTION("nothing comes: the low-speed limit") {
    options.lowSpeedBytesPerSecond = 1'000'000;
    options.lowSpeedSeconds = 1;
  }
  SECTION("no TLS handshake: the limit of connecting") {
    options.connectTimeoutMs = 200;
    delivery = Delivery::NotSent;
    https = true;
  }
  SocketServer server(script);
  Caller caller(once((https ? "https://" : "http://") + server.authority()), options);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().transportCode == CURLE_OPERATION_TIMEDOUT);
  CHECK(response.error().delivery == delivery);
}

TEST_CASE("a transport is usable again after each kind of failure") {
  ServedFake service;
  SocketServer server([&](Connection& connection) {
    switch (connection.number()) {
      case 0:
        return connection.reset();
      case 1:
        connection.readRequest();
        connection.answer(200, std::string(100'000, ' '));
        return;
      case 2:
        connection.readRequest();
        connection.write(head);
        return;
      default:
        return service.serve(connection);
    }
  });
  Caller caller(once(server.url()));
  for (int i = 0; i != 3; ++i)
    CHECK_FALSE(caller.rotate());
  const auto response = caller.rotate();
  INFO(describe(response));
  CHECK(response);
}

TEST_CASE("limits that are switched off let a call through") {
  ServedFake service;
  CurlTransportOptions options = direct();
  options.connectTimeoutMs = 0;
  options.totalTimeoutMs = 0;
  options.lowSpeedSeconds = 0;
  options.lowSpeedBytesPerSecond = 0;
  Caller caller(service.url(), options);
  CHECK(caller.rotate());
}

TEST_CASE("an unusable setting of the transport is a configuration error") {
  const TemporaryFolder folder;
  CertificateAuthority authority(folder, "ca");
  const CertificateFiles client = authority.issue("client");
  const std::string none = folder.path("none.pem");
  const std::string text = folder.file("text.pem", "no certificate\n");
  CurlTransportOptions options = direct();
  std::string reason;
  SECTION("a CA file that is not there") {
    options.caFile = none;
    reason = "CA bundle " + none + ": No such file or directory (https://";
  }
  SECTION("a CA bundle that is not there, of the environment") {
    options.trust(none, "AWS_CA_BUNDLE");
    reason = "AWS_CA_BUNDLE " + none + ": No such file or directory (https://";
  }
  SECTION("a CA file below a file") {
    options.caFile = text + "/ca.pem";
    reason = "CA bundle " + text + "/ca.pem: Not a directory (https://";
  }
  SECTION("a CA file that is a folder") {
    options.caFile = folder.path();
    reason = "CA bundle " + folder.path() + ": Is a directory (https://";
  }
  SECTION("a CA file without a certificate") {
    options.caFile = text;
    reason = text;
  }
  SECTION("a client certificate that is not there") {
    options.clientCertificateFile = none;
    reason = "client certificate " + none + ": No such file or directory (https://";
  }
  SECTION("a client certificate that is a folder") {
    options.clientCertificateFile = folder.path();
    reason = "client certificate " + folder.path() + ": Is a directory (https://";
  }
  SECTION("a client certificate that is none") {
    options.clientCertificateFile = text;
    reason = text;
  }
  SECTION("a client key that is not there") {
    options.clientCertificateFile = client.certificate;
    options.clientKeyFile = none;
    reason = "client key " + none + ": No such file or directory (https://";
  }
  SECTION("a client key that is none") {
    options.clientCertificateFile = client.certificate;
    options.clientKeyFile = text;
    reason = text;
  }
  SocketServer server([](Connection& connection) { connection.waitForClient(); });
  Caller caller("https://" + server.authority(), options);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Configuration);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().attempts == 1);
  CHECK(response.error().message.find(reason) != std::string::npos);
}

TEST_CASE("a certificate, key or CA file that is a pipe is refused before anybody waits for it") {
  const TemporaryFolder folder;
  CertificateAuthority authority(folder, "ca");
  const CertificateFiles client = authority.issue("client");
  const std::string pipe = folder.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CurlTransportOptions options = direct();
  std::string name;
  SECTION("CAs") {
    options.caFile = pipe;
    name = "CA bundle";
  }
  SECTION("the CAs that a profile names") {
    options.trust(pipe, "config, line 7: ca_bundle");
    name = "config, line 7: ca_bundle";
  }
  SECTION("the client's certificate") {
    options.clientCertificateFile = pipe;
    options.clientKeyFile = client.key;
    name = "client certificate";
  }
  SECTION("the client's key") {
    options.clientCertificateFile = client.certificate;
    options.clientKeyFile = pipe;
    name = "client key";
  }
  SocketServer server([](Connection& connection) { connection.waitForClient(); });
  const std::string url = "https://" + server.authority();
  Caller caller(url, options);
  for (int i = 0; i != 2; ++i) {
    const auto response = caller.rotate();
    REQUIRE_FALSE(response);
    INFO(describe(response));
    CHECK(response.error().kind == ErrorKind::Configuration);
    CHECK(response.error().delivery == Delivery::NotSent);
    CHECK(response.error().attempts == 1);
    CHECK(response.error().message == name + " " + pipe + ": not a regular file (" + url + ")");
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("an option that libcurl refuses is a configuration error, and nothing is sent") {
  ServedFake service;
  CurlTransportOptions options = direct();
  options.proxy.assign(9'000'000, 'x');  // it takes eight million characters
  Caller caller(service.url(), options);
  for (int i = 0; i != 2; ++i) {
    const auto response = caller.rotate();
    REQUIRE_FALSE(response);
    CHECK(response.error().kind == ErrorKind::Configuration);
    CHECK(response.error().delivery == Delivery::NotSent);
    CHECK(response.error().transportCode == CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(response.error().message == std::string("libcurl cannot be set up: ") +
                                          curl_easy_strerror(CURLE_BAD_FUNCTION_ARGUMENT) + " (" +
                                          service.url() + ")");
  }
  CHECK(service.connections() == 0);
}

TEST_CASE("a transport without options has the limits that they begin with") {
  TestEnvironment environment;
  for (const char* const name : {"http_proxy", "all_proxy", "ALL_PROXY"})
    environment.unset(name);
  const CurlTransportOptions options;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(200, "{}" + std::string(options.maxResponseBytes - 2, ' '));
    connection.readRequest();
    connection.answer(200, "{}" + std::string(options.maxResponseBytes - 1, ' '));
  });
  CurlTransport transport;
  ManualClock clock;
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  Client client(once(server.url()), transport, credentials, clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  CHECK(rotateTunnelAccessToken(request, client));
  const auto response = rotateTunnelAccessToken(request, client);
  REQUIRE_FALSE(response);
  CHECK(response.error().message == tooLongFrom(server.url()));
  CHECK(server.connections() == 1);
}

TEST_CASE("why there is no connection is told") {
  const ClosedPort closed;
  Settings settings = once("http://" + closed.authority());
  std::vector<std::string> reasons;
  SECTION("nobody listens") {
    reasons = {"Failed to connect to 127.0.0.1", "Connection refused"};
  }
  SECTION("the host has no address") {
    settings = once("https://no-such-host.invalid");
    reasons = {"resolve", "no-such-host.invalid"};
  }
  const auto response = Caller(settings).rotate();
  REQUIRE_FALSE(response);
  CAPTURE(response.error().message);
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().delivery == Delivery::NotSent);
  for (const std::string& reason : reasons)
    CHECK(response.error().message.find(reason) != std::string::npos);
}

TEST_CASE("that there is no descriptor left for a connection is told") {
  const ClosedPort closed;
  Caller caller(once("http://" + closed.authority()));
  // Makes what is made once.
  REQUIRE_FALSE(caller.rotate());
  rlimit allowed{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &allowed) == 0);
  // Not none at all: poll() refuses more descriptors than are allowed.
  rlimit few = allowed;
  few.rlim_cur = 64;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<int> taken;
  int descriptor = -1;
  while ((descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
    taken.push_back(descriptor);
  const auto response = caller.rotate();
  for (const int each : taken)
    close(each);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &allowed) == 0);
  REQUIRE_FALSE(response);
  CAPTURE(response.error().message);
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().message.find(std::strerror(EMFILE)) != std::string::npos);
}
