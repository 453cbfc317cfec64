// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>

#include "secure_tunneling/secure_tunneling.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/served_fake.hpp"

/// Options that go straight to the loopback server, wherever the environment's proxies are.
inline secure_tunneling::CurlTransportOptions direct() {
  secure_tunneling::CurlTransportOptions options;
  options.noProxy = "*";
  return options;
}

inline secure_tunneling::Settings settingsFor(std::string endpointUrl) {
  secure_tunneling::Settings settings;
  settings.region = "us-east-1";
  settings.endpointUrl = std::move(endpointUrl);
  return settings;
}

using RotateResult = secure_tunneling::Result<secure_tunneling::RotateTunnelAccessTokenResponse>;

/// An application: a client with all its parts, and a clock on which waiting takes no time. Make it
/// after the server, which would otherwise wait for the end of a connection that is kept.
struct Caller {
  secure_tunneling::ManualClock clock;
  secure_tunneling::StaticCredentials credentials;
  secure_tunneling::CurlTransport transport;
  secure_tunneling::Client client;

  explicit Caller(std::string endpointUrl,
                  secure_tunneling::CurlTransportOptions options = direct())
      : Caller(settingsFor(std::move(endpointUrl)), std::move(options)) {}
  explicit Caller(secure_tunneling::Settings settings,
                  secure_tunneling::CurlTransportOptions options = direct(),
                  std::string_view sessionToken = {})
      : credentials(ServedFake::accessKeyId, ServedFake::secretAccessKey, sessionToken),
        transport(std::move(options)),
        client(std::move(settings), transport, credentials, clock) {}

  RotateResult rotate(secure_tunneling::ClientMode mode = secure_tunneling::ClientMode::ALL,
                      const std::string& tunnelId = ServedFake::tunnel) {
    secure_tunneling::RotateTunnelAccessTokenRequest request;
    request.tunnelId = tunnelId;
    request.clientMode = mode;
    return secure_tunneling::rotateTunnelAccessToken(request, client);
  }
};

/// For INFO: the error in words.
inline std::string describe(const RotateResult& result) {
  if (result) return "a response";
  const secure_tunneling::Error& error = result.error();
  return "kind " + std::to_string(static_cast<int>(error.kind)) + ", delivery " +
         std::to_string(static_cast<int>(error.delivery)) + ", status " +
         std::to_string(error.httpStatus) + ", attempts " + std::to_string(error.attempts) +
         ", transport code " + std::to_string(error.transportCode) + ", " + error.code + ": " +
         error.message;
}
