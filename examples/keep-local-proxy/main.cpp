// SPDX-License-Identifier: BSL-1.0
// Keeps AWS's localproxy connected. A token connects it once; when the connection drops it ends,
// with a status that says nothing. This rotates its side's token and starts it again.

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "configuration.hpp"
#include "debug_log.hpp"
#include "guard.hpp"
#include "keeper.hpp"
#include "keeper_options.hpp"
#include "output.hpp"
#include "parameters.hpp"
#include "proxy_process.hpp"
#include "side_lock.hpp"
#include "signals.hpp"
#include "text.hpp"
#include "unblocked.hpp"

using secure_tunneling::Client;
using secure_tunneling::Clock;
using secure_tunneling::CurlTransport;
using secure_tunneling::DefaultCredentialsChain;
using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::GivenSettings;
using secure_tunneling::Moment;
using secure_tunneling::Result;
using secure_tunneling::RotateTunnelAccessTokenRequest;
using secure_tunneling::Secret;
using secure_tunneling::SharedSettings;
using secure_tunneling::SystemClock;

namespace {

/// Runs evenly, whatever is done to the system's time, which a device may learn late.
class SteadyClock final : public Clock {
 public:
  Moment now() override {
    Moment moment = system_.now();
    const auto sinceStart = std::chrono::steady_clock::now().time_since_epoch();
    moment.unixMs = std::chrono::duration_cast<std::chrono::milliseconds>(sinceStart).count();
    return moment;
  }
  void wait(std::int64_t milliseconds) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  }

 private:
  SystemClock system_;
};

std::string byName(const std::string& text) {
  return std::string(keeperName) + ": " + text;
}

/// Tells what happens. What nobody takes soon is lost, for it must not hold up what happens next.
void say(const std::string& text) {
  static const int errors = withoutBlocking(STDERR_FILENO);
  // Signals that are to end this are blocked while the program runs, and have to be seen.
  sigset_t blocked;
  sigprocmask(SIG_BLOCK, nullptr, &blocked);
  const int patienceMs = sigismember(&blocked, SIGTERM) == 1 ? 0 : 1000;
  const std::string line = visibleLines(byName(text)) + "\n";
  // So much a pipe takes at once where it takes any, also where it cannot be set to not block.
  constexpr std::size_t most = 4096;
  pollfd taken{errors, POLLOUT, 0};
  for (std::size_t at = 0; at != line.size() && poll(&taken, 1, patienceMs) == 1;) {
    const ssize_t written = write(errors, line.data() + at, std::min(line.size() - at, most));
    if (written < 0) return;
    at += static_cast<std::size_t>(written);
  }
}

int fail(int exitCode, const std::string& message) {
  tellOnStandardError(byName(message));
  return exitCode;
}

int fail(const Failure& failure) {
  return fail(failure.exitCode, failure.message);
}

int failUsage(const Error& error) {
  return fail(error.kind == ErrorKind::InvalidArgument ? exitUsage : exitOther, error.message);
}

/// Takes the token out of the environment, where whoever can read this process's would see it.
Secret takeTokenFromEnvironment() {
  char* const value = std::getenv("AWSIOT_TUNNEL_ACCESS_TOKEN");
  if (value == nullptr) return Secret();
  Secret token(value);
  std::memset(value, 0, token.size());
  return token;
}

/// The settings of the call. Where nothing else names a region, that of localproxy is meant.
Result<SharedSettings> settingsFor(Options& call, const ProxyCommand& command) {
  if (!call.region && !command.region.empty()) {
    GivenSettings given;
    given.profile = call.profile;
    given.allowHttp = true;
    const Result<SharedSettings> found = secure_tunneling::loadSharedSettings(given);
    if (found && found->settings.region.empty()) call.region = command.region;
  }
  return readSettings(call);
}

/// Ends as a program does that was told to: by the signal.
int endBy(int number) {
  signal(number, SIG_DFL);
  raise(number);
  // The first process of a container is not ended that way.
  return 128 + number;
}

}  // namespace

int main(int argc, char** argv) {
  cleanUpInheritance();
  endChildrenOnSignals();
  Result<KeeperOptions> options = parseKeeperOptions(argc, argv);
  if (!options) return failUsage(options.error());
  if (!options->call.information.empty()) {
    if (writeToStandardOutput(options->call.information)) return exitDone;
    return fail(exitOther, std::string("standard output: ") + std::strerror(errno));
  }
  Secret token = takeTokenFromEnvironment();
  if (!options->firstTokenFromEnv) token = Secret();
  const Guard guard;

  Options& call = options->call;
  Result<JsonValue> parameters = readParameters(call);
  if (!parameters) return failUsage(parameters.error());
  Result<void> checked = checkParameters(*parameters);
  if (!checked) return failUsage(checked.error());
  const RotateTunnelAccessTokenRequest request = toRequest(*parameters);
  const std::string tunnelId(request.tunnelId);
  const std::string side(request.clientMode.name());
  const std::string program = visible(options->program.front());
  Result<ProxyCommand> command = readProxyCommand(options->program, side);
  if (!command) return failUsage(command.error());
  std::string path;
  const int missing = findProgram(options->program.front(), path);
  if (missing != 0) {
    return fail(missing == ENOENT ? exitNotFound : exitNotExecutable,
                program + ": " + std::strerror(missing));
  }

  Result<SharedSettings> shared = settingsFor(call, *command);
  if (!shared) return fail(failureOf(shared.error()));
  secure_tunneling::Settings& settings = shared->settings;
  if (settings.region.empty()) {
    return fail(exitConfiguration, "no region: give --region, or localproxy its -r");
  }
  if (!command->region.empty() && command->region != settings.region) {
    say("warning: tokens are asked for in " + visible(settings.region) +
        ", but localproxy connects in " + visible(command->region));
  }
  checked = checkExpiration(call);
  if (!checked) return fail(failureOf(checked.error()));
  const std::string where =
      settings.endpointUrl.empty() ? settings.region : settings.endpointUrl.text();
  if (const auto holder = holdAlone(where + " " + tunnelId + " " + side)) {
    return fail(exitHeld, "the " + side + " side of tunnel " + visible(tunnelId) +
                              " is kept on this machine already: " + *holder);
  }

  const DebugLog log(call.debug);
  DefaultCredentialsChain credentials(givenForCredentials(call, settings.region),
                                      credentialTransportOptions(call, *shared), endedOnSignals());
  CurlTransport curl(transportOptions(call, *shared));
  LoggedTransport transport(curl, log);
  SystemClock systemClock;
  Client client(std::move(settings), transport, credentials, systemClock);
  ProxyProcess proxy(std::move(path), options->program, *std::move(command), guard, say);
  SteadyClock clock;
  Keeper keeper(request, client, proxy, clock, say);
  const KeeperEnd end = keeper.run(std::move(token));
  if (end.signal == 0) {
    say(end.failure.message);
    return end.failure.exitCode;
  }
  say(program + " has ended, after signal " + std::to_string(end.signal));
  return endBy(end.signal);
}
