// SPDX-License-Identifier: BSL-1.0
#include "faults/outcome.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

using namespace secure_tunneling;

namespace {

/// The limits of faults that take time, unless the machine is too slow for that.
constexpr int shortestLimitMs = 500;
constexpr int longestLimitMs = 8000;

/// As code of the page.
template <class Enumeration>
std::string code(Enumeration value) {
  return "`" + std::string(toString(value)) + "`";
}

const char* nameOf(EndedBy endedBy) {
  switch (endedBy) {
    case EndedBy::Nothing:
      return "";
    case EndedBy::ConnectLimit:
      return "`connectTimeoutMs`";
    case EndedBy::TotalLimit:
      return "`totalTimeoutMs`";
    case EndedBy::LowSpeed:
      return "`lowSpeedSeconds`";
    case EndedBy::Deadline:
      return "`timeoutMs`";
    case EndedBy::Flag:
      return "`cancelled`";
  }
  return "?";
}

void setLimit(Scene& scene, EndedBy endedBy, int limitMs) {
  switch (endedBy) {
    case EndedBy::Nothing:
      break;
    case EndedBy::ConnectLimit:
      scene.options.connectTimeoutMs = limitMs;
      break;
    case EndedBy::TotalLimit:
      scene.options.totalTimeoutMs = limitMs;
      break;
    case EndedBy::LowSpeed:
      scene.options.lowSpeedBytesPerSecond = 1000;
      scene.options.lowSpeedSeconds = (limitMs + 999) / 1000;
      break;
    case EndedBy::Deadline:
      scene.limits.timeoutMs = limitMs;
      break;
    case EndedBy::Flag:
      scene.limits.cancelled = &scene.cancelled;
      break;
  }
}

std::string describe(const Error& error) {
  std::string text = code(error.kind);
  if (!error.code.empty()) text += " `" + error.code + "`";
  if (error.httpStatus != 0) text += " " + std::to_string(error.httpStatus);
  return text;
}

/// Which kind of words a message has: those of libcurl differ between its versions.
std::string classOf(const Error& error) {
  static constexpr struct {
    const char* part;
    const char* shown;
  } known[] = {
      {"the call was cancelled", "the call was cancelled"},
      {"; the call has no time left", "the last attempt's; the call has no time left"},
      {"the call has no time left", "the call has no time left"},
      {"the clock of this machine may be wrong",
       "certificate is not yet valid: the clock of this machine may be wrong"},
      {"certificate has expired", "certificate has expired"},
      {"subject name", "no subject name of the certificate matches"},
      {"unable to get local issuer certificate", "unable to get local issuer certificate"},
      {"the answer is longer than the transport's options allow",
       "the answer is longer than the transport's options allow"},
      {"the answer has headers that libcurl has no room for",
       "the answer has headers that libcurl has no room for"},
      {"Could not resolve host", "Could not resolve host"},
      {"Connection refused", "Connection refused"},
      {"the service's answer cannot be understood", "the service's answer cannot be understood"},
      {"no reason given: HTTP status", "no reason given: HTTP status"},
      {"timed out", "timed out"},
      {"timeout", "timed out"},
      {"too slow", "too slow"},
  };
  const std::string& message = error.message;
  for (const auto& each : known) {
    if (message.find(each.part) != std::string::npos) return each.shown;
  }
  constexpr const char* refused = "refused with HTTP status ";
  const std::size_t at = message.find(refused);
  if (at != std::string::npos)
    return "the proxy, " + message.substr(at, message.find(" (", at) - at);
  return error.kind == ErrorKind::Service ? "the service's words" : "libcurl's words";
}

void checkMessage(Scene& scene, const Error& error, std::vector<std::string>& problems) {
  const std::string secrets[] = {ServedFake::secretAccessKey, "expired-secret-access-key",
                                 "wrong-secret-access-key",   "Credential=",
                                 scene.fake.sourceToken(),    scene.fake.destinationToken()};
  for (const std::string& secret : secrets) {
    if (error.message.find(secret) != std::string::npos)
      problems.push_back("a secret in the message: " + secret);
  }
  if (error.message.empty()) problems.emplace_back("no message");
  const bool isOfConnection =
      error.kind == ErrorKind::Transport || error.kind == ErrorKind::Untrusted;
  const std::string server = scene.settings.endpointUrl.text();
  if (isOfConnection && error.message.find(server) == std::string::npos)
    problems.push_back("the message does not say which server: " + error.message);
}

bool isOfTime(const FaultCase& fault) {
  return fault.endedBy != EndedBy::Nothing && fault.endedBy != EndedBy::Flag;
}

/// Whether each attempt got as far as its fault, and the one behind it to its end, before a limit
/// that is meant for the fault.
bool wasInTime(Scene& scene, const FaultCase& fault, const Outcome& outcome) {
  if (!isOfTime(fault)) return true;
  if (!scene.lasts && outcome.attempts != 2) return false;
  return scene.reached->arrived() >= (scene.lasts ? std::max(outcome.attempts, 1) : 1);
}

}  // namespace

