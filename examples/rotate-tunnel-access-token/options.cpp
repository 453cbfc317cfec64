// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

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
  std::string tunnelId, clientMode, destinationConfig, cliInputJson, cliInputYaml;
  std::string skeleton, output, query, color, region, profile, endpointUrl, caBundle;
  std::string readTimeout, connectTimeout;
  std::string binaryFormat;
  bool noVerifySsl = false, noSignRequest = false, debug = false, help = false, version = false;
  bool noPaginate = false, noPager = false, autoPrompt = false, noAutoPrompt = false;
};

/// The AWS CLI reads the options of all its commands first, then those of the operation, so that
/// `--d` is `--debug`, clearly. An option that is of no use here is taken as the AWS CLI takes it.
void defineOptions(CLI::App& app, Given& given) {
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.option_defaults()->group(operationGroup);
  app.add_option("--tunnel-id", given.tunnelId, "The tunnel whose access tokens are rotated")
      ->type_name("ID");
  app.add_option("--client-mode", given.clientMode,
                 "Whose token is rotated: SOURCE, DESTINATION or ALL")
      ->type_name("MODE");
  app.add_option("--destination-config", given.destinationConfig,
                 "Thing and services of the destination: thingName=NAME,services=NAME,NAME or JSON")
      ->type_name("CONFIG");
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
  app.add_flag("--debug", given.debug, "Tells on standard error what is done, without secrets");
  app.add_option("--endpoint-url", given.endpointUrl, "http[s]://HOST[:PORT] to call instead")
      ->type_name("URL");
  app.add_flag("--no-verify-ssl", given.noVerifySsl, "Does not check the server's certificate");
  app.add_flag("--no-paginate", given.noPaginate, "Changes nothing: there is one page");
  app.add_option("--output", given.output,
                 "json (the default), text, table, yaml, yaml-stream, or off for nothing")
      ->type_name("FORMAT");
  app.add_option("--query", given.query, "Prints what a JMESPath expression makes of the answer")
      ->type_name("EXPRESSION");
  app.add_option("--profile", given.profile, "The profile of the shared files to use")
      ->type_name("NAME");
  app.add_option("--region", given.region, "The region, as in us-east-1")->type_name("NAME");
  app.add_flag("--version", given.version, "Prints the version");
  app.add_option("--color", given.color, "Of a table: on, off or auto (on a terminal)")
      ->type_name("WHEN");
  app.add_flag("--no-sign-request", given.noSignRequest, "Does not sign, and needs no credentials");
  app.add_option("--ca-bundle", given.caBundle, "A file of CA certificates to trust instead")
      ->type_name("FILE");
  app.add_option("--cli-read-timeout", given.readTimeout,
                 "Seconds until an answer must be there, 60 if not given; 0 for no limit")
      ->type_name("SECONDS");
  app.add_option("--cli-connect-timeout", given.connectTimeout,
                 "Seconds until a connection must be there, 60 if not given; 0 for no limit")
      ->type_name("SECONDS");
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

/// Has CLI11 read a command line that is in order already; all that is left to refuse are values.
Result<void> parseWords(CLI::App& app, const Words& words) {
  try {
    app.parse(Words(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return usageError(error.what());
  }
  return {};
}

/// Whether the required options may be missing: the AWS CLI goes by the plain word.
bool replacesRequired(const Words& words) {
  const auto has = [&words](const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  return has("--cli-input-json") || has("--cli-input-yaml") || has("--generate-cli-skeleton");
}

/// `text` without the underscores that stand between two digits.
std::string joinDigits(std::string_view text) {
  const auto isDigit = [text](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  std::string out;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (text[i] != '_' || i == 0 || !isDigit(i - 1) || !isDigit(i + 1)) out += text[i];
  }
  return out;
}

/// Reads seconds as Python's int() does, which takes blanks around them, a sign, and underscores
/// between digits.
Result<long> parseTimeoutMs(const std::string& given, const char* which) {
  constexpr std::string_view blanks = " \t\n\r\v\f";
  const std::string joined = joinDigits(given);
  std::string_view text = joined;
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  text = text.substr(0, text.find_last_not_of(blanks) + 1);
  if (text.substr(0, 1) == "+" && text.substr(1, 1) != "-") text.remove_prefix(1);
  long seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || end != text.data() + text.size() || code == std::errc::invalid_argument) {
    return makeError(ErrorKind::Configuration, "argument --cli-" + std::string(which) +
                                                   "-timeout: \"" + visible(given) +
                                                   "\" is no whole number of seconds");
  }
  if (text.front() == '-' && seconds != 0) {
    return makeError(ErrorKind::Configuration,
                     "Attempted to set " + std::string(which) + " timeout to " + visible(given) +
                         ", but the timeout cannot be set to a value less than or equal to 0.");
  }
  constexpr long longest = std::numeric_limits<int>::max() / 1000;
  return (code == std::errc::result_out_of_range ? longest : std::min(seconds, longest)) * 1000;
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

/// Whether a URL begins with a scheme, `letter *(letter / digit / "+" / "-" / ".") ":"`.
bool hasScheme(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  if (std::isalpha(static_cast<unsigned char>(url.front())) == 0) return false;
  return std::all_of(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  });
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

/// The option that the first unknown word may have been meant for.
std::string suggestedOption(const CLI::App& app, const Words& rest) {
  const auto word = std::find_if(rest.begin(), rest.end(), looksLikeOption);
  if (word == rest.end()) return "";
  std::vector<std::string> texts;
  for (const CLI::Option* const option : app.get_options())
    texts.push_back("--" + option->get_lnames().front());
  return suggestion(word->substr(0, word->find('=')), Names(texts.begin(), texts.end()));
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
  if (!parsed) return std::move(parsed).error();

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
  options.tunnelId = value("--tunnel-id", given.tunnelId);
  options.clientMode = value("--client-mode", given.clientMode);
  options.destinationConfig = value("--destination-config", given.destinationConfig);
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
  options.endpointUrl = value("--endpoint-url", given.endpointUrl);
  if (options.endpointUrl && !hasScheme(*options.endpointUrl)) {
    return makeError(ErrorKind::InvalidArgument,
                     "Bad value for --endpoint-url \"" + visible(*options.endpointUrl) +
                         "\": scheme is missing.  Must be of the form http://<hostname>/ or "
                         "https://<hostname>/");
  }
  if (app.count("--cli-read-timeout") != 0) {
    Result<long> timeout = parseTimeoutMs(given.readTimeout, "read");
    if (!timeout) return std::move(timeout).error();
    options.readTimeoutMs = *timeout;
  }
  if (app.count("--cli-connect-timeout") != 0) {
    Result<long> timeout = parseTimeoutMs(given.connectTimeout, "connect");
    if (!timeout) return std::move(timeout).error();
    options.connectTimeoutMs = *timeout;
  }
  options.region = value("--region", given.region);
  options.profile = std::move(given.profile);
  options.caBundle = std::move(given.caBundle);
  options.verifySsl = !given.noVerifySsl;
  options.signRequest = !given.noSignRequest;
  options.debug = given.debug;
  return options;
}
