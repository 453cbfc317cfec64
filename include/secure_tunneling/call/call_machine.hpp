// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CALL_CALL_MACHINE_HPP
#define SECURE_TUNNELING_CALL_CALL_MACHINE_HPP

/// @file
/// The state machine under every call: attempts, waits, clock skew, masking. For operations of your
/// own.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/call/retry.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/redaction.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/time.hpp"
#include "secure_tunneling/endpoint/endpoint.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/seams/call_limits.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/seams/http_transport.hpp"
#include "secure_tunneling/seams/steps.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// The engine: any call over HTTP as a state machine, without I/O, clock and threads.
///
/// What is sent, and what an answer means, is the operation's, which derives from this:
/// `writeRequest` and `judge`. Attempts, waits, the quota, clock skew, header lines, redaction and
/// size limits are the engine's.
///
/// | state             | event                          | next state        |
/// |-------------------|--------------------------------|-------------------|
/// | `NeedCredentials` | a step of the source           | `NeedCredentials` |
/// | `NeedCredentials` | credentials are there          | `Send`            |
/// | `NeedCredentials` | there are none                 | `Done`            |
/// | `Send`            | the rate limiter says wait     | `Wait`            |
/// | `Send`            | the request cannot be written  | `Done`            |
/// | `Send`            | `Verdict::Finished`            | `Done`            |
/// | `Send`            | `Verdict::Another`             | `Send`            |
/// | `Send`            | `Verdict::Refused`             | `Done`            |
/// | `Send`            | a failure that may pass        | `Wait`            |
/// | `Send`            | a failure that will not        | `Done`            |
/// | `Send`            | credentials are called expired | `NeedCredentials` |
/// | `Wait`            | asked again                    | `Send`            |
/// | `NeedCredentials` | cancelled, or its time is over | `Done`            |
/// | `Send`            | cancelled, or its time is over | `Done`            |
/// | `Wait`            | cancelled, or its time is over | `Done`            |
/// | `Send`            | no time for the wait           | `Done`            |
///
/// `Wait` is passed over where there is nothing to wait for.
class CallMachine : public Steps {
 public:
  Step next(const Moment& now) final {
    if (step_ != Step::Done) endInTime(now, 0);
    const Step step = nextStep(now);
    const std::int64_t leftMs = exchange_.end.leftMs(now);
    if (waitMs_ > leftMs) waitMs_ = leftMs;
    exchange_.request.timeoutMs = leftMs != CallEnd::never ? leftMs : 0;
    exchange_.request.cancelled = exchange_.end.flag();
    return step;
  }

  void onSent(Result<void>&& sent, const Moment& now) final {
    if (step_ == Step::Done) return;
    if (step_ == Step::NeedCredentials) return fetch_->onSent(std::move(sent), now);
    ++attempts_;
    requestBuilt_ = false;
    error_ = detail::takeError(std::move(sent));
    if (error_.empty() && exchange_.response.status < 200) {
      setError(ErrorKind::Transport, "the transport gave no final HTTP status");
      error_->delivery = Delivery::Unknown;
    }
    const bool isAnswered = error_.empty();
    std::int64_t skewMs = 0;
    if (isAnswered) {
      skewMs = observeClockSkew(now);
    } else {
      if (error_->delivery == Delivery::Unknown) mayHaveArrived_ = true;
      const bool isCut = detail::isOfLimits(error_->kind);
      if (isCut || (error_->kind == ErrorKind::Transport && isOver(now))) {
        tellRateLimiter(RetryReason::None, now);
        return isCut ? fail() : static_cast<void>(endInTime(now, 0));
      }
    }
    const Verdict verdict = judge(now);
    const RetryReason reason = error_.empty() ? RetryReason::None : rules_.reasonOf(*error_);
    tellRateLimiter(reason, now);
    if (verdict == Verdict::Another) {
      --attempts_;
      return;
    }
    if (verdict == Verdict::Finished) {
      if (rules_.quota != nullptr) rules_.quota->release(refund_);
      step_ = Step::Done;
      return;
    }
    // By the code as it came: what is masked in it is a word of another's secret.
    const Remedy remedy = remedyFor(verdict, reason, skewMs);
    if (isAnswered) redact(*error_);
    onFailure(remedy, reason, now);
  }

