// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "secure_tunneling/model.hpp"
#include "secure_tunneling/result.hpp"

/// The files of --token-file: `sourceAccessToken` and `destinationAccessToken` in one directory,
/// each with a token and nothing else, for its owner alone (mode 0600). A file is replaced as a
/// whole: who reads it gets the old token or the new one.
class TokenFiles {
 public:
  explicit TokenFiles(std::string directory) : directory_(std::move(directory)) {}

  /// Whether the tokens of a mode can be written, found out by writing a file of that kind and
  /// taking it away again. The error's message is ready to be printed.
  [[nodiscard]] secure_tunneling::Result<void> check(std::string_view clientMode) const;

  /// Writes the tokens that are in the response, all of them before any file is replaced. The
  /// error's message says which files have which tokens.
  [[nodiscard]] secure_tunneling::Result<void> write(
      const secure_tunneling::RotateTunnelAccessTokenResponse& response) const;

 private:
  [[nodiscard]] std::string path(std::string_view name) const;

  std::string directory_;
};
