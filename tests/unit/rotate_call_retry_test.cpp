// SPDX-License-Identifier: BSL-1.0
// RotateCall: which attempts follow, and when.
#include "secure_tunneling/call/rotate_call.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/driven_call.hpp"

using namespace secure_tunneling;

TEST_CASE("a call makes at most so many attempts") {
  const struct {
    int maxAttempts;
    int attempts;
  } cases[] = {{1, 1}, {2, 2}, {3, 3}, {7, 7}, {0, 1}, {-5, 1}};
  for (const auto& row : cases) {
    CAPTURE(row.maxAttempts);
    Settings settings = settingsForTests();
    settings.maxAttempts = row.maxAttempts;
    CallState state(settings);
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    int sent = 0;
    for (;;) {
      ++sent;
      answerError(call, 500, "InternalFailure");
      if (call.next(start) == Step::Done) break;
      REQUIRE(call.next(start) == Step::Send);
    }
    CHECK(sent == row.attempts);
    const Error error = errorOf(call);
    CHECK(error.attempts == row.attempts);
    CHECK(error.kind == ErrorKind::Service);
    CHECK(error.code == "InternalFailure");
    CHECK(error.message == "why");
    CHECK(error.httpStatus == 500);
    CHECK(error.requestId == "id-500");
    CHECK(error.delivery == Delivery::Answered);
  }
}

TEST_CASE("credentials are asked for once, and each attempt is signed at its own time") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  CHECK(headerOf(call.request(), "x-amz-date") == "20260115T123000Z");
  answerError(call, 500, "");
  REQUIRE(call.next(start) == Step::Wait);
  REQUIRE(call.next({start.unixMs + 1000, 0}) == Step::Send);
  CHECK(headerOf(call.request(), "x-amz-date") == "20260115T123001Z");
  CHECK(call.request().headerCount == 4);
  answer(call, 200, goodBody);
  REQUIRE(call.next(start) == Step::Done);
  CHECK(call.takeResult()->attempts == 2);
}

TEST_CASE("throttling and answers from 500 on are tried again, and no other answer") {
  const struct {
    int status;
    const char* body;
    bool isRetried;
    ErrorKind kind;
  } cases[] = {
      {500, "{}", true, ErrorKind::Service},
      {503, "<html>", true, ErrorKind::Service},
      {503, "[]", true, ErrorKind::InvalidResponse},
      {429, "", true, ErrorKind::Service},
      {400, R"({"__type":"ThrottlingException"})", true, ErrorKind::Service},
      {400, R"({"__type":"ResourceNotFoundException"})", false, ErrorKind::Service},
      {404, "", false, ErrorKind::Service},
      {301, "", false, ErrorKind::Service},
      {200, "", false, ErrorKind::InvalidResponse},
      {200, "<html>", false, ErrorKind::InvalidResponse},
      {204, "", false, ErrorKind::InvalidResponse},
  };
  for (const auto& row : cases) {
    CAPTURE(row.status, row.body);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    answer(call, row.status, row.body);
    if (row.isRetried) {
      CHECK(afterWait(call, 1000) == Step::Send);
      answer(call, row.status, row.body);
      CHECK(afterWait(call, 2000) == Step::Send);
      answer(call, row.status, row.body);
    }
    const Error error = errorOf(call);
    CHECK(error.kind == row.kind);
    CHECK(error.httpStatus == row.status);
    CHECK(error.delivery == Delivery::Answered);
    CHECK(error.attempts == (row.isRetried ? 3 : 1));
  }
}

