// SPDX-License-Identifier: BSL-1.0
// All code of the call itself: hash, transport, credentials and clock are somebody else's.
#include "secure_tunneling/core.hpp"

#include <cstddef>
#include <utility>

using namespace secure_tunneling;

struct ExternalSha256 {
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;
  bool init() noexcept;
  bool update(const void* data, std::size_t size) noexcept;
  bool final(unsigned char* digest) noexcept;
};

bool rotate(BasicClient<ExternalSha256>& client, const RotateTunnelAccessTokenRequest& request,
            Secret& sourceAccessToken, int& httpStatus);

bool rotate(BasicClient<ExternalSha256>& client, const RotateTunnelAccessTokenRequest& request,
            Secret& sourceAccessToken, int& httpStatus) {
  auto response = rotateTunnelAccessToken(request, client);
  if (!response) {
    httpStatus = response.error().httpStatus;
    return false;
  }
  if (response->sourceAccessToken) sourceAccessToken = std::move(*response->sourceAccessToken);
  return true;
}
