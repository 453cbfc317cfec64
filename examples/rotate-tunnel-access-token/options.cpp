// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <utility>

#include "command_line.hpp"
#include "secure_tunneling/version.hpp"
#include "text.hpp"

using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

constexpr const char* programName = "rotate-tunnel-access-token";
constexpr const char* operationGroup = "Options";
constexpr const char* globalGroup = "Global options";
/// CLI11 leaves a group without a name out of the help.
constexpr const char* unsupportedGroup = "";

/// The values as they stand on the command line.
struct Given {
  std::string tunnelId, clientMode, destinationConfig, cliInputJson;
  std::string skeleton, output, region, profile, endpointUrl, caBundle;
  std::string readTimeout, connectTimeout;
  bool noVerifySsl = false, noSignRequest = false, debug = false, help = false, version = false;
};

/// The AWS CLI reads the options of all its commands first, then those of the operation, so that
/// `--d` is `--debug`, clearly. What this program does not support is here too, to be refused by
/// name and because it takes part in what is clear.
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
  app.add_option("--generate-cli-skeleton", given.skeleton,
                 "Calls nothing; prints the JSON for --cli-input-json (input, the default), or a "
                 "sample of the output (output)")
      ->default_str("input")
      ->check(CLI::IsMember({"input", "output"}))
      ->type_name("WHICH");
  app.add_option("--cli-input-yaml")->group(unsupportedGroup);

  app.option_defaults()->group(globalGroup);
  app.set_help_flag();
  app.add_flag("-h,--help", given.help, "Prints this text");
  app.add_flag("--debug", given.debug, "Tells on standard error what is done, without secrets");
  app.add_option("--endpoint-url", given.endpointUrl, "http[s]://HOST[:PORT] to call instead")
      ->type_name("URL");
  app.add_flag("--no-verify-ssl", given.noVerifySsl, "Does not check the server's certificate");
  app.add_flag("--no-paginate")->group(unsupportedGroup);
  app.add_option("--output", given.output, "json (the default) or text")->type_name("FORMAT");
  app.add_option("--query")->group(unsupportedGroup);
  app.add_option("--profile", given.profile, "The profile of the shared files to use")
      ->type_name("NAME");
  app.add_option("--region", given.region, "The region, as in us-east-1")->type_name("NAME");
  app.add_flag("--version", given.version, "Prints the version");
  app.add_option("--color")->group(unsupportedGroup);
  app.add_flag("--no-sign-request", given.noSignRequest, "Does not sign, and needs no credentials");
  app.add_option("--ca-bundle", given.caBundle, "A file of CA certificates to trust instead")
      ->type_name("FILE");
  app.add_option("--cli-read-timeout", given.readTimeout,
                 "Seconds until an answer must be there, 60 if not given; 0 for no limit")
      ->type_name("SECONDS");
  app.add_option("--cli-connect-timeout", given.connectTimeout,
                 "Seconds until a connection must be there, 60 if not given; 0 for no limit")
      ->type_name("SECONDS");
  app.add_option("--cli-binary-format")->group(unsupportedGroup);
  app.add_flag("--no-cli-pager")->group(unsupportedGroup);
  app.add_flag("--cli-auto-prompt")->group(unsupportedGroup);
  app.add_flag("--no-cli-auto-prompt")->group(unsupportedGroup);

  app.footer(
      "The values of the first four may be file://PATH, to be read from there.\n"
      "Exit status: 0 done, 252 wrong usage, 253 no region or credentials, 254 refused by the "
      "service, 255 any other failure");
}

Error usageError(const std::string& message) {
  return makeError(ErrorKind::InvalidArgument,
                   std::string(programName) + ": error: " + visible(message));
}

/// The words that no option accounts for. The AWS CLI names the first stray word last, and takes
/// none for it when it is empty.
std::string unknownWords(const Words& rest) {
  std::string unknown;
  std::string stray;
  bool haveStray = false;
  bool optionsEnded = false;
  for (const std::string& word : rest) {
    if (word == "--" && !optionsEnded) {
      optionsEnded = true;
    } else if (!haveStray && (optionsEnded || !looksLikeOption(word))) {
      haveStray = true;
      stray = word;
    } else {
      unknown.append(unknown.empty() ? "" : ", ").append(word);
    }
  }
  if (!stray.empty()) unknown.append(unknown.empty() ? "" : ", ").append(stray);
  return unknown;
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
  return std::find(words.begin(), words.end(), "--cli-input-json") != words.end() ||
         std::find(words.begin(), words.end(), "--generate-cli-skeleton") != words.end();
}

/// Reads seconds as Python's int() does, which takes blanks around them and a sign.
Result<long> parseTimeoutMs(std::string_view text, const char* which) {
  constexpr std::string_view blanks = " \t\n\r\v\f";
  const std::string given(text);
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

Result<OutputFormat> parseOutputFormat(const std::string& source, const std::string& name) {
  if (name == "json") return OutputFormat::Json;
  if (name == "text") return OutputFormat::Text;
  if (name == "table" || name == "yaml" || name == "yaml-stream") {
    return usageError(source + ": " + name + " is not supported by this program");
  }
  return usageError(source + ": Invalid choice, valid choices are: json, text");
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

}  // namespace

Result<Options> parseOptions(int argc, const char* const* argv) {
  Given given;
  CLI::App app("Rotates the client access tokens of an AWS IoT Secure Tunneling tunnel.",
               programName);
  defineOptions(app, given);
  const auto isGlobal = [](const CLI::Option* option) {
    const std::string name = option->get_lnames().front();
    return name != "cli-input-yaml" && option->get_group() != operationGroup;
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
  if (given.help) options.information = app.help();
  if (given.version) {
    options.information =
        std::string(programName) + " (secure_tunneling " + SECURE_TUNNELING_VERSION_STRING + ")\n";
  }
  if (!options.information.empty()) return options;

  const auto value = [&app](const char* name, std::string& text) -> std::optional<std::string> {
    if (app.count(name) == 0) return std::nullopt;
    return std::move(text);
  };
  options.tunnelId = value("--tunnel-id", given.tunnelId);
  options.clientMode = value("--client-mode", given.clientMode);
  options.destinationConfig = value("--destination-config", given.destinationConfig);
  options.cliInputJson = value("--cli-input-json", given.cliInputJson);
  if (!replacesRequired(global->rest)) {
    std::string missing = options.tunnelId ? "" : "--tunnel-id";
    if (!options.clientMode) missing.append(missing.empty() ? "" : ", ").append("--client-mode");
    if (!missing.empty()) {
      return usageError("the following arguments are required: " + missing);
    }
  }
  for (const CLI::Option* const option : defined.get_options()) {
    if (option->get_group() == unsupportedGroup && option->count() != 0) {
      return usageError("--" + option->get_lnames().front() + " is not supported by this program");
    }
  }
  const std::string unknown = unknownWords(operation->rest);
  if (!unknown.empty()) {
    return makeError(ErrorKind::InvalidArgument, "Unknown options: " + visible(unknown));
  }

  if (app.count("--generate-cli-skeleton") != 0) {
    options.skeleton = given.skeleton == "output" ? Skeleton::Output : Skeleton::Input;
  }
  // A bad value is found here and not when the tokens are there to be printed.
  Result<OutputFormat> format = OutputFormat::Json;
  if (app.count("--output") != 0) {
    format = parseOutputFormat("argument --output", given.output);
  } else if (const char* const name = std::getenv("AWS_DEFAULT_OUTPUT")) {
    format = parseOutputFormat("AWS_DEFAULT_OUTPUT", name);
  }
  if (!format) return std::move(format).error();
  options.output = *format;
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
