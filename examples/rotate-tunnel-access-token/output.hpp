// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "jmespath/jmespath.hpp"
#include "options.hpp"
#include "secure_tunneling/model.hpp"

/// How the response is printed.
struct OutputStyle {
  OutputFormat format = OutputFormat::Json;
  /// Of a table.
  bool colors = false;
  /// What is made of the response before; null for nothing.
  const jmespath::Expression* query = nullptr;
  /// Whose tokens are asked for; the format `env` prints the one of SOURCE or DESTINATION.
  std::string_view clientMode;
};

/// The response, queried and in the form of the AWS CLI, with its line end; nothing at all where
/// an object without members is left. Fails where the query does not suit what is in the response,
/// or the token that is to be printed is not there.
secure_tunneling::Result<secure_tunneling::Secret> format(
    const secure_tunneling::RotateTunnelAccessTokenResponse& response, const OutputStyle& style);

/// A response as a call with `clientMode` gets it, to try a query on before tokens are rotated.
secure_tunneling::RotateTunnelAccessTokenResponse sampleResponse(std::string_view clientMode);

/// Writes all of `text` to a file; false, with errno set, when that fails.
[[nodiscard]] bool writeTo(int descriptor, std::string_view text);

/// Writes all of `text` to standard output; false, with errno set, when that fails.
[[nodiscard]] bool writeToStandardOutput(std::string_view text);

/// Writes a message and a line end to standard error, with all made visible that
/// could steer a terminal. Text from outside that is part of a message went through `visible()`.
void tellOnStandardError(std::string_view text);
