// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "call_options.hpp"
#include "secure_tunneling/model.hpp"

/// Beside those of `ExitCode`.
constexpr int exitSomeFailed = 1;  ///< some tunnels have no new tokens
constexpr int exitHeld = 250;      ///< another fleet writes the results file

/// What the command line asks for.
struct ProgramOptions {
  /// Those that it has in common with the command.
  Options call;
  /// Of the lines that name none; may be not set.
  secure_tunneling::ClientMode clientMode;
  std::size_t parallel = 32;
  /// For all of it, in milliseconds; 0 for no limit.
  std::int64_t timeoutMs = 0;
  std::string resultsFile;
  /// Where the tunnels are listed; "-" for standard input.
  std::string listFile;
};

/// The values as they stand on the command line.
struct GivenToFleet {
  GivenCall call;
  std::string clientMode, parallel, timeout, resultsFile, listFile;
  bool version = false, help = false;
};

constexpr const char* fleetName = "rotate-fleet";
constexpr const char* fleetDescription =
    "Rotates the access tokens of many AWS IoT Secure Tunneling tunnels at once.";

/// Defines the options of this program. `given` must outlive `app`.
void defineFleetOptions(CLI::App& app, GivenToFleet& given);

/// Reads the command line. The error's message is ready to be printed.
secure_tunneling::Result<ProgramOptions> parseFleetOptions(int argc, const char* const* argv);
