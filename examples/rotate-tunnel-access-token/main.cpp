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
#include "options.hpp"
#include "output.hpp"
#include "parameters.hpp"
#include "secure_tunneling/secure_tunneling.hpp"
#include "signals.hpp"
#include "skeleton.hpp"
#include "text.hpp"

using secure_tunneling::Client;
using secure_tunneling::CurlTransport;
using secure_tunneling::DefaultCredentialsChain;
using secure_tunneling::Delivery;
using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::Result;
using secure_tunneling::RotateTunnelAccessTokenRequest;
using secure_tunneling::RotateTunnelAccessTokenResponse;
using secure_tunneling::Secret;
using secure_tunneling::Settings;
using secure_tunneling::SharedSettings;
using secure_tunneling::SystemClock;

namespace {

// Those of the AWS CLI, version 2.
enum ExitCode : int {
  exitDone = 0,
  exitUsage = 252,
  exitConfiguration = 253,
  exitService = 254,
  exitOther = 255
};

int fail(int exitCode, const std::string& message) {
  tellOnStandardError(message);
  return exitCode;
}

/// Refuses what the command line or its files say: the message is one of this program's.
int failUsage(const Error& error) {
  return fail(error.kind == ErrorKind::InvalidArgument ? exitUsage : exitOther, error.message);
}

/// The old tokens may be gone whatever the last attempt was answered with: an attempt before it may
/// have reached the service. So may one whose answer of success cannot be read.
bool mayBeRotated(const Error& error) {
  return error.delivery == Delivery::Unknown ||
         (error.kind == ErrorKind::InvalidResponse && error.httpStatus < 300);
}

/// Tells an error of the library, which may quote text from outside.
int fail(const Error& error, int maxAttempts = 0) {
  std::string message = visible(error.message);
  int exitCode = exitOther;
  if (error.kind == ErrorKind::InvalidArgument) {
    exitCode = exitUsage;
  } else if (error.kind == ErrorKind::NoCredentials) {
    exitCode = exitConfiguration;
    message =
        "Unable to locate credentials. You can configure credentials by running \"aws configure\". "
        "(" +
        message + ")";
  } else if (error.kind == ErrorKind::Service) {
    exitCode = exitService;
    const std::string code = error.code.empty() ? std::to_string(error.httpStatus) : error.code;
    const bool gaveUp = error.attempts > 1 && error.attempts == maxAttempts;
    const std::string retries =
        gaveUp ? " (reached max retries: " + std::to_string(error.attempts - 1) + ")" : "";
    message = "An error occurred (" + visible(code) +
              ") when calling the RotateTunnelAccessToken operation" + retries + ": " + message;
  }
  if (mayBeRotated(error)) {
    message += " (the old tokens may be revoked by now; rotate again to get usable ones)";
  }
  return fail(exitCode, message);
}

/// Makes sure that the standard streams are open, so that no socket gets their numbers. False when
/// there is no standard output.
bool openStandardStreams() {
  const bool haveOutput = fcntl(STDOUT_FILENO, F_GETFD) != -1;
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest free number is the one that is missing.
    if (fcntl(descriptor, F_GETFD) == -1 && open("/dev/null", O_RDWR) == -1) return false;
  }
  return haveOutput;
}

int print(std::string_view text) {
  if (writeToStandardOutput(text)) return exitDone;
  return fail(exitOther, std::string("standard output: ") + std::strerror(errno));
}

int printTokens(const Secret& text) {
  // What a file system has only noted down is refused by the close.
  if (writeToStandardOutput(text.expose()) && close(STDOUT_FILENO) == 0) return exitDone;
  return fail(exitOther, std::string("The tokens were rotated but cannot be written to standard "
                                     "output: ") +
                             std::strerror(errno) +
                             ". The old ones are revoked; rotate again to get usable ones.");
}

int rotate(const Options& options, SharedSettings shared,
           const RotateTunnelAccessTokenRequest& request) {
  const DebugLog log(options.debug);
  Settings& settings = shared.settings;
  const int maxAttempts = settings.maxAttempts;
  DefaultCredentialsChain credentials(givenForCredentials(options, settings.region),
                                      credentialTransportOptions(options, shared),
                                      endedOnSignals());
  log.line(std::string("rotate-tunnel-access-token, secure_tunneling ") +
           SECURE_TUNNELING_VERSION_STRING);
  log.line("profile " + shared.profile + " of " + shared.configFile + " and " +
           shared.credentialsFile);
  for (const std::string& warning : permissionsReport(shared))
    log.line("warning: " + warning);
  log.line("region " + settings.region + ", endpoint " +
           (settings.endpointUrl.empty() ? "by region" : "given"));
  log.line(std::string("credentials: ") +
           (settings.signRequests ? "by the default chain" : "none, the request is not signed"));

  CurlTransport curl(transportOptions(options, shared));
  LoggedTransport transport(curl, log);
  SystemClock clock;
  Client client(std::move(settings), transport, credentials, clock);
  Result<RotateTunnelAccessTokenResponse> response = rotateTunnelAccessToken(request, client);
  if (!response) {
    log.line("failed after " + std::to_string(response.error().attempts) +
             " attempts: " + response.error().message);
    return fail(response.error(), maxAttempts);
  }
  log.line("done after " + std::to_string(response->attempts) + " attempts");
  return printTokens(format(*response, options.output));
}

}  // namespace

int main(int argc, char** argv) {
  if (!openStandardStreams()) {
    return fail(exitOther, "standard output is closed: new tokens could not be written to it");
  }
  // A reader that is gone and a file that may not grow must show as an error of the write.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
  endChildrenOnSignals();

  Result<Options> options = parseOptions(argc, argv);
  if (!options) return failUsage(options.error());
  if (!options->information.empty()) return print(options->information);

  Result<JsonValue> parameters = readParameters(*options);
  if (!parameters) return failUsage(parameters.error());
  if (options->skeleton == Skeleton::Input) return print(inputSkeleton);
  Result<void> checked = checkParameters(*parameters);
  if (!checked) return failUsage(checked.error());

  if (options->debug) {
    const std::string lines = secure_tunneling::listPassedOver();
    if (!lines.empty()) DebugLog(true).line("passed over, unless asked for by name: " + lines);
  }
  Result<SharedSettings> shared = readSettings(*options);
  if (!shared) return fail(shared.error());
  if (shared->settings.region.empty()) {
    return fail(exitConfiguration,
                "You must specify a region. You can also configure your region by running \"aws "
                "configure\"." +
                    shared->passedOver);
  }
  if (options->skeleton == Skeleton::Output) {
    return print(format(outputSkeleton(), options->output).expose());
  }
  checked = checkClientMode(*options, *parameters);
  if (!checked) return failUsage(checked.error());
  return rotate(*options, *std::move(shared), toRequest(*parameters));
}
