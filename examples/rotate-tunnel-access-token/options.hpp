// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "jmespath/jmespath.hpp"
#include "secure_tunneling/result.hpp"
#include "suggestion.hpp"

enum class OutputFormat : unsigned char { Json, Text, Table, Yaml, YamlStream, Off, Env };
enum class Skeleton : unsigned char { None, Input, YamlInput, Output };
enum class Color : unsigned char { Auto, On, Off };

/// The format of a name; none for a name that there is not.
std::optional<OutputFormat> outputFormat(std::string_view name);
/// The names of the formats.
Names outputFormats();
/// The names of the formats of errors, which are all the same here.
Names errorFormats();

/// What the command line asks for. A member that is not set was not given.
struct Options {
  std::optional<std::string> tunnelId;
  std::optional<std::string> clientMode;
  std::optional<std::string> destinationConfig;
  std::optional<std::string> cliInputJson;
  std::optional<std::string> cliInputYaml;
  Skeleton skeleton = Skeleton::None;

  std::optional<OutputFormat> output;
  /// Whether --cli-error-format is given; the other places for it do not count then.
  bool hasErrorFormat = false;
  Color color = Color::Auto;
  std::optional<jmespath::Expression> query;
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

  /// Where the tokens go in files of their own; empty when not given.
  std::string tokenDirectory;
  bool dryRun = false;

  /// The text of --help or --version: all there is to do is to print it.
  std::string information;
};

/// Reads the command line. The error's message is ready to be printed; its kind is `Configuration`
/// where the AWS CLI does not take the mistake for one of usage.
secure_tunneling::Result<Options> parseOptions(int argc, const char* const* argv);
