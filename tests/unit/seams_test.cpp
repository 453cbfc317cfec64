// SPDX-License-Identifier: BSL-1.0
// What a call makes of parts that others write: a hash engine, a transport, a clock. The parts here
// keep their contract to the letter, or break it.
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "secure_tunneling/rotate_tunnel_access_token.hpp"
#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/calls.hpp"
#include "support/catch.hpp"
#include "support/freed_memory.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* seamBody = R"({"tunnelArn":"arn","sourceAccessToken":"source"})";

/// What a chip's one hash engine has seen.
struct EngineLog {
  int failAt = -1;
  int calls = 0;
  int mistakes = 0;
  bool inMessage = false;
};

/// A hash policy in front of an engine that notices when it is used against its contract.
class StrictHash {
 public:
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;

  explicit StrictHash(EngineLog& log) : log_(&log) {}
  StrictHash(StrictHash&&) = default;
  StrictHash(const StrictHash&) = delete;
  StrictHash& operator=(const StrictHash&) = delete;

  bool init() {
    log_->inMessage = works();
    return log_->inMessage && hash_.init();
  }
  bool update(const void* data, std::size_t size) {
    if (!log_->inMessage || (data == nullptr && size != 0)) ++log_->mistakes;
    return stays(works()) && hash_.update(data, size);
  }
  bool final(unsigned char* digest) {
    if (!log_->inMessage || digest == nullptr) ++log_->mistakes;
    const bool worked = works();
    log_->inMessage = false;
    return worked && hash_.final(digest);
  }

 private:
  bool works() { return log_->calls++ != log_->failAt; }
  bool stays(bool worked) { return log_->inMessage = worked; }

  EngineLog* log_;
  OpensslSha256 hash_;
};

/// A transport that does what a test says.
class AnyTransport final : public HttpTransport {
 public:
  using Action = std::function<Result<void>(const HttpRequest&, HttpResponse&)>;
  explicit AnyTransport(Action action) : action_(std::move(action)) {}
  Result<void> send(const HttpRequest& request, HttpResponse& response) override {
    ++calls;
    return action_(request, response);
  }
  int calls = 0;

 private:
  Action action_;
};

Result<RotateTunnelAccessTokenResponse> rotateBy(HttpTransport& transport, Clock& clock,
                                                 const Settings& settings = settingsForTests()) {
  StaticCredentials credentials("AKIDEXAMPLE", "secret", "session");
  BasicClient<OpensslSha256> client(settings, transport, credentials, clock);
  return rotateTunnelAccessToken(rotateAll(), client);
}

}  // namespace

TEST_CASE("hash: one message at a time, in order, and nothing of a failed one") {
  EngineLog log;
  ManualClock clock;
  StaticCredentials credentials("AKIDEXAMPLE", std::string(100, 's'), "session");
  ScriptedTransport expected;
  expected.answer(200, seamBody);
  BasicClient<OpensslSha256> openssl(settingsForTests(), expected, credentials, clock);
  REQUIRE(rotateTunnelAccessToken(rotateAll(), openssl));

  int failAt = -1;
  for (;; ++failAt) {
    CAPTURE(failAt);
    log = {};
    log.failAt = failAt;
    ScriptedTransport transport;
    transport.answer(200, seamBody).answer(200, seamBody);
    BasicClient<StrictHash> client(settingsForTests(), transport, credentials, clock,
                                   StrictHash(log));
    const auto result = rotateTunnelAccessToken(rotateAll(), client);
    CHECK(log.mistakes == 0);
    if (failAt >= 0 && result) break;
    if (failAt >= 0) {
      CHECK(result.error().kind == ErrorKind::Signing);
      CHECK(result.error().attempts == 0);
      CHECK(transport.requests().empty());
      // The engine works again, and with it the client.
      REQUIRE(rotateTunnelAccessToken(rotateAll(), client));
      CHECK(log.mistakes == 0);
    }
    CHECK(transport.requests()[0].header("Authorization") ==
          expected.requests()[0].header("Authorization"));
  }
  CHECK(failAt == log.calls);
}

