// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/call/fleet_pace.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

Settings settingsOf(int maxAttempts = 3) {
  Settings settings;
  settings.maxAttempts = maxAttempts;
  return settings;
}

Error answered(const std::string& code, int status = 400) {
  Error error;
  error.kind = ErrorKind::Service;
  error.delivery = Delivery::Answered;
  error.code = code;
  error.httpStatus = status;
  return error;
}
Error unanswered(ErrorKind kind) {
  Error error;
  error.kind = kind;
  return error;
}

Moment at(std::int64_t milliseconds) {
  return {1'700'000'000'000, 0xffffffffU, milliseconds};
}

/// How many may be under way at once.
std::size_t widthOf(const FleetPace& pace, const Moment& now) {
  std::size_t width = 0;
  while (pace.maySend(now, width))
    ++width;
  return width;
}

/// How many requests are sent until it stops, where each is answered at once with `error`.
int requestsUntilStop(std::size_t calls, int maxAttempts, const Error& error) {
  FleetPace pace(calls, 32, settingsOf(maxAttempts));
  std::int64_t nowMs = 0;
  int requests = 0;
  while (!pace.isStopped() && requests != 100) {
    nowMs += pace.leftMs(at(nowMs));
    REQUIRE(pace.maySend(at(nowMs), 0));
    ++requests;
    pace.onAnswer(&error, pace.currentRound(), at(nowMs));
  }
  return requests;
}

}  // namespace

TEST_CASE("fleet pace: begins with one, and opens by one for each answer, up to the most") {
  FleetPace pace(1000, 4, settingsOf());
  const std::vector<std::size_t> widths = {1, 2, 3, 4, 4};
  for (const std::size_t width : widths) {
    CHECK(widthOf(pace, at(0)) == width);
    pace.onAnswer(nullptr, pace.currentRound(), at(0));
  }
}

TEST_CASE("fleet pace: without a connection for it, one fewer may be under way") {
  FleetPace pace(1000, 8, settingsOf());
  for (int i = 0; i != 7; ++i)
    pace.onAnswer(nullptr, pace.currentRound(), at(0));
  REQUIRE(widthOf(pace, at(0)) == 8);
  const Error none = unanswered(ErrorKind::Transport);
  // Three too many. Beyond that it opens when all have been answered, then twice, then four times.
  for (int i = 0; i != 3; ++i)
    pace.onAnswer(&none, pace.currentRound(), at(0));
  for (const int patience : {1, 2, 4}) {
    CAPTURE(patience);
    for (int i = 0; i != 5 * patience; ++i) {
      CHECK(widthOf(pace, at(0)) == 5);
      pace.onAnswer(nullptr, pace.currentRound(), at(0));
    }
    CHECK(widthOf(pace, at(0)) == 6);
    pace.onAnswer(&none, pace.currentRound(), at(0));
  }
  CHECK(widthOf(pace, at(0)) == 5);
}

TEST_CASE("fleet pace: opens again after the network was gone") {
  FleetPace pace(1000, 4, settingsOf());
  for (int i = 0; i != 3; ++i)
    pace.onAnswer(nullptr, pace.currentRound(), at(0));
  const Error none = unanswered(ErrorKind::Transport);
  for (int i = 0; i != 20; ++i)
    pace.onAnswer(&none, pace.currentRound(), at(0));
  std::vector<std::size_t> widths;
  for (int i = 0; i != 7; ++i) {
    widths.push_back(widthOf(pace, at(0)));
    pace.onAnswer(nullptr, pace.currentRound(), at(0));
  }
  CHECK(widths == std::vector<std::size_t>{1, 2, 2, 3, 3, 3, 4});
}

TEST_CASE("fleet pace: a request that may have been sent had a connection") {
  FleetPace pace(1000, 4, settingsOf());
  for (int i = 0; i != 3; ++i)
    pace.onAnswer(nullptr, pace.currentRound(), at(0));
  Error lost = unanswered(ErrorKind::Transport);
  lost.delivery = Delivery::Unknown;
  pace.onAnswer(&lost, pace.currentRound(), at(0));
  CHECK(widthOf(pace, at(0)) == 4);
}

TEST_CASE("fleet pace: what an answer says of others") {
  using Sign = FleetPace::Sign;
  const struct {
    Error error;
    Sign sign;
  } cases[] = {
      {answered("ThrottlingException"), Sign::Throttled},
      {answered("TooManyRequestsException", 429), Sign::Throttled},
      {answered("", 429), Sign::Throttled},
      {answered("UnrecognizedClientException"), Sign::Refused},
      {answered("InvalidSignatureException", 403), Sign::Refused},
      {answered("ExpiredTokenException", 403), Sign::Refused},
      {unanswered(ErrorKind::NoCredentials), Sign::Refused},
      {unanswered(ErrorKind::Credentials), Sign::Refused},
      {unanswered(ErrorKind::Configuration), Sign::Refused},
      {unanswered(ErrorKind::Untrusted), Sign::Refused},
      {unanswered(ErrorKind::Transport), Sign::Nothing},
      {unanswered(ErrorKind::InvalidResponse), Sign::Nothing},
      {unanswered(ErrorKind::Cancelled), Sign::Nothing},
      {unanswered(ErrorKind::DeadlineExceeded), Sign::Nothing},
      {answered("AccessDeniedException"), Sign::Nothing},
      {answered("AccessDeniedException", 403), Sign::Nothing},
      {answered("Forbidden", 403), Sign::Nothing},
      {answered("Unauthorized", 401), Sign::Nothing},
      {answered("InternalServerException", 500), Sign::Nothing},
      {answered("ResourceNotFoundException"), Sign::Willing},
      {answered("ValidationException"), Sign::Willing},
  };
  for (const auto& each : cases) {
    INFO(each.error.code << " " << each.error.httpStatus << " "
                         << static_cast<int>(each.error.kind));
    CHECK(FleetPace::signOf(each.error) == each.sign);
  }
}

