// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "secure_tunneling/secure_tunneling.hpp"
#include "support/gate.hpp"
#include "support/served_fake.hpp"
#include "support/socket_server.hpp"

/// A clock whose monotonic time runs, and on which waits take none: they are counted.
class FaultClock final : public secure_tunneling::Clock {
 public:
  secure_tunneling::Moment now() override {
    const auto passed = std::chrono::steady_clock::now() - begin_;
    return {unixMs, 0xffffffffU,
            std::chrono::duration_cast<std::chrono::milliseconds>(passed).count()};
  }
  void wait(std::int64_t) override {
    if (onWait) onWait();
  }

  std::int64_t unixMs = secure_tunneling::ManualClock::defaultUnixMs;
  std::function<void()> onWait;

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// The certificates that servers of the faults have.
struct FaultCertificates {
  TemporaryFolder folder;
  CertificateAuthority authority{folder, "ca"};
  CertificateAuthority stranger{folder, "stranger"};
  CertificateFiles good = authority.issue("good");
  CertificateFiles expired = authority.issue("expired", {"loopback", names, -7200, -3600});
  CertificateFiles early = authority.issue("early", {"loopback", names, 3600, 7200});
  CertificateFiles other = authority.issue("other", {"other", "DNS:other.example", -3600, 3600});
  CertificateFiles unknown = stranger.issue("unknown");

 private:
  static constexpr const char* names = "IP:127.0.0.1";
};

/// The place of one fault: a service behind TLS, what stands in front of it, and the program that
/// calls. The fault is at work on every connection and request, or on the first alone.
class Scene {
 public:
  using Script = std::function<void(Scene&, Connection&)>;

  /// Where a script stands, from the program's side.
  enum class Place : unsigned char { Proxy, BeforeTls, Service };

  Scene(const FaultCertificates& some, bool lasting) : certificates(some), lasts(lasting) {
    settings.region = "us-east-1";
    options.caFile = certificates.authority.file();
    tls.certificate = certificates.good;
    // Long enough for what goes well on any machine.
    options.connectTimeoutMs = options.totalTimeoutMs = 60'000;
    options.lowSpeedSeconds = 0;
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  /// Opens the ports that there is a script for.
  void open(Place place, Script script) {
    script_ = std::move(script);
    service_ = std::make_unique<SocketServer>(tls, [this, place](Connection& connection) {
      play(place == Place::Service, connection, [&] { serve(connection); });
    });
    settings.endpointUrl = service_->url();
    if (place == Place::Service) return;
    front_ = std::make_unique<SocketServer>([this, place](Connection& connection) {
      play(true, connection, [&] { passOn(connection, place == Place::Proxy); });
    });
    if (place == Place::Proxy) {
      options.proxy = front_->url();
      options.noProxy.clear();
    } else {
      settings.endpointUrl = "https://" + front_->authority();
    }
  }

  /// Whether the fault is at work, for those that are not of a connection; asked once for each.
  [[nodiscard]] bool isAtWork() { return lasts || met_++ == 0; }

  /// What the service answers to the next request of a connection.
  std::string takeAnswer(Connection& connection) { return fake.answerTo(connection.readRequest()); }
  /// Writes an answer of the service, whole.
  bool deliver(Connection& connection, const std::string& answer) {
    const auto has = [&](const std::string& token) {
      return answer.find('"' + token + '"') != std::string::npos;
    };
    if (has(fake.sourceToken()) && has(fake.destinationToken())) ++answersWithTokens;
    return !answer.empty() && connection.write(answer);
  }
  /// Answers the requests of a connection as the service does.
  void serve(Connection& connection) {
    while (deliver(connection, takeAnswer(connection))) {
    }
  }
  /// Keeps the connection, and says nothing, until the program has enough.
  void stall(Connection& connection) {
    reached->arrive();
    connection.waitForClient();
  }

  const FaultCertificates& certificates;
  const bool lasts;
  secure_tunneling::Settings settings;
  secure_tunneling::CurlTransportOptions options = direct();
  secure_tunneling::CallLimits limits;
  TlsOptions tls;
  FaultClock clock;
  ServedFake fake;
  secure_tunneling::StaticCredentials ownCredentials{ServedFake::accessKeyId,
                                                     ServedFake::secretAccessKey};
  secure_tunneling::CredentialsSource* credentials = &ownCredentials;
  std::string tunnelId = ServedFake::tunnel;
  /// The fault has come to where the program waits for something.
  const std::shared_ptr<Gate> reached = std::make_shared<Gate>();
  std::atomic<bool> cancelled{false};
  std::atomic<int> answersWithTokens{0};
  /// Whatever else a fault needs.
  std::vector<std::shared_ptr<void>> kept;

 private:
  static secure_tunneling::CurlTransportOptions direct() {
    secure_tunneling::CurlTransportOptions options;
    options.noProxy = "*";
    return options;
  }

  template <class Otherwise>
  void play(bool isHere, Connection& connection, Otherwise otherwise) {
    if (isHere && script_ && isAtWork()) {
      script_(*this, connection);
    } else {
      otherwise();
    }
  }
  /// To the service, as a proxy or as the network does.
  void passOn(Connection& connection, bool isProxy) {
    if (isProxy) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 Connection established\r\n\r\n");
    }
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(service_->port());
    if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
      relay(connection, socket);
    close(socket);
  }

  Script script_;
  std::atomic<int> met_{0};
  std::unique_ptr<SocketServer> service_;
  std::unique_ptr<SocketServer> front_;
};