TEST_CASE("hash: an engine that fails at a later attempt does not hide the first") {
  ManualClock clock;
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  EngineLog log;
  const Delivery delivery = GENERATE(Delivery::NotSent, Delivery::Unknown);
  AnyTransport transport([&](const HttpRequest&, HttpResponse&) -> Result<void> {
    log.failAt = log.calls;
    Error error = makeError(ErrorKind::Transport, "lost");
    error.delivery = delivery;
    return error;
  });
  BasicClient<StrictHash> client(settingsForTests(), transport, credentials, clock,
                                 StrictHash(log));
  const auto result = rotateTunnelAccessToken(rotateAll(), client);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::Signing);
  CHECK(result.error().attempts == 1);
  CHECK(result.error().delivery == delivery);
  CHECK(transport.calls == 1);
}

TEST_CASE("transport: success without a final status is no success, and may have arrived") {
  const int status = GENERATE(0, -1, 100, 101, 199, std::numeric_limits<int>::min());
  ManualClock clock;
  AnyTransport transport([&](const HttpRequest&, HttpResponse& response) -> Result<void> {
    response.status = status;
    response.body.assign(seamBody);
    return {};
  });
  const auto result = rotateBy(transport, clock);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::Transport);
  CHECK(result.error().delivery == Delivery::Unknown);
  CHECK(result.error().message.find("status") != std::string::npos);
  CHECK(result.error().attempts == 3);
  CHECK(transport.calls == 3);
}

TEST_CASE("transport: header lines as they stand on the wire") {
  ManualClock clock;
  AnyTransport transport([&](const HttpRequest&, HttpResponse& response) -> Result<void> {
    response.status = 400;
    for (const char* const line :
         {"HTTP/1.1 400 Bad Request\r\n", "x-amzn-requestid:id-1\r\n", "no colon\r\n", "\r\n",
          " folded: line\r\n", "X-AMZN-ERRORTYPE: \tThrottlingException:uri \r\n",
          "Retry-After: 4\r\n", "Date: Thu, 15 Jan 2026 12:30:00 GMT\r\n", "\r\n"}) {
      response.headers.addLine(line);
    }
    response.body.assign("{}");
    return {};
  });
  const auto result = rotateBy(transport, clock);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == "ThrottlingException");
  CHECK(result.error().requestId == "id-1");
  CHECK(clock.waits() == std::vector<std::int64_t>{4000, 4000});
}

TEST_CASE("transport: bodies past all reason are read, or are an error in a few words") {
  constexpr std::size_t huge = std::size_t{4} << 20;
  ManualClock clock;
  const struct {
    const char* name;
    int status;
    std::string body;
    bool good;
  } cases[] = {
      {"blanks around JSON", 200, std::string(huge, ' ') + seamBody + std::string(huge, '\n'),
       true},
      {"an unknown member", 200,
       R"({"x":")" + std::string(huge, 'x') + R"(","sourceAccessToken":"source"})", true},
      {"blanks", 200, std::string(huge, ' '), false},
      {"nesting", 200, std::string(huge, '['), false},
      {"NULs", 200, std::string(huge, '\0'), false},
      {"a page", 502, std::string(huge, '<'), false},
      {"a page of NULs", 502, std::string(huge, '\0'), false},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    AnyTransport transport([&](const HttpRequest&, HttpResponse& response) -> Result<void> {
      response.status = row.status;
      response.body.assign(row.body);
      return {};
    });
    const auto result = rotateBy(transport, clock);
    CHECK(result.hasValue() == row.good);
    if (!result) CHECK(result.error().message.size() <= 5 * 1024);
  }
}

TEST_CASE("transport: an error is the transport's word, whatever it is") {
  const struct {
    ErrorKind kind;
    Delivery delivery;
    int attempts;
  } cases[] = {
      {ErrorKind::Transport, Delivery::Answered, 3},
      {ErrorKind::Service, Delivery::NotSent, 1},
      {ErrorKind::InvalidArgument, Delivery::Unknown, 1},
      {ErrorKind::Untrusted, Delivery::NotSent, 1},
  };
  for (const auto& row : cases) {
    ManualClock clock;
    AnyTransport transport([&](const HttpRequest&, HttpResponse& response) -> Result<void> {
      // What it wrote before it failed does not count.
      response.status = 200;
      response.body.assign(seamBody);
      Error error = makeError(row.kind, "broken");
      error.delivery = row.delivery;
      error.transportCode = 7;
      return error;
    });
    const auto result = rotateBy(transport, clock);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == row.kind);
    CHECK(result.error().delivery == row.delivery);
    CHECK(result.error().transportCode == 7);
    CHECK(result.error().attempts == row.attempts);
  }
}

