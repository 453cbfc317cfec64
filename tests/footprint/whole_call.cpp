// SPDX-License-Identifier: BSL-1.0
// All code that one call with the libcurl and OpenSSL adapters brings along.
#include <string_view>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/core.hpp"

using namespace secure_tunneling;

bool rotate(std::string_view tunnelId, std::string_view region, std::string_view accessKeyId,
            std::string_view secretAccessKey, Secret& sourceAccessToken, int& httpStatus);

bool rotate(std::string_view tunnelId, std::string_view region, std::string_view accessKeyId,
            std::string_view secretAccessKey, Secret& sourceAccessToken, int& httpStatus) {
  Settings settings;
  settings.region = region;
  CurlTransport transport;
  StaticCredentials credentials(accessKeyId, secretAccessKey);
  SystemClock clock;
  BasicClient<OpensslSha256> client(std::move(settings), transport, credentials, clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = tunnelId;
  request.clientMode = ClientMode::ALL;
  auto response = rotateTunnelAccessToken(request, client);
  if (!response) {
    httpStatus = response.error().httpStatus;
    return false;
  }
  if (response->sourceAccessToken) sourceAccessToken = std::move(*response->sourceAccessToken);
  return true;
}
