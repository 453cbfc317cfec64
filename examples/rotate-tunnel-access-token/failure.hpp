// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "secure_tunneling/result.hpp"

/// Those of the AWS CLI, version 2.
enum ExitCode : int {
  exitDone = 0,
  exitUsage = 252,
  exitConfiguration = 253,
  exitService = 254,
  exitOther = 255
};

/// How the program ends, and what it says.
struct Failure {
  int exitCode = exitOther;
  /// All that came from outside is visible in it.
  std::string message;
};

/// What to make of an error of the library: the words of the AWS CLI, which scripts look for, with
/// what the library knows beside them. `endpoint` is whom was called, `SCHEME://HOST[:PORT]`, empty
/// when nobody was; `maxAttempts` how many attempts there could have been.
Failure failureOf(const secure_tunneling::Error& error, std::string_view endpoint = {},
                  int maxAttempts = 0);
