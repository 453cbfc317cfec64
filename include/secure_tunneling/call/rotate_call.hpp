// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CALL_ROTATE_CALL_HPP
#define SECURE_TUNNELING_CALL_ROTATE_CALL_HPP

/// @file
/// One call as a state machine, for event loops and for devices.

#include <string>
#include <utility>

#include "secure_tunneling/call/service_call.hpp"
#include "secure_tunneling/detail/redaction.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/model.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// One RotateTunnelAccessToken call as a state machine: no I/O, no clock, no threads.
///
/// A driver asks `next()` and does what it says, until it says `Done`:
/// | step              | the driver                                                          |
/// |-------------------|---------------------------------------------------------------------|
/// | `NeedCredentials` | fills `credentials()` and calls `onCredentials()`                   |
/// | `Send`            | sends `request()` into `response()` over `transport()`, then        |
/// |                   | `onSent()`                                                          |
/// | `Wait`            | lets `waitMs()` pass and asks again                                 |
/// | `Done`            | takes `takeResult()`, once                                          |
/// With a source of credentials there is no `NeedCredentials`: its steps are the call's then, and
/// `transport()` says which are. Asking `next()` again without telling what came back repeats the
/// step, but for `Wait`, which ends when it is asked again. After a 2xx what is in `response()`
/// stays until `takeResult()`. The state and the source must outlive the call.
///
/// By `limits`, or `cancel()`, it ends at the next `next()`. A driver that sends without blocking
/// looks at `cancelled()` itself while something is under way, and keeps to
/// `HttpRequest::timeoutMs`; see `CallMachine::cancel`.
template <class Hash>
class RotateCall final : public ServiceCall<Hash> {
 public:
  /// What `next()` gives.
  using Step = secure_tunneling::Step;

  /// Checks and serialises `request`; a mistake in it is the result, before anything is sent.
  /// `mayBlock` is as for `CredentialsFetch`.
  RotateCall(ClientState<Hash>& state, const RotateTunnelAccessTokenRequest& request,
             CredentialsSource* source = nullptr, bool mayBlock = false,
             const CallLimits& limits = {})
      : ServiceCall<Hash>(state, amzTarget, source, mayBlock, limits) {
    this->begin(serializeRequest(request, this->body()));
  }

  /// The outcome, at `Done`; only once, for it uses the answer up.
  [[nodiscard]] Result<RotateTunnelAccessTokenResponse> takeResult() {
    Result<RotateTunnelAccessTokenResponse> result{detail::InPlace()};
    if (error_.empty()) readResponse(*result);
    if (!error_.empty()) detail::fail(result, std::move(error_));
    return result;
  }

 private:
  using CallMachine::attempts_;
  using CallMachine::error_;

  /// Reads the answer, which is 2xx, or sets `error_`.
  void readResponse(RotateTunnelAccessTokenResponse& out) {
    Result<void> read = detail::readResponse(this->exchange_.response, out);
    error_ = detail::takeError(std::move(read));
    std::string& id = error_.empty() ? out.requestId : error_->requestId;
    if (!detail::isUuid(id)) redactId(id, out);
    if (!error_.empty()) return this->fail();
    out.attempts = attempts_;
  }
  /// Also of what was answered.
  void redactId(std::string& id, const RotateTunnelAccessTokenResponse& out) const {
    detail::Redactor redactor = this->redactor();
    if (out.sourceAccessToken) redactor.add(out.sourceAccessToken->expose());
    if (out.destinationAccessToken) redactor.add(out.destinationAccessToken->expose());
    redactor.mask(id);
    detail::makeVisible(id);
  }
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CALL_ROTATE_CALL_HPP
