// SPDX-License-Identifier: BSL-1.0
// The blocking function: what it asks of transport, credentials and clock, in which order.
#include "secure_tunneling/rotate_tunnel_access_token.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/owning_client.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/calls.hpp"
#include "support/catch.hpp"
#include "support/sha256.hpp"

using namespace secure_tunneling;

namespace {

using TestClient = BasicClient<TestSha256>;

constexpr const char* goodAnswer = R"({"tunnelArn":"arn","sourceAccessToken":"source"})";

/// Gives another key each time, and keeps what it was asked.
class CountingCredentials final : public CredentialsProvider {
 public:
  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    queries.push_back(query);
    if (failing) return makeError(ErrorKind::Credentials, "none here");
    credentials.accessKeyId = "AKID" + std::to_string(queries.size());
    credentials.secretAccessKey.assign("secret");
    return {};
  }

  std::vector<CredentialsQuery> queries;
  bool failing = false;
};

struct Parts {
  ScriptedTransport transport;
  CountingCredentials credentials;
  ManualClock clock;
};

}  // namespace

TEST_CASE("a call that succeeds at once") {
  Parts parts;
  parts.transport.answer(200, goodAnswer, {{"x-amzn-RequestId", "id"}});
  TestClient client(settingsForTests(), parts.transport, parts.credentials, parts.clock);
  CHECK(client.settings().region == "us-east-1");
  CHECK(parts.credentials.queries.empty());
  const auto result = rotateTunnelAccessToken(rotateAll(), client);
  REQUIRE(result);
  CHECK(result->sourceAccessToken->expose() == "source");
  CHECK(result->requestId == "id");
  CHECK(result->attempts == 1);
  CHECK(parts.clock.waits().empty());
  REQUIRE(parts.credentials.queries.size() == 1);
  CHECK(parts.credentials.queries[0].nowMs == ManualClock::defaultUnixMs);
  REQUIRE(parts.transport.requests().size() == 1);
  const RecordedRequest& request = parts.transport.requests()[0];
  CHECK(request.header("x-amz-date") == "20260115T123000Z");
  CHECK(request.body == R"({"tunnelId":"tunnel","clientMode":"ALL"})");
}

TEST_CASE("a call is signed with the time after its credentials were found") {
  /// Takes its time.
  class SlowCredentials final : public CredentialsProvider {
   public:
    explicit SlowCredentials(ManualClock& clock) : clock_(clock) {}
    Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
      clock_.advance(400'000);
      credentials.accessKeyId = "AKIDEXAMPLE";
      credentials.secretAccessKey.assign("secret");
      return {};
    }

   private:
    ManualClock& clock_;
  };
  Parts parts;
  SlowCredentials slow(parts.clock);
  parts.transport.answer(200, goodAnswer);
  TestClient client(settingsForTests(), parts.transport, slow, parts.clock);
  REQUIRE(rotateTunnelAccessToken(rotateAll(), client));
  CHECK(parts.transport.requests().at(0).header("x-amz-date") == "20260115T123640Z");
  CHECK(parts.clock.waits().empty());
}

TEST_CASE("a call waits between attempts") {
  Parts parts;
  parts.transport.answer(500).fail(Delivery::Unknown).answer(200, goodAnswer);
  TestClient client(settingsForTests(), parts.transport, parts.credentials, parts.clock);
  const auto result = rotateTunnelAccessToken(rotateAll(), client);
  REQUIRE(result);
  CHECK(result->attempts == 3);
  CHECK(parts.clock.waits() == std::vector<std::int64_t>{1000, 2000});
  CHECK(parts.credentials.queries.size() == 1);
  REQUIRE(parts.transport.requests().size() == 3);
  CHECK(parts.transport.requests()[0].header("x-amz-date") == "20260115T123000Z");
  CHECK(parts.transport.requests()[1].header("x-amz-date") == "20260115T123001Z");
  CHECK(parts.transport.requests()[2].header("x-amz-date") == "20260115T123003Z");
}

TEST_CASE("a wait of no length is none") {
  Parts parts;
  parts.clock.setRandom(0);
  parts.transport.answer(500).answer(200, goodAnswer);
  TestClient client(settingsForTests(), parts.transport, parts.credentials, parts.clock);
  CHECK(rotateTunnelAccessToken(rotateAll(), client));
  CHECK(parts.clock.waits().empty());
}

TEST_CASE("a call that fails for good") {
  Parts parts;
  parts.transport.answer(503).answer(503).answer(503, R"({"__type":"Last"})");
  TestClient client(settingsForTests(), parts.transport, parts.credentials, parts.clock);
  const auto result = rotateTunnelAccessToken(rotateAll(), client);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == "Last");
  CHECK(result.error().attempts == 3);
  CHECK(parts.transport.remaining() == 0);
}

TEST_CASE("a mistake in the request asks for nothing") {
  Parts parts;
  TestClient client(settingsForTests(), parts.transport, parts.credentials, parts.clock);
  const auto result = rotateTunnelAccessToken({}, client);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::InvalidArgument);
  CHECK(parts.credentials.queries.empty());
  CHECK(parts.transport.requests().empty());
}

