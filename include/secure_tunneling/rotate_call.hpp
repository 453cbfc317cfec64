// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ROTATE_CALL_HPP
#define SECURE_TUNNELING_ROTATE_CALL_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/clock.hpp"
#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/detail/canonical_rotate_request.hpp"
#include "secure_tunneling/detail/redaction.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/time.hpp"
#include "secure_tunneling/endpoint.hpp"
#include "secure_tunneling/http.hpp"
#include "secure_tunneling/model.hpp"
#include "secure_tunneling/protocol.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/retry.hpp"
#include "secure_tunneling/settings.hpp"
#include "secure_tunneling/sigv4.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// What the calls of one client share: resolved endpoint, signing key, clock skew, retry quota and
/// the buffers, which is why a warm call hardly allocates. `Hash` is the policy of `sigv4.hpp`. One
/// call at a time.
template <class Hash>
struct ClientState {
  /// `from` is what the hash policy is made from: nothing, or another one.
  // Out of line, for size: there are many members, and most programs have them on the stack. By
  // reference, for a value would be moved once more.
  template <class... From>
  [[gnu::noinline]] explicit ClientState(const Settings& settingsOfAllCalls,  // NOLINT(*-by-value)
                                         From&&... from)
      : settings(settingsOfAllCalls), hash(std::forward<From>(from)...) {}
  template <class... From>
  [[gnu::noinline]] explicit ClientState(Settings&& settingsOfAllCalls, From&&... from)
      : settings(std::move(settingsOfAllCalls)), hash(std::forward<From>(from)...) {}
  ClientState(const ClientState&) = delete;
  ClientState& operator=(const ClientState&) = delete;
  [[gnu::noinline]] ~ClientState() = default;

  const Settings settings;
  Hash hash;
  RetryQuota retryQuota;
  /// Server time minus local time, from the last answer.
  std::int64_t clockSkewMs = 0;
  Secret headerLines;
  HttpResponse response;
  std::string body;
  /// Resolved by the first call, if that can be done.
  Endpoint endpoint;
  bool hasEndpoint = false;
  detail::CredentialsRoom credentials;
  sigv4::SigningKeyCache signingKey;
};

/// One RotateTunnelAccessToken call as a state machine: no I/O, no clock, no threads.
///
/// A driver asks `next()` and does what it says, until it says `Done`:
/// | step              | the driver                                                          |
/// |-------------------|---------------------------------------------------------------------|
/// | `NeedCredentials` | fills `credentials()` and calls `onCredentials()`                   |
/// | `Send`            | sends `request()` into `response()`, then `onSent()`                |
/// | `Wait`            | lets `waitMs()` pass and asks again                                 |
/// | `Done`            | takes `takeResult()`, once                                          |
/// Asking `next()` again without telling what came back repeats the step, but for `Wait`, which
/// ends when it is asked again. The state and the request must outlive the call.
template <class Hash>
class RotateCall {
 public:
  enum class Step : unsigned char { NeedCredentials, Send, Wait, Done };

  /// Checks and serialises `request`; a mistake in it is the result, before anything is sent.
  RotateCall(ClientState<Hash>& state, const RotateTunnelAccessTokenRequest& request)
      : state_(state),
        error_(prepare(state, request)),
        request_{"POST"sv,
                 state.endpoint.url,
                 state.endpoint.https,
                 state.endpoint.host(),
                 state.endpoint.port,
                 state.endpoint.authority(),
                 state.endpoint.path(),
                 headers_,
                 0,
                 state.body} {
    state_.retryQuota.beginCall();
    if (error_.empty()) step_ = nextAttemptStep();
  }
  ~RotateCall() {
    state_.headerLines.clear();
    state_.response.clear();
  }
  RotateCall(const RotateCall&) = delete;
  RotateCall& operator=(const RotateCall&) = delete;

  /// What to do now. `now` is the time that the request is signed with.
  [[gnu::noinline]] Step next(const Moment& now) {
    if (step_ == Step::Wait) {
      waitAnswered_ = !waitAnswered_;
      if (waitAnswered_) return step_;
      step_ = nextAttemptStep();
    }
    if (step_ == Step::NeedCredentials) {
      query_.nowMs = now.unixMs;
      query_.random = now.random;
    }
    if (step_ == Step::Send) buildRequest(now);
    return step_;
  }

