// SPDX-License-Identifier: BSL-1.0
// A call that is ended: by its time, or by a flag.
#include "secure_tunneling/seams/call_limits.hpp"

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "secure_tunneling/rotate_tunnel_access_token.hpp"
#include "support/catch.hpp"
#include "support/driven_call.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::int64_t mostMs = std::numeric_limits<std::int64_t>::max();

/// `ms` after the first moment, by a monotonic clock that began at 5 s.
Moment after(std::int64_t ms, std::uint32_t random = fullJitter) {
  return {start.unixMs + ms, random, 5'000 + ms};
}

Error transportError(Delivery delivery) {
  Error error = makeError(ErrorKind::Transport, "no answer");
  error.delivery = delivery;
  error.transportCode = 28;
  return error;
}

/// Counts the requests that are under way, as a limiter of places would.
struct CountingLimiter final : RateLimiter {
  int underWay = 0;

  std::int64_t acquire(std::int64_t) noexcept override { return ++underWay, 0; }
  void onAnswer(bool, std::int64_t) noexcept override { --underWay; }
};

/// A call that is given its credentials by the test.
struct LimitedCall {
  explicit LimitedCall(const CallLimits& limits, Settings settings = settingsForTests())
      : state(std::move(settings)), call(state, rotateAll(), nullptr, false, limits) {}

  /// To the first request.
  void begin() {
    REQUIRE(call.next(after(0)) == Step::NeedCredentials);
    giveCredentials(call);
    REQUIRE(call.next(after(0)) == Step::Send);
  }
  Error errorAt(const Moment& now) {
    REQUIRE(call.next(now) == Step::Done);
    auto result = call.takeResult();
    REQUIRE_FALSE(result);
    return std::move(result).error();
  }

  CallState state;
  Call call;
};

CallLimits within(std::int64_t ms) {
  CallLimits limits;
  limits.timeoutMs = ms;
  return limits;
}
CallLimits until(const std::atomic<bool>& flag) {
  CallLimits limits;
  limits.cancelled = &flag;
  return limits;
}

}  // namespace