TEST_CASE("without credentials nothing goes over the transport") {
  Parts parts;
  parts.credentials.failing = true;
  TestClient client(settingsForTests(), parts.transport, parts.credentials, parts.clock);
  const auto result = rotateTunnelAccessToken(rotateAll(), client);
  REQUIRE_FALSE(result);
  CHECK(result.error().message == "none here");
  CHECK(parts.transport.requests().empty());
}

TEST_CASE("an unsigned call asks nobody for credentials") {
  Parts parts;
  parts.transport.answer(200, goodAnswer);
  Settings settings = settingsForTests();
  settings.signRequests = false;
  TestClient client(settings, parts.transport, parts.credentials, parts.clock);
  CHECK(rotateTunnelAccessToken(rotateAll(), client));
  CHECK(parts.credentials.queries.empty());
  CHECK_FALSE(parts.transport.requests()[0].header("authorization"));
}

TEST_CASE("expired credentials are asked for again") {
  Parts parts;
  parts.transport.answer(403, R"({"__type":"ExpiredTokenException"})").answer(200, goodAnswer);
  TestClient client(settingsForTests(), parts.transport, parts.credentials, parts.clock);
  CHECK(rotateTunnelAccessToken(rotateAll(), client));
  REQUIRE(parts.credentials.queries.size() == 2);
  CHECK_FALSE(parts.credentials.queries[0].expired);
  CHECK(parts.credentials.queries[1].expired);
  CHECK(parts.transport.requests()[1].header("authorization")->find("AKID2/") != std::string::npos);
  CHECK(parts.clock.waits().empty());
}

TEST_CASE("a client remembers the clock skew, and asks for credentials at each call") {
  Parts parts;
  parts.transport
      .answer(403, R"({"__type":"RequestTimeTooSkewed"})",
              {{"Date", "Thu, 15 Jan 2026 12:40:00 GMT"}})
      .answer(200, goodAnswer)
      .answer(200, goodAnswer);
  TestClient client(settingsForTests(), parts.transport, parts.credentials, parts.clock);
  CHECK(rotateTunnelAccessToken(rotateAll(), client));
  CHECK(rotateTunnelAccessToken(rotateAll(), client));
  REQUIRE(parts.transport.requests().size() == 3);
  CHECK(parts.transport.requests()[0].header("x-amz-date") == "20260115T123000Z");
  CHECK(parts.transport.requests()[1].header("x-amz-date") == "20260115T124000Z");
  CHECK(parts.transport.requests()[2].header("x-amz-date") == "20260115T124000Z");
  CHECK(parts.credentials.queries.size() == 2);
}

TEST_CASE("the system's clock goes on, and no two moments have one random number") {
  static_assert(!std::is_polymorphic<TestSha256>::value, "a policy, and no base class");
  SystemClock clock;
  const Moment first = clock.now();
  clock.wait(2);
  const Moment second = clock.now();
  CHECK(first.unixMs > 1'700'000'000'000);
  CHECK(second.unixMs >= first.unixMs + 2);
  CHECK(second.unixMs < first.unixMs + 60'000);
  // Equal numbers by chance are one case in four billion.
  CHECK(first.random != second.random);
}

TEST_CASE("credentials come from a function of the program") {
  Parts parts;
  parts.transport.answer(200, goodAnswer).answer(200, goodAnswer);
  int asked = 0;
  FunctionCredentials credentials(
      [&asked](const CredentialsQuery&, Credentials& found) -> Result<void> {
        if (++asked == 2) return makeError(ErrorKind::Credentials, "no more");
        found.accessKeyId = "AKIDFUNCTION";
        found.secretAccessKey.assign("secret");
        return {};
      });
  TestClient client(settingsForTests(), parts.transport, credentials, parts.clock);
  REQUIRE(rotateTunnelAccessToken(rotateAll(), client));
  CHECK(parts.transport.requests().at(0).header("authorization")->find("AKIDFUNCTION/") !=
        std::string::npos);
  CHECK(rotateTunnelAccessToken(rotateAll(), client).error().message == "no more");
}

TEST_CASE("a client can own what it calls with") {
  using OwningClient = BasicOwningClient<TestSha256>;
  const auto makeClient = [] {
    auto transport = std::make_unique<ScriptedTransport>();
    transport->answer(200, goodAnswer).answer(200, goodAnswer);
    return std::make_unique<OwningClient>(settingsForTests(), std::move(transport),
                                          std::make_unique<CountingCredentials>(),
                                          std::make_unique<ManualClock>());
  };
  const std::unique_ptr<OwningClient> client = makeClient();
  CHECK(client->settings().region == "us-east-1");
  CHECK(rotateTunnelAccessToken(rotateAll(), *client)->sourceAccessToken->expose() == "source");
  CHECK(rotateTunnelAccessToken(rotateAll(), *client));
}
