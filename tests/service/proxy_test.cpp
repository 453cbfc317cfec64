// SPDX-License-Identifier: BSL-1.0
// Calls by way of a proxy, which the options or the environment name.
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "support/caller.hpp"
#include "support/environment.hpp"

using namespace secure_tunneling;

namespace {

/// Forwards plain requests to the fake service itself, and tunnels CONNECT to a server.
class Proxy {
 public:
  explicit Proxy(ServedFake& service)
      : service_(service), server_([this](Connection& connection) { serve(connection); }) {}
  /// Spoken to over TLS itself.
  Proxy(ServedFake& service, const TlsOptions& tls)
      : service_(service), server_(tls, [this](Connection& connection) { serve(connection); }) {}

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] int connections() const { return server_.connections(); }
  /// The first lines of the requests to the proxy.
  [[nodiscard]] std::vector<std::string> seen() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return seen_;
  }

 private:
  void serve(Connection& connection) {
    const std::string raw = connection.readRequest();
    if (raw.empty()) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      seen_.push_back(raw.substr(0, raw.find("\r\n")));
    }
    if (raw.compare(0, 8, "CONNECT ") == 0) return tunnel(connection);
    // The service sees a path, as it would from any proxy; the request is signed for one.
    auto request = parseRequest(raw);
    request.target = "/";
    HttpResponse response;
    service_.with([&](auto& fake) { return fake.send(request.view(), response).hasValue(); });
    connection.answer(response.status, response.body.expose());
  }
  void tunnel(Connection& connection) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(service_.server().port());
    if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      connection.write("HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n");
      relay(connection, socket);
    }
    close(socket);
  }

  ServedFake& service_;
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
  SocketServer server_;
};

/// No proxy in the environment, whatever the machine has there.
class CleanEnvironment {
 public:
  CleanEnvironment() {
    for (const char* const name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                   "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
      environment_.unset(name);
    }
  }
  void set(const char* name, const std::string& value) { environment_.set(name, value); }

 private:
  TestEnvironment environment_;
};

CurlTransportOptions proxied(const std::string& proxy) {
  CurlTransportOptions options;
  options.proxy = proxy;
  return options;
}

struct TlsService {
  TemporaryFolder folder;
  CertificateAuthority authority{folder, "ca"};
  ServedFake service{TlsOptions{authority.issue("server"), {}, 0}};
};

/// What a proxy does that refuses every request.
SocketServer::Script refusalWith(int status) {
  return [status](Connection& connection) {
    connection.readRequest();
    connection.answer(status, "");
  };
}

}  // namespace

TEST_CASE("http goes through a proxy in absolute form") {
  CleanEnvironment environment;
  ServedFake service;
  Proxy proxy(service);
  CurlTransportOptions options;
  SECTION("named by the options") {
    options.proxy = proxy.url();
  }
  SECTION("named by the environment") {
    environment.set("http_proxy", proxy.url());
  }
  Caller caller(service.url(), options);
  const auto response = caller.rotate();
  INFO(describe(response));
  REQUIRE(response);
  CHECK(proxy.seen() == std::vector<std::string>{"POST " + service.url() + "/ HTTP/1.1"});
  CHECK(service.connections() == 0);
}

TEST_CASE("https goes through a proxy in a tunnel") {
  CleanEnvironment environment;
  TlsService tls;
  Proxy proxy(tls.service);
  CurlTransportOptions options;
  options.caFile = tls.authority.file();
  SECTION("named by the options") {
    options.proxy = proxy.url();
  }
  SECTION("named by the environment") {
    environment.set("https_proxy", proxy.url());
  }
  Caller caller(tls.service.url(), options);
  for (int i = 0; i != 2; ++i) {
    const auto response = caller.rotate();
    INFO(describe(response));
    REQUIRE(response);
    CHECK(response->requestId.size() == 36);
  }
  CHECK(proxy.seen() ==
        std::vector<std::string>{"CONNECT " + tls.service.server().authority() + " HTTP/1.1"});
  CHECK(proxy.connections() == 1);
}

