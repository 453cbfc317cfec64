// SPDX-License-Identifier: BSL-1.0
#include "token_task.hpp"

#include <utility>

namespace st = secure_tunneling;

TokenTask::TokenTask(st::Settings settings, st::CredentialsSource& credentials,
                     const MbedtlsSettings& tls, const ExchangeLimits& limits)
    : credentials_(credentials), exchange_(tls, limits), state_(std::move(settings)) {}

void TokenTask::begin(const std::string& tunnelId) {
  request_.tunnelId = tunnelId;
  request_.clientMode = st::ClientMode::SOURCE;
  wakeAtMs_.reset();
  exchanging_ = false;
  call_.emplace(state_, request_);
}

void TokenTask::cancel() {
  if (!call_) return;
  call_->cancel();
  if (exchanging_) exchange_.cancel();
  wakeAtMs_.reset();
}

TokenTask::Event TokenTask::tick(std::int64_t unixMs, std::int64_t uptimeMs) {
  if (!call_) return Event::None;
  const st::Moment now{unixMs, MbedtlsSettings::random(), uptimeMs};
  if (exchanging_) return tickExchange(now, uptimeMs);
  // Asked again while it waits, the call would take the wait for over.
  if (wakeAtMs_ && uptimeMs < *wakeAtMs_) return Event::None;
  wakeAtMs_.reset();
  return startNext(now, uptimeMs);
}

TokenTask::Event TokenTask::startNext(const st::Moment& now, std::int64_t uptimeMs) {
  switch (call_->next(now)) {
    case Call::Step::NeedCredentials:
      call_->onCredentials(credentials_.retrieve(call_->credentialsQuery(), call_->credentials()));
      return Event::None;
    case Call::Step::Send:
      exchange_.begin(call_->request(), call_->response(), uptimeMs);
      exchanging_ = true;
      return Event::Sending;
    case Call::Step::Wait:
      wakeAtMs_ = uptimeMs + call_->waitMs();
      return Event::Waiting;
    case Call::Step::Done:
      break;
  }
  return Event::Finished;
}

TokenTask::Event TokenTask::tickExchange(const st::Moment& now, std::int64_t uptimeMs) {
  if (exchange_.advance(uptimeMs) != MbedtlsExchange::Progress::Over) return Event::None;
  exchanging_ = false;
  st::Result<void> sent = exchange_.takeResult();
  const bool isAnswered = sent.hasValue();
  if (!isAnswered) problem_ = sent.error().message;
  call_->onSent(std::move(sent), now);
  return isAnswered ? Event::Answered : Event::Failed;
}

st::Result<st::RotateTunnelAccessTokenResponse> TokenTask::takeResult() {
  auto result = call_->takeResult();
  call_.reset();
  return result;
}
