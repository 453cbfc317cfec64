// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "options.hpp"
#include "secure_tunneling/model.hpp"

/// The response as --output wants it, with its line end; nothing at all for a response without
/// members.
///   json: indented by four, the members in the order of the API, text as it is
///   text: values only, tab-separated, in the alphabetical order of their names
secure_tunneling::Secret format(const secure_tunneling::RotateTunnelAccessTokenResponse& response,
                                OutputFormat format);

/// Writes all of `text` to standard output; false, with errno set, when that fails.
[[nodiscard]] bool writeToStandardOutput(std::string_view text);

/// The only way to standard error: writes a message and a line end, with all made visible that
/// could steer a terminal. Text from outside that is part of a message went through `visible()`.
void tellOnStandardError(std::string_view text);
