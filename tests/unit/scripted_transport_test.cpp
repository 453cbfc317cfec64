// SPDX-License-Identifier: BSL-1.0
// The parts of the test kit but the fake service.
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/fake_service.hpp"

using namespace secure_tunneling;

TEST_CASE("ScriptedTransport plays its script and records what it is sent") {
  ScriptedTransport transport;
  transport.answer(400, "body", {{"X-One", "1"}, {"Retry-After", "2"}})
      .fail(Delivery::NotSent, "no route");
  CHECK(transport.remaining() == 2);

  RecordedRequest request = signedRequest();
  request.target = "/path";
  const Answer first = sendTo(transport, request);
  CHECK(first.answered);
  CHECK(first.status == 400);
  CHECK(first.body == "body");
  CHECK(first.header("x-one") == "1");
  CHECK(first.header("retry-after") == "2");

  const Answer second = sendTo(transport, unsignedRequest("{}"));
  CHECK_FALSE(second.answered);
  CHECK(second.status == 0);
  CHECK(second.error.kind == ErrorKind::Transport);
  CHECK(second.error.delivery == Delivery::NotSent);
  CHECK(second.error.message == "no route");
  CHECK(transport.remaining() == 0);

  REQUIRE(transport.requests().size() == 2);
  const RecordedRequest& recorded = transport.requests()[0];
  CHECK(recorded.method == "POST");
  CHECK(recorded.url == request.url);
  CHECK(recorded.https);
  CHECK(recorded.host == request.host);
  CHECK(recorded.port == 443);
  CHECK(recorded.authority == request.authority);
  CHECK(recorded.target == "/path");
  CHECK(recorded.header("x-amz-date") == std::string("20260115T123000Z"));
  CHECK(recorded.header("x-none") == std::nullopt);
  CHECK(recorded.headers.size() == request.headers.size());
  CHECK(recorded.body == request.body);
}

TEST_CASE("ScriptedTransport fails with the whole error it was given") {
  ScriptedTransport transport;
  Error error = makeError(ErrorKind::Transport, "timed out");
  error.delivery = Delivery::Unknown;
  error.transportCode = 28;
  transport.fail(error);

  const Answer answer = sendTo(transport, signedRequest());
  CHECK(answer.error.delivery == Delivery::Unknown);
  CHECK(answer.error.transportCode == 28);
}

TEST_CASE("ScriptedTransport takes its time, and no more than a request has left") {
  const struct {
    std::int64_t takesMs;
    std::int64_t leftMs;
    bool isAnswered;
    std::int64_t passedMs;
  } cases[] = {
      {700, 0, true, 700}, {700, 701, true, 700}, {700, 700, true, 700}, {700, 699, false, 699}};
  for (const auto& row : cases) {
    CAPTURE(row.leftMs);
    ManualClock clock;
    ScriptedTransport transport;
    transport.answer(200).takes(clock, row.takesMs);
    HttpRequest request;
    request.timeoutMs = row.leftMs;
    HttpResponse response;
    const Result<void> sent = transport.send(request, response);
    CHECK(sent.hasValue() == row.isAnswered);
    CHECK(clock.now().unixMs == ManualClock::defaultUnixMs + row.passedMs);
    CHECK(clock.now().monotonicMs == row.passedMs);
    CHECK(clock.waits().empty());
    if (row.isAnswered) continue;
    CHECK(sent.error().kind == ErrorKind::DeadlineExceeded);
    CHECK(sent.error().delivery == Delivery::Unknown);
  }
}

TEST_CASE("ScriptedTransport sends nothing that was cancelled") {
  const std::atomic<bool> flag{true};
  ScriptedTransport transport;
  transport.answer(200);
  HttpRequest request;
  request.cancelled = &flag;
  HttpResponse response;
  const Result<void> sent = transport.send(request, response);
  REQUIRE_FALSE(sent);
  CHECK(sent.error().kind == ErrorKind::Cancelled);
  CHECK(sent.error().delivery == Delivery::NotSent);
  CHECK(transport.requests().empty());
  CHECK(transport.remaining() == 1);
}

TEST_CASE("ScriptedTransport says so when the script is over") {
  ScriptedTransport transport;
  transport.answer(200);
  sendTo(transport, signedRequest());

  const Answer answer = sendTo(transport, signedRequest());
  CHECK_FALSE(answer.answered);
  CHECK(answer.error.kind == ErrorKind::Transport);
  CHECK(answer.error.message ==
        "ScriptedTransport: request 2 came, but the script has only 1 answers");
  CHECK(transport.requests().size() == 2);
}

TEST_CASE("A recorded request is a request again, header lines included") {
  RecordedRequest copy = RecordedRequest(signedRequest().view());
  const HttpRequest view = copy.view();
  REQUIRE(view.headerCount == 4);
  CHECK(view.headers[2].line == "X-Amz-Date: 20260115T123000Z");
  CHECK(view.headers[2].line.data()[view.headers[2].line.size()] == '\0');
  CHECK(view.headers[2].name == "X-Amz-Date");
  CHECK(view.headers[2].value == "20260115T123000Z");
}

TEST_CASE("ManualClock stands still until it is moved") {
  ManualClock clock;
  CHECK(clock.now().unixMs == ManualClock::defaultUnixMs);
  CHECK(clock.now().unixMs == 1768480200000);
  CHECK(clock.now().random == 0xffffffffU);

  clock.wait(1500);
  clock.wait(20);
  CHECK(clock.now().unixMs == 1768480201520);
  CHECK(clock.waits() == std::vector<std::int64_t>{1500, 20});

  CHECK(clock.now().monotonicMs == 1520);
  clock.advance(-20);
  CHECK(clock.now().unixMs == 1768480201500);
  clock.set(7);
  CHECK(clock.now().monotonicMs == 1520);
  clock.setRandom(3);
  CHECK(clock.now().unixMs == 7);
  CHECK(clock.now().random == 3);
  CHECK(ManualClock(5).now().unixMs == 5);
}
