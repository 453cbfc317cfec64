// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "support/calls.hpp"
#include "support/catch.hpp"

// RotateCall, driven by hand: every answer and every moment is the test's.

inline constexpr std::uint32_t fullJitter = 0xffffffffU;
inline constexpr secure_tunneling::Moment start{1768480200000, fullJitter};  // 2026-01-15T12:30:00Z

inline constexpr const char* goodBody =
    R"({"tunnelArn":"arn","sourceAccessToken":"source","destinationAccessToken":"destination"})";

template <class AnyCall>
void answer(AnyCall& call, int status, std::string_view body,
            const secure_tunneling::Moment& now = start) {
  call.response().status = status;
  call.response().headers.add("x-amzn-RequestId", "id-" + std::to_string(status));
  call.response().body.assign(body);
  call.onSent({}, now);
}

template <class AnyCall>
void answerError(AnyCall& call, int status, const std::string& code,
                 const secure_tunneling::Moment& now = start) {
  answer(call, status, "{\"__type\":\"" + code + "\",\"message\":\"why\"}", now);
}

inline void failTransport(Call& call, secure_tunneling::ErrorKind kind,
                          secure_tunneling::Delivery delivery) {
  secure_tunneling::Error error = secure_tunneling::makeError(kind, "no answer");
  error.delivery = delivery;
  error.transportCode = 28;
  call.onSent(std::move(error), start);
}

/// Drives a call to its first request, or to the step in the place of that.
template <class AnyCall>
void driveToSend(AnyCall& call, typename AnyCall::Step step = AnyCall::Step::Send) {
  REQUIRE(call.next(start) == AnyCall::Step::NeedCredentials);
  giveCredentials(call);
  REQUIRE(call.next(start) == step);
}

inline secure_tunneling::Error errorOf(Call& call) {
  REQUIRE(call.next(start) == Step::Done);
  secure_tunneling::Result<secure_tunneling::RotateTunnelAccessTokenResponse> result =
      call.takeResult();
  REQUIRE_FALSE(result);
  return std::move(result).error();
}

/// Asks for the step behind a wait, which has to come first.
inline Step afterWait(Call& call, std::int64_t expectedMs) {
  CHECK(call.next(start) == Step::Wait);
  CHECK(call.waitMs() == expectedMs);
  return call.next(start);
}
