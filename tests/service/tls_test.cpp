// SPDX-License-Identifier: BSL-1.0
// Who is trusted, and by which version of TLS.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "support/caller.hpp"
#include "support/environment.hpp"

using namespace secure_tunneling;

namespace {

/// A fake service with a certificate, and the authority that it is from.
struct TlsWorld {
  TemporaryFolder folder;
  CertificateAuthority authority{folder, "ca"};
  TlsOptions tls;

  [[nodiscard]] CurlTransportOptions trusting() const {
    CurlTransportOptions options = direct();
    options.caFile = authority.file();
    return options;
  }
};

/// Standard input with a text in it, as if somebody had typed it.
class TypedText {
 public:
  explicit TypedText(const std::string& text) : saved_(dup(STDIN_FILENO)) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    REQUIRE(write(pipe[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    dup2(pipe[0], STDIN_FILENO);
    close(pipe[0]);
    close(pipe[1]);
  }
  ~TypedText() {
    dup2(saved_, STDIN_FILENO);
    close(saved_);
  }
  TypedText(const TypedText&) = delete;
  TypedText& operator=(const TypedText&) = delete;

  /// What nobody has read.
  [[nodiscard]] std::string rest() const {
    std::array<char, 256> buffer{};
    const ssize_t count = read(STDIN_FILENO, buffer.data(), buffer.size());
    return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }

 private:
  int saved_;
};

void checkUntrusted(const RotateResult& response, const ServedFake& service) {
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Untrusted);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().attempts == 1);
  CHECK(service.connections() == 1);
}

}  // namespace

TEST_CASE("a server is trusted by the authority that it is from") {
  TlsWorld made;
  made.tls.certificate = made.authority.issue("server");
  ServedFake service(made.tls);
  CurlTransportOptions options = direct();
  std::string url = service.url();
  SECTION("in a file") {
    options.caFile = made.authority.file();
  }
  SECTION("in a folder") {
    options.caPath = made.authority.hashedFolder();
  }
  SECTION("by name") {
    options.caFile = made.authority.file();
    url = service.server().url("localhost");
  }
  Caller caller(url, options);
  const auto response = caller.rotate();
  INFO(describe(response));
  REQUIRE(response);
  CHECK(service.accepts(response->sourceAccessToken->expose()));
}

TEST_CASE("the one-line form trusts the CA bundle of the environment") {
  SystemClock clock;
  TlsWorld made;
  made.tls.certificate = made.authority.issue("server");
  ServedFake service(clock.now().unixMs, &made.tls);
  TestEnvironment environment;
  environment.set("AWS_ENDPOINT_URL", service.url());
  environment.set("AWS_REGION", "us-east-1");
  environment.set("AWS_ACCESS_KEY_ID", ServedFake::accessKeyId);
  environment.set("AWS_SECRET_ACCESS_KEY", ServedFake::secretAccessKey);
  environment.set("no_proxy", "127.0.0.1");
  std::string reason;
  SECTION("a file") {
    environment.set("AWS_CA_BUNDLE", made.authority.file());
  }
  SECTION("a directory") {
    environment.set("AWS_CA_BUNDLE", made.authority.hashedFolder());
  }
  SECTION("a file that is not there") {
    reason = "AWS_CA_BUNDLE " + made.folder.path("none") + ": No such file or directory";
    environment.set("AWS_CA_BUNDLE", made.folder.path("none"));
  }
  SECTION("a file that is not there, of a profile") {
    const std::string config =
        environment.write(".aws/config", "[default]\nca_bundle = /nonexistent/ca.pem\n");
    reason = config + ", line 2: ca_bundle /nonexistent/ca.pem: No such file or directory";
  }
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::SOURCE;
  const auto response = rotateTunnelAccessToken(request);
  INFO(describe(response));
  CHECK(response.hasValue() == reason.empty());
  if (!response) {
    CHECK(response.error().kind == ErrorKind::Configuration);
    CHECK(response.error().message == reason + " (" + service.url() + ")");
  }
}

