// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ROTATE_CALL_HPP
#define SECURE_TUNNELING_ROTATE_CALL_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/clock.hpp"
#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/time.hpp"
#include "secure_tunneling/endpoint.hpp"
#include "secure_tunneling/http.hpp"
#include "secure_tunneling/model.hpp"
#include "secure_tunneling/protocol.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/retry.hpp"
#include "secure_tunneling/sigv4.hpp"

namespace secure_tunneling {
inline namespace v1 {

/// What a call needs to know. Plain values; nothing is read from the environment or a file.
struct Settings {
  /// e.g. "us-east-1". Required with an explicit endpoint too, as it is part of the signature.
  std::string region;
  /// An explicit endpoint, `http[s]://host[:port][/path]`; empty to go by the region.
  std::string endpointUrl;
  bool useFipsEndpoint = false;
  bool useDualStackEndpoint = false;
  /// Lets `endpointUrl` be http for hosts other than loopback. The tokens then travel in the clear.
  bool allowHttp = false;
  /// Off: no credentials are asked for and the request has no Authorization header.
  bool signRequests = true;
  /// Attempts in all, the first included; less than 1 counts as 1.
  int maxAttempts = 3;
  /// The longest wait between two attempts, in milliseconds; less than 0 counts as 0.
  std::int64_t maxBackoffMs = 20'000;
  /// Asks again when an attempt may have reached the service without an answer. On as in every SDK:
  /// the old tokens may be gone already, so another answer is the only way to usable ones.
  bool retryUnknownDelivery = true;
  /// Signs with the service's time where its Date header shows that the local clock is off.
  bool correctClockSkew = true;
};

/// What the calls of one client share: resolved endpoint, signing key, clock skew, retry quota and
/// the buffers, which is why a warm call hardly allocates. `Hash` is the policy of `sigv4.hpp`. One
/// call at a time.
template <class Hash>
struct ClientState {
  explicit ClientState(const Settings& settingsOfAllCalls, Hash hashPolicy = Hash())
      : settings(settingsOfAllCalls), hash(std::move(hashPolicy)) {}
  explicit ClientState(Settings&& settingsOfAllCalls, Hash hashPolicy = Hash())
      : settings(std::move(settingsOfAllCalls)), hash(std::move(hashPolicy)) {}
  ClientState(const ClientState&) = delete;
  ClientState& operator=(const ClientState&) = delete;
  [[gnu::noinline]] ~ClientState() = default;

  const Settings settings;
  Hash hash;
  std::optional<Endpoint> endpoint;
  Credentials credentials;
  sigv4::SigningKeyCache signingKey;
  RetryQuota retryQuota;
  /// Server time minus local time, from the last answer.
  std::int64_t clockSkewMs = 0;
  std::string body;
  Secret headerLines;
  HttpResponse response;
};

/// One RotateTunnelAccessToken call as a state machine: no I/O, no clock, no threads.
///
/// A driver asks `next()` and does what it says, until it says `Done`:
/// | step              | the driver                                                          |
/// |-------------------|---------------------------------------------------------------------|
/// | `NeedCredentials` | fills `credentials()` and calls `onCredentials()`                   |
/// | `Send`            | sends `request()` into `response()`, then `onResponse()` or         |
/// |                   | `onTransportError()`                                                |
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
      : state_(state) {
    state_.retryQuota.beginCall();
    Result<void> prepared = prepare(request);
    if (!prepared) fail(std::move(prepared).error());
  }
  ~RotateCall() {
    state_.headerLines.clear();
    state_.response.clear();
  }
  RotateCall(const RotateCall&) = delete;
  RotateCall& operator=(const RotateCall&) = delete;

  /// What to do now. `now` is the time that the request is signed with.
  Step next(const Moment& now) {
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
  void onCredentials(Result<void> result) {
    if (!result) return finishWithoutCredentials(std::move(result).error());
    const std::string_view problem = detail::problemOf(state_.credentials);
    if (!problem.empty()) return fail(makeError(ErrorKind::Credentials, problem));
    if (query_.expired && state_.credentials.accessKeyId == refusedAccessKeyId_) {
      return fail(std::move(lastError_));
    }
    haveCredentials_ = true;
    query_.expired = false;
    step_ = Step::Send;
  }

  /// The request to send, valid until it is told what came back.
  [[nodiscard]] const HttpRequest& request() const noexcept { return request_; }
  /// Where the answer goes; cleared.
  [[nodiscard]] HttpResponse& response() noexcept { return state_.response; }
  /// The answer is in `response()`; `now` is when it had come.
  void onResponse(const Moment& now) {
    if (state_.response.status < 200) {
      Error error = makeError(ErrorKind::Transport, "the transport gave no final HTTP status"sv);
      error.delivery = Delivery::Unknown;
      return onTransportError(std::move(error), now);
    }
    ++attempts_;
    const std::optional<std::int64_t> skewMs = observeClockSkew(now);
    if (state_.response.status / 100 == 2) {
      Result<void> read = detail::readResponse(state_.response, output_);
      maskSecrets(read ? output_.requestId : read.error().requestId);
      return read ? finish() : fail(std::move(read).error());
    }
    Error error = parseErrorResponse(state_.response);
    for (std::string* const text : {&error.message, &error.code, &error.requestId})
      maskSecrets(*text);
    onFailure(std::move(error), skewMs, now);
  }
  /// There is no answer, for the reason that `HttpTransport::send` returned.
  void onTransportError(Error error, const Moment& now) {
    ++attempts_;
    mayHaveArrived_ = mayHaveArrived_ || error.delivery == Delivery::Unknown;
    onFailure(std::move(error), std::nullopt, now);
  }

  /// Milliseconds to wait, at `Wait`.
  [[nodiscard]] std::int64_t waitMs() const noexcept { return waitMs_; }

  /// The outcome, at `Done`; only once.
  [[nodiscard]] Result<RotateTunnelAccessTokenResponse> takeResult() {
    if (failed_) return std::move(lastError_);
    return std::move(output_);
  }

 private:
  static constexpr std::size_t mostHeaders = 5;

  Result<void> prepare(const RotateTunnelAccessTokenRequest& request) {
    Result<void> serialized = serializeRequest(request, state_.body);
    if (!serialized) return serialized;
    if (!state_.endpoint) {
      const Settings& settings = state_.settings;
      Endpoint endpoint;
      Result<void> resolved = detail::resolveInto(
          endpoint, {settings.region, settings.endpointUrl, settings.useFipsEndpoint,
                     settings.useDualStackEndpoint, settings.allowHttp});
      if (!resolved) return resolved;
      if (settings.signRequests && endpoint.signingRegion.empty()) {
        return detail::failure(ErrorKind::Configuration,
                               {"Invalid Configuration: Missing Region"sv});
      }
      state_.endpoint.emplace(std::move(endpoint));
    }
    step_ = nextAttemptStep();
    return {};
  }

  [[nodiscard]] Step nextAttemptStep() const noexcept {
    return state_.settings.signRequests && !haveCredentials_ ? Step::NeedCredentials : Step::Send;
  }

  void buildRequest(const Moment& now) {
    if (requestBuilt_) return;
    sentAtMs_ = now.unixMs;
    const std::int64_t skewMs = state_.settings.correctClockSkew ? state_.clockSkewMs : 0;
    const detail::AmzDate amzDate = detail::formatAmzDate(now.unixMs + skewMs);
    const Endpoint& endpoint = *state_.endpoint;

    // The views into `headerLines` must not move: it is given its full size first.
    state_.headerLines.clear();
    state_.headerLines.reserve(768 + state_.credentials.sessionToken.size() +
                               state_.credentials.accessKeyId.size());
    headerCount_ = 0;
    addHeader("Content-Type"sv, contentType);
    addHeader("X-Amz-Target"sv, amzTarget);
    if (state_.settings.signRequests) {
      const sigv4::Status status = addSignature(amzDate);
      if (status != sigv4::Status::Ok) {
        return fail(makeError(ErrorKind::Signing, "the hash policy reported a failure"sv));
      }
    }
    request_.method = "POST"sv;
    request_.url = endpoint.url;
    request_.https = endpoint.https;
    request_.host = endpoint.host;
    request_.port = endpoint.port;
    request_.authority = endpoint.authority;
    request_.target = endpoint.path;
    request_.headers = headers_;
    request_.headerCount = headerCount_;
    request_.body = state_.body;
    state_.response.clear();
    requestBuilt_ = true;
  }

  sigv4::Status addSignature(const detail::AmzDate& amzDate) {
    const Endpoint& endpoint = *state_.endpoint;
    const sigv4::Scope scope{amzDate.day(), endpoint.signingRegion, signingService};
    sigv4::Signature payloadHash;
    sigv4::Status status = sigv4::hashToHex(state_.hash, state_.body, payloadHash);
    if (status != sigv4::Status::Ok) return status;
    const sigv4::SigningKey* key = nullptr;
    status = state_.signingKey.get(state_.hash, state_.credentials.secretAccessKey, scope, key);
    if (status != sigv4::Status::Ok) return status;

    const sigv4::Header signedHeaders[] = {{"content-type"sv, contentType},
                                           {"host"sv, endpoint.authority},
                                           {"x-amz-target"sv, amzTarget}};
    sigv4::Request request;
    request.path = endpoint.path;
    request.headers = signedHeaders;
    request.headerCount = 3;
    request.payloadHash = payloadHash.text();
    request.amzDate = amzDate.view();
    request.sessionToken = state_.credentials.sessionToken.expose();
    const sigv4::CanonicalRequest canonical(request);
    sigv4::Signature signature;
    status = sigv4::sign(state_.hash, *key, scope, canonical, amzDate.view(), signature);
    if (status != sigv4::Status::Ok) return status;

    addHeader("X-Amz-Date"sv, amzDate.view());
    if (!request.sessionToken.empty()) addHeader("X-Amz-Security-Token"sv, request.sessionToken);
    const std::size_t begin = beginHeader("Authorization"sv);
    sigv4::writeAuthorization(state_.credentials.accessKeyId, scope, canonical, signature,
                              state_.headerLines);
    endHeader("Authorization"sv, begin);
    return sigv4::Status::Ok;
  }

  std::size_t beginHeader(std::string_view name) {
    const std::size_t begin = state_.headerLines.size();
    state_.headerLines.append(name);
    state_.headerLines.append(": "sv);
    return begin;
  }
  void endHeader(std::string_view name, std::size_t begin) {
    const std::string_view line = state_.headerLines.expose().substr(begin);
    headers_[headerCount_++] = {line, line.substr(0, name.size()), line.substr(name.size() + 2)};
    state_.headerLines.append("\0"sv);
  }
  void addHeader(std::string_view name, std::string_view value) {
    const std::size_t begin = beginHeader(name);
    state_.headerLines.append(value);
    endHeader(name, begin);
  }

  /// Server time minus the middle of the exchange, where the answer tells it: not from a cache
  /// (Age) and not after more than 15 minutes or less than none, when the middle says little.
  std::optional<std::int64_t> observeClockSkew(const Moment& now) {
    constexpr std::int64_t longestExchangeMs = 900'000;
    const HttpHeaders& headers = state_.response.headers;
    const std::int64_t tookMs = now.unixMs - sentAtMs_;
    if (headers.find("age"sv) || tookMs < 0 || tookMs > longestExchangeMs) return std::nullopt;
    const auto date = headers.find("date"sv);
    if (!date) return std::nullopt;
    const auto serverMs = detail::parseHttpDate(*date);
    if (!serverMs) return std::nullopt;
    state_.clockSkewMs = *serverMs - (sentAtMs_ + tookMs / 2);
    return state_.clockSkewMs;
  }

  /// Whether the service refused the signature because the clocks differ.
  [[nodiscard]] bool isClockSkew(const Error& error, std::optional<std::int64_t> skewMs) const {
    constexpr std::int64_t toleratedMs = 240'000;
    constexpr std::string_view codes =
        "AccessDeniedException AuthFailure InvalidSignatureException RequestTimeTooSkewed "
        "SignatureDoesNotMatch"sv;
    return state_.settings.correctClockSkew && skewMs &&
           (*skewMs > toleratedMs || *skewMs < -toleratedMs) && detail::isListed(error.code, codes);
  }

  static bool isExpiredCredentials(const Error& error) {
    return detail::isListed(error.code, "ExpiredTokenException ExpiredToken"sv);
  }

  /// What a service or a proxy sends may echo the request's headers, and with them the session
  /// token; a message that was cut may end in the middle of one.
  void maskSecrets(std::string& text) const noexcept {
    constexpr std::size_t longestHarmless = 7;
    constexpr std::string_view mask = "***"sv;
    for (const Secret* secret :
         {&state_.credentials.sessionToken, &state_.credentials.secretAccessKey}) {
      if (!state_.settings.signRequests || secret->empty()) continue;
      // Closes up in place: nothing of what is cut may stay behind the new end.
      std::size_t size = 0;
      for (std::size_t at = 0; at < text.size();) {
        const std::string_view part = std::string_view(text).substr(at, secret->size());
        const bool isWhole = part.size() == secret->size() || part.size() > longestHarmless;
        if (isWhole && secret->expose().substr(0, part.size()) == part) {
          at += part.size();
          for (std::size_t i = 0; i != mask.size() && i != part.size(); ++i)
            text[size++] = mask[i];
        } else {
          text[size++] = text[at++];
        }
      }
      detail::wipe(&text[size], text.size() - size);
      text.resize(size);
    }
  }

  void onFailure(Error&& error, std::optional<std::int64_t> skewMs, const Moment& now) {
    requestBuilt_ = false;
    const bool skewed = isClockSkew(error, skewMs);
    const bool expired = state_.settings.signRequests && isExpiredCredentials(error);
    const bool retryable =
        skewed || expired ||
        (retryReason(error) != RetryReason::None &&
         (error.delivery != Delivery::Unknown || state_.settings.retryUnknownDelivery));
    if (!retryable || attempts_ >= state_.settings.maxAttempts ||
        !state_.retryQuota.acquire(error)) {
      return fail(std::move(error));
    }
    waitMs_ = skewed || expired
                  ? 0  // the next request differs from this one: nothing is gained by waiting
                  : retryDelayMs(attempts_ - 1, now.random, state_.settings.maxBackoffMs, error);
    if (expired) {
      haveCredentials_ = false;
      query_.expired = true;
      refusedAccessKeyId_ = state_.credentials.accessKeyId;
    }
    lastError_ = std::move(error);
    step_ = waitMs_ != 0 ? Step::Wait : nextAttemptStep();
  }

  /// Where a refresh fails after the service has spoken, what it said is the better answer.
  void finishWithoutCredentials(Error&& error) {
    fail(query_.expired ? std::move(lastError_) : std::move(error));
  }

  [[gnu::noinline]] void fail(Error&& error) {
    if (&error != &lastError_) lastError_ = std::move(error);
    lastError_.attempts = attempts_;
    if (mayHaveArrived_) lastError_.delivery = Delivery::Unknown;
    failed_ = true;
    step_ = Step::Done;
  }
  void finish() {
    output_.attempts = attempts_;
    state_.retryQuota.refund();
    step_ = Step::Done;
  }

  ClientState<Hash>& state_;
  Step step_ = Step::Done;
  CredentialsQuery query_;
  bool haveCredentials_ = false;
  bool requestBuilt_ = false;
  bool waitAnswered_ = false;
  bool mayHaveArrived_ = false;
  int attempts_ = 0;
  std::int64_t sentAtMs_ = 0;
  std::int64_t waitMs_ = 0;
  std::string refusedAccessKeyId_;
  bool failed_ = false;
  Error lastError_;
  RotateTunnelAccessTokenResponse output_;
  HttpHeader headers_[mostHeaders];
  std::size_t headerCount_ = 0;
  HttpRequest request_;
};

}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ROTATE_CALL_HPP