  /// Ends the call, in the thread that drives it: the next step is `Done`. A driver with a transfer
  /// under way ends that first, and may tell by `onSent` what came of it: then an answer that has
  /// arrived is the result, and an error keeps its `delivery`. If it tells nothing, `delivery` is
  /// `Unknown`.
  void cancel() noexcept { exchange_.end.cancel(); }
  /// What the last attempt failed with; null where it did not, or there was none.
  [[nodiscard]] const Error* failure() const noexcept {
    return error_.empty() ? nullptr : &*error_;
  }
  /// Whether there is nothing more to do.
  [[nodiscard]] bool isDone() const noexcept { return step_ == Step::Done; }
  /// Whether a request of the call's own may be the next step, and has not been written yet: for a
  /// driver that holds calls back, which asks for that step later.
  [[nodiscard]] bool isToSend() const noexcept {
    return step_ == Step::Wait ? waitAnswered_ : step_ == Step::Send && !requestBuilt_;
  }
  /// Ends a call whose last attempt failed, with that error, where another would be next.
  void giveUp() {
    if (step_ != Step::Done && !error_.empty()) fail();
  }

 protected:
  /// What an operation makes of an answer, or of its absence.
  enum class Verdict : unsigned char {
    Finished,   ///< it is what was asked for
    Another,    ///< it takes a further request within this attempt
    Refused,    ///< an error that no further attempt mends
    Failed,     ///< an error, and its code and status say whether another attempt may help
    Passes,     ///< an error that another attempt may mend, whatever it looks like
    WrongTime,  ///< an error for a clock that is off, by a code that other services do not have
  };

  /// `fetch` gets the credentials; null for a call that needs none, or has them. `via` is as
  /// `transport()`.
  CallMachine(HttpExchange& exchange, const CallRules& rules, CredentialsFetch* fetch,
              HttpTransport* via = nullptr) noexcept
      : Steps(exchange), fetch_(fetch), via_(via), rules_(rules) {}
  ~CallMachine() { exchange_.clear(); }

  /// Makes the call ready for its first step, where `error_` is empty.
  void begin() noexcept {
    if (error_.empty()) step_ = nextAttemptStep();
  }

  /// Writes the request: its parts to `exchange_.request`, its headers by `addHeader`. False, with
  /// `error_` set, where that cannot be done. `signAtMs` is the server's time, as far as it is
  /// known.
  virtual bool writeRequest(std::int64_t signAtMs) = 0;
  /// What came of a request. Reads the answer, of whatever status, and sets `error_` but where it
  /// is `Finished` or `Another`; where there is none, `error_` says why. An operation sees to it
  /// that it does not ask for `Another` for ever.
  virtual Verdict judge(const Moment& now) = 0;

