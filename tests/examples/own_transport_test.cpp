// SPDX-License-Identifier: BSL-1.0
// The transport over Mbed TLS, and the program without libcurl and OpenSSL.
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <psa/crypto.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "mbedtls_transport.hpp"
#include "secure_tunneling/adapters/psa_sha256.hpp"
#include "support/caller.hpp"
#include "support/canceller.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* tokensBody = R"({"tunnelArn":"arn","sourceAccessToken":"new-source"})";

struct TlsService {
  TemporaryFolder folder;
  CertificateAuthority authority{folder, "ca"};
  TlsOptions tls;
};

/// An application without libcurl and OpenSSL.
struct MbedtlsCaller {
  ManualClock clock;
  StaticCredentials credentials{ServedFake::accessKeyId, ServedFake::secretAccessKey};
  MbedtlsTransport transport;
  BasicClient<PsaSha256> client;

  MbedtlsCaller(Settings settings, std::string caFile, const ExchangeLimits& limits = {})
      : transport(std::move(caFile), limits),
        client(std::move(settings), transport, credentials, clock) {
    REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  }

  RotateResult rotate() {
    RotateTunnelAccessTokenRequest request;
    request.tunnelId = ServedFake::tunnel;
    request.clientMode = ClientMode::ALL;
    return rotateTunnelAccessToken(request, client);
  }
};

/// A CA file for calls over http, which reads it all the same.
struct AnyAuthority {
  TemporaryFolder folder;
  CertificateAuthority authority{folder, "ca"};
};

RotateResult rotateOnce(const std::string& url, const std::string& caFile,
                        const ExchangeLimits& limits = {}) {
  Settings settings = settingsFor(url);
  settings.maxAttempts = 1;
  return MbedtlsCaller(settings, caFile, limits).rotate();
}

/// Why this thread gets no socket; 0 where it gets one.
thread_local int socketError = 0;

}  // namespace

// By another name, for systems differ in how they declare it.
extern "C" int refuseSocket(int family, int type, int protocol) __asm__("socket");
extern "C" int refuseSocket(int family, int type, int protocol) {
  static const auto next = reinterpret_cast<decltype(&socket)>(dlsym(RTLD_NEXT, "socket"));
  if (socketError == 0) return next(family, type, protocol);
  errno = socketError;
  return -1;
}

TEST_CASE("own transport: why there is no socket is told") {
  const AnyAuthority any;
  socketError = EMFILE;
  const auto response = rotateOnce("http://127.0.0.1:9", any.authority.file());
  socketError = 0;
  REQUIRE_FALSE(response);
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().transportCode == EMFILE);
  CHECK(response.error().message.find(std::strerror(EMFILE)) != std::string::npos);
}

TEST_CASE("own transport: a rotation over TLS, by the server's name") {
  TlsService made;
  made.tls.certificate = made.authority.issue("server");
  SECTION("with the newest TLS of both") {}
  SECTION("with 1.2") {
    made.tls.newestVersion = TLS1_2_VERSION;
  }
  ServedFake service(made.tls);
  MbedtlsCaller caller(settingsFor(service.server().url("localhost")), made.authority.file());
  for (int call = 1; call != 3; ++call) {
    const auto response = caller.rotate();
    INFO(describe(response));
    REQUIRE(response);
    CHECK(service.accepts(response->sourceAccessToken->expose()));
    CHECK(service.accepts(response->destinationAccessToken->expose()));
    CHECK(service.calls() == call);
  }
}

TEST_CASE("own transport: a server that cannot be trusted gets no request") {
  TlsService made;
  std::string caFile = made.authority.file();
  std::string reason = "not correctly signed by the trusted CA";
  SECTION("another authority") {
    made.tls.certificate = CertificateAuthority(made.folder, "other").issue("server");
  }
  SECTION("its own certificate") {
    made.tls.certificate = made.authority.selfSigned("server");
  }
  SECTION("another host's certificate") {
    CertificateContent content;
    content.alternativeNames = "DNS:example.com";
    made.tls.certificate = made.authority.issue("server", content);
    reason = "does not match with the expected CN";
  }
  SECTION("an expired certificate") {
    CertificateContent content;
    content.validUntilSeconds = -3600;
    made.tls.certificate = made.authority.issue("server", content);
    reason = "expired";
  }
  ServedFake service(made.tls);
  MbedtlsCaller caller(settingsFor(service.server().url("localhost")), caFile);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Untrusted);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().attempts == 1);
  CHECK(response.error().message.find(reason) != std::string::npos);
  CHECK(response.error().message.find('\n') == std::string::npos);
  CHECK(service.calls() == 0);
}

