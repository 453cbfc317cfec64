// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

#include "call_options.hpp"
#include "command_line.hpp"
#include "option_table.hpp"
#include "secure_tunneling/version.hpp"
#include "suggestion.hpp"
#include "text.hpp"

using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

Error usageError(const std::string& message) {
  return makeError(ErrorKind::InvalidArgument,
                   std::string(programName) + ": error: " + visible(message));
}

/// What no option accounts for. To the AWS CLI the first stray word, where it is not empty, may ask
/// for help.
struct Unknown {
  Words words;
  std::string stray;
};

Unknown unknownOf(const Words& rest) {
  Unknown unknown;
  bool haveStray = false;
  bool optionsEnded = false;
  for (const std::string& word : rest) {
    if (word == "--" && !optionsEnded) {
      optionsEnded = true;
    } else if (!haveStray && (optionsEnded || !looksLikeOption(word))) {
      haveStray = true;
      unknown.stray = word;
    } else {
      unknown.words.push_back(word);
    }
  }
  return unknown;
}

/// Names what is unknown as the AWS CLI does, the stray word last; empty where all is known.
std::string describe(const Unknown& unknown) {
  std::string text;
  for (const std::string& word : unknown.words)
    text.append(text.empty() ? "" : ", ").append(word);
  if (!unknown.stray.empty()) text.append(text.empty() ? "" : ", ").append(unknown.stray);
  return text;
}

/// What to say of an unknown option where another is missing: nothing, unless it looks like one.
std::string describeMisspelt(const CLI::App& app, const Words& rest) {
  const std::string meant = suggestedOption(app, rest);
  if (meant.empty()) return "";
  return "; " + *std::find_if(rest.begin(), rest.end(), looksLikeOption) + " is unknown" + meant;
}

/// Whether the required options may be missing: the AWS CLI goes by the plain word.
bool replacesRequired(const Words& words) {
  const auto has = [&words](const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  return has("--cli-input-json") || has("--cli-input-yaml") || has("--generate-cli-skeleton");
}

/// Which of `names` an option's value is: the first, where it was not given.
Result<std::size_t> choose(const CLI::App& app, const char* option, const std::string& value,
                           const Names& names) {
  if (app.count(option) == 0) return std::size_t{0};
  const auto found = std::find(names.begin(), names.end(), value);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  return usageError("argument " + std::string(option) + ": \"" + value + "\" is not " +
                    listOf(names) + suggestion(value, names));
}

/// Reads the options that have a few values to choose from.
Result<void> readChoices(const CLI::App& app, const Given& given, Options& options) {
  Result<std::size_t> skeleton =
      choose(app, "--generate-cli-skeleton", given.skeleton, skeletons());
  if (!skeleton) return std::move(skeleton).error();
  if (app.count("--generate-cli-skeleton") != 0) {
    const Skeleton kinds[] = {Skeleton::Input, Skeleton::YamlInput, Skeleton::Output};
    options.skeleton = kinds[*skeleton];
  }
  Result<std::size_t> output = choose(app, "--output", given.output, outputFormats());
  if (!output) return std::move(output).error();
  if (app.count("--output") != 0) options.output = static_cast<OutputFormat>(*output);
  Result<std::size_t> color = choose(app, "--color", given.color, colors());
  if (!color) return std::move(color).error();
  options.color = static_cast<Color>(*color);
  Result<std::size_t> binary =
      choose(app, "--cli-binary-format", given.binaryFormat, binaryFormats());
  if (!binary) return std::move(binary).error();
  Result<std::size_t> error = choose(app, "--cli-error-format", given.errorFormat, errorFormats());
  if (!error) return std::move(error).error();
  options.hasErrorFormat = app.count("--cli-error-format") != 0;
  return {};
}

/// Words of the command line that are no options that are known.
struct Rest {
  /// Without the options that all commands of the AWS CLI have; those of this command are in it.
  Words afterGlobal;
  /// Without any known option.
  Words afterAll;
};

/// Parses the options that are known, in the order in which the AWS CLI looks for them.
Result<Rest> parseKnown(CLI::App& app, int argc, const char* const* argv) {
  const CLI::App& defined = app;
  const auto optionsOf = [&defined](std::string_view group) {
    return defined.get_options(
        [group](const CLI::Option* option) { return option->get_group() == group; });
  };
  Result<SortedWords> global = sortWords(optionsOf(globalGroup), Words(argv + 1, argv + argc));
  if (!global) return usageError(global.error().message);
  Result<SortedWords> operation = sortWords(optionsOf(operationGroup), global->rest);
  if (!operation) return usageError(operation.error().message);
  Result<SortedWords> own = sortWords(optionsOf(ownGroup), operation->rest);
  if (!own) return usageError(own.error().message);
  Words words = std::move(global->known);
  words.insert(words.end(), operation->known.begin(), operation->known.end());
  words.insert(words.end(), own->known.begin(), own->known.end());
  Result<void> parsed = parseWords(app, words);
  if (!parsed) return usageError(parsed.error().message);
  return Rest{std::move(global->rest), std::move(own->rest)};
}

/// What is printed in place of a call, where that is asked for; else empty.
std::string informationOf(const CLI::App& app, const Given& given, const Rest& rest) {
  if (given.version) {
    return std::string(programName) + " (secure_tunneling " + SECURE_TUNNELING_VERSION_STRING +
           ")\n";
  }
  // The AWS CLI has the word for the option; where it is the only one, nothing else is needed.
  return given.help || rest.afterGlobal == Words{"help"} ? app.help() : "";
}

/// Refuses a command line that lacks a required option.
Result<void> checkRequired(const CLI::App& app, const Rest& rest, const Options& options) {
  if (replacesRequired(rest.afterGlobal)) return {};
  std::string missing = options.tunnelId ? "" : "--tunnel-id";
  if (!options.clientMode) missing.append(missing.empty() ? "" : ", ").append("--client-mode");
  if (missing.empty()) return {};
  return usageError("the following arguments are required: " + missing +
                    describeMisspelt(app, rest.afterAll));
}

/// Reads what is done with the answer: a query, and a folder for the tokens.
Result<void> readAnswerOptions(const CLI::App& app, Given& given, Options& options) {
  if (app.count("--query") != 0) {
    Result<jmespath::Expression> query = jmespath::Expression::compile(given.query);
    if (!query) {
      return makeError(ErrorKind::InvalidArgument,
                       "Bad value for --query: " + visibleLines(query.error().message));
    }
    options.query = *std::move(query);
  }
  if (app.count("--token-file") != 0 && given.tokenDirectory.empty()) {
    return usageError("argument --token-file: \"\" is no directory");
  }
  options.tokenDirectory = std::move(given.tokenDirectory);
  return {};
}

}  // namespace

