// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "secure_tunneling/result.hpp"

/// The value of an option, after `file://` and `fileb://` are followed.
struct ArgumentText {
  std::string text;
  /// From `fileb://`: bytes, of which nothing is known.
  bool isBytes = false;
};

/// Reads the file that `value` names, or takes `value` as it is. `~` and variables in a path are
/// expanded; files have 16 MiB at most; text files must be in UTF-8, or in the encoding that
/// AWS_CLI_FILE_ENCODING names, and their line ends are made "\n".
secure_tunneling::Result<ArgumentText> loadText(const std::string& value);

/// The same for an option, which the error names.
secure_tunneling::Result<ArgumentText> loadArgument(const std::string& option,
                                                    const std::string& value);
