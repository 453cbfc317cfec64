// SPDX-License-Identifier: BSL-1.0
#include "bare_metal/call.hpp"

Rotated rotate(const secure_tunneling::RotateTunnelAccessTokenRequest& request,
               secure_tunneling::BasicClient<PortableSha256>& client) {
  return secure_tunneling::rotateTunnelAccessToken(request, client);
}
