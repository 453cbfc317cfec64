// SPDX-License-Identifier: BSL-1.0
#include "rotation.hpp"

#include <utility>

namespace st = secure_tunneling;

namespace {

st::CurlTransportOptions transportOptions() {
  st::CurlTransportOptions options;
  options.initializeCurl = false;  // main() has done it, for the multi handle too
  return options;
}

}  // namespace

Rotation::Rotation(std::string tunnelId, st::Settings settings, st::CredentialsSource& credentials,
                   EventLoop& loop, Transfers& transfers)
    : credentials_(credentials),
      loop_(loop),
      transfers_(transfers),
      transport_(transportOptions()),
      state_(std::move(settings)) {
  request_.tunnelId = std::move(tunnelId);
  request_.clientMode = st::ClientMode::SOURCE;
}

void Rotation::start(OnDone onDone) {
  onDone_ = std::move(onDone);
  call_.emplace(state_, request_, &credentials_);
  step();
}

void Rotation::cancel() {
  if (!call_) return;
  call_->cancel();
  loop_.cancel(std::exchange(timer_, 0));
  if (via_ != nullptr && transfers_.stop(via_->handle())) {
    onAnswer(via_->end(CURLE_ABORTED_BY_CALLBACK));
  }
  step();
}

void Rotation::step() {
  for (;;) {
    switch (call_->next(clock_.now())) {
      case Call::Step::NeedCredentials:  // never, with a source
      case Call::Step::Send:
        if (send()) return;
        break;
      case Call::Step::Wait:
        timer_ = loop_.after(call_->waitMs(), [this] { step(); });
        return;
      case Call::Step::Done: {
        const Outcome outcome = call_->takeResult();
        call_.reset();
        onDone_(*this, outcome);
        return;
      }
    }
  }
}

/// Whether a transfer runs now.
bool Rotation::send() {
  via_ = &transport_;
  if (call_->transport() != nullptr) via_ = static_cast<st::CurlTransport*>(call_->transport());
  st::Result<void> begun = via_->begin(call_->request(), call_->response());
  if (!begun) {
    onAnswer(std::move(begun));
    return false;
  }
  const auto onDone = [this](CURLcode code) { onTransfer(code); };
  if (transfers_.start(via_->handle(), onDone)) return true;
  onAnswer(via_->end(CURLE_FAILED_INIT));
  return false;
}

void Rotation::onTransfer(CURLcode code) {
  onAnswer(via_->end(code));
  step();
}

void Rotation::onAnswer(st::Result<void> sent) {
  call_->onSent(std::move(sent), clock_.now());
  // Others may use it from here on.
  via_ = nullptr;
}
