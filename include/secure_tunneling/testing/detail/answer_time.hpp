// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_TESTING_DETAIL_ANSWER_TIME_HPP
#define SECURE_TUNNELING_TESTING_DETAIL_ANSWER_TIME_HPP

#include <cstdint>

#include "secure_tunneling/seams/http_transport.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {
namespace fake {

/// How long an answer takes, on a clock that a test moves.
struct AnswerTime {
  ManualClock* clock = nullptr;
  std::int64_t milliseconds = 0;

  /// Lets it pass. False where the time of `request` is over before.
  [[nodiscard]] bool pass(const HttpRequest& request) const {
    if (clock == nullptr) return true;
    const bool isInTime = request.timeoutMs <= 0 || milliseconds <= request.timeoutMs;
    clock->advance(isInTime ? milliseconds : request.timeoutMs);
    return isInTime;
  }
};

/// What a transport says of a request whose call ended.
inline Error givenUp(ErrorKind kind, Delivery delivery) {
  Error error = makeError(kind, kind == ErrorKind::Cancelled ? "the request was cancelled"
                                                             : "the request's time is over");
  error.delivery = delivery;
  return error;
}

}  // namespace fake
}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_TESTING_DETAIL_ANSWER_TIME_HPP