TEST_CASE("own transport: TLS 1.1 is refused") {
  TlsService made;
  made.tls.certificate = made.authority.issue("server");
  made.tls.newestVersion = TLS1_1_VERSION;
  ServedFake service(made.tls);
  const auto response = rotateOnce(service.server().url("localhost"), made.authority.file());
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(service.calls() == 0);
}

TEST_CASE("own transport: an answer in every form HTTP/1 has for it") {
  const AnyAuthority any;
  const std::string body = tokensBody;
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::string answer;
  SECTION("with a length") {
    answer = "HTTP/1.1 200 OK\r\n" + length;
  }
  SECTION("in chunks, with a trailer") {
    answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + body.substr(0, 5) +
             "\r\n2f;extension=1\r\n" + body.substr(5) + "\r\n0\r\nTrailer: value\r\n\r\n";
    REQUIRE(body.size() == 5 + 0x2f);
  }
  SECTION("up to the end of the connection") {
    answer = "HTTP/1.0 200 OK\r\n\r\n" + body;
  }
  SECTION("after an interim answer") {
    answer = "HTTP/1.1 100 Continue\r\nx-amzn-RequestId: wrong\r\n\r\nHTTP/1.1 200 OK\r\n" + length;
  }
  SECTION("with folded and repeated headers") {
    answer =
        "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nX-Empty:\r\nX-Twice: 1\r\nX-Twice: 2\r\n" + length;
  }
  SECTION("with more behind it") {
    answer = "HTTP/1.1 200 OK\r\n" + length + "HTTP/1.1 500 No\r\n\r\n";
  }
  for (const std::size_t piece : {std::size_t{1}, answer.size()}) {
    CAPTURE(piece);
    SocketServer server([&](Connection& connection) {
      connection.readRequest();
      for (std::size_t at = 0; at < answer.size(); at += piece)
        connection.write(std::string_view(answer).substr(at, piece));
    });
    const auto response = rotateOnce(server.url(), any.authority.file());
    INFO(describe(response));
    REQUIRE(response);
    REQUIRE(response->sourceAccessToken);
    CHECK(response->sourceAccessToken->expose() == "new-source");
    CHECK(response->requestId.empty());
    CHECK(server.connections() == 1);
  }
}

TEST_CASE("own transport: what the service says of a failure comes back whole") {
  const AnyAuthority any;
  ServedFake service;
  service.injectFault(Fault::Throttled);
  const auto response = rotateOnce(service.url(), any.authority.file());
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Service);
  CHECK(response.error().code == "ThrottlingException");
  CHECK_FALSE(response.error().requestId.empty());
}

TEST_CASE("own transport: after the request the delivery is unknown") {
  const AnyAuthority any;
  const auto* const head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
  std::string answer;
  bool reset = false;
  SECTION("closed without an answer") {}
  SECTION("reset without an answer") {
    reset = true;
  }
  SECTION("closed within the headers") {
    answer = "HTTP/1.1 200 OK\r\nContent-Le";
  }
  SECTION("closed within the body") {
    answer = std::string(head) + tokensBody;
  }
  SECTION("closed within a chunk") {
    answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}";
  }
  SECTION("a chunk length that is none") {
    answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}";
  }
  SECTION("a content length that is none") {
    answer = "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}";
  }
  SECTION("both a length and chunks") {
    answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
        "0\r\n\r\n";
  }
  SECTION("not HTTP") {
    answer = "SSH-2.0-OpenSSH_9.2\r\n";
  }
  SECTION("HTTP/0.9, a body and nothing else") {
    answer = "{}";
  }
  SECTION("a NUL in a header") {
    answer = std::string("HTTP/1.1 200 OK\r\nX: a") + '\0' + "b\r\n\r\n{}";
  }
  SECTION("another protocol, unasked") {
    answer = "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n{}";
  }
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.write(answer);
    if (reset) connection.reset();
  });
  const auto response = rotateOnce(server.url(), any.authority.file());
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().delivery == Delivery::Unknown);
  CHECK(response.error().httpStatus == 0);
  CHECK(response.error().message.find(server.authority()) != std::string::npos);
}

