// SPDX-License-Identifier: BSL-1.0
// A program that says all itself, and so has no use for what reads the environment or a file.
#include "secure_tunneling/secure_tunneling.hpp"

int main() {
  using namespace secure_tunneling;
  Settings settings;
  settings.region = "us-east-1";
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  CurlTransport transport;
  SystemClock clock;
  Client client(settings, transport, credentials, clock);
  return rotateTunnelAccessToken(RotateTunnelAccessTokenRequest{}, client) ? 0 : 1;
}
