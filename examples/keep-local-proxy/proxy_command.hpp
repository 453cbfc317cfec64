// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "secure_tunneling/secure_tunneling.hpp"

/// What the command line of the program says, as far as it matters to whom keeps it running. Of a
/// program that is not AWS's localproxy nothing is known.
struct ProxyCommand {
  bool isLocalProxy = false;
  /// It has a --config already, and takes one only: the token has to come another way.
  bool hasConfig = false;
  std::string region;
  /// Where it listens, empty for its default; and the ports, none where it chooses them itself.
  std::string bindAddress;
  std::vector<std::uint16_t> ports;
};

/// Reads the command line of a program, and of localproxy the file of its --config. Refuses what
/// would spend every token for nothing: an access token given there, which counts more than a new
/// one, and the options of the side that is not `clientMode`.
secure_tunneling::Result<ProxyCommand> readProxyCommand(const std::vector<std::string>& program,
                                                        std::string_view clientMode);