TEST_CASE("own transport: only TLS tells the end of an answer without a length") {
  TlsService made;
  made.tls.certificate = made.authority.issue("server");
  const bool cut = GENERATE(false, true);
  SocketServer server(made.tls, [&](Connection& connection) {
    connection.readRequest();
    connection.write(std::string("HTTP/1.0 200 OK\r\n\r\n") + tokensBody);
    if (cut) connection.cut();
  });
  const auto response = rotateOnce(server.url("localhost"), made.authority.file());
  INFO(describe(response));
  CHECK(response.hasValue() == !cut);
  if (cut) CHECK(response.error().delivery == Delivery::Unknown);
}

TEST_CASE("own transport: a request that certainly was not sent is told from others") {
  TlsService made;
  made.tls.certificate = made.authority.issue("server");
  const ClosedPort closed;
  std::string url;
  std::string reason;
  ExchangeLimits limits;
  SECTION("nobody listens") {
    url = "http://" + closed.authority();
    reason = "refused";
  }
  SECTION("a host without an address") {
    url = "https://no-such-host.invalid";
    reason = "no-such-host.invalid";
    limits.connectTimeoutMs = 2000;  // where no name server answers
  }
  SECTION("a server without TLS") {
    url = "https://localhost:" + closed.authority().substr(closed.authority().find(':') + 1);
    reason = "localhost";
  }
  const auto response = rotateOnce(url, made.authority.file(), limits);
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().message.find(reason) != std::string::npos);
}

TEST_CASE("own transport: an answer past the limits is refused") {
  const AnyAuthority any;
  ExchangeLimits limits;
  limits.maxResponseBytes = 1000;
  limits.maxHeaderBytes = 500;
  std::string head = "HTTP/1.1 200 OK\r\n";
  std::string endless;
  SECTION("a body without an end") {
    head += "\r\n";
    endless = std::string(10'000, ' ');
  }
  SECTION("chunks without an end") {
    head += "Transfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i != 100; ++i)
      endless += "4\r\n    \r\n";
  }
  SECTION("headers without an end") {
    endless = "X-Header: value\r\n";
  }
  SECTION("a header name without an end") {
    endless = "X-Header";
  }
  SECTION("a header value without an end") {
    head += "X: ";
    endless = "value";
  }
  SECTION("a status line without an end") {
    head = "HTTP/1.1 200 ";
    endless = "fine ";
  }
  SECTION("one byte too many in the body") {
    head += "Content-Length: 1001\r\n\r\n" + std::string(1001, ' ');
  }
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.write(head);
    while (!endless.empty() && connection.write(endless)) {
    }
    connection.waitForClient();
  });
  const auto response = rotateOnce(server.url(), any.authority.file(), limits);
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::InvalidResponse);
  CHECK(response.error().delivery == Delivery::Answered);
  CHECK(response.error().message.find("longer than 1000 bytes (headers 500)") != std::string::npos);
}

TEST_CASE("own transport: limits of SIZE_MAX are none") {
  const AnyAuthority any;
  ExchangeLimits limits;
  limits.maxResponseBytes = SIZE_MAX;
  limits.maxHeaderBytes = SIZE_MAX;
  SocketServer server([](Connection& connection) {
    connection.readRequest();
    std::string headers;
    for (int i = 0; i != 2000; ++i)
      headers += "X-Header: value\r\n";
    connection.answer(200, tokensBody + std::string(500'000, ' '), headers);
  });
  const auto response = rotateOnce(server.url(), any.authority.file(), limits);
  INFO(describe(response));
  CHECK(response);
}

TEST_CASE("own transport: an answer up to the limits is taken") {
  const AnyAuthority any;
  ExchangeLimits limits;
  limits.maxResponseBytes = 1000;
  limits.maxHeaderBytes = 500;
  const std::string contentLength = "Content-Length: 1000\n";
  const std::string longest(500 - contentLength.size() - std::string("X: \n").size(), 'x');
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(200, "{}" + std::string(998, ' '), "X: " + longest + "\r\n");
  });
  const auto response = rotateOnce(server.url(), any.authority.file(), limits);
  INFO(describe(response));
  CHECK(response);
}

TEST_CASE("own transport: a server that does not answer in time is left") {
  TlsService made;
  made.tls.certificate = made.authority.issue("server");
  ExchangeLimits limits;
  bool https = false;
  Delivery delivery = Delivery::Unknown;
  std::string reason = "no answer in time";
  SocketServer::Script script = [](Connection& connection) { connection.waitForClient(); };
  // Time enough for the request to arrive, on a slow machine too.
  SECTION("nothing comes") {
    limits.totalTimeoutMs = 4'000;
  }
  SECTION("half an answer comes") {
    limits.totalTimeoutMs = 4'000;
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 OK\r\n");
      connection.waitForClient();
    };
  }
  SECTION("no TLS handshake") {
    limits.connectTimeoutMs = 200;
    https = true;
    delivery = Delivery::NotSent;
    reason = "no connection within the time limit";
  }
  SocketServer server(script);
  const std::string url = (https ? "https://" : "http://") + server.authority("localhost");
  const auto response = rotateOnce(url, made.authority.file(), limits);
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().delivery == delivery);
  CHECK(response.error().message.find(reason) == 0);
}