TEST_CASE("clock: a device that believes in 1970 signs with the service's time") {
  ManualClock service(ManualClock::defaultUnixMs);
  FakeSecureTunnelingService fake(service);
  fake.addCredentials("AKIDEXAMPLE", "secret", "session");
  fake.addTunnel("tunnel");
  ManualClock device(0);
  const auto result = rotateBy(fake, device);
  REQUIRE(result);
  CHECK(result->attempts == 2);
  CHECK(device.waits().empty());
}

TEST_CASE("clock: an exchange that ends before it began teaches nothing about the service's") {
  ManualClock clock;
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  std::vector<std::string> dates;
  AnyTransport transport([&](const HttpRequest& request, HttpResponse& response) -> Result<void> {
    dates.emplace_back(headerOf(request, "X-Amz-Date"));
    if (dates.size() == 1) clock.advance(std::int64_t{-40} * 365 * 86'400'000);
    if (dates.size() == 2) clock.set(ManualClock::defaultUnixMs);
    response.status = 200;
    response.headers.add("Date", "Thu, 15 Jan 2026 12:30:00 GMT");
    response.body.assign(seamBody);
    return {};
  });
  BasicClient<OpensslSha256> client(settingsForTests(), transport, credentials, clock);
  for (int i = 0; i != 3; ++i)
    REQUIRE(rotateTunnelAccessToken(rotateAll(), client));
  CHECK(dates[0] == "20260115T123000Z");
  // By the device's own clock, as wrong as it is.
  CHECK(dates[1].substr(0, 4) == "1986");
  CHECK(dates[2] == "20260115T123000Z");
}

TEST_CASE("clock: a wait that ends early is another attempt early") {
  class ImpatientClock final : public Clock {
   public:
    Moment now() override { return {ManualClock::defaultUnixMs, 0xffffffffU}; }
    void wait(std::int64_t ms) override { total += ms; }
    std::int64_t total = 0;
  };
  ImpatientClock clock;
  ScriptedTransport transport;
  transport.answer(500).answer(500).answer(200, seamBody);
  const auto result = rotateBy(transport, clock);
  REQUIRE(result);
  CHECK(result->attempts == 3);
  CHECK(clock.total == 3000);
}

TEST_CASE("randomness: any number is good enough, and bounds the wait") {
  for (const std::uint32_t random : {0U, 1U, 0x80000000U, 0xffffffffU}) {
    CAPTURE(random);
    ManualClock clock;
    clock.setRandom(random);
    ScriptedTransport transport;
    transport.answer(500).answer(500, "", {{"Retry-After", "9"}}).answer(200, seamBody);
    REQUIRE(rotateBy(transport, clock));
    std::int64_t total = 0;
    for (const std::int64_t wait : clock.waits()) {
      CHECK(wait > 0);
      CHECK(wait <= settingsForTests().maxBackoffMs + 5'000);
      total += wait;
    }
    // What the service asks for is kept, up to five seconds above the random wait.
    CHECK(total >= 5'000);
    CHECK(total <= 3'000 + 5'000);
  }
}

TEST_CASE("memory: a warm call asks for little") {
  ManualClock clock;
  StaticCredentials credentials("AKIDEXAMPLE", "a-secret-access-key-of-some-length",
                                std::string(900, 't'));
  class QuietTransport final : public HttpTransport {
   public:
    Result<void> send(const HttpRequest&, HttpResponse& response) override {
      response.status = 200;
      response.headers.add("x-amzn-RequestId", "0f2b0a3e-9d3f-4a55-8a0e-1f2d3c4b5a69");
      response.body.assign(R"({"sourceAccessToken":"AQGAAX0tZnX2QbWcUe0example"})");
      return {};
    }
  };
  QuietTransport transport;
  BasicClient<OpensslSha256> client(settingsForTests(), transport, credentials, clock);
  const RotateTunnelAccessTokenRequest request = rotateAll();
  REQUIRE(rotateTunnelAccessToken(request, client));
  const long before = allocationsSoFar();
  const auto result = rotateTunnelAccessToken(request, client);
  const long after = allocationsSoFar();
  REQUIRE(result);
  // The token and the request id, which the caller keeps, and one in reserve.
  CHECK(after - before <= 3);
}