TEST_CASE("a server that cannot be trusted gets no request, and no second try") {
  TlsWorld made;
  CurlTransportOptions options = made.trusting();
  SECTION("an authority that the system does not know") {
    made.tls.certificate = made.authority.issue("server");
    options.caFile.clear();
  }
  SECTION("another authority") {
    const TemporaryFolder folder;
    const CertificateAuthority other(folder, "other");
    made.tls.certificate = made.authority.issue("server");
    options.caFile = made.folder.file("other.pem", readFile(other.file()));
  }
  SECTION("an authority that is in no folder") {
    made.tls.certificate = made.authority.issue("server");
    options.caFile.clear();
    options.caPath = made.folder.path();
  }
  SECTION("a certificate of its own") {
    made.tls.certificate = made.authority.selfSigned("server");
  }
  SECTION("another host's certificate") {
    CertificateContent content;
    content.commonName = "127.0.0.1";
    content.alternativeNames = "DNS:service.example";
    made.tls.certificate = made.authority.issue("server", content);
  }
  SECTION("an expired certificate") {
    CertificateContent content;
    content.validUntilSeconds = -3600;
    made.tls.certificate = made.authority.issue("server", content);
  }
  SECTION("a certificate of tomorrow") {
    CertificateContent content;
    content.validFromSeconds = 3600;
    made.tls.certificate = made.authority.issue("server", content);
  }
  ServedFake service(made.tls);
  Caller caller(service.url(), options);
  checkUntrusted(caller.rotate(), service);
  CHECK(service.calls() == 0);
}

TEST_CASE("why a server is not trusted is told") {
  TlsWorld made;
  CurlTransportOptions options = made.trusting();
  CertificateContent content;
  std::vector<std::string> reasons;
  SECTION("expired") {
    content.validUntilSeconds = -60;
    reasons = {"certificate has expired"};
  }
  SECTION("not yet valid") {
    content.validFromSeconds = 60;
    reasons = {"certificate is not yet valid", "the clock of this machine may be wrong"};
  }
  SECTION("another host's") {
    content.alternativeNames = "DNS:other.example";
    reasons = {"no alternative certificate subject name matches target", "'127.0.0.1'"};
  }
  SECTION("another host's, by a name that would clear a terminal and begin a line") {
    content.commonName = "other\x1b[2J\r\n\xc2\x9b.example";
    content.alternativeNames = "email:nobody@example.com";
    reasons = {"'other?[2J?", "?.example' does not match target", "'127.0.0.1'"};
  }
  SECTION("of an unknown issuer") {
    options.caFile.clear();
    options.caPath = made.folder.path();
    reasons = {"unable to get local issuer certificate"};
  }
  made.tls.certificate = made.authority.issue("server", content);
  SECTION("self-signed") {
    made.tls.certificate = made.authority.selfSigned("server");
    reasons = {"self", "signed certificate"};
  }
  ServedFake service(made.tls);
  const auto response = Caller(service.url(), options).rotate();
  checkUntrusted(response, service);
  const std::string& message = response.error().message;
  CAPTURE(message);
  for (const std::string& reason : reasons)
    CHECK(message.find(reason) != std::string::npos);
  CHECK((message.find("clock") != std::string::npos) == (content.validFromSeconds > 0));
  CHECK(message.find(" (" + service.url() + ")") != std::string::npos);
  CHECK(std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c <= '~'; }));
}

TEST_CASE("without verification every certificate will do") {
  TlsWorld made;
  CertificateContent content;
  content.alternativeNames = "DNS:service.example";
  content.validUntilSeconds = -3600;
  made.tls.certificate = made.authority.issue("server", content);
  ServedFake service(made.tls);
  CurlTransportOptions options = direct();
  options.verifyTls = false;
  Caller caller(service.url(), options);
  const auto response = caller.rotate();
  INFO(describe(response));
  CHECK(response);
}

