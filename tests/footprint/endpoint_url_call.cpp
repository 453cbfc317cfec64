// SPDX-License-Identifier: BSL-1.0
// A program whose call goes to an explicit endpoint.
#include <cstdio>
#include <utility>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/core.hpp"

using namespace secure_tunneling;

int main(int count, char** arguments) {
  if (count != 6) return 2;
  Settings settings;
  settings.region = arguments[1];
  settings.endpointUrl = arguments[2];
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = arguments[5];
  request.clientMode = ClientMode::SOURCE;

  CurlTransport transport;
  StaticCredentials credentials(arguments[3], arguments[4]);
  SystemClock clock;
  BasicClient<OpensslSha256> client(std::move(settings), transport, credentials, clock);
  const auto response = rotateTunnelAccessToken(request, client);
  if (!response) {
    std::puts(response.error().message.c_str());
    return 1;
  }
  return 0;
}
