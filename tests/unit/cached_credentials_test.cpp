// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/credentials/cached.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/rotate_tunnel_access_token.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/calls.hpp"
#include "support/catch.hpp"
#include "support/durations.hpp"
#include "support/freed_memory.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::int64_t startMs = 1'767'225'600'000;
constexpr std::int64_t hour = 60 * minute;

/// Gives key1, key2 and so on, or an error.
class CountingSource final : public CredentialsProvider {
 public:
  int asked = 0;
  std::optional<std::int64_t> lifetimeMs = hour;
  std::optional<Error> error;
  std::vector<CredentialsQuery> queries;

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    ++asked;
    queries.push_back(query);
    if (error) return *error;
    credentials.accessKeyId = "key" + std::to_string(asked);
    credentials.secretAccessKey.assign("secret" + std::to_string(asked));
    credentials.sessionToken.assign("token" + std::to_string(asked));
    credentials.expiresAtMs.reset();
    if (lifetimeMs) credentials.expiresAtMs = query.nowMs + *lifetimeMs;
    return {};
  }
};

/// A cache in front of it, at a time that the test sets.
struct Cache {
  CountingSource source;
  CachedCredentials cached;
  std::int64_t nowMs = startMs;
  std::uint32_t random = 0;

  explicit Cache(CacheOptions options = {}) : cached(source, options) {}

  /// The key id, or the error's message. The caller's buffers hold `refused`.
  std::string get(const std::string& refused = {}) {
    Credentials credentials;
    credentials.accessKeyId = refused;
    CredentialsQuery query;
    query.nowMs = nowMs;
    query.expired = !refused.empty();
    query.random = random;
    const Result<void> result = cached.retrieve(query, credentials);
    if (!result) return "error: " + result.error().message;
    const std::string number = credentials.accessKeyId.substr(3);
    CHECK(credentials.secretAccessKey.equals("secret" + number));
    CHECK(credentials.sessionToken.equals("token" + number));
    return credentials.accessKeyId;
  }
  std::string getAt(std::int64_t afterStartMs) {
    nowMs = startMs + afterStartMs;
    return get();
  }
  void fail(ErrorKind kind = ErrorKind::Credentials) { source.error = makeError(kind, "why"); }
};

}  // namespace

TEST_CASE("a cache asks nobody before it is asked") {
  const Cache cache;
  CHECK(cache.source.asked == 0);
}

TEST_CASE("credentials without an end are kept for good") {
  Cache cache;
  cache.source.lifetimeMs.reset();
  CHECK(cache.get() == "key1");
  CHECK(cache.getAt(1'000'000 * hour) == "key1");
  CHECK(cache.source.asked == 1);
}

TEST_CASE("the advisory window goes by the lifetime") {
  const struct {
    std::int64_t lifetimeMs;
    std::int64_t windowMs;
  } cases[] = {
      {10 * minute, 5 * minute}, {20 * minute, 5 * minute},      {20 * minute + 1, 15 * minute},
      {hour, 15 * minute},       {90 * minute - 1, 15 * minute}, {90 * minute, 60 * minute},
      {6 * hour, 60 * minute},
  };
  for (const auto& row : cases) {
    CAPTURE(row.lifetimeMs);
    Cache cache;
    cache.source.lifetimeMs = row.lifetimeMs;
    CHECK(cache.get() == "key1");
    CHECK(cache.getAt(row.lifetimeMs - row.windowMs - 1) == "key1");
    CHECK(cache.getAt(row.lifetimeMs - row.windowMs) == "key2");
    CHECK(cache.source.asked == 2);
  }
}

TEST_CASE("the advisory window can be set") {
  CacheOptions options;
  options.advisoryWindowMs = 2 * minute;
  Cache cache(options);
  CHECK(cache.get() == "key1");
  CHECK(cache.getAt(58 * minute - 1) == "key1");
  CHECK(cache.getAt(58 * minute) == "key2");

  options.advisoryWindowMs = 0;
  Cache lastMinute(options);
  CHECK(lastMinute.get() == "key1");
  CHECK(lastMinute.getAt(59 * minute - 1) == "key1");
  CHECK(lastMinute.getAt(59 * minute) == "key2");
}