  /// Why credentials are needed. May be asked at `NeedCredentials`, as the next two.
  [[nodiscard]] const CredentialsQuery& credentialsQuery() const noexcept { return query_; }
  /// Where they go; holds those of an earlier call.
  [[nodiscard]] Credentials& credentials() noexcept { return state_.credentials; }
  [[gnu::noinline]] void onCredentials(Result<void> result) {
    if (result) {
      const char* const problem = detail::problemOf(state_.credentials);
      if (problem != nullptr) return fail(ErrorKind::Credentials, problem);
      if (!query_.expired || state_.credentials.accessKeyId != refusedAccessKeyId_) {
        haveCredentials_ = true;
        query_.expired = false;
        step_ = Step::Send;
        return;
      }
    }
    // Where a refresh fails after the service has spoken, what it said is the better answer.
    if (!query_.expired) error_ = std::move(result.box());
    fail();
  }

  /// The request to send, valid until it is told what came back.
  [[nodiscard]] const HttpRequest& request() const noexcept { return request_; }
  /// Where the answer goes; cleared. After a 2xx what is in it stays until `takeResult()`.
  [[nodiscard]] HttpResponse& response() noexcept { return state_.response; }
  /// Tells what `HttpTransport::send` returned: that the answer is in `response()`, or why there is
  /// none; `now` is when that was known.
  void onSent(Result<void> sent, const Moment& now) {
    ++attempts_;
    error_ = std::move(sent.box());
    if (error_.empty() && state_.response.status < 200) {
      setError(ErrorKind::Transport, "the transport gave no final HTTP status");
      error_->delivery = Delivery::Unknown;
    }
    if (!error_.empty()) {
      mayHaveArrived_ = mayHaveArrived_ || error_->delivery == Delivery::Unknown;
      return onFailure(detail::CodeKind::Other, retryReason(*error_), 0, now);
    }
    const std::int64_t skewMs = observeClockSkew(now);
    if (state_.response.status / 100 == 2) {
      state_.retryQuota.refund();
      step_ = Step::Done;
      return;
    }
    error_ = detail::ErrorBox(new Error);
    const bool isPage = detail::readErrorResponse(state_.response, *error_);
    // By the code as it came: what is masked in it is a word of another's secret.
    const detail::CodeKind kind = detail::codeKind(error_->code);
    const RetryReason reason = retryReason(*error_);
    redact(*error_, isPage);
    onFailure(kind, reason, skewMs, now);
  }

  /// Milliseconds to wait, at `Wait`.
  [[nodiscard]] std::int64_t waitMs() const noexcept { return waitMs_; }

  /// The outcome, at `Done`; only once, for it uses the answer up.
  [[nodiscard]] Result<RotateTunnelAccessTokenResponse> takeResult() {
    Result<RotateTunnelAccessTokenResponse> result{detail::InPlace()};
    if (error_.empty()) readResponse(*result);
    if (!error_.empty()) result.become(std::move(error_));
    return result;
  }

 private:
  /// Those of the canonical request, with Authorization in place of Host, which a transport adds.
  static constexpr std::size_t mostHeaders = detail::CanonicalRotateRequest::headerCount;
  /// A signature that is refused with the clocks closer together is refused for another reason.
  static constexpr std::int64_t toleratedSkewMs = 240'000;

  static detail::ErrorBox prepare(ClientState<Hash>& state,
                                  const RotateTunnelAccessTokenRequest& request) {
    Result<void> prepared = serializeRequest(request, state.body);
    if (prepared && !state.hasEndpoint) {
      prepared = detail::resolveInto(state.endpoint, state.settings);
      state.hasEndpoint = prepared.hasValue();
    }
    return std::move(prepared.box());
  }

  [[nodiscard]] Step nextAttemptStep() const noexcept {
    return state_.settings.signRequests && !haveCredentials_ ? Step::NeedCredentials : Step::Send;
  }

