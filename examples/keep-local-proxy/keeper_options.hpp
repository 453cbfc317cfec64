// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "call_options.hpp"

/// What the command line asks for.
struct KeeperOptions {
  /// Those that it has in common with the command.
  Options call;
  bool firstTokenFromEnv = false;
  /// The program and its arguments.
  std::vector<std::string> program;
};

/// The values as they stand on the command line.
struct GivenToKeeper {
  GivenCall call;
  bool firstTokenFromEnv = false, help = false, version = false;
};

constexpr const char* keeperName = "keep-local-proxy";
constexpr const char* keeperDescription =
    "Keeps AWS's local proxy connected to one side of an AWS IoT Secure Tunneling tunnel.";

/// Defines the options of this program. `given` must outlive `app`.
void defineKeeperOptions(CLI::App& app, GivenToKeeper& given);

/// Reads the command line. The error's message is ready to be printed.
secure_tunneling::Result<KeeperOptions> parseKeeperOptions(int argc, const char* const* argv);