TEST_CASE("TLS is 1.2 or later") {
  // Systems refuse older versions themselves, unless they are told not to before OpenSSL starts.
  TestEnvironment environment;
  environment.set("OPENSSL_CONF", environment.write("openssl.cnf", R"(openssl_conf = start
[start]
ssl_conf = tls
[tls]
system_default = defaults
[defaults]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
)"));
  TlsWorld made;
  made.tls.certificate = made.authority.issue("server");
  SECTION("1.3") {
    made.tls.newestVersion = TLS1_3_VERSION;
    ServedFake service(made.tls);
    CHECK(Caller(service.url(), made.trusting()).rotate());
  }
  SECTION("1.2") {
    made.tls.newestVersion = TLS1_2_VERSION;
    ServedFake service(made.tls);
    CHECK(Caller(service.url(), made.trusting()).rotate());
  }
  SECTION("1.1 is refused") {
    made.tls.newestVersion = TLS1_1_VERSION;
    SocketServer server(made.tls, [](Connection& connection) {
      connection.readRequest();
      connection.answer(200, "{}");
    });
    // Without verification, too: a server that is not checked has to speak a sound TLS all the
    // same.
    CurlTransportOptions options = made.trusting();
    options.verifyTls = GENERATE(true, false);
    const auto response = Caller(server.url(), options).rotate();
    REQUIRE_FALSE(response);
    INFO(describe(response));
    CHECK(response.error().kind == ErrorKind::Transport);
    CHECK(response.error().transportCode == CURLE_SSL_CONNECT_ERROR);
    CHECK(response.error().delivery == Delivery::NotSent);

    // The server is not at fault: libcurl reaches it when it may.
    CURL* const handle = curl_easy_init();
    curl_easy_setopt(handle, CURLOPT_URL, server.url().c_str());
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(handle, CURLOPT_CAINFO, made.authority.file().c_str());
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_1));
    curl_easy_setopt(handle, CURLOPT_SSL_CIPHER_LIST, "ALL:@SECLEVEL=0");
    CHECK(curl_easy_perform(handle) == CURLE_OK);
    curl_easy_cleanup(handle);
  }
}

TEST_CASE("a server that asks for a certificate gets the client's, or no call") {
  TlsWorld made;
  made.tls.certificate = made.authority.issue("server");
  made.tls.clientCaFile = made.authority.file();
  made.tls.newestVersion = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  ServedFake service(made.tls);
  CurlTransportOptions options = made.trusting();
  SECTION("with the client's certificate") {
    const CertificateFiles client = made.authority.issue("client");
    options.clientCertificateFile = client.certificate;
    options.clientKeyFile = client.key;
    const auto response = Caller(service.url(), options).rotate();
    INFO(describe(response));
    CHECK(response);
  }
  SECTION("without one") {
    const auto response = Caller(service.url(), options).rotate();
    REQUIRE_FALSE(response);
    INFO(describe(response));
    CHECK(response.error().kind == ErrorKind::Transport);
    CHECK(service.calls() == 0);
  }
  SECTION("with one that the server does not trust") {
    const CertificateFiles client = made.authority.selfSigned("client");
    options.clientCertificateFile = client.certificate;
    options.clientKeyFile = client.key;
    const auto response = Caller(service.url(), options).rotate();
    REQUIRE_FALSE(response);
    INFO(describe(response));
    CHECK(response.error().kind == ErrorKind::Transport);
    CHECK(service.calls() == 0);
  }
  SECTION("with another certificate's key") {
    options.clientCertificateFile = made.authority.issue("client").certificate;
    options.clientKeyFile = made.authority.issue("other").key;
    const auto response = Caller(service.url(), options).rotate();
    REQUIRE_FALSE(response);
    INFO(describe(response));
    CHECK(response.error().kind == ErrorKind::Configuration);
    CHECK(response.error().delivery == Delivery::NotSent);
    CHECK(service.calls() == 0);
  }
}

TEST_CASE("a client's certificate that has expired is not taken for the server's") {
  TlsWorld made;
  made.tls.certificate = made.authority.issue("server");
  made.tls.clientCaFile = made.authority.file();
  // By TLS 1.3 the server says so when the request may have been sent.
  made.tls.newestVersion = TLS1_2_VERSION;
  ServedFake service(made.tls);
  CertificateContent content;
  content.validUntilSeconds = -60;
  const CertificateFiles client = made.authority.issue("client", content);
  CurlTransportOptions options = made.trusting();
  options.clientCertificateFile = client.certificate;
  options.clientKeyFile = client.key;
  const auto response = Caller(service.url(), options).rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Configuration);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().attempts == 1);
  CHECK(response.error().message == "client certificate " + client.certificate +
                                        ": expired, says the server (" + service.url() + ")");
}

