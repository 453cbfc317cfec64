// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CALL_FLEET_PACE_HPP
#define SECURE_TUNNELING_CALL_FLEET_PACE_HPP

/// @file
/// The pace of many calls to one service.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "secure_tunneling/call/retry.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/settings.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// How fast a fleet goes: many calls with the same credentials to the same service. Without I/O and
/// without a clock. Says when a further request may be sent, and when it is of no use to send more.
///
/// It begins with one request, and with each answer that shows the service to be willing one more
/// may be under way. What is about the account and not about one tunnel is so found out by one
/// request, and not by as many as there are slots.
///
/// - Throttled: all of the fleet pauses, as long as a call waits before its next attempt; then one
///   request tries again. After `throttledRounds` of these in a row it stops, with fewer calls
///   after as many rounds as there are calls; but never before one call could have made all of its
///   attempts.
/// - Refused for what all calls have in common (keys that do not exist, a signature that is wrong,
///   no credentials, a server that is not trusted): after three of these in a row it stops.
/// - AccessDeniedException may be about one tunnel, or about all: it stops nothing, but opens
///   nothing, so that as long as nothing else is answered one request follows another.
/// - A failure of the network or of the service opens nothing either; the quota limits retries.
/// - Where a connection cannot be made, one fewer may be under way: the descriptors, a proxy or a
///   server may allow no more. After that one more may be under way only when as many requests have
///   been answered as are allowed at once; each time that turns out to be one too many again, twice
///   as many answers are needed as before.
///
/// A shared quota of retries alone would not do: its 500 tokens are 100 retries, which is 1.1 times
/// the requests for a thousand calls, but three times for fifty; and all calls would be sent, each
/// to be throttled.
class FleetPace {
 public:
  /// Rounds in a row that are throttled, after which a fleet stops.
  static constexpr int throttledRounds = 8;
  /// Rounds in a row that are refused for what all calls have in common, after which it stops.
  static constexpr int refusedRounds = 3;

  /// What an answer, or its absence, says of other calls.
  enum class Sign : unsigned char {
    Willing,    ///< the service answers: one more may be under way
    Nothing,    ///< it is about this call, or about the network
    Throttled,  ///< too many requests
    Refused,    ///< what all calls have in common is refused
  };

  /// For `calls` calls by `settings`, of which up to `most` are under way at once.
  FleetPace(std::size_t calls, std::size_t most, const Settings& settings) noexcept
      : most_(most),
        maxBackoffMs_(settings.maxBackoffMs),
        mostThrottled_(rulesOf(settings).maxAttempts) {
    constexpr auto usual = static_cast<std::size_t>(throttledRounds);
    const int rounds = static_cast<int>(calls < usual ? calls : usual);
    if (mostThrottled_ < rounds) mostThrottled_ = rounds;
  }

  /// Whether another request may be sent with `underWay` unanswered. One that has been unanswered
  /// for a second need not be counted: it shall not hold up the others.
  [[nodiscard]] bool maySend(const Moment& now, std::size_t underWay) const noexcept {
    return !isStopped_ && underWay < window_ && leftMs(now) == 0;
  }
  /// Milliseconds that are left of a pause.
  [[nodiscard]] std::int64_t leftMs(const Moment& now) const noexcept {
    const std::int64_t leftMs = resumeMs_ - now.steadyMs();
    return leftMs > 0 ? leftMs : 0;
  }
  /// Whether the last that was heard is bad for all: then calls that have not been tried come
  /// before those that have.
  [[nodiscard]] bool isProbing() const noexcept { return inRow_ != 0; }
  /// No further request is of use.
  [[nodiscard]] bool isStopped() const noexcept { return isStopped_; }

  /// Names the round in which a request is sent.
  [[nodiscard]] int currentRound() const noexcept { return round_; }
  /// Takes what came of a request of `round`; `error` is null where it was a success. What was
  /// sent before the last bad news is none of its own.
  void onAnswer(const Error* error, int round, const Moment& now) noexcept {
    const Sign sign = error == nullptr ? Sign::Willing : signOf(*error);
    if (round != round_) return;
    if (sign == Sign::Throttled || sign == Sign::Refused) {
      ++round_;
      window_ = 1;
      const bool isThrottled = sign == Sign::Throttled;
      if (isThrottled) {
        resumeMs_ = now.steadyMs() + retryDelayMs(inRow_, now.random, maxBackoffMs_, *error);
      }
      ++inRow_;
      if (inRow_ >= (isThrottled ? mostThrottled_ : refusedRounds)) isStopped_ = true;
      return;
    }
    if (sign == Sign::Willing) {
      widen();
    } else if (error->kind == ErrorKind::Transport && error->delivery == Delivery::NotSent) {
      narrow();
    }
    if (sign == Sign::Willing || error->delivery == Delivery::Answered) inRow_ = 0;
  }

  /// What a call that failed with `error` says of the others.
  static Sign signOf(const Error& error) noexcept {
    using detail::operator""sv;
    if (retryReason(error) == RetryReason::Throttling) return Sign::Throttled;
    if (error.kind == ErrorKind::Configuration || error.kind == ErrorKind::Credentials ||
        error.kind == ErrorKind::NoCredentials || error.kind == ErrorKind::Signing ||
        error.kind == ErrorKind::Untrusted) {
      return Sign::Refused;
    }
    if (error.kind != ErrorKind::Service) return Sign::Nothing;
    constexpr std::string_view ofIdentity =
        "UnrecognizedClientException InvalidClientTokenId InvalidSignatureException "
        "SignatureDoesNotMatch IncompleteSignature IncompleteSignatureException "
        "MissingAuthenticationToken MissingAuthenticationTokenException ExpiredToken "
        "ExpiredTokenException InvalidAccessKeyId AuthFailure OptInRequired NotAuthorized"sv;
    if (detail::isListed(error.code, ofIdentity)) return Sign::Refused;
    const bool isOfTunnel = error.httpStatus / 100 == 4 && error.httpStatus != 401 &&
                            error.httpStatus != 403 && error.code != "AccessDeniedException"sv;
    return isOfTunnel ? Sign::Willing : Sign::Nothing;
  }

 private:
  void widen() noexcept {
    if (window_ == most_) return;
    if (window_ >= proven_ && ++answered_ < window_ * patience_) return;
    answered_ = 0;
    ++window_;
  }
  void narrow() noexcept {
    patience_ = window_ > proven_ ? patience_ * 2 : 1;
    if (window_ > 1) --window_;
    proven_ = window_;
    answered_ = 0;
  }

  std::size_t window_ = 1;
  const std::size_t most_;
  /// For so many there were connections, when there was one too few last.
  std::size_t proven_ = most_;
  /// How often as many as the window is wide have to be answered before it is wider than that.
  std::size_t patience_ = 1;
  /// Since it was widened or narrowed last.
  std::size_t answered_ = 0;
  const std::int64_t maxBackoffMs_;
  int mostThrottled_;
  int round_ = 0;
  int inRow_ = 0;
  std::int64_t resumeMs_ = 0;
  bool isStopped_ = false;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CALL_FLEET_PACE_HPP
