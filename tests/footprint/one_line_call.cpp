// SPDX-License-Identifier: BSL-1.0
// The smallest program: settings, credentials and all else are looked for where AWS tools do.
#include <cstdio>

#include "secure_tunneling/secure_tunneling.hpp"

using namespace secure_tunneling;

int main(int count, char** arguments) {
  if (count != 2) return 2;
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = arguments[1];
  request.clientMode = ClientMode::SOURCE;
  const auto response = rotateTunnelAccessToken(request);
  if (!response) {
    std::puts(response.error().message.c_str());
    return 1;
  }
  return 0;
}
