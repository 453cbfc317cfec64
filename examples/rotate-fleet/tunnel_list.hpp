// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "secure_tunneling/model.hpp"
#include "secure_tunneling/result.hpp"

/// The tunnels of a fleet, as a file lists them: a tunnel's id on a line, and behind it, where it
/// is another than the usual one, whose token is rotated. Blank lines and what follows "#" are
/// nothing.
struct TunnelList {
  std::vector<secure_tunneling::RotateTunnelAccessTokenRequest> requests;
  /// The line of each request, counted from 1.
  std::vector<std::size_t> lines;
};

/// The mode of a name, whose letters may be small; not set for a name that there is not.
secure_tunneling::ClientMode clientModeOf(const std::string& name);

/// Reads such a list. `usual` is the mode where a line names none, and may be not set. The error
/// says of every line what is wrong with it, a line each, up to twenty of them.
secure_tunneling::Result<TunnelList> readTunnelList(const std::string& text,
                                                    secure_tunneling::ClientMode usual);
