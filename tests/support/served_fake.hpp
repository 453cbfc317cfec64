// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/recorded_request.hpp"
#include "support/socket_server.hpp"

/// What stands on the wire as a request's parts; whatever is not HTTP becomes a strange method.
inline secure_tunneling::RecordedRequest parseRequest(const std::string& raw) {
  secure_tunneling::RecordedRequest request;
  const std::size_t headEnd = raw.find("\r\n\r\n");
  request.body = raw.substr(headEnd + 4);
  std::string_view rest(raw.data(), headEnd + 2);
  const auto takeLine = [&rest] {
    const std::string line(rest.substr(0, rest.find("\r\n")));
    rest.remove_prefix(line.size() + 2);
    return line;
  };
  const std::string first = takeLine();
  request.method = first.substr(0, first.find(' '));
  request.target =
      first.substr(request.method.size() + 1, first.rfind(' ') - request.method.size() - 1);
  while (!rest.empty()) {
    const std::string line = takeLine();
    const std::size_t colon = line.find(": ");
    request.headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
  }
  request.authority = request.header("Host").value_or("");
  return request;
}

/// The fake service behind a loopback port, with the tunnel `tunnel`.
class ServedFake {
 public:
  static constexpr const char* tunnel = "tunnel-1";
  static constexpr const char* accessKeyId = "AKIDEXAMPLE";
  static constexpr const char* secretAccessKey = "canary-secret-access-key";

  ServedFake() : ServedFake(secure_tunneling::ManualClock::defaultUnixMs) {}
  explicit ServedFake(std::int64_t unixMs) : ServedFake(unixMs, nullptr) {}
  explicit ServedFake(const TlsOptions& tls)
      : ServedFake(secure_tunneling::ManualClock::defaultUnixMs, &tls) {}
  ServedFake(std::int64_t unixMs, const TlsOptions* tls)
      : clock_(unixMs), fake_(clock_), server_(makeServer(tls)) {
    fake_.addCredentials(accessKeyId, secretAccessKey);
    fake_.addTunnel(tunnel);
  }

  [[nodiscard]] const SocketServer& server() const noexcept { return *server_; }
  [[nodiscard]] std::string url() const { return server_->url(); }
  [[nodiscard]] int connections() const { return server_->connections(); }
  /// Does something with the service while no request is looking.
  template <class Action>
  auto with(Action action) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return action(fake_);
  }
  void injectFault(secure_tunneling::Fault fault, int times = 1) {
    with([&](auto& fake) { fake.injectFault(fault, times); });
  }
  [[nodiscard]] int calls() {
    return with([](auto& fake) { return fake.calls(); });
  }
  [[nodiscard]] int rotations() {
    return with([](auto& fake) { return fake.rotations(); });
  }
  [[nodiscard]] std::string sourceToken() {
    return with([](auto& fake) { return fake.sourceToken(tunnel); });
  }
  [[nodiscard]] std::string destinationToken() {
    return with([](auto& fake) { return fake.destinationToken(tunnel); });
  }
  [[nodiscard]] bool accepts(std::string_view token) {
    return with([&](auto& fake) { return fake.accepts(token); });
  }

  /// Answers the requests of a connection until either side has enough.
  void serve(Connection& connection) {
    while (answerOne(connection)) {
    }
  }
  /// False when the connection is over.
  bool answerOne(Connection& connection) {
    const std::string answer = answerTo(connection.readRequest());
    return !answer.empty() && connection.write(answer);
  }
  /// What the service answers to one request, as it stands on the wire; empty where it does not, or
  /// where that is no request.
  std::string answerTo(const std::string& raw) {
    if (raw.find("\r\n\r\n") == std::string::npos) return {};
    auto request = parseRequest(raw);
    secure_tunneling::HttpResponse response;
    if (!with([&](auto& fake) { return fake.send(request.view(), response).hasValue(); })) {
      return {};
    }
    std::string lines;
    for (const char* const name :
         {"Date", "x-amzn-RequestId", "x-amzn-ErrorType", "Content-Type", "Retry-After"}) {
      if (const auto value = response.headers.find(name)) {
        lines.append(name).append(": ").append(*value).append("\r\n");
      }
    }
    return answerText(response.status, response.body.expose(), lines);
  }

 private:
  std::unique_ptr<SocketServer> makeServer(const TlsOptions* tls) {
    const auto script = [this](Connection& connection) { serve(connection); };
    return tls == nullptr ? std::make_unique<SocketServer>(script)
                          : std::make_unique<SocketServer>(*tls, script);
  }

  std::mutex mutex_;
  secure_tunneling::ManualClock clock_;
  secure_tunneling::FakeSecureTunnelingService fake_;
  std::unique_ptr<SocketServer> server_;
};
