// SPDX-License-Identifier: BSL-1.0
// Rotates the tokens of many tunnels, and writes down what it does, so that after any end, the
// power's too, the same command goes on where that one was.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "configuration.hpp"
#include "debug_log.hpp"
#include "failure.hpp"
#include "fleet_options.hpp"
#include "fleet_run.hpp"
#include "output.hpp"
#include "results_file.hpp"
#include "secure_tunneling/rotate_many.hpp"
#include "secure_tunneling/secure_tunneling.hpp"
#include "signals.hpp"
#include "stop_signals.hpp"
#include "text.hpp"
#include "tunnel_list.hpp"

using secure_tunneling::DefaultCredentialsChain;
using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::FleetOptions;
using secure_tunneling::makeError;
using secure_tunneling::Result;
using secure_tunneling::RotateTunnelAccessTokenRequest;
using secure_tunneling::SharedSettings;

namespace {

int fail(int exitCode, const std::string& message) {
  sayForFleet(message);
  return exitCode;
}
int fail(const Failure& failure) {
  return fail(failure.exitCode, failure.message);
}
int failUsage(const Error& error) {
  return fail(error.kind == ErrorKind::InvalidArgument ? exitUsage : exitOther, error.message);
}

/// Reads the list; standard input for "-".
Result<TunnelList> readList(const ProgramOptions& options) {
  // More than a million tunnels; a device has no end.
  constexpr std::size_t mostBytes = std::size_t{64} << 20U;
  const bool isInput = options.listFile == "-";
  const std::string name = isInput ? "standard input" : visible(options.listFile);
  const int file =
      isInput ? STDIN_FILENO : open(options.listFile.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  std::string text;
  char chunk[4096];
  ssize_t got = file < 0 ? -1 : 0;
  while (file >= 0 && text.size() <= mostBytes && (got = read(file, chunk, sizeof chunk)) > 0)
    text.append(chunk, static_cast<std::size_t>(got));
  const int reason = errno;
  if (file > STDIN_FILENO) close(file);
  if (got < 0) return makeError(ErrorKind::InvalidArgument, name + ": " + std::strerror(reason));
  if (text.size() > mostBytes) {
    return makeError(ErrorKind::InvalidArgument,
                     name + ": more than 64 MiB are no list of tunnels");
  }
  Result<TunnelList> list = readTunnelList(text, options.clientMode);
  if (!list) list.error().message.insert(0, name + ":\n");
  if (list && list->requests.empty()) {
    return makeError(ErrorKind::InvalidArgument, name + ": there is no tunnel in it");
  }
  return list;
}

/// What is left to do of a list, by what the results file knows; says which of it may have been
/// done.
std::vector<RotateTunnelAccessTokenRequest> takeOpen(TunnelList& list, const ResultsFile& file) {
  std::vector<RotateTunnelAccessTokenRequest> open;
  for (RotateTunnelAccessTokenRequest& request : list.requests) {
    const Known known = file.known(request);
    if (known == Known::Rotated) continue;
    if (known == Known::Begun) {
      sayForFleet("tunnel " + request.tunnelId +
                  " is rotated again: its call was under way when the last run ended");
    }
    open.push_back(std::move(request));
  }
  return open;
}

/// Ends as a program does that was told to: by the signal.
int endBy(int number) {
  signal(number, SIG_DFL);
  raise(number);
  // The first process of a container is not ended that way.
  return 128 + number;
}

int rotate(const ProgramOptions& options, SharedSettings& shared, TunnelList list,
           ResultsFile& file) {
  const DebugLog log(options.call.debug);
  const std::size_t all = list.requests.size();
  const std::vector<RotateTunnelAccessTokenRequest> requests = takeOpen(list, file);
  const Result<void> reserved = file.reserve(requests.size());
  if (!reserved) return fail(exitOther, reserved.error().message);
  log.line("profile " + shared.profile + ", region " + shared.settings.region + ", " +
           std::to_string(requests.size()) + " tunnels to rotate");

  DefaultCredentialsChain credentials(givenForCredentials(options.call, shared.settings.region),
                                      credentialTransportOptions(options.call, shared));
  FleetRun run(requests, file, StopSignals::stopped);
  FleetOptions fleet;
  fleet.parallel = options.parallel;
  fleet.limits = {options.timeoutMs, &StopSignals::cancelled};
  fleet.progress = &run;
  fleet.transport = transportOptions(options.call, shared);
  const auto results = rotateMany(requests, shared.settings, credentials, fleet);
  run.finish();
  // Which is where the tokens are.
  const std::string summary =
      run.summary(all - requests.size()) + "; results in " + visible(options.resultsFile) + "\n";
  static_cast<void>(writeToStandardOutput(summary));
  if (run.isComplete()) return exitDone;
  return run.lacksCredentials() ? int{exitConfiguration} : exitSomeFailed;
}

/// The same with the file, which is closed and has its own size at the end.
int rotateInto(const ProgramOptions& options, SharedSettings& shared, TunnelList list) {
  ResultsFile file;
  const Result<void> opened = file.open(options.resultsFile);
  if (!opened) return fail(file.isHeld() ? exitHeld : int{exitOther}, opened.error().message);
  return rotate(options, shared, std::move(list), file);
}

}  // namespace

int main(int argc, char** argv) {
  cleanUpInheritance();
  const Result<ProgramOptions> options = parseFleetOptions(argc, argv);
  if (!options) return failUsage(options.error());
  if (!options->call.information.empty()) {
    if (writeToStandardOutput(options->call.information)) return exitDone;
    return fail(exitOther, std::string("standard output: ") + std::strerror(errno));
  }
  Result<TunnelList> list = readList(*options);
  if (!list) return failUsage(list.error());
  Result<SharedSettings> shared = readSettings(options->call);
  if (!shared) return fail(failureOf(shared.error()));
  if (shared->settings.region.empty()) {
    return fail(exitConfiguration, "no region: give --region" + visible(shared->passedOver));
  }
  const Result<void> checked = checkExpiration(options->call);
  if (!checked) return fail(failureOf(checked.error()));

  StopSignals::watch();
  const int code = rotateInto(*options, *shared, *std::move(list));
  return StopSignals::number != 0 ? endBy(StopSignals::number) : code;
}
