// SPDX-License-Identifier: BSL-1.0
// The headers themselves, and then the single files, for single_files.cpp.
#include "secure_tunneling/call/retry.hpp"
#include "secure_tunneling/secure_tunneling.hpp"

#include "secure_tunneling.hpp"
#include "secure_tunneling_core.hpp"

const secure_tunneling::ClientMode* modeInTheHeaders();

const secure_tunneling::ClientMode* modeInTheHeaders() {
  return &secure_tunneling::ClientMode::ALL;
}
