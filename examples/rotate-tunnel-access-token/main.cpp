// SPDX-License-Identifier: BSL-1.0
// `aws iotsecuretunneling rotate-tunnel-access-token`, without the AWS CLI: the same options,
// output and exit status. Whatever can be checked is checked before the call, because once it is
// made the old tokens are gone.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

#include "configuration.hpp"
#include "debug_log.hpp"
#include "dry_run.hpp"
#include "failure.hpp"
#include "mfa_prompt.hpp"
#include "options.hpp"
#include "output.hpp"
#include "parameters.hpp"
#include "secure_tunneling/secure_tunneling.hpp"
#include "signals.hpp"
#include "skeleton.hpp"
#include "text.hpp"
#include "token_files.hpp"

using secure_tunneling::Client;
using secure_tunneling::CurlTransport;
using secure_tunneling::DefaultCredentialsChain;
using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::HttpTransport;
using secure_tunneling::makeError;
using secure_tunneling::Result;
using secure_tunneling::RotateTunnelAccessTokenRequest;
using secure_tunneling::RotateTunnelAccessTokenResponse;
using secure_tunneling::Secret;
using secure_tunneling::Settings;
using secure_tunneling::SharedSettings;
using secure_tunneling::SystemClock;

namespace {

int fail(int exitCode, const std::string& message) {
  tellOnStandardError(message);
  return exitCode;
}

/// Refuses what the command line or its files say: the message is one of this program's.
int failUsage(const Error& error) {
  return fail(error.kind == ErrorKind::InvalidArgument ? exitUsage : exitOther, error.message);
}

int fail(const Failure& failure) {
  return fail(failure.exitCode, failure.message);
}

/// Makes sure that the standard streams are open, so that no socket gets their numbers. False when
/// there is no standard output that can be written to.
bool openStandardStreams() {
  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  const bool haveOutput = flags != -1 && (flags & O_ACCMODE) != O_RDONLY;
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest free number is the one that is missing.
    if (fcntl(descriptor, F_GETFD) == -1 && open("/dev/null", O_RDWR) == -1) return false;
  }
  return haveOutput;
}

bool hasColors(const Options& options) {
  if (options.color == Color::Auto) return isatty(STDOUT_FILENO) == 1;
  return options.color == Color::On;
}

int print(std::string_view text) {
  if (writeToStandardOutput(text)) return exitDone;
  return fail(exitOther, std::string("standard output: ") + std::strerror(errno));
}

int failAfterRotation(const std::string& what) {
  return fail(exitOther, "The tokens were rotated but " + what +
                             ". The old ones are revoked; rotate again to get usable ones.");
}

/// Whether the answer goes to standard output.
bool printsAnswer(const Options& options) {
  if (options.output == OutputFormat::Off) return false;
  return options.tokenDirectory.empty() || options.output || options.query;
}

bool needsOutput(const Options& options) {
  return !options.information.empty() || options.skeleton != Skeleton::None || options.dryRun ||
         printsAnswer(options);
}

/// Prints the answer, of which `kept` says where it is already.
int printAnswer(const RotateTunnelAccessTokenResponse& response, const OutputStyle& style,
                const std::string& kept) {
  const auto failed = [&kept](const std::string& what) {
    return kept.empty() ? failAfterRotation(what) : fail(exitOther, kept + " but " + what);
  };
  const Result<Secret> text = format(response, style);
  if (!text) {
    const char* const what =
        style.query != nullptr ? "--query cannot be applied to them: " : "cannot be printed: ";
    return failed(what + visible(text.error().message));
  }
  // What a file system has only noted down is refused by the close.
  if (writeToStandardOutput(text->expose()) && close(STDOUT_FILENO) == 0) return exitDone;
  return failed(std::string("cannot be written to standard output: ") + std::strerror(errno));
}

/// Puts the answer where the options want it, in every place that there is.
int deliver(const Options& options, const OutputStyle& style,
            const RotateTunnelAccessTokenResponse& response) {
  std::string kept;
  int filed = exitDone;
  if (!options.tokenDirectory.empty()) {
    const Result<void> written = TokenFiles(options.tokenDirectory).write(response);
    if (written) kept = "The new tokens are in " + visible(options.tokenDirectory);
    if (!written) filed = failAfterRotation(written.error().message);
  }
  const int printed = printsAnswer(options) ? printAnswer(response, style, kept) : exitDone;
  return filed != exitDone ? filed : printed;
}

/// What else an option needs that is about the answer.
Result<void> checkDelivery(const Options& options, const OutputStyle& style) {
  const auto refuse = [](const char* why) { return makeError(ErrorKind::InvalidArgument, why); };
  if (style.format == OutputFormat::Env) {
    if (style.query != nullptr) {
      return refuse("The output format env prints a token as it is: --query cannot be applied");
    }
    if (style.clientMode != "SOURCE" && style.clientMode != "DESTINATION") {
      return refuse(
          "The output format env is one token: --client-mode has to be SOURCE or "
          "DESTINATION");
    }
  }
  if (options.tokenDirectory.empty()) return {};
  return TokenFiles(options.tokenDirectory).check(style.clientMode);
}