TEST_CASE("a request without an answer is tried again where another can help and is wanted") {
  const struct {
    ErrorKind kind;
    Delivery delivery;
    bool retryUnknown;
    bool isRetried;
  } cases[] = {
      {ErrorKind::Transport, Delivery::NotSent, true, true},
      {ErrorKind::Transport, Delivery::NotSent, false, true},
      {ErrorKind::Transport, Delivery::Unknown, true, true},
      {ErrorKind::Transport, Delivery::Unknown, false, false},
      {ErrorKind::Untrusted, Delivery::NotSent, true, false},
      {ErrorKind::Untrusted, Delivery::Unknown, true, false},
      {ErrorKind::Configuration, Delivery::NotSent, true, false},
      {ErrorKind::InvalidResponse, Delivery::Unknown, true, false},
  };
  for (const auto& row : cases) {
    CAPTURE(static_cast<int>(row.kind), static_cast<int>(row.delivery), row.retryUnknown);
    Settings settings = settingsForTests();
    settings.retryUnknownDelivery = row.retryUnknown;
    settings.maxAttempts = 2;
    RetryQuota quota;
    settings.retryQuota = &quota;
    CallState state(settings);
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    failTransport(call, row.kind, row.delivery);
    if (row.isRetried) {
      CHECK(quota.available() == 490);
      CHECK(afterWait(call, 1000) == Step::Send);
      failTransport(call, row.kind, row.delivery);
    }
    const Error error = errorOf(call);
    CHECK(error.kind == row.kind);
    CHECK(error.message == "no answer");
    CHECK(error.transportCode == 28);
    CHECK(error.httpStatus == 0);
    CHECK(error.delivery == row.delivery);
    CHECK(error.attempts == (row.isRetried ? 2 : 1));
  }
}

TEST_CASE("once an attempt may have arrived, the tokens may be gone") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  failTransport(call, ErrorKind::Transport, Delivery::Unknown);
  CHECK(afterWait(call, 1000) == Step::Send);
  SECTION("a later attempt did not") {
    failTransport(call, ErrorKind::Untrusted, Delivery::NotSent);
    CHECK(errorOf(call).delivery == Delivery::Unknown);
  }
  SECTION("a later attempt was answered with an error") {
    answerError(call, 400, "ResourceNotFoundException");
    const Error error = errorOf(call);
    CHECK(error.delivery == Delivery::Unknown);
    CHECK(error.code == "ResourceNotFoundException");
    CHECK(error.attempts == 2);
  }
  SECTION("a later attempt brought the tokens") {
    answer(call, 200, goodBody);
    REQUIRE(call.next(start) == Step::Done);
    CHECK(call.takeResult()->attempts == 2);
  }
}

TEST_CASE("waits grow, are random and end by asking again") {
  Settings settings = settingsForTests();
  settings.maxAttempts = 10;
  settings.maxBackoffMs = 3000;
  CallState state(settings);
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  for (const std::int64_t expected : {1000, 2000, 3000, 3000}) {
    answerError(call, 500, "");
    CHECK(afterWait(call, expected) == Step::Send);
  }
  answerError(call, 500, "", {start.unixMs, 0x80000000U});
  CHECK(afterWait(call, 1500) == Step::Send);
  // Nothing to wait: no step for it.
  answerError(call, 500, "", {start.unixMs, 0});
  CHECK(call.next(start) == Step::Send);
  call.response().headers.add("Retry-After", "4");
  answerError(call, 500, "", {start.unixMs, 0});
  CHECK(afterWait(call, 4000) == Step::Send);
}

TEST_CASE("clock skew is corrected only where that is wanted") {
  for (const bool isCorrected : {true, false}) {
    CAPTURE(isCorrected);
    Settings settings = settingsForTests();
    settings.correctClockSkew = isCorrected;
    CallState state(settings);
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    call.response().headers.add("Date", "Thu, 15 Jan 2026 13:30:00 GMT");
    answerError(call, 403, "InvalidSignatureException");
    if (!isCorrected) {
      CHECK(errorOf(call).code == "InvalidSignatureException");
      continue;
    }
    REQUIRE(call.next(start) == Step::Send);
    CHECK(headerOf(call.request(), "x-amz-date") == "20260115T133000Z");
    answer(call, 200, goodBody);
    REQUIRE(call.next(start) == Step::Done);
    CHECK(call.takeResult()->attempts == 2);
  }
}