TEST_CASE("a server behind a proxy is trusted no more than another") {
  CleanEnvironment environment;
  TlsService tls;
  Proxy proxy(tls.service);
  CurlTransportOptions options;
  options.proxy = proxy.url();
  Caller caller(tls.service.url(), options);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Untrusted);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().attempts == 1);
  CHECK(tls.service.calls() == 0);
}

TEST_CASE("a request that is lost on a kept connection to a proxy is not sent again unasked") {
  CleanEnvironment environment;
  ServedFake service;
  SocketServer proxy([&](Connection& connection) {
    service.answerOne(connection);
    connection.readRequest();
  });
  CurlTransportOptions options;
  options.proxy = proxy.url();
  Settings settings = settingsFor(service.url());
  settings.maxAttempts = 1;
  settings.signRequests = false;
  Caller caller(settings, options);
  REQUIRE_FALSE(caller.rotate());
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().delivery == Delivery::Unknown);
  CHECK(proxy.connections() == 1);
}

TEST_CASE("hosts that are excepted are reached without the proxy") {
  CleanEnvironment environment;
  ServedFake service;
  Proxy proxy(service);
  CurlTransportOptions options;
  SECTION("by the options, from the options' proxy") {
    options.proxy = proxy.url();
    options.noProxy = "example.com,127.0.0.1";
  }
  SECTION("by the options, from the environment's proxy") {
    environment.set("http_proxy", proxy.url());
    options.noProxy = "*";
  }
  SECTION("by the environment") {
    environment.set("http_proxy", proxy.url());
    environment.set("no_proxy", "127.0.0.1");
  }
  Caller caller(service.url(), options);
  const auto response = caller.rotate();
  INFO(describe(response));
  REQUIRE(response);
  CHECK(proxy.connections() == 0);
  CHECK(service.connections() == 1);
}

TEST_CASE("http to another machine is refused before anything is sent, unless it is allowed") {
  CleanEnvironment environment;
  ServedFake service;
  Proxy proxy(service);
  CurlTransportOptions options;
  options.proxy = proxy.url();
  Settings settings = settingsFor("http://service.example");
  SECTION("refused") {
    Caller caller(settings, options);
    const auto response = caller.rotate();
    REQUIRE_FALSE(response);
    CHECK(response.error().kind == ErrorKind::Configuration);
    CHECK(response.error().attempts == 0);
    CHECK(proxy.connections() == 0);
  }
  SECTION("allowed") {
    settings.allowHttp = true;
    Caller caller(settings, options);
    const auto response = caller.rotate();
    INFO(describe(response));
    REQUIRE(response);
    CHECK(proxy.seen() == std::vector<std::string>{"POST http://service.example/ HTTP/1.1"});
  }
}

