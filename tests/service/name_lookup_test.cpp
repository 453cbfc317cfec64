// SPDX-License-Identifier: BSL-1.0
// Names whose look-up takes its time. No resolver can be told to be slow, so this program has a
// getaddrinfo of its own, which libcurl finds before the system's.
#include <dlfcn.h>
#include <netdb.h>

#include <atomic>
#include <string>
#include <vector>

#include "secure_tunneling/adapters/system_host_resolver.hpp"
#include "secure_tunneling/credentials/container.hpp"
#include "service/own_time.hpp"
#include "support/caller.hpp"
#include "support/canceller.hpp"
#include "support/environment.hpp"
#include "support/gate.hpp"
#include "support/http_server.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* slowHost = "slow.invalid";

/// A look-up that lasts until the test has seen enough.
struct SlowLookup {
  Gate begun;
  Gate released;
  std::atomic<bool> isOver{false};
  Gate over;
};
SlowLookup lookups[10];
std::atomic<SlowLookup*> current{nullptr};

/// Lets a limit run out while the current look-up is under way.
struct PastLimit {
  OwnTime time;
  Canceller whenBegun{[] {
    current.load()->begun.waitFor(1);
    OwnTime::passLimit();
  }};
};

constexpr const char* agentHost = "agent.invalid";

/// What a look-up of the agent's name gives, the first and every other.
struct AgentLookups {
  std::vector<std::string> first;
  std::vector<std::string> others;
};
AgentLookups agent;
/// By the kind of address that is looked for: libcurl 8.23 asks for each.
std::atomic<int> agentLookups[3];

int familyIndex(const addrinfo* hints) {
  if (hints == nullptr || hints->ai_family == AF_UNSPEC) return 0;
  return hints->ai_family == AF_INET ? 1 : 2;
}

}  // namespace

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  if (node != nullptr && std::string(node) == slowHost) {
    SlowLookup& lookup = *current;
    lookup.begun.arrive();
    lookup.released.waitFor(1);
    lookup.isOver = true;
    lookup.over.arrive();
    return EAI_NONAME;
  }
  static const auto next =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (node == nullptr || std::string(node) != agentHost) return next(node, service, hints, result);
  addrinfo** end = result;
  const bool isFirst = agentLookups[familyIndex(hints)]++ == 0;
  for (const std::string& address : isFirst ? agent.first : agent.others) {
    if (next(address.c_str(), service, hints, end) != 0) continue;
    while (*end != nullptr)
      end = &(*end)->ai_next;
  }
  return end == result ? EAI_NONAME : 0;
}

TEST_CASE("a container's agent by name is asked at the addresses that were checked") {
  TestEnvironment environment;
  HttpServer server([](const HttpServer::Request&) {
    return HttpAnswer{200, R"({"AccessKeyId":"ID","SecretAccessKey":"secret","Token":"token"})", "",
                      false};
  });
  const std::string port = server.url().substr(server.url().rfind(':'));
  environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + std::string(agentHost) + port);
  ManualClock clock;
  CurlTransport transport(direct());
  SystemHostResolver resolver(30'000);
  ContainerCredentials source(transport, clock, &resolver);
  Credentials credentials;
  for (auto& count : agentLookups)
    count = 0;
  SECTION("whatever the name leads to later") {
    agent = {{"127.0.0.1"}, {"127.0.0.2"}};
    CHECK(source.retrieve({}, credentials));
  }
  SECTION("though nobody listens at the first") {
    agent = {{"::1", "127.0.0.3", "127.0.0.1"}, {"192.0.2.1"}};
    CHECK(source.retrieve({}, credentials));
  }
  SECTION("but not where only one of them is an agent's") {
    agent = {{"127.0.0.1", "192.0.2.1"}, {"127.0.0.1"}};
    const Result<void> result = source.retrieve({}, credentials);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::Configuration);
    CHECK(server.lines().empty());
  }
  SECTION("and not where there are too many to look at") {
    agent = {{}, {"127.0.0.1"}};
    for (int i = 1; i <= 17; ++i)
      agent.first.push_back("127.0.0." + std::to_string(i));
    CHECK_FALSE(source.retrieve({}, credentials));
    CHECK(server.lines().empty());
  }
  for (const auto& count : agentLookups)
    CHECK(count <= 1);
  if (!server.lines().empty()) CHECK(server.last().header("Host") == agentHost + port);
}

