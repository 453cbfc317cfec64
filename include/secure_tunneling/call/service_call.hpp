// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CALL_SERVICE_CALL_HPP
#define SECURE_TUNNELING_CALL_SERVICE_CALL_HPP

/// @file
/// A call to the service by its protocol, awsJson 1.1, and what the calls of a client share.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/call/retry.hpp"
#include "secure_tunneling/call/signed_call.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/owned.hpp"
#include "secure_tunneling/endpoint/endpoint.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/seams/call_limits.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/settings.hpp"
#include "secure_tunneling/sigv4/signer.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

template <class Hash>
class ClientState;

namespace detail {

/// What a `ClientState` keeps.
template <class Hash>
struct SharedState {
  // Out of line, for size: there are many members, and most programs have them on the stack. By
  // reference, for a value would be moved once more.
  template <class... From>
  SECURE_TUNNELING_NOINLINE explicit SharedState(
      const Settings& settingsOfAllCalls,  // NOLINT(*-by-value)
      From&&... from)
      : settings(settingsOfAllCalls), hash(std::forward<From>(from)...) {}
  template <class... From>
  SECURE_TUNNELING_NOINLINE explicit SharedState(Settings&& settingsOfAllCalls, From&&... from)
      : settings(std::move(settingsOfAllCalls)), hash(std::forward<From>(from)...) {}
  SharedState(const SharedState&) = delete;
  SharedState& operator=(const SharedState&) = delete;
  SECURE_TUNNELING_NOINLINE ~SharedState() = default;

  /// How a call of these settings is made again.
  [[nodiscard]] CallRules rules() noexcept {
    CallRules rules = rulesOf(settings);
    rules.clockSkewMs = settings.correctClockSkew ? &clockSkewMs : nullptr;
    if (rules.quota == nullptr && !settings.retryMode.isLegacy()) rules.quota = &ownQuota;
    if (rules.rateLimiter == nullptr) rules.rateLimiter = ownLimiter.get();
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
  RetryQuota ownQuota;
  const Owned<RateLimiter> ownLimiter{settings.retryMode.newRateLimiter()};
  /// Server time minus local time, from the last answer.
  std::int64_t clockSkewMs = 0;
  bool hasEndpoint = false;
  Endpoint endpoint;
  std::string body;
  detail::CredentialsRoom credentials;
  sigv4::Signer<Hash> signer;
  HttpExchange exchange;
};

template <class Hash>
SharedState<Hash>& sharedBy(ClientState<Hash>& state) noexcept;

}  // namespace detail

/// What the calls of one client share: resolved endpoint, signing key, clock skew, retry quota and
/// rate limiter unless the settings name others, and the buffers, which is why a warm call hardly
/// allocates. `Hash` is the policy of `sigv4/signer.hpp`. One call at a time: each
/// thread has its own.
template <class Hash>
class ClientState {
 public:
  /// Copies `settings`, or takes them. `from` is what the hash policy is made from: nothing, or
  /// another one.
  /// @{
  template <class... From>
  explicit ClientState(const Settings& settings, From&&... from)
      : shared_(settings, std::forward<From>(from)...) {}
  template <class... From>
  explicit ClientState(Settings&& settings, From&&... from)
      : shared_(std::move(settings), std::forward<From>(from)...) {}
  /// @}

  /// The settings of all calls; they do not change.
  [[nodiscard]] const Settings& settings() const noexcept { return shared_.settings; }

 private:
  template <class H>
  friend detail::SharedState<H>& detail::sharedBy(ClientState<H>& state) noexcept;

  detail::SharedState<Hash> shared_;
};

namespace detail {

template <class Hash>
SharedState<Hash>& sharedBy(ClientState<Hash>& state) noexcept {
  return state.shared_;
}

}  // namespace detail

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
  /// As `CallMachine::Verdict`.
  using typename CallMachine::Verdict;

  /// `target` is the action's X-Amz-Target.
  ServiceCall(ClientState<Hash>& state, std::string_view target, CredentialsSource* source,
              bool mayBlock, const CallLimits& limits = {})
      : ServiceCall(detail::sharedBy(state), target, source, mayBlock, limits) {}
  ~ServiceCall() = default;

  /// Where the request is written; its memory is kept from call to call.
  [[nodiscard]] std::string& body() noexcept { return shared_.body; }
  /// Makes the call ready for its first step: its request is in `body()`, unless `written` is
  /// an error, which is then what comes of the call.
  void begin(Result<void>&& written) {
    error_ = detail::takeError(std::move(written));
    if (error_.empty()) error_ = detail::takeError(shared_.prepareEndpoint());
    this->body_ = shared_.body;
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
  ServiceCall(detail::SharedState<Hash>& state, std::string_view target, CredentialsSource* source,
              bool mayBlock, CallLimits limits)
      : SignedCall<Hash>(state.exchange, state.rules(),
                         state.settings.signRequests ? &fetch_ : nullptr,
                         state.settings.signRequests ? &state.credentials : nullptr, state.hash,
                         state.signer, state.endpoint, {signingService, contentType, target}),
        fetch_(state.exchange, source, state.credentials, mayBlock),
        shared_(state) {
    if (limits.timeoutMs <= 0) limits.timeoutMs = state.settings.callTimeoutMs;
    exchange_.end.begin(limits);
  }

  CredentialsFetch fetch_;
  detail::SharedState<Hash>& shared_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CALL_SERVICE_CALL_HPP