Names outputFormats() {
  return {"json", "text", "table", "yaml", "yaml-stream", "off", "env"};
}

Names errorFormats() {
  return {"enhanced", "legacy"};
}

std::optional<OutputFormat> outputFormat(std::string_view name) {
  const Names names = outputFormats();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<OutputFormat>(found - names.begin());
}

Result<Options> parseOptions(int argc, const char* const* argv) {
  Given given;
  CLI::App app(programDescription, programName);
  defineOptions(app, given);
  Result<Rest> rest = parseKnown(app, argc, argv);
  if (!rest) return std::move(rest).error();

  Options options;
  options.information = informationOf(app, given, *rest);
  if (!options.information.empty()) return options;
  if (given.autoPrompt) {
    return makeError(ErrorKind::Configuration,
                     "--cli-auto-prompt: this program asks nothing, give the options themselves");
  }
  const auto value = [&app](const char* name, std::string& text) -> std::optional<std::string> {
    if (app.count(name) == 0) return std::nullopt;
    return std::move(text);
  };
  takeRequest(app, given.call, options);
  options.cliInputJson = value("--cli-input-json", given.cliInputJson);
  options.cliInputYaml = value("--cli-input-yaml", given.cliInputYaml);
  Result<void> checked = checkRequired(app, *rest, options);
  if (!checked) return std::move(checked).error();
  const Unknown unknown = unknownOf(rest->afterAll);
  if (unknown.stray == "help") {
    options.information = app.help();
    return options;
  }
  const std::string unknownText = describe(unknown);
  if (!unknownText.empty()) {
    return makeError(ErrorKind::InvalidArgument, "Unknown options: " + visible(unknownText) +
                                                     suggestedOption(app, rest->afterAll));
  }

  checked = readChoices(app, given, options);
  if (checked) checked = readAnswerOptions(app, given, options);
  options.dryRun = given.dryRun;
  if (checked) checked = takeConnection(app, given.call, options);
  if (!checked) return std::move(checked).error();
  return options;
}
