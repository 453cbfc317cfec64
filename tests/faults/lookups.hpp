// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>

#include "support/gate.hpp"

// Names that this program looks up itself, as no resolver can be told to fail or to be slow.

/// Has no address.
inline constexpr const char* unknownHost = "unknown.invalid";
/// Has none either, which is told only after `releaseLookups`; arrives at the gate when it is asked
/// for.
std::string addSlowHost(std::shared_ptr<Gate> asked);
void releaseLookups();