  /// Sets where the request goes: to the endpoint's own path. `endpoint` must outlive this.
  void setRequest(std::string_view method, const Endpoint& endpoint) noexcept {
    HttpRequest& request = exchange_.request;
    request.method = method;
    request.url = endpoint.url;
    request.https = endpoint.https;
    request.host = endpoint.host();
    request.port = endpoint.port;
    request.authority = endpoint.authority();
    request.target = endpoint.path();
  }
  /// Sets where the request goes: to `target`, a path with a query or without, behind the
  /// endpoint's own path. `endpoint` must outlive this. Allocates for the URL.
  void setRequest(std::string_view method, const Endpoint& endpoint, std::string_view target) {
    using detail::operator""sv;
    setRequest(method, endpoint);
    std::string_view base = endpoint.url;
    if (detail::startsWith(target, "/"sv) && base.back() == '/') base.remove_suffix(1);
    detail::assignPieces(exchange_.url, {base, target});
    HttpRequest& request = exchange_.request;
    request.url = exchange_.url;
    request.target = request.url;
    request.target.remove_prefix(endpoint.url.size() - endpoint.path().size());
  }
  /// Adds a header whose name and value have no control characters.
  void addHeader(std::string_view name, std::string_view value) {
    using detail::operator""sv;
    Secret& headerLines = exchange_.headerLines;
    headerLines.append(name);
    headerLines.append(": "sv);
    headerLines.append(value);
    headerLines.append("\0"sv);
  }
  /// Makes `error_` one of `kind` with `message`, for a request that was not sent.
  void setError(ErrorKind kind, const char* message) {
    error_ = detail::takeError(detail::failure(kind, message));
  }
  /// Ends the call with `error_`.
  void fail() {
    error_->attempts = attempts_;
    if (mayHaveArrived_) error_->delivery = Delivery::Unknown;
    step_ = Step::Done;
  }

  /// Masks what an answer may echo of the request, and of nothing else that is secret.
  [[nodiscard]] detail::Redactor redactor() const noexcept {
    detail::Redactor redactor;
    if (credentials_ == nullptr) return redactor;
    redactor.add(credentials_->sessionToken.expose());
    redactor.add(credentials_->secretAccessKey.expose());
    // The signature ends the headers, but for a NUL.
    constexpr std::size_t size = 64;
    const std::string_view sent = exchange_.headerLines.expose();
    if (sent.size() > size) redactor.add({sent.data() + sent.size() - size - 1, size});
    return redactor;
  }

  /// Takes what came of the search for credentials. They are checked; those that cannot be sent,
  /// and after a refusal the same again, end the call.
  SECURE_TUNNELING_NOINLINE void onCredentials(Result<void>&& result) {
    CredentialsQuery& query = fetch_->query();
    // Where a refresh fails after the service has spoken, what it said is the better answer.
    bool isBetter = query.expired;
    if (result) {
      result = detail::checkCredentials(*credentials_);
      if (!result) isBetter = false;
    }
    if (result && (!isBetter || credentials_->accessKeyId != refusedAccessKeyId_)) {
      haveCredentials_ = true;
      query.expired = false;
      step_ = Step::Send;
      return;
    }
    if (!isBetter) error_ = detail::takeError(std::move(result));
    fail();
  }

  /// The credentials that the request is signed with; null without.
  const Credentials* credentials_ = nullptr;
  /// What the last attempt failed with; at `Done`, what the call did.
  detail::ErrorBox error_;
  /// Attempts made, the one that is judged included.
  int attempts_ = 0;
  /// When the last request was sent, by the local clock.
  std::int64_t sentAtMs_ = 0;
  /// `error_` quotes a page, whose lines are to be kept apart.
  bool isPage_ = false;

 private:
  /// A signature that is refused with the clocks closer together is refused for another reason.
  static constexpr std::int64_t toleratedSkewMs = 240'000;

  [[nodiscard]] Step nextAttemptStep() const noexcept {
    return fetch_ != nullptr && !haveCredentials_ ? Step::NeedCredentials : Step::Send;
  }

  Step nextStep(const Moment& now) {
    if (step_ == Step::Wait) {
      waitAnswered_ = !waitAnswered_;
      if (waitAnswered_) return step_;
      step_ = nextAttemptStep();
    }
    if (step_ == Step::NeedCredentials) {
      const Step step = fetch_->next(now);
      if (step != Step::Done) {
        show(*fetch_);
        return step;
      }
      if (endInTime(now, 0)) return step_;
      onCredentials(fetch_->takeOutcome());
      if (step_ == Step::Send && fetch_->hasBlocked()) {
        waitMs_ = 0;
        return Step::Wait;
      }
    }
    if (step_ == Step::Send) buildRequest(now);
    return step_;
  }