TEST_CASE("what a proxy says to CONNECT is not the service's answer") {
  CleanEnvironment environment;
  TlsService tls;
  std::string said;
  bool isOverTls = false;
  SECTION("headers without an end") {
    said = "HTTP/1.1 200 Yes\r\n";
  }
  SECTION("a refusal") {
    said = "HTTP/1.1 403 No\r\nX-Amzn-Requestid: proxy\r\nContent-Length: 0\r\n\r\n";
  }
  SECTION("a password is wanted, and the connection ended") {
    said =
        "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n";
  }
  SECTION("a refusal by a proxy that is spoken to over TLS") {
    said = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
    isOverTls = true;
  }
  const TlsOptions certificate{tls.authority.issue("proxy"), {}, 0};
  const SocketServer::Script script = [&](Connection& connection) {
    connection.readRequest();
    connection.write(said);
    const bool hasEnd = said.find("\r\n\r\n") != std::string::npos;
    // Past every limit there is.
    for (int i = 0; !hasEnd && i != 40; ++i)
      connection.write("X-Header: " + std::string(10'000, 'x') + "\r\n");
  };
  const auto proxy = isOverTls ? std::make_unique<SocketServer>(certificate, script)
                               : std::make_unique<SocketServer>(script);
  CurlTransportOptions options;
  options.caFile = tls.authority.file();
  options.proxy = (isOverTls ? "https://user:wrong@" : "http://user:wrong@") + proxy->authority();
  Settings settings = settingsFor(tls.service.url());
  settings.maxAttempts = 1;
  Caller caller(settings, options);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().httpStatus == 0);
  CHECK(response.error().requestId.empty());
  CHECK(proxy->connections() == 1);
  CHECK(tls.service.connections() == 0);
}

TEST_CASE("a proxy's headers are none of the answer's") {
  CleanEnvironment environment;
  TlsService tls;
  Proxy proxy(tls.service);
  CurlTransportOptions options;
  options.proxy = proxy.url();
  options.caFile = tls.authority.file();
  CurlTransport transport(options);
  HttpRequest request;
  const std::string url = tls.service.url() + "/";
  request.method = "POST";
  request.url = url;
  request.target = "/";
  HttpResponse response;
  REQUIRE(transport.send(request, response));
  CHECK_FALSE(response.headers.find("x-proxy"));
}

TEST_CASE("a proxy that fails leaves the service unreached, and its password unsaid") {
  CleanEnvironment environment;
  TlsService tls;
  CurlTransportOptions options;
  const ClosedPort closed;
  SocketServer refusing([](Connection& connection) {
    connection.readRequest();
    connection.answer(403, "canary-body", "X-Canary: canary-header\r\n");
  });
  ErrorKind kind = ErrorKind::Transport;
  SECTION("it refuses the tunnel") {
    options.proxy = "http://user:canary-password@" + refusing.authority();
    kind = ErrorKind::Configuration;
  }
  SECTION("it is not there") {
    options.proxy = "http://user:canary-password@" + closed.authority();
  }
  Caller caller(tls.service.url(), options);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == kind);
  CHECK(response.error().httpStatus == 0);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().message.find("canary") == std::string::npos);
  CHECK(tls.service.connections() == 0);
}

TEST_CASE("a proxy's URL that cannot be used is refused at once, by where it is from") {
  CleanEnvironment environment;
  TlsService tls;
  ServedFake service;
  const char* const url =
      GENERATE("http://user:canary-password", "nonsense://user:canary-password@127.0.0.1:1",
               "http://user:canary password@127.0.0.1:1", "http://canary@password@127.0.0.1:1",
               "http://user:canary@127.0.0.1:99999", "http://user:canary@127.0.0.1:1\r");
  CAPTURE(url);
  CurlTransportOptions options;
  options.userAgent = "options are given";
  options.caFile = tls.authority.file();
  std::string server = tls.service.url();
  std::string name;
  SECTION("of the options") {
    name = "CurlTransportOptions::proxy";
    options.proxy = url;
    environment.set("https_proxy", "http://127.0.0.1:1");
  }
  SECTION("of a variable for https") {
    name = GENERATE("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY");
    environment.set(name.c_str(), url);
    environment.set("http_proxy", "http://127.0.0.1:1");
  }
  SECTION("of a variable for http") {
    server = service.url();
    name = GENERATE("http_proxy", "all_proxy", "ALL_PROXY");
    environment.set(name.c_str(), url);
    environment.set("https_proxy", "http://127.0.0.1:1");
  }
  const auto response = Caller(server, options).rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Configuration);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().attempts == 1);
  CHECK(response.error().message == name + ": the proxy's URL cannot be used (" + server + ")");
  CHECK(tls.service.connections() + service.connections() == 0);
}

TEST_CASE("no proxy is left out because of what its user or password is") {
  CleanEnvironment environment;
  ServedFake service;
  Proxy proxy(service);
  const std::string user = GENERATE("canary%00:secret", "canary:%0asecret", "canary:secret%1F");
  const std::string url = "http://" + user + "@" + proxy.url().substr(7);
  CAPTURE(url);
  CurlTransportOptions options;
  SECTION("of the options") {
    options.proxy = url;
  }
  SECTION("of the environment") {
    environment.set("all_proxy", url);
    options.userAgent = "options are given";
  }
  Caller caller(service.url(), options);
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  CHECK(response.error().kind == ErrorKind::Configuration);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().message == "the user or password of the proxy has a control character");
  CHECK(service.server().connections() == 0);
  CHECK(proxy.connections() == 0);
}

