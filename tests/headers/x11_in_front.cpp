// SPDX-License-Identifier: BSL-1.0
// What a window's header may need of the library, behind what <X11/Xlib.h> defines.
#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <string>

#define Always 2
#define Bool int
#define False 0
#define None 0L
#define Status int
#define Success 0
#define True 1

#include "secure_tunneling/model.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/secret.hpp"
#include "secure_tunneling/throwing.hpp"

namespace st = secure_tunneling;

Status show(const st::Result<st::RotateTunnelAccessTokenResponse>& result);
Status show(const st::Result<st::RotateTunnelAccessTokenResponse>& result) {
  return result ? Success : static_cast<Status>(result.error().kind);
}