  /// Ends the call where its limits say so, or leave no more than `waitMs` milliseconds of it. What
  /// the last attempt failed with stays in the error, and where that was an answer and time is
  /// over, it is the error.
  SECURE_TUNNELING_NOINLINE bool endInTime(const Moment& now, std::int64_t waitMs) {
    const bool isCancelled = exchange_.end.isCancelled();
    if (!isCancelled && exchange_.end.leftMs(now) > waitMs) return false;
    if (step_ == Step::NeedCredentials) fetch_->abandon();
    if (requestBuilt_) {
      // Nobody told what came of it.
      tellRateLimiter(RetryReason::None, now);
      error_ = {};
      ++attempts_;
      mayHaveArrived_ = true;
    }
    const ErrorKind kind = isCancelled ? ErrorKind::Cancelled : ErrorKind::DeadlineExceeded;
    // Behind the words of the last error, or without the first two characters.
    const char* const why =
        isCancelled ? "; the call was cancelled" : "; the call has no time left to go on";
    if (error_.empty()) {
      setError(kind, why + 2);
    } else {
      // A source of credentials has not failed because a call had no time for it.
      const bool isOfSource = via_ != nullptr;
      if (isCancelled || isOfSource || error_->delivery != Delivery::Answered) error_->kind = kind;
      detail::append(error_->message, why);
    }
    fail();
    return true;
  }

  [[nodiscard]] bool isOver(const Moment& now) const noexcept {
    return exchange_.end.isCancelled() || exchange_.end.leftMs(now) <= 0;
  }
  void tellRateLimiter(RetryReason reason, const Moment& now) const noexcept {
    if (rules_.rateLimiter == nullptr) return;
    rules_.rateLimiter->onAnswer(reason == RetryReason::Throttling, now.steadyMs());
  }

  /// Whether the rate limiter lets it wait, which is the step then, or the end where there is no
  /// time for that.
  bool isPaced(const Moment& now) {
    const std::int64_t nowMs = now.steadyMs();
    // By a clock that stands still it would wait for ever.
    if (rules_.rateLimiter == nullptr || nowMs <= pacedAtMs_) return false;
    waitMs_ = rules_.rateLimiter->acquire(nowMs);
    if (waitMs_ <= 0) return false;
    if (endInTime(now, waitMs_)) return true;
    pacedAtMs_ = nowMs;
    step_ = Step::Wait;
    waitAnswered_ = true;
    return true;
  }

  void buildRequest(const Moment& now) {
    if (requestBuilt_ || isPaced(now)) return;
    sentAtMs_ = now.unixMs;
    exchange_.clear();
    const std::int64_t skewMs = rules_.clockSkewMs != nullptr ? *rules_.clockSkewMs : 0;
    if (!writeRequest(now.unixMs + skewMs)) return fail();
    if (!listHeaders()) {
      setError(ErrorKind::Configuration, "the request has a header too many");
      return fail();
    }
    transport_ = via_;
    requestBuilt_ = true;
  }

  /// Lists the lines that were added; no value has a NUL. False where there is no room for all.
  bool listHeaders() noexcept {
    HttpRequest& request = exchange_.request;
    request.headers = exchange_.headers;
    const Secret& headerLines = exchange_.headerLines;
    const char* line = headerLines.expose().data();
    const char* const end = line + headerLines.size();
    while (line != end) {
      if (request.headerCount == HttpExchange::mostHeaders) return false;
      const std::size_t size = std::strlen(line);
      const auto nameSize = static_cast<std::size_t>(std::strchr(line, ':') - line);
      exchange_.headers[request.headerCount++] = {
          {line, size}, {line, nameSize}, {line + nameSize + 2, size - nameSize - 2}};
      line += size + 1;
    }
    return true;
  }