TEST_CASE("a proxy that refuses is named with its status, and offered a wrong password once") {
  CleanEnvironment environment;
  TlsService tls;
  const struct {
    int status;
    int attempts;
  } cases[] = {{407, 1}, {401, 1}, {403, 1}, {302, 1}, {408, 3}, {429, 3}, {500, 3}, {503, 3}};
  for (const auto row : cases) {
    CAPTURE(row.status);
    std::atomic<int> offers{0};
    SocketServer proxy([&](Connection& connection) {
      if (connection.readRequest().find("Proxy-Authorization: Basic ") != std::string::npos)
        ++offers;
      connection.answer(row.status, "canary-page", "Proxy-Authenticate: Basic realm=canary\r\n");
    });
    const std::string host = proxy.authority();
    Caller caller(tls.service.url(), proxied("http://user:canary-password@" + host + "/"));
    const auto response = caller.rotate();
    REQUIRE_FALSE(response);
    INFO(describe(response));
    const std::string origin = row.attempts == 1 ? "CurlTransportOptions::proxy: " : "";
    CHECK(response.error().message == origin + "proxy " + host + ": refused with HTTP status " +
                                          std::to_string(row.status) + " (" + tls.service.url() +
                                          ")");
    CHECK(response.error().kind ==
          (row.attempts == 1 ? ErrorKind::Configuration : ErrorKind::Transport));
    CHECK(response.error().delivery == Delivery::NotSent);
    CHECK(response.error().attempts == row.attempts);
    CHECK(offers == row.attempts);
  }
  CHECK(tls.service.connections() == 0);
}

TEST_CASE("a proxy that refuses has no trouble of its other address said of it") {
  CleanEnvironment environment;
  TlsService tls;
  SocketServer proxy(refusalWith(503));
  // "localhost" is ::1 first, where nobody listens: libcurl 8.23 keeps the error of that.
  const std::string host = "localhost" + proxy.authority().substr(std::strlen("127.0.0.1"));
  const auto response = Caller(tls.service.url(), proxied("http://" + host)).rotate();
  REQUIRE_FALSE(response);
  CHECK(response.error().message ==
        "proxy " + host + ": refused with HTTP status 503 (" + tls.service.url() + ")");
}

TEST_CASE("a proxy that refuses is named as the options or the environment do") {
  CleanEnvironment environment;
  TlsService tls;
  SocketServer proxy(refusalWith(407));
  const ClosedPort closed;
  const std::string host = proxy.authority();
  CurlTransportOptions options;
  options.userAgent = "options are given";
  std::string origin;
  SECTION("with a user") {
    origin = "https_proxy: ";
    environment.set("https_proxy", "http://user:canary-password@" + host);
  }
  SECTION("without one") {
    origin = "HTTPS_PROXY: ";
    environment.set("HTTPS_PROXY", "http://" + host);
  }
  SECTION("without a scheme") {
    origin = "all_proxy: ";
    environment.set("all_proxy", "user@" + host);
  }
  SECTION("for all schemes") {
    origin = "ALL_PROXY: ";
    environment.set("https_proxy", "");
    environment.set("ALL_PROXY", host + "/");
  }
  SECTION("the options count more") {
    origin = "CurlTransportOptions::proxy: ";
    environment.set("https_proxy", "http://" + closed.authority());
    options.proxy = host;
  }
  const auto response = Caller(tls.service.url(), options).rotate();
  REQUIRE_FALSE(response);
  CHECK(response.error().message ==
        origin + "proxy " + host + ": refused with HTTP status 407 (" + tls.service.url() + ")");
}

TEST_CASE("what a proxy over https refuses has not reached the service") {
  CleanEnvironment environment;
  TlsService tls;
  const int status = GENERATE(407, 503);
  SocketServer proxy({tls.authority.issue("proxy"), {}, 0}, refusalWith(status));
  CurlTransportOptions options = proxied(proxy.url());
  options.caFile = tls.authority.file();
  const auto response = Caller(tls.service.url(), options).rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == (status == 407 ? ErrorKind::Configuration : ErrorKind::Transport));
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().message.find("refused with HTTP status") != std::string::npos);
  CHECK(tls.service.connections() == 0);
}

