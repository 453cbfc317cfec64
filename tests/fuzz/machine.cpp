// SPDX-License-Identifier: BSL-1.0
// Calls of one client under any answers, failures, times and limits: each ends, makes no more
// attempts than it may, begins nothing once its time is over or it is cancelled, sends nothing
// after a success, waits no longer than it may, tells what became of its request, and tells no
// secret.
//
// | line        | what it does                                                              |
// |-------------|---------------------------------------------------------------------------|
// | `c 3 20000 7 0` | a client: attempts, longest wait, bits of its other settings, and the time of
// | |             | each of its calls (first line)                                            | |
// `C 0`       | what comes of the next search for credentials                              | | `F 1
// 2`     | the transport fails, of that kind and delivery, with the body as its words | | `s` | the
// transport has an answer, the one put together; see support/answer.hpp  | | `w 500 3`   | time
// goes on, and another random number is drawn                           | | `m -5`      | the clock
// is put                                                           | | `a`         | the driver
// asks again without telling anything                             | | `x`         | the driver
// drops the call                                                  | | `e`         | the call is
// cancelled, by its flag                                         | | `E`         | the call is
// cancelled, by its driver                                       |
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/support/answer.hpp"
#include "fuzz/support/fuzz.hpp"
#include "fuzz/support/secrets.hpp"
#include "support/calls.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::int64_t mostMs = std::int64_t{1} << 53;

/// One client, its clock, and one call at a time.
class Driver {
 public:
  Driver(const Settings& settings) : settings_(settings), state_(settings) { begin(); }

  Answer answer{secretKey, temporaryToken};

  void run(Script& script) {
    while (script.next()) {
      if (answer.take(script)) continue;
      switch (script.letter()) {
        case 'C':
          credentials_ = script.below(6);
          break;
        case 'F':
          tellFailure(script.below(4), script.below(2) != 0);
          break;
        case 's':
          tellAnswer();
          break;
        case 'w':
          advance(script.number() % mostMs);
          now_.random = static_cast<std::uint32_t>(script.number());
          break;
        case 'm':
          now_.unixMs = script.number() % mostMs;
          break;
        case 'a':
          if (call_->next(now_) == Step::Send) requireSend();
          break;
        case 'x':
          begin();
          break;
        case 'e':
          flag_ = true;
          break;
        case 'E':
          call_->cancel();
          isCancelled_ = true;
          break;
        default:
          break;
      }
    }
    // Whatever comes, it ends by what the last line left.
    for (int i = 0; i != 200; ++i) {
      if (isDone_) return;
      tellAnswer();
    }
    require(false, "a call ends");
  }

 private:
  void begin() {
    call_.reset();
    flag_ = false;
    CallLimits limits;
    limits.cancelled = &flag_;
    call_.emplace(state_, rotateAll(), nullptr, false, limits);
    isCancelled_ = false;
    beganMs_ = now_.steadyMs();
    sent_ = 0;
    searches_ = 0;
    isDone_ = false;
    mayHaveArrived_ = false;
    last_ = Delivery::NotSent;
    reachSend();
  }
  void advance(std::int64_t ms) {
    now_.unixMs = (now_.unixMs + ms) % mostMs;
    if (now_.monotonicMs >= 0) now_.monotonicMs += ms < 0 ? -ms : ms;
  }

  /// Goes on to a request or to the end.
  void reachSend() {
    for (int i = 0; i != 1000; ++i) {
      switch (call_->next(now_)) {
        case Step::Send:
          return requireSend();
        case Step::Wait: {
          const std::int64_t longest = settings_.maxBackoffMs < 0 ? 0 : settings_.maxBackoffMs;
          require(call_->waitMs() >= 0, "no wait is negative");
          require(call_->waitMs() <= 5000 || call_->waitMs() - 5000 <= longest,
                  "no wait is longer than the longest and five seconds");
          require(mayGoOn(), "no wait is begun once a call is over");
          require(settings_.callTimeoutMs <= 0 || call_->waitMs() <= leftMs(),
                  "no wait is longer than what is left");
          advance(call_->waitMs() % mostMs);
          break;
        }
        case Step::NeedCredentials:
          require(++searches_ <= sent_ + 1, "credentials are asked for once for each attempt");
          tellCredentials();
          break;
        case Step::Done:
          return finish();
      }
    }
    require(false, "a call comes to a request or to its end");
  }
  void tellCredentials() {
    Credentials& credentials = call_->credentials();
    credentials.accessKeyId = credentials_ == 1 ? "AKID/EXAMPLE" : "AKIDEXAMPLE";
    if (credentials_ == 5) credentials.accessKeyId += std::to_string(searches_);
    credentials.secretAccessKey.assign(secretKey);
    credentials.sessionToken.assign(credentials_ == 2 ? std::string_view("a\nb") : temporaryToken);
    if (credentials_ == 3) {
      return call_->onCredentials(makeError(ErrorKind::NoCredentials, "there are none"));
    }
    call_->onCredentials({});
  }

