// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>

/// Why nothing could listen on `port` of `address` (a name or a number; empty for localhost) now;
/// empty where something could. Of a name that stands for several addresses one that is taken is
/// enough: it would get the connections.
std::string whyPortIsBusy(const std::string& address, std::uint16_t port);
