// SPDX-License-Identifier: BSL-1.0
#include "keeper_options.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "command_line.hpp"
#include "secure_tunneling/secure_tunneling.hpp"
#include "suggestion.hpp"
#include "text.hpp"

using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return std::string("Usage: ") + keeperName +
           " --tunnel-id ID --client-mode SOURCE|DESTINATION [OPTIONS] -- PROGRAM [ARGUMENT...]\n";
  }
};

Error usageError(const std::string& message) {
  return makeError(ErrorKind::InvalidArgument, visible(message));
}

Result<void> checkRequest(const Options& call) {
  if (!call.tunnelId) return usageError("--tunnel-id is required");
  const Names sides = {"SOURCE", "DESTINATION"};
  if (!call.clientMode) return usageError("--client-mode is required: " + listOf(sides));
  if (*call.clientMode == "ALL") {
    return usageError(
        "--client-mode ALL would throw out the proxy of the other side with each new token: give "
        "the side of this proxy, " +
        listOf(sides));
  }
  if (std::find(sides.begin(), sides.end(), *call.clientMode) != sides.end()) return {};
  return usageError("--client-mode \"" + *call.clientMode + "\" is not " + listOf(sides) +
                    suggestion(*call.clientMode, sides));
}

}  // namespace

void defineKeeperOptions(CLI::App& app, GivenToKeeper& given) {
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag();
  defineRequest(app, given.call);
  app.get_option("--client-mode")
      ->description("The side that PROGRAM is; ALL is refused")
      ->type_name("SOURCE|DESTINATION");
  app.add_flag("--first-token-from-env", given.firstTokenFromEnv,
               "Starts with the token of AWSIOT_TUNNEL_ACCESS_TOKEN, where there is one");
  defineEndpoint(app, given.call);
  defineProfile(app, given.call);
  defineTransport(app, given.call);
  app.add_flag("--version", given.version, "Prints the version");
  app.add_flag("-h,--help", given.help, "Prints this text");
  app.footer(
      "PROGRAM is AWS's localproxy, with its own options but without a token; it gets each token "
      "by a pipe that it reads as its --config. Any other program, and a localproxy with a "
      "--config "
      "of its own, gets it in AWSIOT_TUNNEL_ACCESS_TOKEN.\n"
      "TERM, INT, HUP and QUIT are handed on to PROGRAM; then this program ends by the same "
      "signal.\n"
      "Exit status: 126 PROGRAM cannot be started, 127 there is no PROGRAM, 250 another keeper on "
      "this machine has this side, 252 wrong usage, 253 no region or credentials, 254 refused by "
      "the service (the tunnel is gone, no permission), 255 any other failure; 0 for this text "
      "only");
}

Result<KeeperOptions> parseKeeperOptions(int argc, const char* const* argv) {
  GivenToKeeper given;
  CLI::App app(keeperDescription, keeperName);
  defineKeeperOptions(app, given);
  const Words all(argv + 1, argv + argc);
  const auto end = std::find(all.begin(), all.end(), "--");
  const CLI::App& defined = app;
  Result<SortedWords> sorted = sortWords(
      defined.get_options([](const CLI::Option*) { return true; }), Words(all.begin(), end));
  if (!sorted) return usageError(sorted.error().message);
  Result<void> checked = parseWords(app, sorted->known);
  if (!checked) return usageError(checked.error().message);

  KeeperOptions options;
  if (given.help) {
    options.call.information = app.help();
  } else if (given.version) {
    options.call.information =
        std::string(keeperName) + " (secure_tunneling " + SECURE_TUNNELING_VERSION_STRING + ")\n";
  }
  if (!options.call.information.empty()) return options;
  if (!sorted->rest.empty()) {
    return usageError("unknown: " + sorted->rest.front() + suggestedOption(app, sorted->rest) +
                      " (the program and its options stand behind --)");
  }
  takeRequest(app, given.call, options.call);
  checked = checkRequest(options.call);
  if (!checked) return std::move(checked).error();
  checked = takeConnection(app, given.call, options.call);
  if (!checked) return std::move(checked).error();
  options.firstTokenFromEnv = given.firstTokenFromEnv;
  if (end != all.end()) options.program.assign(std::next(end), all.end());
  if (options.program.empty()) {
    return usageError("no program: it stands behind --, as in -- localproxy -r eu-west-1 -s 5555");
  }
  return options;
}