#if LIBCURL_VERSION_NUM >= 0x074900
TEST_CASE("a SOCKS proxy is offered a wrong password once") {
  CleanEnvironment environment;
  TlsService tls;
  SocketServer proxy([](Connection& connection) {
    connection.readSome();              // the methods of authentication
    connection.write({"\x05\x02", 2});  // a password
    connection.readSome();
    connection.write({"\x01\x01", 2});  // is wrong
    connection.waitForClient();
  });
  const auto response =
      Caller(tls.service.url(), proxied("socks5h://user:canary-password@" + proxy.authority()))
          .rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Configuration);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().message.find("CurlTransportOptions::proxy: proxy " + proxy.authority() +
                                      ": ") == 0);
  CHECK(response.error().message.find("canary") == std::string::npos);
  CHECK(proxy.connections() == 1);
}

TEST_CASE("a SOCKS proxy that refuses for good is asked once") {
  CleanEnvironment environment;
  TlsService tls;
  // What it says to the methods of authentication, and to the address.
  std::string method("\x05\0", 2);
  std::string reply("\x05\x02\0\x01\0\0\0\0\0\0", 10);
  int attempts = 1;
  SECTION("by its rules") {}
  SECTION("without a way to authenticate") {
    method[1] = '\xff';
  }
  SECTION("but not where the host is not reached") {
    reply[1] = 4;
    attempts = 3;
  }
  SocketServer proxy([&](Connection& connection) {
    connection.readSome();
    connection.write(method);
    connection.readSome();
    connection.write(reply);
    connection.waitForClient();
  });
  const auto response =
      Caller(tls.service.url(), proxied("socks5h://" + proxy.authority())).rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == (attempts == 1 ? ErrorKind::Configuration : ErrorKind::Transport));
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().attempts == attempts);
  const std::string origin = attempts == 1 ? "CurlTransportOptions::proxy: " : "";
  CHECK(response.error().message.find(origin + "proxy " + proxy.authority() + ": ") == 0);
}
#endif

TEST_CASE("a proxy over https is trusted by the CAs of the call") {
  CleanEnvironment environment;
  TlsService tls;
  Proxy proxy(tls.service, {tls.authority.issue("proxy"), {}, 0});
  CurlTransportOptions options;
  SECTION("a file") {
    options.caFile = tls.authority.file();
    options.proxy = proxy.url();
  }
  SECTION("a folder") {
    options.caPath = tls.authority.hashedFolder();
    options.proxy = proxy.url();
  }
  SECTION("and a proxy of the environment") {
    options.caFile = tls.authority.file();
    environment.set("HTTPS_PROXY", proxy.url());
  }
  Caller caller(tls.service.url(), options);
  for (int i = 0; i != 2; ++i) {
    const auto response = caller.rotate();
    INFO(describe(response));
    REQUIRE(response);
  }
  // What is left in the proxy's TLS cannot be told, so that no connection is used again.
  CHECK(proxy.connections() == 2);
}

TEST_CASE("a proxy over https that cannot be trusted is named, and told nothing") {
  CleanEnvironment environment;
  TlsService tls;
  const TemporaryFolder folder;
  const CertificateAuthority other(folder, "other");
  CertificateContent content;
  TlsOptions proxyTls;
  std::string reason;
  SECTION("it is of another authority") {
    proxyTls.certificate = other.issue("proxy");
    reason = "unable to get local issuer certificate";
  }
  SECTION("it has another name") {
    content.alternativeNames = "DNS:other.example";
    proxyTls.certificate = tls.authority.issue("proxy", content);
    reason = "no alternative certificate subject name matches target";
  }
  Proxy proxy(tls.service, proxyTls);
  CurlTransportOptions options = proxied("https://user:canary-password@" + proxy.url().substr(8));
  options.caFile = tls.authority.file();
  const auto response = Caller(tls.service.url(), options).rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Untrusted);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().message.find("proxy " + proxy.url().substr(8) + ": ") == 0);
  CHECK(response.error().message.find(reason) != std::string::npos);
  CHECK(response.error().message.find("canary") == std::string::npos);
  CHECK(proxy.seen().empty());
}
