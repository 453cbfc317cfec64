// SPDX-License-Identifier: BSL-1.0
#include "fleet_options.hpp"

#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include "command_line.hpp"
#include "secure_tunneling/version.hpp"
#include "suggestion.hpp"
#include "text.hpp"
#include "tunnel_list.hpp"

using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return std::string("Usage: ") + fleetName + " --results FILE [OPTIONS] LIST\n";
  }
};

Error usageError(const std::string& message) {
  return makeError(ErrorKind::InvalidArgument, visible(message));
}

/// Reads a whole number from 1 to `most`.
Result<long> numberOf(const char* option, const std::string& text, long most) {
  long number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code == std::errc() && end == text.data() + text.size() && number >= 1 && number <= most) {
    return number;
  }
  return usageError(std::string(option) + " \"" + text + "\": expected a whole number from 1 to " +
                    std::to_string(most));
}

Result<void> takeOwn(const CLI::App& app, GivenToFleet& given, ProgramOptions& options) {
  constexpr long mostParallel = 1000;
  constexpr long mostSeconds = 30L * 24 * 60 * 60;
  if (app.count("--client-mode") != 0) {
    const Names modes = {"SOURCE", "DESTINATION", "ALL"};
    options.clientMode = clientModeOf(given.clientMode);
    if (options.clientMode.name().empty()) {
      return usageError("--client-mode \"" + given.clientMode + "\" is not " + listOf(modes) +
                        suggestion(given.clientMode, modes));
    }
  }
  if (app.count("--parallel") != 0) {
    const Result<long> parallel = numberOf("--parallel", given.parallel, mostParallel);
    if (!parallel) return Error(parallel.error());
    options.parallel = static_cast<std::size_t>(*parallel);
  }
  if (app.count("--timeout") != 0) {
    const Result<long> seconds = numberOf("--timeout", given.timeout, mostSeconds);
    if (!seconds) return Error(seconds.error());
    options.timeoutMs = std::int64_t{*seconds} * 1000;
  }
  if (given.resultsFile.empty()) {
    return usageError("--results FILE is required: the new tokens are written to it");
  }
  options.resultsFile = std::move(given.resultsFile);
  return {};
}

}  // namespace

void defineFleetOptions(CLI::App& app, GivenToFleet& given) {
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag();
  app.add_option("--results", given.resultsFile,
                 "The file of the results, which only its owner may read; goes on where it ends")
      ->type_name("FILE");
  app.add_option("--client-mode", given.clientMode,
                 "Whose token is rotated, where a line of the list does not say")
      ->type_name("SOURCE|DESTINATION|ALL");
  app.add_option("--parallel", given.parallel, "Calls under way at once, 32 if not given")
      ->type_name("NUMBER");
  app.add_option("--timeout", given.timeout, "Seconds for all of it; no limit if not given")
      ->type_name("SECONDS");
  defineEndpoint(app, given.call);
  defineProfile(app, given.call);
  defineTransport(app, given.call);
  app.add_flag("--version", given.version, "Prints the version");
  app.add_flag("-h,--help", given.help, "Prints this text");
  app.footer(
      "LIST is a file, or - for standard input: a tunnel's id on a line, behind it a mode where it "
      "is not --client-mode. Blank lines and what follows # are nothing.\n"
      "The results file has a JSON object on a line: that a call begins, and what came of it. A "
      "tunnel whose tokens are in it is not rotated again in the same mode, so that after an end "
      "of any kind the same command goes on. Give another file to rotate all of them anew.\n"
      "INT, TERM and HUP begin no more calls and wait for those under way; a second one gives "
      "these up too. Then this program ends by that signal.\n"
      "Exit status: 0 all tokens are there, 1 some are not, 250 another fleet writes the results "
      "file, 252 wrong usage or a wrong list, 253 no region or credentials, 255 any other failure");
}

Result<ProgramOptions> parseFleetOptions(int argc, const char* const* argv) {
  GivenToFleet given;
  CLI::App app(fleetDescription, fleetName);
  defineFleetOptions(app, given);
  const CLI::App& defined = app;
  Result<SortedWords> sorted = sortWords(
      defined.get_options([](const CLI::Option*) { return true; }), Words(argv + 1, argv + argc));
  if (!sorted) return usageError(sorted.error().message);
  Result<void> checked = parseWords(app, sorted->known);
  if (!checked) return usageError(checked.error().message);

  ProgramOptions options;
  if (given.help) options.call.information = app.help();
  if (given.version) {
    options.call.information =
        std::string(fleetName) + " (secure_tunneling " + SECURE_TUNNELING_VERSION_STRING + ")\n";
  }
  if (!options.call.information.empty()) return options;
  Words rest = std::move(sorted->rest);
  if (!rest.empty() && looksLikeOption(rest.front()) && rest.front() != "-") {
    return usageError("unknown: " + rest.front() + suggestedOption(app, rest));
  }
  if (rest.size() != 1) {
    return usageError(rest.empty() ? "no list of tunnels: give a file, or - for standard input"
                                   : "one list of tunnels is enough: " + rest[1]);
  }
  options.listFile = rest.front();
  checked = takeOwn(app, given, options);
  if (checked) checked = takeConnection(app, given.call, options.call);
  if (!checked) return std::move(checked).error();
  return options;
}