TEST_CASE("a failed fetch leaves the source alone for five to ten minutes") {
  const struct {
    std::uint32_t random;
    std::int64_t backOffMs;
  } cases[] = {{0, 300'000}, {0x66666666U, 419'999}, {0xffffffffU, 599'999}};
  for (const auto& row : cases) {
    CAPTURE(row.random);
    Cache cache;
    cache.random = row.random;
    CHECK(cache.get() == "key1");
    cache.fail();
    CHECK(cache.getAt(50 * minute) == "key1");
    CHECK(cache.getAt(50 * minute + row.backOffMs - 1) == "key1");
    CHECK(cache.source.asked == 2);
    cache.source.error.reset();
    CHECK(cache.getAt(50 * minute + row.backOffMs) == "key3");
  }
}

TEST_CASE("expired credentials are used while there are no others, unless that is switched off") {
  CacheOptions options;
  options.useExpired = GENERATE(true, false);
  CAPTURE(options.useExpired);
  Cache cache(options);
  CHECK(cache.get() == "key1");
  cache.fail();
  CHECK(cache.getAt(hour - 1) == "key1");
  const std::string expected = options.useExpired ? "key1" : "error: why";
  CHECK(cache.getAt(hour) == expected);
  CHECK(cache.source.asked == 2);
  CHECK(cache.getAt(hour + 6 * minute) == expected);
  CHECK(cache.source.asked == 3);
}

TEST_CASE("a source that has only expired credentials") {
  Cache cache;
  cache.source.lifetimeMs = 0;
  SECTION("gives the first ones, which the service may still take, and is left alone") {
    CHECK(cache.get() == "key1");
    CHECK(cache.getAt(minute) == "key1");
    CHECK(cache.source.asked == 1);
    cache.source.lifetimeMs = hour;
    CHECK(cache.getAt(5 * minute) == "key2");
    CHECK(cache.getAt(6 * minute) == "key2");
  }
  SECTION("cannot replace those that are kept") {
    cache.source.lifetimeMs = hour;
    CHECK(cache.get() == "key1");
    cache.source.lifetimeMs = -hour;
    CHECK(cache.getAt(59 * minute) == "key1");
    CHECK(cache.source.asked == 2);
    CHECK(cache.getAt(60 * minute) == "key1");
    CHECK(cache.source.asked == 2);
  }
  SECTION("has none for who takes no expired ones") {
    Cache strict(CacheOptions{std::nullopt, false});
    strict.source.lifetimeMs = 0;
    CHECK(strict.get() == "error: the source has no credentials but expired ones");
  }
}

TEST_CASE("with nothing kept every call asks, and every error is returned") {
  Cache cache;
  cache.fail();
  CHECK(cache.get() == "error: why");
  CHECK(cache.get() == "error: why");
  CHECK(cache.source.asked == 2);
  cache.source.error.reset();
  CHECK(cache.get() == "key3");
}

TEST_CASE("an error that only a person can mend is returned at once, and for five seconds") {
  const ErrorKind kind = GENERATE(ErrorKind::Configuration, ErrorKind::InvalidArgument);
  const bool isKept = GENERATE(false, true);
  CAPTURE(isKept);
  Cache cache;
  if (isKept) CHECK(cache.get() == "key1");
  const int before = cache.source.asked;
  cache.fail(kind);
  CHECK(cache.getAt(50 * minute) == "error: why");
  cache.source.error.reset();
  CHECK(cache.getAt(50 * minute + 5 * second - 1) == "error: why");
  CHECK(cache.source.asked == before + 1);
  CHECK(cache.getAt(50 * minute + 5 * second) == "key" + std::to_string(before + 2));
}

TEST_CASE("a clock that is set back ends back-off and a kept error") {
  Cache cache;
  CHECK(cache.get() == "key1");
  cache.fail();
  CHECK(cache.getAt(59 * minute) == "key1");
  CHECK(cache.getAt(59 * minute - 1) == "key1");
  CHECK(cache.source.asked == 3);
  cache.fail(ErrorKind::Configuration);
  CHECK(cache.getAt(2 * hour) == "error: why");
  CHECK(cache.source.asked == 4);
  CHECK(cache.getAt(2 * hour - 1) == "error: why");
  CHECK(cache.source.asked == 5);

  // A success then is not undone when the clock is right again.
  cache.source.error.reset();
  CHECK(cache.getAt(2 * hour - 2) == "key6");
  CHECK(cache.getAt(2 * hour) == "key6");
  cache.fail();
  CHECK(cache.getAt(3 * hour - 2) == "key6");
  cache.source.error.reset();
  CHECK(cache.getAt(3 * hour - 3) == "key8");
  cache.cached.invalidate();
  CHECK(cache.getAt(3 * hour - 1) == "key9");
}

TEST_CASE("what the service has refused is fetched anew") {
  Cache cache;
  CHECK(cache.get() == "key1");
  CHECK(cache.get("key1") == "key2");
  CHECK(cache.source.queries[1].expired);
  CHECK(cache.get() == "key2");
  SECTION("but not for who was refused an older one") {
    CHECK(cache.get("key1") == "key2");
    CHECK(cache.source.asked == 2);
    CHECK(cache.get("key2") == "key3");
  }
  SECTION("and not while the source is left alone") {
    cache.fail();
    CHECK(cache.get("key2") == "key2");
    CHECK(cache.get("key2") == "key2");
    CHECK(cache.source.asked == 3);
    cache.source.error.reset();
    CHECK(cache.getAt(5 * minute) == "key4");
  }
}

TEST_CASE("invalidate makes the next call fetch") {
  Cache cache;
  cache.cached.invalidate();
  CHECK(cache.get() == "key1");
  CHECK(cache.get() == "key1");
  cache.cached.invalidate();
  CHECK(cache.get() == "key2");
  CHECK(cache.get() == "key2");
}

TEST_CASE("the source is asked with the caller's query") {
  Cache cache;
  cache.random = 17;
  CHECK(cache.get() == "key1");
  CHECK(cache.source.queries[0].nowMs == startMs);
  CHECK(cache.source.queries[0].random == 17);
  CHECK_FALSE(cache.source.queries[0].expired);
}

TEST_CASE("a call gets new credentials through the cache when its own have expired") {
  ManualClock clock(startMs);
  CountingSource source;
  CachedCredentials cached(source);
  ScriptedTransport transport;
  BasicClient<OpensslSha256> client(settingsForTests(), transport, cached, clock);
  const std::string expired = R"({"__type":"ExpiredTokenException","message":"over"})";
  const auto keyOf = [&](std::size_t request) {
    const std::string authorization = *transport.requests()[request].header("Authorization");
    return authorization.substr(authorization.find("key"), 4);
  };

  transport.answer(200, R"({"tunnelArn":"arn"})").answer(200, R"({"tunnelArn":"arn"})");
  CHECK(rotateTunnelAccessToken(rotateAll(), client));
  CHECK(rotateTunnelAccessToken(rotateAll(), client));
  CHECK(source.asked == 1);
  transport.answer(403, expired).answer(200, R"({"tunnelArn":"arn"})");
  CHECK(rotateTunnelAccessToken(rotateAll(), client));
  CHECK(source.asked == 2);
  CHECK(keyOf(1) == "key1");
  CHECK(keyOf(2) == "key1");
  CHECK(keyOf(3) == "key2");

  // Where the source fails then, what the service said is the answer.
  transport.answer(403, expired);
  source.error = makeError(ErrorKind::Credentials, "why");
  const auto result = rotateTunnelAccessToken(rotateAll(), client);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == "ExpiredTokenException");
  CHECK(transport.remaining() == 0);
  CHECK(clock.waits().empty());
}

TEST_CASE("a cache that goes leaves no secret in freed memory") {
  const std::string canary = "canary-of-a-cached-secret-0123456789";
  const FreedMemoryWatch watch(canary);
  {
    StaticCredentials source("ID", canary, canary);
    CachedCredentials cached(source);
    Credentials credentials;
    REQUIRE(cached.retrieve({}, credentials));
    CHECK(credentials.sessionToken.equals(canary));
    cached.invalidate();
    REQUIRE(cached.retrieve({}, credentials));
  }
  CHECK(watch.leaks() == 0);
}

TEST_CASE("searches that an event loop drives wait for each other") {
  /// Has credentials at the second step.
  class Slow final : public CredentialsSource {
   public:
    int searches = 0;
    Step next(CredentialsFetch& fetch, const Moment&) override {
      if (!std::exchange(hasBegun_, true)) return fetch.wait(7);
      hasBegun_ = false;
      fetch.credentials().accessKeyId = "key" + std::to_string(++searches);
      fetch.credentials().secretAccessKey.assign("secret");
      return fetch.done({});
    }
    void abandon(CredentialsFetch&) noexcept override { hasBegun_ = false; }

   private:
    bool hasBegun_ = false;
  } source;
  CachedCredentials cached(source);
  HttpExchange exchange;
  Credentials mine;
  Credentials others;
  std::optional<CredentialsFetch> first(std::in_place, exchange, &cached, mine);
  CredentialsFetch other(exchange, &cached, others);
  const Moment now{startMs, 0};
  REQUIRE(first->next(now) == Step::Wait);
  CHECK(first->waitMs() == 7);
  REQUIRE(other.next(now) == Step::Wait);
  CHECK(other.waitMs() == 20);
  SECTION("what one has found is the answer of both") {
    REQUIRE(first->next(now) == Step::Done);
    REQUIRE(other.next(now) == Step::Done);
    REQUIRE(other.takeOutcome());
    CHECK(others.accessKeyId == "key1");
    CHECK(source.searches == 1);

    // Refused by the service, the same again are of no use.
    other.query().expired = true;
    REQUIRE(other.next(now) == Step::Wait);
    REQUIRE(other.next(now) == Step::Done);
    CHECK(others.accessKeyId == "key2");
  }
  SECTION("one that goes is followed by the next") {
    first.reset();
    REQUIRE(other.next(now) == Step::Wait);
    REQUIRE(other.next(now) == Step::Done);
    CHECK(others.accessKeyId == "key1");
  }
  SECTION("a thread that blocks does not wait for what it may drive itself") {
    const Result<void> found = cached.retrieve({}, others);
    REQUIRE_FALSE(found);
    CHECK(found.error().message == "these credentials are still being fetched by an event loop");
  }
}

TEST_CASE("a fetch that the limits of its call ended leaves all as it was") {
  /// Ends as the test says.
  struct Source final : CredentialsProvider {
    std::optional<ErrorKind> failure;
    int fetches = 0;
    Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
      ++fetches;
      if (failure) return makeError(*failure, "ended");
      credentials.accessKeyId = "ID" + std::to_string(fetches);
      credentials.secretAccessKey.assign("secret");
      credentials.expiresAtMs = query.nowMs + 600'000;
      return {};
    }
  } source;
  CachedCredentials cached(source);
  CredentialsQuery query;
  query.nowMs = 1'000'000;
  Credentials credentials;
  source.failure = GENERATE(ErrorKind::Cancelled, ErrorKind::DeadlineExceeded);
  // With nothing kept, and in the window before the end of what is.
  for (const int fetches : {1, 3}) {
    const Result<void> ended = cached.retrieve(query, credentials);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().kind == *source.failure);
    CHECK(source.fetches == fetches);
    const std::optional<ErrorKind> failure = std::exchange(source.failure, std::nullopt);
    // Neither the error is kept, nor is the source left alone.
    CHECK(cached.retrieve(query, credentials));
    CHECK(credentials.accessKeyId == "ID" + std::to_string(fetches + 1));
    source.failure = failure;
    query.nowMs += 400'000;
  }
}
