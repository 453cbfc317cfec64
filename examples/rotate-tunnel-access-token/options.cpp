// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

#include "call_options.hpp"
#include "command_line.hpp"
#include "secure_tunneling/version.hpp"
#include "suggestion.hpp"
#include "text.hpp"

using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

constexpr const char* programName = "rotate-tunnel-access-token";
constexpr const char* operationGroup = "Options";
constexpr const char* globalGroup = "Global options";
/// The values as they stand on the command line.
struct Given {
  GivenCall call;
  std::string cliInputJson, cliInputYaml, skeleton, output, query, color, binaryFormat;
  bool help = false, version = false;
  bool noPaginate = false, noPager = false, autoPrompt = false, noAutoPrompt = false;
};

/// The AWS CLI reads the options of all its commands first, then those of the operation, so that
/// `--d` is `--debug`, clearly. An option that is of no use here is taken as the AWS CLI takes it.
void defineOptions(CLI::App& app, Given& given) {
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.option_defaults()->group(operationGroup);
  defineRequest(app, given.call);
  app.add_option("--cli-input-json", given.cliInputJson,
                 "All of the above as JSON; options given beside it count more")
      ->type_name("JSON");
  app.add_option("--cli-input-yaml", given.cliInputYaml, "The same as YAML")->type_name("YAML");
  app.add_option("--generate-cli-skeleton", given.skeleton,
                 "Calls nothing; prints the JSON for --cli-input-json (input, the default), the "
                 "YAML for --cli-input-yaml (yaml-input), or a sample of the output (output)")
      ->default_str("input")
      ->type_name("WHICH");

  app.option_defaults()->group(globalGroup);
  app.set_help_flag();
  app.add_flag("-h,--help", given.help, "Prints this text");
  defineEndpoint(app, given.call);
  app.add_flag("--no-paginate", given.noPaginate, "Changes nothing: there is one page");
  app.add_option("--output", given.output,
                 "json (the default), text, table, yaml, yaml-stream, or off for nothing")
      ->type_name("FORMAT");
  app.add_option("--query", given.query, "Prints what a JMESPath expression makes of the answer")
      ->type_name("EXPRESSION");
  defineProfile(app, given.call);
  app.add_flag("--version", given.version, "Prints the version");
  app.add_option("--color", given.color, "Of a table: on, off or auto (on a terminal)")
      ->type_name("WHEN");
  defineTransport(app, given.call);
  app.add_option("--cli-binary-format", given.binaryFormat, "Changes nothing: nothing is binary")
      ->type_name("FORMAT");
  app.add_flag("--no-cli-pager", given.noPager, "Changes nothing: there is no pager");
  app.add_flag("--cli-auto-prompt", given.autoPrompt, "Refused: this program asks nothing");
  app.add_flag("--no-cli-auto-prompt", given.noAutoPrompt, "Changes nothing");

  app.footer(
      "The values of the first five may be file://PATH, to be read from there.\n"
      "Exit status: 0 done, 252 wrong usage, 253 no region or credentials, 254 refused by the "
      "service, 255 any other failure");
}

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
      choose(app, "--generate-cli-skeleton", given.skeleton, {"input", "yaml-input", "output"});
  if (!skeleton) return std::move(skeleton).error();
  if (app.count("--generate-cli-skeleton") != 0) {
    const Skeleton kinds[] = {Skeleton::Input, Skeleton::YamlInput, Skeleton::Output};
    options.skeleton = kinds[*skeleton];
  }
  Result<std::size_t> output = choose(app, "--output", given.output, outputFormats());
  if (!output) return std::move(output).error();
  if (app.count("--output") != 0) options.output = static_cast<OutputFormat>(*output);
  Result<std::size_t> color = choose(app, "--color", given.color, {"auto", "on", "off"});
  if (!color) return std::move(color).error();
  options.color = static_cast<Color>(*color);
  Result<std::size_t> binary =
      choose(app, "--cli-binary-format", given.binaryFormat, {"base64", "raw-in-base64-out"});
  if (!binary) return std::move(binary).error();
  return {};
}

}  // namespace

Names outputFormats() {
  return {"json", "text", "table", "yaml", "yaml-stream", "off"};
}

std::optional<OutputFormat> outputFormat(std::string_view name) {
  const Names names = outputFormats();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<OutputFormat>(found - names.begin());
}

Result<Options> parseOptions(int argc, const char* const* argv) {
  Given given;
  CLI::App app("Rotates the client access tokens of an AWS IoT Secure Tunneling tunnel.",
               programName);
  defineOptions(app, given);
  const auto isGlobal = [](const CLI::Option* option) {
    return option->get_group() != operationGroup;
  };
  const auto isOfOperation = [&](const CLI::Option* option) { return !isGlobal(option); };
  const CLI::App& defined = app;
  Result<SortedWords> global =
      sortWords(defined.get_options(isGlobal), Words(argv + 1, argv + argc));
  if (!global) return usageError(global.error().message);
  Result<SortedWords> operation = sortWords(defined.get_options(isOfOperation), global->rest);
  if (!operation) return usageError(operation.error().message);
  Words words = std::move(global->known);
  words.insert(words.end(), operation->known.begin(), operation->known.end());
  Result<void> parsed = parseWords(app, words);
  if (!parsed) return usageError(parsed.error().message);

  Options options;
  // The AWS CLI has the word for the option; where it is the only one, nothing else is needed.
  if (given.help || global->rest == Words{"help"}) options.information = app.help();
  if (given.version) {
    options.information =
        std::string(programName) + " (secure_tunneling " + SECURE_TUNNELING_VERSION_STRING + ")\n";
  }
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
  if (!replacesRequired(global->rest)) {
    std::string missing = options.tunnelId ? "" : "--tunnel-id";
    if (!options.clientMode) missing.append(missing.empty() ? "" : ", ").append("--client-mode");
    if (!missing.empty()) {
      return usageError("the following arguments are required: " + missing);
    }
  }
  const Unknown unknown = unknownOf(operation->rest);
  if (unknown.stray == "help") {
    options.information = app.help();
    return options;
  }
  const std::string unknownText = describe(unknown);
  if (!unknownText.empty()) {
    return makeError(ErrorKind::InvalidArgument, "Unknown options: " + visible(unknownText) +
                                                     suggestedOption(app, operation->rest));
  }

  Result<void> chosen = readChoices(app, given, options);
  if (!chosen) return std::move(chosen).error();
  if (app.count("--query") != 0) {
    Result<jmespath::Expression> query = jmespath::Expression::compile(given.query);
    if (!query) {
      return makeError(ErrorKind::InvalidArgument,
                       "Bad value for --query: " + visibleLines(query.error().message));
    }
    options.query = *std::move(query);
  }
  Result<void> connection = takeConnection(app, given.call, options);
  if (!connection) return std::move(connection).error();
  return options;
}
