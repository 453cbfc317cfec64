// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_SOURCE_CALL_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_SOURCE_CALL_HPP

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/call/call_machine.hpp"
#include "secure_tunneling/credentials/detail/refusal.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/redaction.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// An error of the source `source` for what failed in it: a call that could not get credentials was
/// not sent, and what an `HttpTransport` said of the source's own request would mislead.
inline Failure sourceError(std::string_view source, const Error& cause) {
  const bool isKept = cause.kind == ErrorKind::Configuration || isOfLimits(cause.kind);
  Failure failed = filledFailure(isKept ? cause.kind : ErrorKind::Credentials, "{}: {}",
                                 {source, cause.message});
  failed.error().transportCode = cause.transportCode;
  return failed;
}

/// The error that an answer of this status is to the engine.
inline Failure statusError(int httpStatus) {
  Failure failed = filledFailure(ErrorKind::Service, "HTTP status {}",
                                 {Decimal(static_cast<unsigned>(httpStatus)).text()});
  failed.error().delivery = Delivery::Answered;
  failed.error().httpStatus = httpStatus;
  return failed;
}

/// The error that the answer to a source of credentials is where nobody would read all of it;
/// otherwise none.
inline ErrorBox checkAnswer(const HttpResponse& response) {
  constexpr std::size_t longest = std::size_t{1} << 20;
  if (response.body.size() <= longest) return {};
  ErrorBox error = detail::takeError(failure(ErrorKind::InvalidResponse, "the answer is too long"));
  setAnswer(*error, response);
  return error;
}

/// A call of a source of credentials, unsigned: what those operations have in common.
class SourceCall : public CallMachine {
 public:
  /// Why it failed; null when it did not.
  [[nodiscard]] const Error* error() const noexcept { return error_.empty() ? nullptr : &*error_; }
  /// What came of it, as an error of `source`.
  [[nodiscard]] Result<void> takeOutcome(std::string_view source) {
    if (error_.empty()) return {};
    return sourceError(source, *error_);
  }

 protected:
  /// `retryWithinMs` are the milliseconds from the first request within which another attempt is
  /// made; 0 is no limit.
  SourceCall(HttpExchange& exchange, HttpTransport& transport, const CallRules& rules,
             std::int64_t retryWithinMs = 0) noexcept
      : CallMachine(exchange, rules, nullptr, &transport), retryWithinMs_(retryWithinMs) {
    begin();
  }
  ~SourceCall() = default;

  /// Reads the answer, as `judge` does.
  virtual Verdict readAnswer(const Moment& now) = 0;
  /// Whether a further request makes sense although one got no answer.
  virtual bool goesOnAfter(const Error&) { return false; }

  Verdict judge(const Moment& now) final {
    if (!firstSentAtMs_) firstSentAtMs_ = sentAtMs_;
    if (!error_.empty() && goesOnAfter(*error_)) return Verdict::Another;
    Verdict failed = Verdict::Failed;
    if (error_.empty()) {
      error_ = checkAnswer(exchange_.response);
      if (!error_.empty()) return Verdict::Refused;
      const Verdict verdict = readAnswer(now);
      if (verdict == Verdict::Another && ++requests_ == mostRequests) {
        setError(ErrorKind::InvalidResponse, "the server's answers lead in a circle");
        return Verdict::Refused;
      }
      if (verdict == Verdict::Another || verdict == Verdict::Finished) return verdict;
      failed = verdict;
    }
    requests_ = 0;
    const bool isLate = retryWithinMs_ != 0 && now.unixMs - *firstSentAtMs_ >= retryWithinMs_;
    return isLate ? Verdict::Refused : failed;
  }

  /// Adds a header of a value that comes from outside. False, with `error_` set, where it cannot be
  /// one.
  bool addForeignHeader(std::string_view name, std::string_view value) {
    for (const char c : value) {
      if (!isControl(c)) continue;
      error_ = takeError(detail::filledFailure(
          ErrorKind::Configuration,
          "header {}: the value has a line break or another control character", {name}));
      return false;
    }
    addHeader(name, value);
    return true;
  }
  /// Sets the request to a target that comes from outside. False, with `error_` set, where it
  /// cannot be one.
  bool setForeignTarget(std::string_view method, const Endpoint& endpoint,
                        std::string_view target) {
    setRequest(method, endpoint, target);
    if (isVisibleAscii(exchange_.request.target)) return true;
    setError(ErrorKind::Configuration,
             "the path or query has a blank, a control or a non-ASCII character");
    return false;
  }
  /// The verdict on an answer that refuses, by its own words.
  Verdict refuse(const Redactor& redactor) {
    error_ = takeError(statusError(exchange_.response.status));
    error_->message = refusalText(exchange_.response, redactor);
    return Verdict::Failed;
  }
  /// The verdict on what was read.
  Verdict settle(Result<void> read, Verdict otherwise) {
    error_ = detail::takeError(std::move(read));
    return error_.empty() ? Verdict::Finished : otherwise;
  }

 private:
  /// Requests of one attempt; an operation that wants more goes round in a circle.
  static constexpr int mostRequests = 4;

  std::int64_t retryWithinMs_;
  std::optional<std::int64_t> firstSentAtMs_;
  int requests_ = 0;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_SOURCE_CALL_HPP