TEST_CASE("nobody is asked for the passphrase of a client's key") {
  TlsWorld made;
  made.tls.certificate = made.authority.issue("server");
  made.tls.clientCaFile = made.authority.file();
  ServedFake service(made.tls);
  const CertificateFiles client = made.authority.issueLocked("client", "passphrase");
  CurlTransportOptions options = made.trusting();
  std::string named;
  SECTION("in a file of its own") {
    options.clientCertificateFile = client.certificate;
    options.clientKeyFile = client.key;
    named = "client key " + client.key;
  }
  SECTION("in a file of its own, in the older way of OpenSSL") {
    options.clientCertificateFile = client.certificate;
    options.clientKeyFile =
        made.folder.file("older.key",
                         "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                         "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                         "-----END EC PRIVATE KEY-----\n");
    named = "client key " + options.clientKeyFile;
  }
  SECTION("beside the certificate") {
    options.clientCertificateFile =
        made.folder.file("both.pem", readFile(client.certificate) + readFile(client.key));
    named = "client certificate " + options.clientCertificateFile;
  }
  const TypedText typed("passphrase\n");
  const auto response = Caller(service.url(), options).rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Configuration);
  CHECK(response.error().delivery == Delivery::NotSent);
  CHECK(response.error().message == named +
                                        ": the key is encrypted, and nobody is asked for its "
                                        "passphrase (" +
                                        service.url() + ")");
  CHECK(typed.rest() == "passphrase\n");
  CHECK(service.calls() == 0);
}

TEST_CASE("an answer that is cut off where only TLS tells its end is not taken for whole") {
  TlsWorld made;
  made.tls.certificate = made.authority.issue("server");
  made.tls.newestVersion = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const std::string head =
      GENERATE("HTTP/1.0 200 OK\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n");
  // The part that came is valid by itself.
  SocketServer server(made.tls, [&](Connection& connection) {
    connection.readRequest();
    connection.write(head + "\r\n" + R"({"sourceAccessToken":"whole"})");
    connection.cut();
  });
  Settings settings = settingsFor(server.url());
  settings.maxAttempts = 1;
  const auto response = Caller(settings, made.trusting()).rotate();
  CAPTURE(head, made.tls.newestVersion);
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind == ErrorKind::Transport);
  CHECK(response.error().delivery == Delivery::Unknown);
}

TEST_CASE("an answer that tells its end is whole, however the TLS connection ends") {
  TlsWorld made;
  made.tls.certificate = made.authority.issue("server");
  const std::string body = R"({"sourceAccessToken":"whole"})";
  const std::string answer = GENERATE_COPY(
      "HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1d\r\n" + body + "\r\n0\r\n\r\n");
  REQUIRE(body.size() == 0x1d);
  SocketServer server(made.tls, [&](Connection& connection) {
    connection.readRequest();
    connection.write(answer);
    connection.cut();
  });
  const auto response = Caller(server.url(), made.trusting()).rotate();
  INFO(describe(response));
  CHECK(response);
}

TEST_CASE("a broken handshake on a transport that was warm leaves the request unsent") {
  TlsWorld made;
  made.tls.certificate = made.authority.issue("server");
  ServedFake service(made.tls);
  SocketServer broken([](Connection& connection) { connection.readSome(); });
  Settings settings = settingsFor("https://" + broken.authority());
  settings.maxAttempts = 1;
  Caller caller(service.url(), made.trusting());
  REQUIRE(caller.rotate());
  Client other(settings, caller.transport, caller.credentials, caller.clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  const auto response = rotateTunnelAccessToken(request, other);
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().delivery == Delivery::NotSent);
}

TEST_CASE("a request that is lost on a kept TLS connection is not sent again unasked") {
  TlsWorld made;
  made.tls.certificate = made.authority.issue("server");
  ServedFake service;
  SocketServer server(made.tls, [&](Connection& connection) {
    service.answerOne(connection);
    service.injectFault(Fault::DroppedAfterRotation);
    service.answerOne(connection);
  });
  Settings settings = settingsFor(server.url());
  settings.maxAttempts = 1;
  Caller caller(settings, made.trusting());
  REQUIRE(caller.rotate());
  const auto response = caller.rotate();
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().delivery == Delivery::Unknown);
  CHECK(service.calls() == 2);
}
