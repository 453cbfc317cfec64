// SPDX-License-Identifier: BSL-1.0
// A user's program with the default adapters. Nothing is sent: the request has no tunnel.
#include "secure_tunneling/secure_tunneling.hpp"

int main() {
  using namespace secure_tunneling;
  Settings settings;
  settings.region = "us-east-1";
  CurlTransport transport;
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  SystemClock clock;
  Client client(settings, transport, credentials, clock);

  const auto response = rotateTunnelAccessToken({}, client);
  return !response && response.error().kind == ErrorKind::InvalidArgument ? 0 : 1;
}
