// SPDX-License-Identifier: BSL-1.0
// Threads with a client and a transport each, and all that they may share: the retry quota, the
// rate limiter, a cache of credentials, a clock, the flag that cancels. What they do to it beside
// each other is for ThreadSanitizer to see.
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "secure_tunneling/credentials/cached.hpp"
#include "secure_tunneling/retry/adaptive_rate_limiter.hpp"
#include "secure_tunneling/retry/retry_quota.hpp"
#include "support/caller.hpp"
#include "support/gate.hpp"

using namespace secure_tunneling;

namespace {

constexpr int callerCount = 16;

/// Runs `work(0)` to `work(15)`, each in a thread, and waits for them.
template <class Work>
void inThreads(Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i != callerCount; ++i)
    threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads)
    thread.join();
}

/// A clock for all threads, on which waiting takes no time.
class SharedClock final : public Clock {
 public:
  Moment now() override {
    const std::int64_t passedMs = passedMs_;
    const std::uint32_t random = ++asked_ * 2'654'435'769U;
    return {ManualClock::defaultUnixMs + passedMs, random, passedMs};
  }
  void wait(std::int64_t ms) override { passedMs_ += ms; }

 private:
  std::atomic<std::int64_t> passedMs_{0};
  std::atomic<std::uint32_t> asked_{0};
};

/// New credentials at each search, which the service knows and which end in a minute and a half.
/// Its members are no atomics: there is never more than one search.
class ShortLived final : public CredentialsProvider {
 public:
  explicit ShortLived(ServedFake& service) : service_(service) {}

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    const std::string id = "AKID" + std::to_string(++searches);
    service_.with([&](auto& fake) { fake.addCredentials(id, "secret-of-" + id); });
    credentials.accessKeyId = id;
    credentials.secretAccessKey.assign("secret-of-" + id);
    credentials.expiresAtMs = query.nowMs + 90'000;
    return {};
  }

  int searches = 0;

 private:
  ServedFake& service_;
};

/// What has come of a thread's calls.
struct Outcomes {
  int responses = 0;
  int refusals = 0;
  std::string strange;
};

}  // namespace

TEST_CASE("threads share a quota, a rate limiter and credentials that expire") {
  constexpr int callsEach = 12;
  ServedFake service;
  SharedClock clock;
  ShortLived source(service);
  CachedCredentials credentials(source);
  RetryQuota quota(200);
  AdaptiveRateLimiter limiter;
  Settings settings = settingsFor(service.url());
  settings.retryMode = RetryMode::Adaptive;
  settings.newRetries2026 = true;
  settings.retryQuota = &quota;
  settings.rateLimiter = &limiter;
  std::array<Outcomes, callerCount> all;

  inThreads([&](int number) {
    CurlTransport transport(direct());
    Client client(settings, transport, credentials, clock);
    RotateTunnelAccessTokenRequest request;
    request.tunnelId = ServedFake::tunnel;
    request.clientMode = ClientMode::ALL;
    Outcomes& mine = all[static_cast<std::size_t>(number)];
    for (int i = 0; i != callsEach; ++i) {
      if (i % 3 == 0) service.injectFault(Fault::Throttled);
      if (i % 4 == 1) service.injectFault(Fault::InternalError);
      if (i % 6 == 5) credentials.invalidate();
      const RotateResult result = rotateTunnelAccessToken(request, client);
      if (result) {
        ++mine.responses;
      } else if (result.error().code == "ThrottlingException" ||
                 result.error().code == "InternalServerException") {
        ++mine.refusals;
      } else {
        mine.strange += describe(result) + "\n";
      }
    }
  });

  Outcomes sum;
  for (const Outcomes& mine : all) {
    CHECK(mine.strange.empty());
    INFO(mine.strange);
    sum.responses += mine.responses;
    sum.refusals += mine.refusals;
  }
  CHECK(sum.responses + sum.refusals == callerCount * callsEach);
  CHECK(sum.responses == service.rotations());
  CHECK(sum.responses > callerCount);
  CHECK(source.searches > 1);
  CHECK(quota.available() >= 0);
  CHECK(quota.available() <= RetryQuota::capacity);
  CHECK(limiter.rates().measured > 0);
}

TEST_CASE("no token of a quota is lost or made between threads") {
  RetryQuota quota(400);
  std::atomic<int> refused{0};
  inThreads([&](int) {
    for (int i = 0; i != 20'000; ++i) {
      if (quota.acquire(40)) {
        quota.release(40);
      } else {
        ++refused;
      }
    }
  });
  CHECK(quota.available() == 400);
  // All at once need more than there is; how often they meet is chance.
  CHECK(refused < callerCount * 20'000);
}

TEST_CASE("no answer is lost to a rate limiter between threads") {
  constexpr int answersEach = 20'000;
  AdaptiveRateLimiter limiter;
  REQUIRE(limiter.acquire(0) == 0);
  inThreads([&](int) {
    for (int i = 0; i != answersEach; ++i) {
      limiter.acquire(0);
      limiter.onAnswer(false, 0);
    }
  });
  limiter.onAnswer(false, 500);
  // All of half a second, smoothed.
  CHECK(std::lround(limiter.rates().measured / 0.8 * 0.5) == callerCount * answersEach + 1);
}

TEST_CASE("a flag ends the calls of all threads") {
  Gate gate;
  const SocketServer server([&gate](Connection& connection) {
    connection.readRequest();
    gate.arrive();
    connection.waitForClient();
  });
  std::atomic<bool> flag{false};
  std::thread canceller([&] {
    gate.waitFor(callerCount);
    flag = true;
  });
  std::array<std::string, callerCount> all;
  inThreads([&](int number) {
    Caller caller(server.url());
    RotateTunnelAccessTokenRequest request;
    request.tunnelId = ServedFake::tunnel;
    request.clientMode = ClientMode::ALL;
    CallLimits limits;
    limits.cancelled = &flag;
    const RotateResult result = rotateTunnelAccessToken(request, caller.client, limits);
    const bool isCancelled = !result && result.error().kind == ErrorKind::Cancelled &&
                             result.error().delivery == Delivery::Unknown;
    all[static_cast<std::size_t>(number)] = isCancelled ? "cancelled" : describe(result);
  });
  canceller.join();
  for (const std::string& outcome : all)
    CHECK(outcome == "cancelled");
}