TEST_CASE("what is left of a call goes with each request") {
  LimitedCall limited(within(4'000));
  REQUIRE(limited.call.next(after(0)) == Step::NeedCredentials);
  giveCredentials(limited.call);
  REQUIRE(limited.call.next(after(300)) == Step::Send);
  CHECK(limited.call.request().timeoutMs == 3'700);
  // A request that is sent later has less.
  REQUIRE(limited.call.next(after(301)) == Step::Send);
  CHECK(limited.call.request().timeoutMs == 3'699);
  answerError(limited.call, 500, "InternalError", after(1'300));
  REQUIRE(limited.call.next(after(1'300)) == Step::Wait);
  CHECK(limited.call.waitMs() == 1'000);
  REQUIRE(limited.call.next(after(2'300)) == Step::Send);
  CHECK(limited.call.request().timeoutMs == 1'700);
  answer(limited.call, 200, goodBody, after(2'400));
  REQUIRE(limited.call.next(after(2'400)) == Step::Done);
  CHECK(limited.call.takeResult());
}

TEST_CASE("without a limit a request has none") {
  for (const std::int64_t none : {std::int64_t{0}, std::int64_t{-1}, -mostMs}) {
    CAPTURE(none);
    LimitedCall free(within(none));
    free.begin();
    CHECK(free.call.request().timeoutMs == 0);
    CHECK(free.call.request().cancelled == nullptr);
    CHECK(free.call.cancelled() == nullptr);
  }
}

TEST_CASE("the settings' time holds where a call has none of its own") {
  const struct {
    std::int64_t ofSettings;
    std::int64_t ofCall;
    std::int64_t left;
  } cases[] = {{800, 0, 800}, {800, -1, 800}, {800, 2'000, 2'000}, {0, 900, 900}, {-5, 0, 0}};
  for (const auto& row : cases) {
    CAPTURE(row.ofSettings, row.ofCall);
    Settings settings = settingsForTests();
    settings.callTimeoutMs = row.ofSettings;
    LimitedCall limited(within(row.ofCall), settings);
    limited.begin();
    CHECK(limited.call.request().timeoutMs == row.left);
  }
}

TEST_CASE("a call's time begins anew for the next call of a client") {
  CallState state(settingsForTests());
  std::atomic<bool> flag{false};
  {
    Call first(state, rotateAll(), nullptr, false, within(100));
    REQUIRE(first.next(after(0)) == Step::NeedCredentials);
    CHECK(first.next(after(100)) == Step::Done);
  }
  {
    Call second(state, rotateAll(), nullptr, false, until(flag));
    REQUIRE(second.next(after(500)) == Step::NeedCredentials);
    flag = true;
    CHECK(second.next(after(500)) == Step::Done);
  }
  {
    Call cancelled(state, rotateAll(), nullptr, false, within(100));
    REQUIRE(cancelled.next(after(550)) == Step::NeedCredentials);
    cancelled.cancel();
    CHECK(cancelled.next(after(550)) == Step::Done);
  }
  {
    // Long after the last that the client has seen of a clock.
    Call later(state, rotateAll(), nullptr, false, within(100));
    REQUIRE(later.next(after(1'000)) == Step::NeedCredentials);
    giveCredentials(later);
    REQUIRE(later.next(after(1'099)) == Step::Send);
    CHECK(later.request().timeoutMs == 1);
  }
  // A flag that was set back, and is of no concern to the last any more.
  Call last(state, rotateAll());
  REQUIRE(last.next(after(2'000)) == Step::NeedCredentials);
  giveCredentials(last);
  CHECK(last.next(after(90'000)) == Step::Send);
  CHECK(last.request().cancelled == nullptr);
}

TEST_CASE("a call whose time is over before its request is sent") {
  LimitedCall limited(within(1'000));
  REQUIRE(limited.call.next(after(0)) == Step::NeedCredentials);
  giveCredentials(limited.call);
  const Error error = limited.errorAt(after(1'000));
  CHECK(error.kind == ErrorKind::DeadlineExceeded);
  CHECK(error.delivery == Delivery::NotSent);
  CHECK(error.attempts == 0);
  CHECK(error.message == "the call has no time left to go on");
}

TEST_CASE("an attempt that its time cut off ends the call, and says what is known of it") {
  for (const Delivery delivery : {Delivery::NotSent, Delivery::Unknown}) {
    CAPTURE(static_cast<int>(delivery));
    Settings settings = settingsForTests();
    settings.retryUnknownDelivery = GENERATE(false, true);
    LimitedCall limited(within(1'000), settings);
    limited.begin();
    limited.call.onSent(transportError(delivery), after(1'000));
    const Error error = limited.errorAt(after(1'000));
    CHECK(error.kind == ErrorKind::DeadlineExceeded);
    CHECK(error.delivery == delivery);
    CHECK(error.attempts == 1);
    CHECK(error.transportCode == 28);
    CHECK(error.message == "no answer; the call has no time left to go on");
  }
}

TEST_CASE("a wait that does not fit into the time is not begun") {
  const struct {
    std::int64_t leftMs;
    bool waits;
  } cases[] = {{1'000, false}, {1'001, true}};
  for (const auto& row : cases) {
    CAPTURE(row.leftMs);
    LimitedCall answered(within(500 + row.leftMs));
    answered.begin();
    answerError(answered.call, 503, "Busy", after(500));
    CHECK((answered.call.next(after(500)) == Step::Wait) == row.waits);
    LimitedCall unanswered(within(500 + row.leftMs));
    unanswered.begin();
    unanswered.call.onSent(transportError(Delivery::NotSent), after(500));
    CHECK((unanswered.call.next(after(500)) == Step::Wait) == row.waits);
    if (row.waits) continue;
    // What the service said is the error; where it said nothing, the time is.
    const Error its = answered.errorAt(after(500));
    CHECK(its.kind == ErrorKind::Service);
    CHECK(its.code == "Busy");
    CHECK(its.delivery == Delivery::Answered);
    CHECK(its.message == "why; the call has no time left to go on");
    const Error none = unanswered.errorAt(after(500));
    CHECK(none.kind == ErrorKind::DeadlineExceeded);
    CHECK(none.delivery == Delivery::NotSent);
  }
}

TEST_CASE("a service that asks for more time than is left is not waited for, nor paid for") {
  CallState state(settingsForTests());
  for (int i = 0; i != 200; ++i) {
    Call call(state, rotateAll(), nullptr, false, within(2'000));
    REQUIRE(call.next(after(0)) == Step::NeedCredentials);
    giveCredentials(call);
    REQUIRE(call.next(after(0)) == Step::Send);
    call.response().headers.add("x-amz-retry-after", "4000");
    answerError(call, 400, "ThrottlingException", after(1, 0));
    REQUIRE(call.next(after(1)) == Step::Done);
    const auto result = call.takeResult();
    REQUIRE_FALSE(result);
    CHECK(result.error().retryAfterMs == 4'000);
    CHECK(result.error().attempts == 1);
  }
  // The quota of 500, at 5 a retry, is whole.
  Call call(state, rotateAll());
  REQUIRE(call.next(after(0)) == Step::NeedCredentials);
  giveCredentials(call);
  REQUIRE(call.next(after(0)) == Step::Send);
  answerError(call, 400, "ThrottlingException", after(0));
  CHECK(call.next(after(0)) == Step::Wait);
}

TEST_CASE("an answer that is there wins over the time and the flag") {
  std::atomic<bool> flag{false};
  CallLimits limits = until(flag);
  limits.timeoutMs = 1'000;
  LimitedCall limited(limits);
  limited.begin();
  flag = true;
  answer(limited.call, 200, goodBody, after(60'000));
  REQUIRE(limited.call.next(after(60'000)) == Step::Done);
  const auto result = limited.call.takeResult();
  REQUIRE(result);
  CHECK(result->sourceAccessToken->expose() == "source");
  // An error that no attempt mends, too.
  flag = false;
  LimitedCall refused(limits);
  refused.begin();
  flag = true;
  answerError(refused.call, 400, "ResourceNotFoundException", after(60'000));
  const Error error = refused.errorAt(after(60'000));
  CHECK(error.kind == ErrorKind::Service);
  CHECK(error.message == "why");
}

TEST_CASE("a call that was cancelled before it began sends nothing") {
  const std::atomic<bool> flag{true};
  LimitedCall limited(until(flag));
  const Error error = limited.errorAt(after(0));
  CHECK(error.kind == ErrorKind::Cancelled);
  CHECK(error.delivery == Delivery::NotSent);
  CHECK(error.attempts == 0);
  CHECK(error.message == "the call was cancelled");
}

TEST_CASE("a call that is cancelled ends, and keeps what is known") {
  const struct {
    Delivery delivery;
    bool isAnswered;
  } cases[] = {{Delivery::NotSent, false}, {Delivery::Unknown, false}, {Delivery::Answered, true}};
  for (const auto& row : cases) {
    CAPTURE(static_cast<int>(row.delivery));
    std::atomic<bool> flag{false};
    LimitedCall limited(until(flag));
    limited.begin();
    CHECK(limited.call.request().cancelled == &flag);
    if (row.isAnswered) {
      answerError(limited.call, 503, "Busy", after(1));
      REQUIRE(limited.call.next(after(1)) == Step::Wait);
    }
    flag = true;
    if (!row.isAnswered) limited.call.onSent(transportError(row.delivery), after(1));
    const Error error = limited.errorAt(after(1));
    CHECK(error.kind == ErrorKind::Cancelled);
    CHECK(error.delivery == row.delivery);
    CHECK(error.attempts == 1);
    CHECK(error.code == (row.isAnswered ? "Busy" : ""));
    CHECK(error.message ==
          std::string(row.isAnswered ? "why" : "no answer") + "; the call was cancelled");
  }
}

TEST_CASE("a call that ends while an attempt is under way says nothing of the one before") {
  std::atomic<bool> flag{false};
  LimitedCall limited(until(flag));
  limited.begin();
  answerError(limited.call, 503, "Busy", after(1));
  REQUIRE(limited.call.next(after(1)) == Step::Wait);
  REQUIRE(limited.call.next(after(2)) == Step::Send);
  flag = true;
  const Error error = limited.errorAt(after(3));
  CHECK(error.kind == ErrorKind::Cancelled);
  CHECK(error.delivery == Delivery::Unknown);
  CHECK(error.attempts == 2);
  CHECK(error.httpStatus == 0);
  CHECK(error.code.empty());
  CHECK(error.message == "the call was cancelled");
}

TEST_CASE("a transport that was cancelled has ended the call, whatever the flag says by then") {
  std::atomic<bool> flag{false};
  LimitedCall limited(until(flag));
  limited.begin();
  Error given = makeError(ErrorKind::Cancelled, "given up");
  given.delivery = Delivery::Unknown;
  limited.call.onSent(std::move(given), after(1));
  const Error error = limited.errorAt(after(1));
  CHECK(error.kind == ErrorKind::Cancelled);
  CHECK(error.delivery == Delivery::Unknown);
  CHECK(error.message == "given up");
}

TEST_CASE("a call that its driver cancels is done at the next step") {
  const struct {
    bool isTold;
    Delivery told;
    Delivery delivery;
  } cases[] = {{false, Delivery::NotSent, Delivery::Unknown},
               {true, Delivery::NotSent, Delivery::NotSent},
               {true, Delivery::Unknown, Delivery::Unknown}};
  for (const auto& row : cases) {
    CAPTURE(row.isTold, static_cast<int>(row.told));
    LimitedCall limited({});
    limited.begin();
    limited.call.cancel();
    if (row.isTold) limited.call.onSent(transportError(row.told), after(1));
    REQUIRE(limited.call.next(after(1)) == Step::Done);
    // Too late to change anything.
    limited.call.onSent(transportError(Delivery::Unknown), after(2));
    const Error error = limited.errorAt(after(2));
    CHECK(error.kind == ErrorKind::Cancelled);
    CHECK(error.delivery == row.delivery);
    CHECK(error.attempts == 1);
  }
}

TEST_CASE("a search for credentials ends with its call, and lets go of what it has under way") {
  struct Endless final : CredentialsSource {
    int abandoned = 0;
    Step next(CredentialsFetch& fetch, const Moment&) override { return fetch.wait(700); }
    void abandon(CredentialsFetch&) noexcept override { ++abandoned; }
  } source;
  std::atomic<bool> flag{false};
  const bool isCancelled = GENERATE(true, false);
  CallState state(settingsForTests());
  Call call(state, rotateAll(), &source, false, isCancelled ? until(flag) : within(1'000));
  REQUIRE(call.next(after(0)) == Step::Wait);
  CHECK(call.waitMs() == 700);
  REQUIRE(call.next(after(700)) == Step::Wait);
  // Never longer than what is left.
  CHECK(call.waitMs() == (isCancelled ? 700 : 300));
  flag = true;
  REQUIRE(call.next(after(1'000)) == Step::Done);
  CHECK(source.abandoned == 1);
  const auto result = call.takeResult();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == (isCancelled ? ErrorKind::Cancelled : ErrorKind::DeadlineExceeded));
  CHECK(result.error().delivery == Delivery::NotSent);
}

TEST_CASE("behind a source that blocked there is no wait, but another look at the time") {
  struct WaitsThenBlocks final : CredentialsSource {
    Step next(CredentialsFetch& fetch, const Moment&) override {
      if (fetch.waits++ == 0) return fetch.wait(50);
      fetch.block();
      fetch.credentials().accessKeyId = "AKIDEXAMPLE";
      fetch.credentials().secretAccessKey.assign("secret");
      return fetch.done({});
    }
  } source;
  CallState state(settingsForTests());
  Call call(state, rotateAll(), &source, true);
  REQUIRE(call.next(after(0)) == Step::Wait);
  CHECK(call.waitMs() == 50);
  REQUIRE(call.next(after(50)) == Step::Wait);
  CHECK(call.waitMs() == 0);
  CHECK(call.next(after(60)) == Step::Send);
}

TEST_CASE("what a source that blocks brings is of no use to a call that is over") {
  struct Slow final : CredentialsProvider {
    std::atomic<bool> flag{false};
    bool fails = false;
    Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
      flag = true;
      if (fails) return makeError(ErrorKind::Credentials, "interrupted");
      credentials.accessKeyId = "AKIDEXAMPLE";
      credentials.secretAccessKey.assign("secret");
      return {};
    }
  } source;
  source.fails = GENERATE(false, true);
  CallState state(settingsForTests());
  Call call(state, rotateAll(), &source, true, until(source.flag));
  REQUIRE(call.next(after(0)) == Step::Done);
  const auto result = call.takeResult();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::Cancelled);
}

TEST_CASE("the wall clock may jump where there is a monotonic one") {
  LimitedCall limited(within(1'000));
  REQUIRE(limited.call.next({start.unixMs, 0, 7}) == Step::NeedCredentials);
  giveCredentials(limited.call);
  REQUIRE(limited.call.next({start.unixMs + 86'400'000, 0, 8}) == Step::Send);
  CHECK(limited.call.request().timeoutMs == 999);
  REQUIRE(limited.call.next({0, 0, 1'006}) == Step::Send);
  CHECK(limited.call.request().timeoutMs == 1);
  CHECK(limited.errorAt({start.unixMs, 0, 1'007}).kind == ErrorKind::DeadlineExceeded);
}

TEST_CASE("the time that is left never grows, and no clock makes it overflow") {
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const struct {
    std::int64_t timeoutMs;
    std::vector<std::int64_t> nowMs;
    std::int64_t leftMs;
  } cases[] = {{1'000, {50'000, 50'400, 49'000, 49'100}, 500},
               {1'000, {50'000, 49'000, 48'000, 47'000}, 1'000},
               {mostMs, {0, 1'000, 2'000}, CallEnd::never},
               {mostMs - 1, {mostMs - 5, mostMs}, mostMs - 6},
               {mostMs - 1, {5, 15}, mostMs - 11},
               {5, {least, mostMs}, 5},
               {5, {mostMs, least}, 4},
               {5, {0, mostMs}, 0}};
  for (const auto& row : cases) {
    CAPTURE(row.timeoutMs, row.nowMs);
    CallEnd end;
    end.begin(within(row.timeoutMs));
    std::int64_t leftMs = 0;
    for (const std::int64_t now : row.nowMs)
      leftMs = end.leftMs({now, 0});
    CHECK(leftMs == row.leftMs);
  }
}

TEST_CASE("a driver that blocks looks at the flag while it waits") {
  /// Sets the flag at the third wait.
  struct Waits final : Clock {
    std::atomic<bool> flag{false};
    std::vector<std::int64_t> lengths;
    Moment now() override { return after(0); }
    void wait(std::int64_t milliseconds) override {
      lengths.push_back(milliseconds);
      flag = lengths.size() == 3;
    }
  } clock;
  /// Has nobody to talk to.
  struct Refusing final : HttpTransport {
    int requests = 0;
    Result<void> send(const HttpRequest&, HttpResponse&) override {
      ++requests;
      return transportError(Delivery::NotSent);
    }
  } transport;
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  BasicClient<TestSha256> client(settingsForTests(), transport, credentials, clock);
  const auto result = rotateTunnelAccessToken(rotateAll(), client, until(clock.flag));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::Cancelled);
  CHECK(transport.requests == 1);
  CHECK(clock.lengths == std::vector<std::int64_t>{50, 50, 50});
  // Without a flag a wait is one.
  clock.lengths.clear();
  CHECK_FALSE(rotateTunnelAccessToken(rotateAll(), client));
  CHECK(clock.lengths == std::vector<std::int64_t>{1'000, 2'000});
  // What is left of a wait is no whole slice.
  clock.lengths = {0, 0, 0};
  clock.flag = false;
  Settings settings = settingsForTests();
  settings.maxBackoffMs = 120;
  BasicClient<TestSha256> hasty(settings, transport, credentials, clock);
  CHECK_FALSE(rotateTunnelAccessToken(rotateAll(), hasty, until(clock.flag)));
  CHECK(clock.lengths == std::vector<std::int64_t>{0, 0, 0, 50, 50, 20, 50, 50, 20});
}

TEST_CASE("a rate limiter is told of requests that limits have ended") {
  CountingLimiter limiter;
  Settings settings = settingsForTests();
  settings.rateLimiter = &limiter;
  CallLimits limits;
  limits.timeoutMs = 1'000;
  LimitedCall limited(limits, settings);
  limited.begin();
  REQUIRE(limiter.underWay == 1);
  SECTION("cancelled, and nobody tells") {
    limited.call.cancel();
    CHECK(limited.call.next(after(10)) == Step::Done);
  }
  SECTION("cancelled by the transport") {
    limited.call.onSent(makeError(ErrorKind::Cancelled, "the call was cancelled"), after(10));
  }
  SECTION("no answer in time") {
    limited.call.onSent(transportError(Delivery::Unknown), after(1'000));
  }
  CHECK(limiter.underWay == 0);
}
