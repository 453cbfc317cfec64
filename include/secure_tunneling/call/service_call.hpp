// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CALL_SERVICE_CALL_HPP
#define SECURE_TUNNELING_CALL_SERVICE_CALL_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/call/retry.hpp"
#include "secure_tunneling/call/signed_call.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/endpoint/endpoint.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/settings.hpp"
#include "secure_tunneling/sigv4/signer.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// What the calls of one client share: resolved endpoint, signing key, clock skew, retry quota and
/// the buffers, which is why a warm call hardly allocates. `Hash` is the policy of
/// `sigv4/signer.hpp`. One call at a time.
template <class Hash>
struct ClientState {
  /// `from` is what the hash policy is made from: nothing, or another one.
  // Out of line, for size: there are many members, and most programs have them on the stack. By
  // reference, for a value would be moved once more.
  template <class... From>
  SECURE_TUNNELING_NOINLINE explicit ClientState(
      const Settings& settingsOfAllCalls,  // NOLINT(*-by-value)
      From&&... from)
      : settings(settingsOfAllCalls), hash(std::forward<From>(from)...) {}
  template <class... From>
  SECURE_TUNNELING_NOINLINE explicit ClientState(Settings&& settingsOfAllCalls, From&&... from)
      : settings(std::move(settingsOfAllCalls)), hash(std::forward<From>(from)...) {}
  ClientState(const ClientState&) = delete;
  ClientState& operator=(const ClientState&) = delete;
  SECURE_TUNNELING_NOINLINE ~ClientState() = default;

  /// How a call of these settings is made again.
  [[nodiscard]] CallRules rules() noexcept {
    CallRules rules;
    rules.maxAttempts = settings.maxAttempts;
    rules.maxBackoffMs = settings.maxBackoffMs;
    rules.retryUnknownDelivery = settings.retryUnknownDelivery;
    rules.clockSkewMs = settings.correctClockSkew ? &clockSkewMs : nullptr;
    rules.quota = &retryQuota;
    return rules;
  }
  /// Resolves the endpoint, where no call has done that yet.
  Result<void> prepareEndpoint() {
    if (hasEndpoint) return {};
    Result<void> resolved = detail::resolveInto(endpoint, settings);
    hasEndpoint = resolved.hasValue();
    return resolved;
  }

  const Settings settings;
  Hash hash;
  RetryQuota retryQuota;
  /// Server time minus local time, from the last answer.
  std::int64_t clockSkewMs = 0;
  bool hasEndpoint = false;
  Endpoint endpoint;
  std::string body;
  detail::CredentialsRoom credentials;
  sigv4::SigningKeyCache signingKey;
  HttpExchange exchange;
};

/// A call to the service, by its awsJson 1.1 protocol: all of an action but what its request and
/// its answer hold. The state must outlive it.
template <class Hash>
class ServiceCall : public SignedCall<Hash> {
 public:
  /// Why credentials are needed. May be asked at `NeedCredentials`.
  [[nodiscard]] const CredentialsQuery& credentialsQuery() noexcept { return fetch_.query(); }
  /// Where credentials go, at `NeedCredentials`; holds those of an earlier call.
  [[nodiscard]] Credentials& credentials() noexcept { return fetch_.credentials(); }
  /// Tells, at `NeedCredentials`, that they are there, or why not.
  using CallMachine::onCredentials;

 protected:
  using CallMachine::error_;
  using CallMachine::exchange_;
  using typename CallMachine::Verdict;

  /// `target` is the action's X-Amz-Target.
  ServiceCall(ClientState<Hash>& state, std::string_view target, CredentialsSource* source,
              bool mayBlock)
      : SignedCall<Hash>(state.exchange, state.rules(),
                         state.settings.signRequests ? &fetch_ : nullptr,
                         state.settings.signRequests ? &state.credentials : nullptr, state.hash,
                         state.signingKey, state.endpoint, {signingService, contentType, target}),
        fetch_(state.exchange, source, state.credentials, mayBlock) {}
  ~ServiceCall() = default;

  /// Makes the call ready for its first step: its request is in `state.body`, unless `written` is
  /// an error, which is then what comes of the call.
  void begin(ClientState<Hash>& state, Result<void>&& written) {
    error_ = std::move(written.box());
    if (error_.empty()) error_ = std::move(state.prepareEndpoint().box());
    this->body_ = state.body;
    CallMachine::begin();
  }

  /// A 2xx is what was asked for; its body is read when the result is taken.
  Verdict judge(const Moment&) override {
    if (!error_.empty()) return Verdict::Failed;
    if (exchange_.response.status / 100 == 2) return Verdict::Finished;
    error_ = detail::ErrorBox(new Error);
    this->isPage_ = detail::readErrorResponse(exchange_.response, *error_);
    return Verdict::Failed;
  }

 private:
  CredentialsFetch fetch_;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CALL_SERVICE_CALL_HPP
