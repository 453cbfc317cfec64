// SPDX-License-Identifier: BSL-1.0
// A plug-in with the library in it: the only user of libcurl in its program.
#include "secure_tunneling/secure_tunneling.hpp"

/// Calls a host whose look-up outlasts the time limit. Returns whether that was the outcome.
extern "C" [[gnu::visibility("default")]] bool callSlowHost() {
  secure_tunneling::Settings settings;
  settings.region = "us-east-1";
  settings.endpointUrl = "https://slow.invalid";
  settings.maxAttempts = 1;
  secure_tunneling::CurlTransportOptions options;
  options.noProxy = "*";
  options.connectTimeoutMs = 100;
  secure_tunneling::CurlTransport transport(options);
  secure_tunneling::StaticCredentials credentials("AKIDEXAMPLE", "secret");
  secure_tunneling::SystemClock clock;
  secure_tunneling::Client client(settings, transport, credentials, clock);
  secure_tunneling::RotateTunnelAccessTokenRequest request;
  request.tunnelId = "tunnel";
  request.clientMode = secure_tunneling::ClientMode::ALL;
  const auto response = rotateTunnelAccessToken(request, client);
  return !response && response.error().transportCode == CURLE_OPERATION_TIMEDOUT;
}