TEST_CASE("fleet pace: after a throttled answer all pause, and one tries") {
  FleetPace pace(1000, 8, settingsOf());
  for (int i = 0; i != 8; ++i)
    pace.onAnswer(nullptr, pace.currentRound(), at(0));
  const Error error = answered("ThrottlingException");
  const int round = pace.currentRound();
  pace.onAnswer(&error, round, at(0));
  CHECK(pace.isProbing());
  CHECK_FALSE(pace.maySend(at(0), 0));
  CHECK(pace.leftMs(at(0)) == 1'000);
  CHECK(widthOf(pace, at(1'000)) == 1);
  // Those that were under way meanwhile say nothing new, whatever they are answered.
  for (int i = 0; i != 7; ++i)
    pace.onAnswer(i % 2 == 0 ? &error : nullptr, round, at(10));
  CHECK(pace.leftMs(at(0)) == 1'000);
  CHECK(widthOf(pace, at(1'000)) == 1);
  pace.onAnswer(&error, pace.currentRound(), at(1'000));
  CHECK(pace.leftMs(at(1'000)) == 2'000);
  pace.onAnswer(nullptr, pace.currentRound(), at(3'000));
  CHECK_FALSE(pace.isProbing());
  CHECK(widthOf(pace, at(3'000)) == 2);
}

TEST_CASE("fleet pace: waits at least as long as the service asks for") {
  FleetPace pace(10, 8, settingsOf());
  Error error = answered("ThrottlingException");
  error.retryAfterMs = 4'000;
  pace.onAnswer(&error, pace.currentRound(), at(0));
  CHECK(pace.leftMs(at(0)) == 4'000);
}

TEST_CASE("fleet pace: permanent throttling costs no more requests than there are calls") {
  const struct {
    std::size_t calls;
    int maxAttempts;
    int requests;
  } cases[] = {{1, 3, 3},      {2, 3, 3},   {3, 3, 3},     {5, 3, 5}, {8, 3, 8}, {100, 3, 8},
               {10'000, 3, 8}, {1, 10, 10}, {100, 10, 10}, {1, 1, 1}, {1, 0, 1}};
  for (const auto& each : cases) {
    INFO(each.calls << " calls of " << each.maxAttempts << " attempts");
    CHECK(requestsUntilStop(each.calls, each.maxAttempts, answered("ThrottlingException")) ==
          each.requests);
  }
}

TEST_CASE("fleet pace: a call that is made once counts once, whatever its attempts could be") {
  Settings settings = settingsOf(10);
  settings.retryMode = RetryMode::Off;
  FleetPace pace(1, 32, settings);
  const Error error = answered("ThrottlingException");
  pace.onAnswer(&error, pace.currentRound(), at(0));
  CHECK(pace.isStopped());
}

TEST_CASE("fleet pace: what all calls have in common is found out by three") {
  CHECK(requestsUntilStop(1000, 3, answered("UnrecognizedClientException", 403)) == 3);
  CHECK(requestsUntilStop(1000, 10, unanswered(ErrorKind::NoCredentials)) == 3);
  FleetPace pace(1000, 8, settingsOf());
  const Error refused = answered("InvalidSignatureException", 403);
  for (int i = 0; i != 20; ++i) {
    pace.onAnswer(&refused, pace.currentRound(), at(0));
    REQUIRE(pace.leftMs(at(0)) == 0);
    pace.onAnswer(nullptr, pace.currentRound(), at(0));
  }
  CHECK_FALSE(pace.isStopped());
}

TEST_CASE("fleet pace: a missing permission opens nothing and stops nothing") {
  FleetPace pace(1000, 8, settingsOf());
  const Error denied = answered("AccessDeniedException", 403);
  for (int i = 0; i != 100; ++i)
    pace.onAnswer(&denied, pace.currentRound(), at(0));
  CHECK_FALSE(pace.isStopped());
  CHECK(widthOf(pace, at(0)) == 1);
}

TEST_CASE("fleet pace: bad news is over with any other answer, and not by the lack of one") {
  FleetPace pace(1000, 8, settingsOf());
  const Error throttled = answered("ThrottlingException");
  const Error lost = unanswered(ErrorKind::Transport);
  const Error failed = answered("InternalServerException", 500);
  pace.onAnswer(&throttled, pace.currentRound(), at(0));
  pace.onAnswer(&lost, pace.currentRound(), at(1'000));
  CHECK(pace.isProbing());
  pace.onAnswer(&failed, pace.currentRound(), at(1'000));
  CHECK_FALSE(pace.isProbing());
  CHECK(widthOf(pace, at(1'000)) == 1);
}