TEST_CASE("a clock counts as off by more than four minutes, told within a quarter of an hour") {
  // The server's date is 12:30:00, the request was sent at that time and `offMs`.
  const struct {
    std::int64_t offMs;
    std::int64_t tookMs;
    bool isOff;
  } cases[] = {
      {240'000, 0, false},       {240'001, 0, true},         {-240'000, 0, false},
      {-240'001, 0, true},       {3'600'000, 900'000, true}, {3'600'000, 900'001, false},
      {3'600'000, -1, false},    {-240'000, 900'000, false}, {-690'000, 900'000, false},
      {-690'002, 900'000, true},
  };
  for (const auto& row : cases) {
    CAPTURE(row.offMs, row.tookMs);
    const Moment sent{start.unixMs + row.offMs, fullJitter};
    const Moment arrived{sent.unixMs + row.tookMs, fullJitter};
    CallState state(settingsForTests());
    Call call(state, rotateAll());
    REQUIRE(call.next(sent) == Step::NeedCredentials);
    giveCredentials(call);
    REQUIRE(call.next(sent) == Step::Send);
    call.response().headers.add("Date", "Thu, 15 Jan 2026 12:30:00 GMT");
    answerError(call, 403, "InvalidSignatureException", arrived);
    CHECK((call.next(arrived) == Step::Send) == row.isOff);
  }
}

TEST_CASE("a date that nobody can mean does no harm") {
  for (const char* const date :
       {"Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT", "nonsense"}) {
    CAPTURE(date);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    call.response().headers.add("Date", date);
    answerError(call, 500, "");
    CHECK(afterWait(call, 1000) == Step::Send);
    CHECK(headerOf(call.request(), "x-amz-date").size() == 16);
  }
}

TEST_CASE("credentials that the service calls expired are asked for again") {
  const std::string code = GENERATE(as<std::string>{}, "ExpiredTokenException", "ExpiredToken");
  CAPTURE(code);
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  answerError(call, 403, code);
  // At once: the next request is another one.
  REQUIRE(call.next({start.unixMs + 5, 0}) == Step::NeedCredentials);
  CHECK(call.credentialsQuery().expired);
  CHECK(call.credentialsQuery().nowMs == start.unixMs + 5);

  SECTION("new ones are used") {
    giveCredentials(call, "AKIDOTHER", "other-secret", "other-token");
    REQUIRE(call.next(start) == Step::Send);
    CHECK(headerOf(call.request(), "authorization").find("Credential=AKIDOTHER/") !=
          std::string_view::npos);
    CHECK(headerOf(call.request(), "x-amz-security-token") == "other-token");
    CHECK_FALSE(call.credentialsQuery().expired);
    answer(call, 200, goodBody);
    REQUIRE(call.next(start) == Step::Done);
    CHECK(call.takeResult()->attempts == 2);
  }
  SECTION("the same again are not sent again") {
    giveCredentials(call);
    const Error error = errorOf(call);
    CHECK(error.kind == ErrorKind::Service);
    CHECK(error.code == code);
    CHECK(error.attempts == 1);
  }
  SECTION("where there are none, the service's word is the answer") {
    call.onCredentials(makeError(ErrorKind::Credentials, "cannot refresh"));
    const Error error = errorOf(call);
    CHECK(error.kind == ErrorKind::Service);
    CHECK(error.code == code);
    CHECK(error.httpStatus == 403);
    CHECK(error.attempts == 1);
  }
  SECTION("new ones that cannot be sent are the answer") {
    giveCredentials(call, "AKIDOTHER", "secret with blanks");
    const Error error = errorOf(call);
    CHECK(error.kind == ErrorKind::Credentials);
    CHECK(error.message == "the secret access key has a blank, a control or a non-ASCII character");
    CHECK(error.attempts == 1);
  }
  SECTION("not for ever") {
    giveCredentials(call, "AKID2");
    REQUIRE(call.next(start) == Step::Send);
    answerError(call, 403, code);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    giveCredentials(call, "AKID3");
    REQUIRE(call.next(start) == Step::Send);
    answerError(call, 403, code);
    CHECK(errorOf(call).attempts == 3);
  }
}

TEST_CASE("an answer that was begun is gone before the next attempt") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  call.response().status = 200;
  call.response().headers.add("Date", "half");
  call.response().body.assign("half a body");
  failTransport(call, ErrorKind::Transport, Delivery::Unknown);
  CHECK(afterWait(call, 1000) == Step::Send);
  CHECK(call.response().status == 0);
  CHECK(call.response().headers.size() == 0);
  CHECK(call.response().body.empty());
}
