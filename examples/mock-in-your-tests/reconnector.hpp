// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "secure_tunneling/secure_tunneling.hpp"

/// The application's side of a tunnel: whatever connects with a client access token.
class LocalProxy {
 public:
  virtual bool connect(const secure_tunneling::Secret& sourceAccessToken) = 0;

  LocalProxy(const LocalProxy&) = delete;
  LocalProxy& operator=(const LocalProxy&) = delete;

 protected:
  LocalProxy() = default;
  ~LocalProxy() = default;
};

/// What became of an attempt to reconnect.
struct Reconnect {
  enum class Outcome { Connected, TryLater, GaveUp };

  Outcome outcome = Outcome::Connected;
  /// With `TryLater`: how long to wait.
  std::int64_t laterMs = 0;
};

/// Gets a dropped local proxy back to its tunnel. Its token was spent by the connection that was
/// lost, so each attempt asks for a new one.
class Reconnector {
 public:
  Reconnector(std::string tunnelId, secure_tunneling::Client& client, LocalProxy& proxy)
      : client_(client), proxy_(proxy) {
    request_.tunnelId = std::move(tunnelId);
    request_.clientMode = secure_tunneling::ClientMode::SOURCE;
  }

  Reconnect onTunnelDropped() {
    const auto tokens = secure_tunneling::rotateTunnelAccessToken(request_, client_);
    if (!tokens) return afterError(tokens.error());
    if (tokens->sourceAccessToken && proxy_.connect(*tokens->sourceAccessToken)) {
      return {Reconnect::Outcome::Connected, 0};
    }
    return {Reconnect::Outcome::TryLater, defaultDelayMs};
  }

 private:
  static constexpr std::int64_t defaultDelayMs = 30000;

  static Reconnect afterError(const secure_tunneling::Error& error) {
    // The tunnel was closed or has reached the end of its life: only a new one would help.
    if (error.code == "ResourceNotFoundException") return {Reconnect::Outcome::GaveUp, 0};
    return {Reconnect::Outcome::TryLater, error.retryAfterMs.value_or(defaultDelayMs)};
  }

  secure_tunneling::RotateTunnelAccessTokenRequest request_;
  secure_tunneling::Client& client_;
  LocalProxy& proxy_;
};
