// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "secure_tunneling/secret.hpp"

/// A line that gives a token to a local proxy, `AWSIOT_TUNNEL_ACCESS_TOKEN=...`, in the form of an
/// EnvironmentFile of systemd, which a POSIX shell reads the same. Quoted only where it has to be.
secure_tunneling::Secret printEnvironment(std::string_view token);
