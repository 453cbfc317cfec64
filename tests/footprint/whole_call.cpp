// SPDX-License-Identifier: BSL-1.0
// All code that one call with the libcurl and OpenSSL adapters brings along.
#include <string_view>
#include <utility>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/core.hpp"

using namespace secure_tunneling;

Result<RotateTunnelAccessTokenResponse> rotate(const RotateTunnelAccessTokenRequest& request,
                                               Settings settings, std::string_view accessKeyId,
                                               std::string_view secretAccessKey);

Result<RotateTunnelAccessTokenResponse> rotate(const RotateTunnelAccessTokenRequest& request,
                                               Settings settings, std::string_view accessKeyId,
                                               std::string_view secretAccessKey) {
  CurlTransport transport;
  StaticCredentials credentials(accessKeyId, secretAccessKey);
  SystemClock clock;
  BasicClient<OpensslSha256> client(std::move(settings), transport, credentials, clock);
  return rotateTunnelAccessToken(request, client);
}