TEST_CASE("own transport: a lost connection is another attempt, and no SIGPIPE") {
  const AnyAuthority any;
  ServedFake service;
  service.injectFault(Fault::DroppedAfterRotation);
  MbedtlsCaller caller(settingsFor(service.url()), any.authority.file());
  const auto response = caller.rotate();
  INFO(describe(response));
  REQUIRE(response);
  CHECK(response->attempts == 2);
  CHECK(service.rotations() == 2);
  CHECK(service.accepts(response->sourceAccessToken->expose()));
}

TEST_CASE("own transport: a CA file that cannot be used is a configuration error") {
  const TemporaryFolder folder;
  const std::string file =
      GENERATE(false, true) ? folder.file("ca.pem", "no certificate") : folder.path("missing.pem");
  const auto response = rotateOnce("https://localhost:1", file);
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Configuration);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().message.find(file) != std::string::npos);
}

TEST_CASE("the program without libcurl and OpenSSL rotates a token over TLS") {
  TlsService made;
  made.tls.certificate = made.authority.issue("server");
  ServedFake service(made.tls);
  // The signature must be of today for the program's clock, and is not for the service's.
  const std::vector<std::string> environment = {
      std::string("AWS_ACCESS_KEY_ID=") + ServedFake::accessKeyId,
      std::string("AWS_SECRET_ACCESS_KEY=") + ServedFake::secretAccessKey,
      "AWS_REGION=us-east-1",
      "AWS_CONFIG_FILE=/dev/null",
      "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
      "AWS_ENDPOINT_URL=" + service.server().url("localhost"),
      "AWS_CA_BUNDLE=" + made.authority.file()};
  const std::string program = std::string(SECURE_TUNNELING_PROGRAMS) + "/own-transport";
  const Finished finished = run({program, ServedFake::tunnel}, environment);
  INFO(finished.errors);
  CHECK(finished.status == 0);
  CHECK(finished.output == service.sourceToken() + "\n");
  CHECK(service.rotations() == 1);

  const Finished unknown = run({program, "no-such-tunnel"}, environment);
  CHECK(unknown.status == 1);
  CHECK(unknown.output.empty());
  CHECK(unknown.errors.find("ResourceNotFoundException") == 0);
}

TEST_CASE("own transport: a call ends by its time and by its flag, in whatever it waits for") {
  Gate reached;
  const bool isTls = GENERATE(true, false);
  const bool isCancelled = GENERATE(true, false);
  CAPTURE(isTls, isCancelled);
  // TLS that is never answered, or a request.
  SocketServer server([&](Connection& connection) {
    connection.readSome();
    reached.arrive();
    connection.waitForClient();
  });
  const AnyAuthority any;
  const Canceller canceller([&] { reached.waitFor(1); });
  SystemClock clock;
  StaticCredentials credentials(ServedFake::accessKeyId, ServedFake::secretAccessKey);
  MbedtlsTransport transport(any.authority.file());
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  BasicClient<PsaSha256> client(
      settingsFor((isTls ? "https://" : "http://") + server.authority("localhost")), transport,
      credentials, clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  CallLimits limits;
  if (isCancelled) {
    limits.cancelled = &canceller.flag;
  } else {
    limits.timeoutMs = 4'000;
  }
  const Stopwatch watch;
  const auto response = rotateTunnelAccessToken(request, client, limits);
  CHECK(watch.isEarly());
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind ==
        (isCancelled ? ErrorKind::Cancelled : ErrorKind::DeadlineExceeded));
  CHECK(response.error().delivery == (isTls ? Delivery::NotSent : Delivery::Unknown));
}

TEST_CASE("own transport: an answer that is there is taken, though the flag is set by then") {
  std::atomic<bool> flag{false};
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(200, tokensBody);
    flag = true;
    connection.waitForClient();
  });
  const AnyAuthority any;
  MbedtlsCaller caller(settingsFor(server.url()), any.authority.file());
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::SOURCE;
  CallLimits limits;
  limits.cancelled = &flag;
  const auto response = rotateTunnelAccessToken(request, caller.client, limits);
  INFO(describe(response));
  CHECK(response);
}