  /// Server time minus the middle of the exchange, where the answer tells it: not from a cache
  /// (Age) and not after more than 15 minutes or less than none, when the middle says little.
  /// Otherwise 0.
  std::int64_t observeClockSkew(const Moment& now) {
    using detail::operator""sv;
    constexpr std::int64_t longestExchangeMs = 900'000;
    if (rules_.clockSkewMs == nullptr) return 0;
    const HttpHeaders& headers = exchange_.response.headers;
    const std::int64_t tookMs = now.unixMs - sentAtMs_;
    const bool isCached = headers.valueOf("age"sv).data() != nullptr;
    if (isCached || tookMs < 0 || tookMs > longestExchangeMs) return 0;
    const auto serverMs = detail::parseHttpDate(headers.valueOf("date"sv));
    if (!serverMs) return 0;
    return *rules_.clockSkewMs = *serverMs - (sentAtMs_ + tookMs / 2);
  }

  /// Masks first, all in place: that needs no memory, which may run out.
  void redact(Error& error) const {
    const detail::Redactor redactor = this->redactor();
    std::string* const texts[] = {&error.message, &error.code, &error.requestId};
    for (std::string* text : texts)
      redactor.mask(*text);
    for (std::string* text : texts)
      detail::makeVisible(*text, isPage_);
  }

  /// What may mend a failure.
  enum class Remedy : unsigned char { None, Time, RightTime, NewCredentials };
  [[nodiscard]] Remedy remedyFor(Verdict verdict, RetryReason reason,
                                 std::int64_t skewMs) const noexcept {
    const Error& error = *error_;
    if (verdict == Verdict::Refused) return Remedy::None;
    if (verdict == Verdict::Passes) return Remedy::Time;
    const detail::CodeKind kind = detail::codeKind(error.code);
    const bool isSkewed = skewMs > toleratedSkewMs || skewMs < -toleratedSkewMs;
    const bool isOfTime = kind == detail::CodeKind::ClockSkew || verdict == Verdict::WrongTime;
    if (isSkewed && isOfTime) return Remedy::RightTime;
    if (kind == detail::CodeKind::ExpiredCredentials && fetch_ != nullptr) {
      return Remedy::NewCredentials;
    }
    const bool isGone = error.delivery == Delivery::Unknown && !rules_.retryUnknownDelivery;
    return isGone || reason == RetryReason::None ? Remedy::None : Remedy::Time;
  }

  /// False where too little is left of the quota.
  [[nodiscard]] bool payForRetry(RetryReason reason) noexcept {
    if (rules_.quota == nullptr) return true;
    refund_ = rules_.costOf(*error_, reason);
    return rules_.quota->acquire(refund_);
  }

  void onFailure(Remedy remedy, RetryReason reason, const Moment& now) {
    if (remedy == Remedy::None || attempts_ >= rules_.maxAttempts) return fail();
    // Otherwise the next request differs from this one: nothing is gained by waiting.
    waitMs_ = remedy == Remedy::Time ? retryDelayMs(attempts_ - 1, now.random, rules_.maxBackoffMs,
                                                    *error_, rules_.baseMsOf(reason))
                                     : 0;
    if (endInTime(now, waitMs_)) return;
    if (!payForRetry(reason)) return fail();
    if (remedy == Remedy::NewCredentials) {
      haveCredentials_ = false;
      fetch_->query().expired = true;
      refusedAccessKeyId_ = credentials_->accessKeyId;
    }
    step_ = waitMs_ != 0 ? Step::Wait : nextAttemptStep();
  }

  // What is used most comes first: close by, it takes less code to reach.
  CredentialsFetch* const fetch_;
  HttpTransport* const via_;
  Step step_ = Step::Done;
  bool haveCredentials_ = false;
  bool requestBuilt_ = false;
  bool waitAnswered_ = false;
  bool mayHaveArrived_ = false;
  /// The tokens that a success gives back: what the last retry cost, or 1.
  int refund_ = 1;
  /// When the rate limiter let it wait last.
  std::int64_t pacedAtMs_ = -1;
  const CallRules rules_;
  std::string refusedAccessKeyId_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CALL_CALL_MACHINE_HPP