const char* const pageHead =
    R"(# What a call makes of what goes wrong

Made by `tests/faults`: each line is a call with `CurlTransport` over real sockets, to the fake service behind TLS, with
three attempts (`Settings::maxAttempts`) and waits that are skipped. A test compares this page with what happens;
`cmake --build BUILD --target fault_matrix_page` writes it.

- *returns*, *delivery*, *attempts*: what the caller gets where the fault lasts: the error's `kind`, `code` and
  `httpStatus`, its `delivery` and its `attempts`.
- *ended by*: the limit that ended each attempt, or the call; nothing where the fault itself does. `connectTimeoutMs`,
  `totalTimeoutMs` and `lowSpeedSeconds` are of `CurlTransportOptions`, `timeoutMs` and `cancelled` of `CallLimits`.
- *message*: what it says; libcurl's own words differ between its versions. Those of `Transport` and `Untrusted` name
  the server, and none has a secret.
- *rotations*: how often the service made new tokens meanwhile. After `NotSent` that is never; after `Unknown` it may
  be, and asking again is the way to usable tokens.
- *once*: what comes of the call where only the first attempt meets the fault.
)";
const char* const tableHead =
    "| fault | returns | delivery | attempts | ended by | message | rotations | once |\n"
    "|---|---|---|---|---|---|---|---|\n";

std::string Outcome::cells() const {
  return returned + " | " + delivery + " | " + std::to_string(attempts) + " | " + endedBy + " | " +
         message + " | " + std::to_string(rotations);
}
std::string Outcome::inShort() const {
  const auto counted = [](int count, const char* what) {
    return ", " + std::to_string(count) + " " + what + (count == 1 ? "" : "s");
  };
  return returned + counted(attempts, "attempt") + counted(rotations, "rotation");
}

namespace {

Outcome play(Scene& scene, const FaultCase& fault, int limitMs) {
  setLimit(scene, fault.endedBy, limitMs);
  fault.arrange(scene);
  CurlTransport transport(scene.options);
  Client client(scene.settings, transport, *scene.credentials, scene.clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = scene.tunnelId;
  request.clientMode = ClientMode::ALL;
  Outcome outcome;
  int returnedBefore = 0;
  if (fault.isWarm) {
    if (rotateTunnelAccessToken(request, client)) {
      ++returnedBefore;
    } else {
      outcome.problems.emplace_back("the call before it fails");
    }
    scene.reached->waitFor(1);
  }
  const int rotationsBefore = scene.fake.rotations();
  const auto begin = std::chrono::steady_clock::now();
  const auto result = [&] {
    if (fault.endedBy != EndedBy::Flag)
      return rotateTunnelAccessToken(request, client, scene.limits);
    std::thread canceller([&] {
      if (scene.reached->waitFor(1)) scene.cancelled = true;
    });
    auto cancelled = rotateTunnelAccessToken(request, client, scene.limits);
    scene.reached->arrive();
    canceller.join();
    return cancelled;
  }();
  const auto passed = std::chrono::steady_clock::now() - begin;
  outcome.rotations = scene.fake.rotations() - rotationsBefore;
  outcome.endedBy = nameOf(fault.endedBy);
  if (result) {
    outcome.returned = "tokens";
    outcome.attempts = result->attempts;
    const bool areUsable = scene.fake.accepts(result->sourceAccessToken->expose()) &&
                           scene.fake.accepts(result->destinationAccessToken->expose());
    if (!areUsable) outcome.problems.emplace_back("the tokens are not usable");
    outcome.endedBy.clear();
  } else {
    const Error& error = result.error();
    outcome.returned = describe(error);
    outcome.delivery = code(error.delivery);
    outcome.attempts = error.attempts;
    outcome.message = classOf(error);
    checkMessage(scene, error, outcome.problems);
    if (error.delivery == Delivery::NotSent && outcome.rotations != 0)
      outcome.problems.emplace_back("a request that was not sent was processed");
    if (isOfTime(fault) && error.kind != ErrorKind::Service &&
        passed < std::chrono::milliseconds(limitMs * std::max(error.attempts, 1) * 9 / 10))
      outcome.problems.emplace_back("it ended before its limit");
  }
  const int lost = scene.answersWithTokens - returnedBefore - (result ? 1 : 0);
  if (lost != 0)
    outcome.problems.push_back("tokens that arrived were lost: " + std::to_string(lost));
  return outcome;
}

}  // namespace

Outcome runFault(const FaultCertificates& certificates, const FaultCase& fault, bool lasts) {
  for (int limitMs = shortestLimitMs;; limitMs *= 2) {
    Scene scene(certificates, lasts);
    Outcome outcome = play(scene, fault, limitMs);
    if (wasInTime(scene, fault, outcome) || limitMs == longestLimitMs) return outcome;
  }
}
