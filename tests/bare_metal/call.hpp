// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "secure_tunneling/core.hpp"
#include "support/portable_sha256.hpp"

using Rotated = secure_tunneling::Result<secure_tunneling::RotateTunnelAccessTokenResponse>;

/// Rotates by the whole of the core, with what the board has to bring for it: `call.cpp` is all
/// code that this takes, and nothing else.
[[nodiscard]] Rotated rotate(const secure_tunneling::RotateTunnelAccessTokenRequest& request,
                             secure_tunneling::BasicClient<PortableSha256>& client);
