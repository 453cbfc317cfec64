// SPDX-License-Identifier: BSL-1.0
// A process that makes one call, with everything from the environment.
#include "secure_tunneling/secure_tunneling.hpp"

int main() {
  secure_tunneling::RotateTunnelAccessTokenRequest request;
  request.tunnelId = "01234567-89ab-cdef-0123-456789abcdef";
  request.clientMode = secure_tunneling::ClientMode::ALL;
  const auto response = secure_tunneling::rotateTunnelAccessToken(request);
  return response && response->sourceAccessToken ? 0 : 1;
}