  /// Of a call with a time of its own; time does not run backwards here.
  [[nodiscard]] std::int64_t leftMs() const {
    return settings_.callTimeoutMs - (now_.steadyMs() - beganMs_);
  }
  [[nodiscard]] bool mayGoOn() const {
    return !flag_ && !isCancelled_ && (settings_.callTimeoutMs <= 0 || leftMs() > 0);
  }

  /// What is to be sent is sendable.
  void requireSend() const {
    const HttpRequest& request = call_->request();
    require(mayGoOn(), "nothing is sent once a call is over");
    require(request.timeoutMs == (settings_.callTimeoutMs > 0 ? leftMs() : 0),
            "a request is given what is left");
    require(request.cancelled == &flag_, "a request is given the flag");
    require(request.method == "POST" && request.target == "/", "the request is the operation's");
    require(detail::isVisibleAscii(request.url), "a URL has no blanks and controls", request.url);
    for (std::size_t i = 0; i != request.headerCount; ++i) {
      for (const char c : request.headers[i].line)
        require(!detail::isControl(c), "no header has a control character");
    }
    require(headerOf(request, "authorization").empty() != settings_.signRequests,
            "a request is signed where it should be");
  }

  void tellAnswer() {
    if (isDone_) return begin();
    answer.give(call_->response());
    ++sent_;
    isSuccess_ = answer.status / 100 == 2;
    last_ = answer.status < 200 ? Delivery::Unknown : Delivery::Answered;
    mayHaveArrived_ = mayHaveArrived_ || answer.status < 200;
    call_->onSent({}, now_);
    goOn();
  }
  void tellFailure(std::size_t kind, bool isUnknown) {
    if (isDone_) return begin();
    constexpr ErrorKind kinds[] = {ErrorKind::Transport, ErrorKind::Untrusted,
                                   ErrorKind::Configuration, ErrorKind::InvalidResponse};
    Error error = makeError(kinds[kind], "no answer");
    error.delivery = isUnknown ? Delivery::Unknown : Delivery::NotSent;
    call_->response().clear();
    ++sent_;
    isSuccess_ = false;
    last_ = error.delivery;
    mayHaveArrived_ = mayHaveArrived_ || isUnknown;
    call_->onSent(std::move(error), now_);
    goOn();
  }
  void goOn() {
    const int most = settings_.maxAttempts < 1 ? 1 : settings_.maxAttempts;
    require(sent_ <= most, "no more attempts are made than may be");
    if (isSuccess_) {
      require(call_->next(now_) == Step::Done, "after a success nothing more is sent");
    }
    reachSend();
  }
  void finish() {
    isDone_ = true;
    require(call_->next(now_) == Step::Done, "an end is an end");
    const Result<RotateTunnelAccessTokenResponse> result = call_->takeResult();
    if (result) {
      require(isSuccess_ && sent_ != 0, "only a 2xx is a success");
      require(result->attempts == sent_, "the attempts are counted");
      return;
    }
    const Error& error = result.error();
    const bool isEnded =
        error.kind == ErrorKind::Cancelled || error.kind == ErrorKind::DeadlineExceeded;
    require(!isEnded || settings_.callTimeoutMs > 0 || !mayGoOn(),
            "a call without a limit ends by itself");
    require(error.kind != ErrorKind::Cancelled || flag_ || isCancelled_, "it was cancelled");
    require(error.attempts == sent_ || (isEnded && error.attempts == sent_ + 1),
            "the attempts of a failure are counted");
    if (error.attempts != sent_) mayHaveArrived_ = true;
    // Credentials that cannot be renewed leave the error of the answer before.
    if (mayHaveArrived_) {
      require(error.delivery == Delivery::Unknown, "what may have arrived is told");
    } else if (error.attempts == 0) {
      require(error.delivery == Delivery::NotSent, "what was not sent is told");
    }
    requireVisible(error);
    if (!settings_.signRequests) return;  // no secret was sent
    for (const std::string_view secret : {secretKey, temporaryToken})
      requireUntold(error, secret);
  }

  Settings settings_;
  CallState state_;
  std::optional<Call> call_;
  Moment now_{1768480200000, 0, 0};
  std::atomic<bool> flag_{false};
  std::int64_t beganMs_ = 0;
  bool isCancelled_ = false;
  std::size_t credentials_ = 0;
  int sent_ = 0;
  int searches_ = 0;
  bool isDone_ = false;
  bool isSuccess_ = false;
  bool mayHaveArrived_ = false;
  Delivery last_ = Delivery::NotSent;
};

}  // namespace

void fuzz(std::string_view input) {
  Script script(input);
  Settings settings = settingsForTests();
  if (script.next() && script.letter() == 'c') {
    settings.maxAttempts = static_cast<int>(script.number() % 12);
    settings.maxBackoffMs = script.number();
    const std::size_t bits = script.below(8);
    settings.signRequests = (bits & 1U) == 0;
    settings.retryUnknownDelivery = (bits & 2U) == 0;
    settings.correctClockSkew = (bits & 4U) == 0;
    settings.callTimeoutMs = script.number() % mostMs;
  }
  Driver(settings).run(script);
}