TEST_CASE("a look-up in steps does not block, and another waits for its end") {
  agent = {{"127.0.0.1", "::1"}, {"127.0.0.1", "::1"}};
  current = &lookups[3];
  SystemHostResolver resolver(30'000);
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (int i = 0; i != 100; ++i) {
    CHECK_FALSE(resolver.proceed(slowHost, first));
    CHECK_FALSE(resolver.proceed(agentHost, second));
  }
  CHECK_FALSE(current.load()->isOver);
  std::vector<std::string> atOnce;
  resolver.resolve(agentHost, atOnce);
  CHECK(atOnce.size() == 2);
  current.load()->released.arrive();
  SystemClock clock;
  while (!resolver.proceed(slowHost, first))
    clock.wait(1);
  CHECK(first.empty());
  while (!resolver.proceed(agentHost, second))
    clock.wait(1);
  CHECK(second == atOnce);
  CHECK(current.load()->over.waitFor(1));
}

#if LIBCURL_VERSION_NUM >= 0x075700
TEST_CASE("a look-up that is given up is not waited for") {
  agent = {{"127.0.0.1"}, {"127.0.0.1"}};
  current = &lookups[4];
  SystemHostResolver resolver(30'000);
  std::vector<std::string> first;
  CHECK_FALSE(resolver.proceed(slowHost, first));
  std::vector<std::string> second;
  resolver.abandon(second);
  CHECK_FALSE(resolver.proceed(agentHost, second));
  resolver.abandon(first);
  SystemClock clock;
  while (!resolver.proceed(agentHost, second))
    clock.wait(1);
  CHECK(second.size() == 1);
  CHECK_FALSE(current.load()->isOver);
  current.load()->released.arrive();
  CHECK(current.load()->over.waitFor(1));
}

TEST_CASE("a limit of time is one of the look-up of a name, too") {
  CurlTransportOptions options = direct();
  SECTION("of connecting") {
    current = &lookups[0];
    options.connectTimeoutMs = OwnTime::limitMs;
  }
  SECTION("of the whole exchange") {
    current = &lookups[1];
    options.connectTimeoutMs = 60'000;
    options.totalTimeoutMs = OwnTime::limitMs;
  }
  const PastLimit passing;
  Settings settings = settingsFor("https://" + std::string(slowHost));
  settings.maxAttempts = 1;
  const auto response = Caller(settings, options).rotate();
  CHECK_FALSE(current.load()->isOver);
  current.load()->released.arrive();
  CHECK(current.load()->over.waitFor(1));
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().transportCode == CURLE_OPERATION_TIMEDOUT);
  CHECK(response.error().delivery == Delivery::NotSent);
}

TEST_CASE("a call ends while a name is looked up") {
  const bool isCancelled = GENERATE(true, false);
  const bool isOfAgent = GENERATE(true, false);
  CAPTURE(isCancelled, isOfAgent);
  current = &lookups[6 + (isCancelled ? 1 : 0) + (isOfAgent ? 2 : 0)];
  TestEnvironment environment;
  environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + std::string(slowHost) + ":81/");
  StaticCredentials given("AKIDEXAMPLE", "secret");
  SystemClock clock;
  CurlTransportOptions options = direct();
  options.connectTimeoutMs = 60'000;
  CurlTransport transport(options);
  SystemHostResolver resolver(60'000);
  ContainerCredentials agents(transport, clock, &resolver);
  CredentialsSource& credentials = isOfAgent ? static_cast<CredentialsSource&>(agents) : given;
  Client client(settingsFor("https://" + std::string(slowHost)), transport, credentials, clock);
  const OwnTime time;
  const Canceller canceller([&] {
    current.load()->begun.waitFor(1);
    if (!isCancelled) OwnTime::passLimit();
  });
  CallLimits limits;
  if (isCancelled) {
    limits.cancelled = &canceller.flag;
  } else {
    limits.timeoutMs = OwnTime::limitMs;
  }
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = "tunnel";
  request.clientMode = ClientMode::SOURCE;
  const auto response = rotateTunnelAccessToken(request, client, limits);
  CHECK_FALSE(current.load()->isOver);
  current.load()->released.arrive();
  CHECK(current.load()->over.waitFor(1));
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().kind ==
        (isCancelled ? ErrorKind::Cancelled : ErrorKind::DeadlineExceeded));
  CHECK(response.error().delivery == Delivery::NotSent);
}

TEST_CASE("a limit of time is one of the look-up of a container's agent, too") {
  TestEnvironment environment;
  environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + std::string(slowHost) + ":81/");
  const bool mayBlock = GENERATE(true, false);
  current = &lookups[mayBlock ? 2 : 5];
  SystemClock clock;
  CurlTransport transport(direct());
  SystemHostResolver resolver(OwnTime::limitMs);
  const PastLimit passing;
  ContainerCredentials source(transport, clock, &resolver);
  HttpExchange exchange;
  Credentials credentials;
  CredentialsFetch fetch(exchange, &source, credentials, mayBlock);
  driveToEnd(fetch, nullptr, clock);
  const Result<void> result = fetch.takeOutcome();
  CHECK_FALSE(current.load()->isOver);
  current.load()->released.arrive();
  CHECK(current.load()->over.waitFor(1));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::Configuration);
}
#endif
