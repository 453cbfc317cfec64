// SPDX-License-Identifier: BSL-1.0
#include "keeper.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy_log.hpp"
#include "text.hpp"

using secure_tunneling::Client;
using secure_tunneling::Clock;
using secure_tunneling::Delivery;
using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;
using secure_tunneling::RotateTunnelAccessTokenRequest;
using secure_tunneling::RotateTunnelAccessTokenResponse;
using secure_tunneling::Secret;

namespace {

std::string inWords(std::int64_t ms) {
  if (ms < 100'000) return std::to_string(ms / 1000) + "." + std::to_string(ms / 100 % 10) + " s";
  if (ms < 7'200'000) return std::to_string(ms / 60'000) + " min";
  return std::to_string(ms / 3'600'000) + " h " + std::to_string(ms / 60'000 % 60) + " min";
}

std::string nextTry(std::int64_t waitMs) {
  return waitMs == 0 ? "trying again at once" : "trying again in " + inWords(waitMs);
}

}  // namespace

bool mayPass(const Error& error) {
  Error answered = error;
  switch (error.kind) {
    case ErrorKind::Transport:
    case ErrorKind::Untrusted:  // a clock that is not set yet, a portal of a network
    case ErrorKind::InvalidResponse:
    case ErrorKind::DeadlineExceeded:
      return true;
    case ErrorKind::Service:
      // Whatever became of the attempts before it.
      answered.delivery = Delivery::Answered;
      return error.httpStatus >= 500 ||
             retryReason(answered) != secure_tunneling::RetryReason::None;
    case ErrorKind::Credentials:
      return error.transportCode != 0;
    case ErrorKind::Configuration:
    case ErrorKind::InvalidArgument:
    case ErrorKind::NoCredentials:
    case ErrorKind::Signing:
    case ErrorKind::Cancelled:
      return false;
  }
  return false;
}

Keeper::Keeper(RotateTunnelAccessTokenRequest request, Client& client, LocalProxy& proxy,
               Clock& clock, Say say)
    : request_(std::move(request)),
      isSource_(request_.clientMode.name() == "SOURCE"),
      client_(client),
      proxy_(proxy),
      clock_(clock),
      say_(std::move(say)) {}

KeeperEnd Keeper::run(Secret token) {
  downSinceMs_ = nowMs();
  for (;;) {
    waitForPort();
    if (token.empty()) {
      Result<Secret> rotated = newToken();
      if (!rotated) return {0, giveUp(rotated.error())};
      token = *std::move(rotated);
    }
    run_ = Run();
    run_.startedMs = nowMs();
    const ProgramEnd end = proxy_.run(token, [this](std::string_view line) { onLine(line); });
    token = Secret();
    if (end.how == ProgramEnd::How::Stopped) return {end.number, {}};
    if (end.how == ProgramEnd::How::NotStarted) {
      return {0,
              {end.number == ENOENT ? exitNotFound : exitNotExecutable,
               std::string("the program cannot be started: ") + std::strerror(end.number)}};
    }
    onEnd(end);
  }
}

void Keeper::waitForPort() {
  for (int failures = 1;; ++failures) {
    const std::string busy = proxy_.busyPort();
    if (busy.empty()) return;
    const std::int64_t waitMs = backoffMs(failures, longestPortWaitMs);
    say_(busy + ": no token is spent on that; " + nextTry(waitMs));
    clock_.wait(waitMs);
  }
}

Result<Secret> Keeper::newToken() {
  for (int failures = 1;; ++failures) {
    Result<RotateTunnelAccessTokenResponse> response = rotateTunnelAccessToken(request_, client_);
    Error error = makeError(ErrorKind::InvalidResponse, "the answer has no token of this side");
    if (response) {
      std::optional<Secret>& token =
          isSource_ ? response->sourceAccessToken : response->destinationAccessToken;
      if (token && !token->empty()) return *std::move(token);
    } else {
      error = std::move(response).error();
    }
    if (!mayPass(error)) return error;
    const std::int64_t asked = std::min(error.retryAfterMs.value_or(0), longestWaitMs);
    // What did not get there is no load for the service.
    const bool isAway = error.delivery == Delivery::NotSent;
    const std::int64_t waitMs =
        std::max(backoffMs(failures, isAway ? longestAwayWaitMs : longestWaitMs), asked);
    say_("no new token: " + (error.code.empty() ? "" : visible(error.code) + ": ") +
         visible(error.message) + "; " + nextTry(waitMs));
    clock_.wait(waitMs);
  }
}

void Keeper::onLine(std::string_view line) {
  ProxyEvent event = readProxyLine(line);
  switch (event.kind) {
    case ProxyEvent::Kind::Connected:
      run_.connectedMs = nowMs();
      run_.lostMs.reset();
      say_("connected, " + inWords(nowMs() - downSinceMs_) + " after the " +
           (wasConnected_ ? "connection was lost" : "start"));
      wasConnected_ = true;
      break;
    case ProxyEvent::Kind::Listening:
      run_.couldNotBind = false;
      // It says so again after each connection to the port.
      if (run_.toldPorts.insert(event.text).second)
        say_("listening on port " + visible(event.text));
      break;
    case ProxyEvent::Kind::CouldNotBind:
      // The destination's is about one connection only.
      run_.couldNotBind = isSource_;
      [[fallthrough]];
    case ProxyEvent::Kind::Failed:
      run_.failure = std::move(event.text);
      run_.failedMs = nowMs();
      break;
    case ProxyEvent::Kind::Refused:
      run_.refusal = std::move(event.text);
      [[fallthrough]];
    case ProxyEvent::Kind::Trying:
      noteLoss();
      break;
    case ProxyEvent::Kind::None:
      break;
  }
}

void Keeper::noteLoss() {
  if (!run_.connectedMs || run_.lostMs) return;
  downSinceMs_ = run_.lostMs.emplace(nowMs());
  // What failed long before was something else.
  if (nowMs() - run_.failedMs > lateMs) run_.failure.clear();
}

void Keeper::onEnd(const ProgramEnd& end) {
  noteLoss();
  const std::int64_t lastedMs =
      run_.connectedMs ? *run_.lostMs - *run_.connectedMs : nowMs() - run_.startedMs;
  const bool isLong = lastedMs > longLifeMs && !run_.couldNotBind;
  shortLives_ = isLong ? 0 : shortLives_ + 1;
  const std::int64_t waitMs = shortLives_ < 2 ? 0 : backoffMs(shortLives_ - 1, longestWaitMs);
  say_(reasonOf(end, lastedMs) + "; " + nextTry(waitMs));
  if (shortLives_ >= manyShortLives && !run_.couldNotBind) {
    say_("another proxy seems to hold this side of the tunnel: " + std::to_string(shortLives_) +
         " times in a row it did not stay for " + inWords(longLifeMs) +
         (wasConnected_ ? "" : " (or the program is at fault: see what it said)"));
  }
  if (waitMs != 0) clock_.wait(waitMs);
}

std::string Keeper::reasonOf(const ProgramEnd& end, std::int64_t lastedMs) const {
  std::string text;
  if (run_.couldNotBind) {
    text = visible(run_.failure);
  } else if (run_.connectedMs) {
    text = "the connection was lost after " + inWords(lastedMs);
    if (!run_.failure.empty()) text += ": " + visible(run_.failure);
    if (!run_.refusal.empty()) text += ", and its token cannot be used again";
  } else if (!run_.refusal.empty()) {
    text = "the token was refused: " + visible(run_.refusal);
  } else {
    text = "the program never said that it was connected, in " + inWords(lastedMs);
    if (!run_.failure.empty()) text += ": " + visible(run_.failure);
  }
  const bool isKilled = end.how == ProgramEnd::How::Killed;
  return text + " (it ended " + (isKilled ? "by signal " : "with status ") +
         std::to_string(end.number) + ")";
}

Failure Keeper::giveUp(const Error& error) const {
  Failure failure = failureOf(error);
  if (error.code == "ResourceNotFoundException") {
    failure.message +=
        ". The tunnel is closed, its lifetime is over, or it is of another region or "
        "account: open a new one";
  } else if (error.httpStatus == 403 || error.code == "AccessDeniedException") {
    failure.message += ". It takes iot:RotateTunnelAccessToken on the tunnel";
  }
  return failure;
}

std::int64_t Keeper::backoffMs(int failures, std::int64_t longestMs) {
  const std::int64_t ceiling =
      std::min(std::int64_t{1'000} << std::min(failures - 1, 20), longestMs);
  return ceiling / 2 + ceiling / 2 * static_cast<std::int64_t>(clock_.now().random >> 1U) /
                           std::int64_t{0x7fffffff};
}
