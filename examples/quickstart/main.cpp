// SPDX-License-Identifier: BSL-1.0
#include <cstdio>

#include "secure_tunneling/secure_tunneling.hpp"

int main(int argc, char** argv) {
  secure_tunneling::RotateTunnelAccessTokenRequest request;
  request.tunnelId = argc > 1 ? argv[1] : "";
  request.clientMode = secure_tunneling::ClientMode::SOURCE;

  const auto response = secure_tunneling::rotateTunnelAccessToken(request);
  if (!response) {
    std::fprintf(stderr, "%s %s\n", response.error().code.c_str(),
                 response.error().message.c_str());
    return 1;
  }
  if (response->sourceAccessToken) std::puts(response->sourceAccessToken->expose().data());
}
