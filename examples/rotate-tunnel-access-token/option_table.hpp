// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "call_options.hpp"
#include "suggestion.hpp"

constexpr const char* programName = "rotate-tunnel-access-token";
constexpr const char* programDescription =
    "Rotates the client access tokens of an AWS IoT Secure Tunneling tunnel.";

/// The groups of the options.
constexpr const char* operationGroup = "Options";
constexpr const char* globalGroup = "Global options";
constexpr const char* ownGroup = "Options that the AWS CLI does not have";

/// The values as they stand on the command line.
struct Given {
  GivenCall call;
  std::string cliInputJson, cliInputYaml, skeleton, output, query, color, binaryFormat, errorFormat;
  std::string tokenDirectory;
  bool help = false, version = false, dryRun = false;
  bool noPaginate = false, noPager = false, autoPrompt = false, noAutoPrompt = false;
};

/// The values that options have to choose from, in the order of their enumerations.
Names skeletons();
Names colors();
Names binaryFormats();

/// Defines the options of this program; those with a few values to choose from have `ONE|TWO` for
/// their type. `given` must outlive `app`.
///
/// The AWS CLI reads the options of all its commands first, then those of the operation, so that
/// `--d` is `--debug`, clearly; those that it does not have come last, to change nothing of that.
/// An option that is of no use here is taken as the AWS CLI takes it.
void defineOptions(CLI::App& app, Given& given);