  void buildRequest(const Moment& now) {
    if (requestBuilt_) return;
    sentAtMs_ = now.unixMs;
    const std::int64_t skewMs = state_.settings.correctClockSkew ? state_.clockSkewMs : 0;
    const detail::AmzDate amzDate = detail::formatAmzDate(now.unixMs + skewMs);

    // The views into `headerLines` must not move: it is given its full size first.
    state_.headerLines.clear();
    state_.headerLines.reserve(768 + state_.credentials.sessionToken.size() +
                               state_.credentials.accessKeyId.size());
    using Canonical = detail::CanonicalRotateRequest;
    Canonical canonical(state_.endpoint.canonicalPath);
    if (state_.settings.signRequests) {
      canonical[Canonical::Date] = amzDate.view();
      canonical[Canonical::SecurityToken] = state_.credentials.sessionToken.expose();
    }
    canonical.forEach([this](std::string_view name, std::string_view value) {
      state_.headerLines.append(name);
      state_.headerLines.append(": "sv);
      state_.headerLines.append(value);
      state_.headerLines.append("\0"sv);
    });
    // Signed, and sent by the transport.
    canonical[Canonical::Host] = request_.authority;
    if (state_.settings.signRequests && !addAuthorization(canonical, amzDate)) {
      return fail(ErrorKind::Signing, "the hash policy reported a failure");
    }
    listHeaders();
    state_.response.clear();
    requestBuilt_ = true;
  }

  /// False when the hash policy fails.
  bool addAuthorization(detail::CanonicalRotateRequest& canonical, const detail::AmzDate& amzDate) {
    const sigv4::Scope scope{amzDate.day(), state_.endpoint.signingRegion, signingService};
    const sigv4::SigningKey* key = nullptr;
    sigv4::Signature payloadHash;
    sigv4::Signature signature;
    canonical.setPayloadHash(payloadHash.text());
    if (sigv4::hashToHex(state_.hash, state_.body, payloadHash) != sigv4::Status::Ok ||
        state_.signingKey.get(state_.hash, state_.credentials.secretAccessKey, scope, key) !=
            sigv4::Status::Ok ||
        sigv4::sign(state_.hash, *key, scope, canonical, amzDate.view(), signature) !=
            sigv4::Status::Ok) {
      return false;
    }
    state_.headerLines.append("authorization: "sv);
    sigv4::writeAuthorization(state_.credentials.accessKeyId, scope, canonical, signature,
                              state_.headerLines);
    state_.headerLines.append("\0"sv);
    return true;
  }

  /// Lists the lines that were added; no value has a NUL.
  void listHeaders() {
    request_.headerCount = 0;
    HttpHeader* header = headers_;
    const char* const end = state_.headerLines.data() + state_.headerLines.size();
    for (const char* line = state_.headerLines.data(); line != end; ++header) {
      const std::size_t size = std::strlen(line);
      const auto nameSize = static_cast<std::size_t>(std::strchr(line, ':') - line);
      *header = {{line, size}, {line, nameSize}, {line + nameSize + 2, size - nameSize - 2}};
      line += size + 1;
      ++request_.headerCount;
    }
  }

  /// Server time minus the middle of the exchange, where the answer tells it: not from a cache
  /// (Age) and not after more than 15 minutes or less than none, when the middle says little.
  /// Otherwise 0.
  std::int64_t observeClockSkew(const Moment& now) {
    constexpr std::int64_t longestExchangeMs = 900'000;
    const HttpHeaders& headers = state_.response.headers;
    const std::int64_t tookMs = now.unixMs - sentAtMs_;
    const bool isCached = headers.valueOf("age"sv).data() != nullptr;
    if (isCached || tookMs < 0 || tookMs > longestExchangeMs) return 0;
    const auto serverMs = detail::parseHttpDate(state_.response.headers.valueOf("date"sv));
    if (!serverMs) return 0;
    return state_.clockSkewMs = *serverMs - (sentAtMs_ + tookMs / 2);
  }

