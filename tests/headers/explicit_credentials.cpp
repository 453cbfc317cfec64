// SPDX-License-Identifier: BSL-1.0
// A program that says all itself, and so has no use for what reads the environment or a file, nor
// for what takes a URL apart unless it sets one, nor for retry modes that it does not name.
#include "secure_tunneling/secure_tunneling.hpp"

int main() {
  using namespace secure_tunneling;
  Settings settings;
  settings.region = "us-east-1";
#ifdef SETS_ENDPOINT_URL
  settings.endpointUrl = "https://example.com";
#endif
#ifdef NAMES_ADAPTIVE
  settings.retryMode = RetryMode::Adaptive;
#endif
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  CurlTransport transport;
  SystemClock clock;
  Client client(settings, transport, credentials, clock);
  return rotateTunnelAccessToken(RotateTunnelAccessTokenRequest{}, client) ? 0 : 1;
}