/// Where the credentials came from that the service calls expired, if their source had given an end
/// that was over. The AWS CLI does not send a request with such; for all others the service's words
/// stay as they are.
std::string originOfExpired(const Error& error, const LoggedSource& source) {
  using secure_tunneling::detail::CodeKind;
  const bool isExpired =
      secure_tunneling::detail::codeKind(error.code) == CodeKind::ExpiredCredentials;
  if (!isExpired || source.end().empty()) return "";
  return " (the credentials are from: " + visible(source.origin()) + ", and ended at " +
         source.end() + ")";
}

int rotate(const Options& options, SharedSettings shared, const OutputStyle& style,
           const RotateTunnelAccessTokenRequest& request) {
  const DebugLog log(options.debug);
  Settings& settings = shared.settings;
  const int maxAttempts = settings.maxAttempts;
  DefaultCredentialsChain credentials(givenForCredentials(options, settings.region),
                                      credentialTransportOptions(options, shared), endedOnSignals(),
                                      terminalMfaPrompt());
  log.line(std::string("rotate-tunnel-access-token, secure_tunneling ") +
           SECURE_TUNNELING_VERSION_STRING);
  log.line("profile " + shared.profile + " of " + shared.configFile + " and " +
           shared.credentialsFile);
  for (const std::string& warning : permissionsReport(shared))
    log.line("warning: " + warning);
  log.line("region " + settings.region + ", endpoint " +
           (settings.endpointUrl.empty() ? "by region" : "given"));
  if (!settings.signRequests) log.line("credentials: none, the request is not signed");

  CurlTransport curl(transportOptions(options, shared));
  LoggedTransport transport(curl, log);
  DryRunTransport dryRun;
  HttpTransport& way = options.dryRun ? static_cast<HttpTransport&>(dryRun) : transport;
  LoggedSource source(credentials, options.profile, log);
  SystemClock clock;
  Client client(std::move(settings), way, source, clock);
  Result<RotateTunnelAccessTokenResponse> response = rotateTunnelAccessToken(request, client);
  if (!dryRun.description().empty()) return print(dryRun.description());
  if (!response) {
    log.line("failed after " + std::to_string(response.error().attempts) +
             " attempts: " + response.error().message);
    Failure failure = failureOf(response.error(), transport.endpoint(), maxAttempts);
    failure.message += originOfExpired(response.error(), source);
    return fail(failure);
  }
  log.line("done after " + std::to_string(response->attempts) + " attempts");
  return deliver(options, style, *response);
}

}  // namespace

int main(int argc, char** argv) {
  const bool haveOutput = openStandardStreams();
  // A reader that is gone and a file that may not grow must show as an error of the write.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
  endChildrenOnSignals();

  Result<Options> options = parseOptions(argc, argv);
  if (!options) return failUsage(options.error());
  if (!haveOutput && needsOutput(*options)) {
    return fail(exitOther, "standard output is closed: nothing can be written to it");
  }
  if (!options->information.empty()) return print(options->information);

  Result<JsonValue> parameters = readParameters(*options);
  if (!parameters) return failUsage(parameters.error());
  if (options->skeleton == Skeleton::Input) return print(inputSkeleton);
  if (options->skeleton == Skeleton::YamlInput) return print(yamlInputSkeleton);
  Result<void> checked = checkParameters(*parameters);
  if (!checked) return failUsage(checked.error());

  if (options->debug) {
    const std::string lines = secure_tunneling::listPassedOver();
    if (!lines.empty()) DebugLog(true).line("passed over, unless asked for by name: " + lines);
  }
  Result<SharedSettings> shared = readSettings(*options);
  if (!shared) return fail(failureOf(shared.error()));
  Result<OutputFormat> outputFormat = readCliSettings(*options, shared->profile);
  if (!outputFormat) return fail(exitConfiguration, visible(outputFormat.error().message));
  if (shared->settings.region.empty()) {
    return fail(exitConfiguration,
                "You must specify a region. You can also configure your region by running \"aws "
                "configure\"." +
                    visible(shared->passedOver));
  }
  const bool isSample = options->skeleton == Skeleton::Output;
  if (!isSample) checked = checkClientMode(*options, *parameters);
  if (!checked) return failUsage(checked.error());
  const RotateTunnelAccessTokenRequest request = toRequest(*parameters);
  const OutputStyle style = {*outputFormat, hasColors(*options),
                             options->query ? &*options->query : nullptr,
                             request.clientMode.name()};
  checked = checkDelivery(*options, style);
  if (!checked) return failUsage(checked.error());
  // Whatever is wrong with the query is better known before the tokens are rotated.
  const Result<Secret> sample =
      format(isSample ? outputSkeleton() : sampleResponse(request.clientMode.name()), style);
  if (!sample) return fail(exitUsage, "Bad value for --query: " + visible(sample.error().message));
  if (isSample) return print(sample->expose());
  checked = checkExpiration(*options);
  if (!checked) return fail(failureOf(checked.error()));
  return rotate(*options, *std::move(shared), style, request);
}