  /// Masks what an answer may echo of the request, and of nothing else that is secret.
  [[nodiscard]] detail::Redactor redactor() const noexcept {
    detail::Redactor redactor;
    if (!state_.settings.signRequests) return redactor;
    redactor.add(state_.credentials.sessionToken.expose());
    redactor.add(state_.credentials.secretAccessKey.expose());
    // The signature ends the headers, but for a NUL.
    constexpr std::size_t size = sizeof sigv4::Signature().hex;
    const std::string_view lines = state_.headerLines.expose();
    if (lines.size() > size) redactor.add({lines.data() + lines.size() - size - 1, size});
    return redactor;
  }

  /// Masks first, all in place: that needs no memory, which may run out.
  void redact(Error& error, bool keepsLines) const {
    const detail::Redactor redactor = this->redactor();
    std::string* const texts[] = {&error.message, &error.code, &error.requestId};
    for (std::string* text : texts)
      redactor.mask(*text);
    for (std::string* text : texts)
      detail::makeVisible(*text, keepsLines && text == texts[0]);
  }

  void onFailure(detail::CodeKind kind, RetryReason reason, std::int64_t skewMs,
                 const Moment& now) {
    requestBuilt_ = false;
    const Error& error = *error_;
    const bool skewed = kind == detail::CodeKind::ClockSkew && state_.settings.correctClockSkew &&
                        (skewMs > toleratedSkewMs || skewMs < -toleratedSkewMs);
    const bool expired =
        kind == detail::CodeKind::ExpiredCredentials && state_.settings.signRequests;
    const bool retryable = skewed || expired ||
                           (reason != RetryReason::None && (error.delivery != Delivery::Unknown ||
                                                            state_.settings.retryUnknownDelivery));
    if (!retryable || attempts_ >= state_.settings.maxAttempts ||
        !state_.retryQuota.acquire(error)) {
      return fail();
    }
    waitMs_ = skewed || expired
                  ? 0  // the next request differs from this one: nothing is gained by waiting
                  : retryDelayMs(attempts_ - 1, now.random, state_.settings.maxBackoffMs, error);
    if (expired) {
      haveCredentials_ = false;
      query_.expired = true;
      refusedAccessKeyId_ = state_.credentials.accessKeyId;
    }
    step_ = waitMs_ != 0 ? Step::Wait : nextAttemptStep();
  }

  void setError(ErrorKind kind, const char* message) {
    error_ = std::move(detail::failure(kind, message).box());
  }
  void fail(ErrorKind kind, const char* message) {
    setError(kind, message);
    fail();
  }
  /// Ends the call with `error_`.
  void fail() {
    error_->attempts = attempts_;
    if (mayHaveArrived_) error_->delivery = Delivery::Unknown;
    step_ = Step::Done;
  }
  /// Reads the answer, which is 2xx, or sets `error_`.
  void readResponse(RotateTunnelAccessTokenResponse& out) {
    Result<void> read = detail::readResponse(state_.response, out);
    error_ = std::move(read.box());
    std::string& id = error_.empty() ? out.requestId : error_->requestId;
    if (!detail::isUuid(id)) redactId(id, out);
    if (!error_.empty()) return fail();
    out.attempts = attempts_;
  }
  /// Also of what was answered.
  void redactId(std::string& id, const RotateTunnelAccessTokenResponse& out) const {
    detail::Redactor redactor = this->redactor();
    for (const std::optional<Secret>* token :
         {&out.sourceAccessToken, &out.destinationAccessToken}) {
      if (*token) redactor.add((*token)->expose());
    }
    redactor.mask(id);
    detail::makeVisible(id);
  }

  ClientState<Hash>& state_;
  Step step_ = Step::Done;
  bool haveCredentials_ = false;
  bool requestBuilt_ = false;
  bool waitAnswered_ = false;
  bool mayHaveArrived_ = false;
  int attempts_ = 0;
  /// What the last attempt failed with; at `Done` the call.
  detail::ErrorBox error_;
  CredentialsQuery query_;
  std::int64_t sentAtMs_ = 0;
  std::int64_t waitMs_ = 0;
  HttpRequest request_;
  std::string refusedAccessKeyId_;
  HttpHeader headers_[mostHeaders];
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ROTATE_CALL_HPP
