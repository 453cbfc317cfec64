// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>

#include "secure_tunneling/result.hpp"

enum class OutputFormat : unsigned char { Json, Text };
enum class Skeleton : unsigned char { None, Input, Output };

/// What the command line asks for. A member that is not set was not given.
struct Options {
  std::optional<std::string> tunnelId;
  std::optional<std::string> clientMode;
  std::optional<std::string> destinationConfig;
  std::optional<std::string> cliInputJson;
  Skeleton skeleton = Skeleton::None;

  OutputFormat output = OutputFormat::Json;
  std::optional<std::string> region;
  /// Empty when not given.
  std::string profile;
  std::optional<std::string> endpointUrl;
  /// Empty when not given.
  std::string caBundle;
  bool verifySsl = true;
  bool signRequest = true;
  /// Milliseconds; 0 for no limit.
  long readTimeoutMs = 60'000;
  long connectTimeoutMs = 60'000;
  bool debug = false;

  /// The text of --help or --version: all there is to do is to print it.
  std::string information;
};

/// Reads the command line, and the environment's AWS_DEFAULT_OUTPUT. The error's message is ready
/// to be printed.
secure_tunneling::Result<Options> parseOptions(int argc, const char* const* argv);
