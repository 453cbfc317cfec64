// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "options.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/recorded_request.hpp"

/// An answer as it goes onto the wire.
struct WireAnswer {
  std::string text;
  Fate fate = Fate::Whole;
};

/// A whole answer of HTTP/1.1; `headers` are lines with their ends.
std::string formatAnswer(int status, std::string_view headers, std::string_view body);

/// The fake service with a clock that runs, and the faults that were asked for.
class Service {
 public:
  using Connection = secure_tunneling::FakeSecureTunnelingService::Connection;
  using Notification = secure_tunneling::FakeSecureTunnelingService::Notification;

  static constexpr std::size_t maxBodySize =
      secure_tunneling::FakeSecureTunnelingService::maxBodySize;

  explicit Service(const Options& options);

  /// Any request to the service's API.
  WireAnswer call(secure_tunneling::RecordedRequest& request);
  /// Prints what devices were told, as far as standard output takes it at once; whether that is
  /// all.
  bool printNotifications();

  // For the local proxies.
  secure_tunneling::Result<Connection> connect(const std::string& token,
                                               secure_tunneling::ClientMode side,
                                               const std::string& clientToken) {
    return fake_.connect(token, side, clientToken);
  }
  [[nodiscard]] bool isCurrent(const std::string& token) { return fake_.isCurrent(token); }
  [[nodiscard]] std::int64_t nowMs() { return clock_.now().unixMs; }

  /// False without such an open tunnel.
  bool closeTunnel(const std::string& tunnelId);

  [[nodiscard]] std::string sourceToken(const std::string& tunnelId) {
    return fake_.sourceToken(tunnelId);
  }
  [[nodiscard]] std::string destinationToken(const std::string& tunnelId) {
    return fake_.destinationToken(tunnelId);
  }

 private:
  RequestedFault nextFault();

  secure_tunneling::SystemClock clock_;
  secure_tunneling::FakeSecureTunnelingService fake_;
  std::deque<RequestedFault> faults_;
  std::size_t printed_ = 0;
  /// What is left of the line under way.
  std::string line_;
};
