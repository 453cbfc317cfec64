// SPDX-License-Identifier: BSL-1.0
// The heap refuses, at every allocation of a call in turn: once, and from then on. What operator
// new refuses reaches the program as std::bad_alloc, for the headers never catch; what libcurl and
// OpenSSL are refused is an error. Either way nothing leaks, no secret stays in freed memory, and
// the same client works as soon as there is memory again.
#include <curl/curl.h>
#include <openssl/rand.h>

#include <memory>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "memory/in_child.hpp"
#include "memory/refusing_heap.hpp"
#include "secure_tunneling/secure_tunneling.hpp"
#include "support/caller.hpp"
#include "support/calls.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/served_fake.hpp"
#include "support/server_process.hpp"

using namespace secure_tunneling;

namespace {

using Owner = RefusingHeap::Owner;
using How = RefusingHeap::How;

constexpr const char* secretKey = "Zq7nVbX2kLw9RtYc4HjMfD8sPgUa3EoJxN5iTzQe";
constexpr const char* sessionToken =
    "IQoKd8Fh2LxWv5Tb9RyNcPz4GsMj7AeUq3HoXi6DtJfYk1BnVwSrCgZpEmLu0QaOdK";
constexpr const char* sourceToken =
    "AQGAxkTvPbNwYdRhJcLsMzUeQoKfWgTiXnBpVyDrHjCtEaSu2m9Gq4Zl7Fb5Rk8Nw3";

/// One part of a scenario that a refusal falls into.
struct Trial {
  Owner owner;
  How how;
  int number;
  bool hasThrown = false;
  bool hasRefused = false;

  template <class Action>
  void operator()(Action action) {
    const RefusingHeap heap(owner, number, how);
    try {
      action();
    } catch (const std::bad_alloc&) {
      hasThrown = true;
    }
    hasRefused = heap.hasRefused();
  }
};

struct Outcome {
  const char* problem = nullptr;
  int blocksInUse = 0;
  int leakedSecrets = 0;
  bool hasThrown = false;
  bool hasRefused = false;
};

/// Runs `scenario(trial)`, which returns what went wrong, null for nothing, and leaves nothing
/// behind.
template <class Scenario>
Outcome refuse(Owner owner, How how, int number, Scenario scenario) {
  SecretWindows secrets;
  secrets.add("secret access key", secretKey);
  secrets.add("session token", sessionToken);
  secrets.add("source token", sourceToken);
  Trial trial{owner, how, number};
  Outcome outcome;
  // The test framework allocates too: it has to wait.
  const CppHeapWatch watch(secrets);
  outcome.problem = scenario(trial);
  outcome.blocksInUse = watch.blocksInUse();
  outcome.leakedSecrets = watch.leakedSecrets();
  outcome.hasThrown = trial.hasThrown;
  outcome.hasRefused = trial.hasRefused;
  return outcome;
}

/// Calls `attempt(number)` for every allocation in turn, until there is none left to refuse.
/// Returns how many there were. Where there are thousands, every `stride`th is tried.
template <class Attempt>
int refuseEach(Owner owner, How how, int stride, Attempt attempt) {
  for (int number = 1;; number += stride) {
    INFO("allocation " << number << (how == How::Once ? "" : " and all that follow"));
    const std::optional<Outcome> outcome = attempt(number);
    REQUIRE(number < 10'000);
    if (!outcome) continue;
    CHECK(std::string(outcome->problem == nullptr ? "" : outcome->problem) == "");
    CHECK(outcome->blocksInUse == 0);
    CHECK(outcome->leakedSecrets == 0);
    CHECK(outcome->hasThrown == (outcome->hasRefused && owner == Owner::Cpp));
    if (!outcome->hasRefused) return number - 1;
  }
}

template <class Scenario>
void refuseEachInBothWays(Owner owner, Scenario scenario) {
  for (const How how : {How::Once, How::FromThenOn}) {
    CHECK(refuseEach(owner, how, 1, [&](int number) -> std::optional<Outcome> {
            return refuse(owner, how, number, scenario);
          }) > 0);
  }
}

struct Reply {
  int status;
  std::string body;
  std::string errorType;
};

/// Answers in process, with an echo in a header; a status of 0 stands for no answer.
class Replies final : public HttpTransport {
 public:
  explicit Replies(const std::vector<Reply>& replies) noexcept : replies_(replies) {}
  void restart() noexcept { next_ = 0; }
  Result<void> send(const HttpRequest&, HttpResponse& response) override {
    const Reply& reply = replies_[next_ < replies_.size() ? next_++ : replies_.size() - 1];
    if (reply.status == 0) {
      Error error = makeError(ErrorKind::Transport, "no answer, says the transport at some length");
      error.delivery = Delivery::Unknown;
      return error;
    }
    response.headers.add("x-amzn-RequestId", "01234567-89ab-cdef-0123-456789abcdef");
    response.headers.add("x-echo", sessionToken);
    if (!reply.errorType.empty()) response.headers.add("x-amzn-ErrorType", reply.errorType);
    response.body.assign(reply.body);
    response.status = reply.status;
    return {};
  }

 private:
  const std::vector<Reply>& replies_;
  std::size_t next_ = 0;
};

/// A clock without memory.
class StillClock final : public Clock {
 public:
  Moment now() override { return {1'767'225'600'000, 0}; }
  void wait(std::int64_t) override {}
};

RotateTunnelAccessTokenRequest longRequest() {
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = "a tunnel with a name that no small string holds";
  request.clientMode = ClientMode::DESTINATION;
  request.destinationConfig =
      DestinationConfig{"a thing with a name that no small string holds", {"SSH", "HTTP"}};
  return request;
}

}  // namespace

TEST_CASE("operator new refuses in a call") {
  const std::string tokens =
      std::string(R"({"tunnelArn":"arn:aws:iot:us-east-1:1:tunnel/t","sourceAccessToken":")") +
      sourceToken + "\"}";
  const std::string refusal = std::string(R"({"message":"Not what )") + sessionToken +
                              " gives, says the service, but " + sessionToken + "\"}";
  const std::string page = std::string("<html>") + sessionToken + ", a proxy says</html>";
  const std::string errorType = "ASomewhatLongException:http://internal.amazon.com/coral/";
  const struct {
    const char* what;
    std::vector<Reply> replies;
    bool isSuccess;
  } scenarios[] = {
      {"tokens", {{200, tokens, ""}}, true},
      {"an error with an echo", {{400, refusal, errorType}}, false},
      {"two pages with an echo, then tokens",
       {{503, page, ""}, {502, page, ""}, {200, tokens, ""}},
       true},
      {"an answer cut short", {{200, tokens.substr(0, tokens.size() - 1), ""}}, false},
      {"no answer, then tokens", {{0, "", ""}, {200, tokens, ""}}, true},
      {"expired credentials", {{400, refusal, "ExpiredTokenException"}}, false},
  };
  const RotateTunnelAccessTokenRequest request = longRequest();
  for (const auto& scenario : scenarios) {
    INFO(scenario.what);
    refuseEachInBothWays(Owner::Cpp, [&](Trial& trial) -> const char* {
      StaticCredentials credentials("AKIDEXAMPLE-WITH-A-LONG-NAME", secretKey, sessionToken);
      StillClock clock;
      Replies transport(scenario.replies);
      Client client(settingsForTests(), transport, credentials, clock);
      const auto isAsPlanned = [&] {
        transport.restart();
        return rotateTunnelAccessToken(request, client).hasValue() == scenario.isSuccess;
      };
      bool isFirstAsPlanned = false;
      trial([&] { isFirstAsPlanned = isAsPlanned(); });
      if (!trial.hasThrown && !isFirstAsPlanned) return "the call ends in another way";
      return isAsPlanned() ? nullptr : "the next call ends in another way";
    });
  }
}

TEST_CASE("operator new refuses while a client is made") {
  const Settings settings = settingsForTests();
  const std::vector<Reply> replies{{200, "{}", ""}};
  refuseEachInBothWays(Owner::Cpp, [&](Trial& trial) -> const char* {
    trial([&] {
      StaticCredentials credentials("AKIDEXAMPLE-WITH-A-LONG-NAME", secretKey, sessionToken);
      StillClock clock;
      Replies transport(replies);
      Client client(settings, transport, credentials, clock);
    });
    return nullptr;
  });
}

TEST_CASE("operator new refuses while settings and credentials are read") {
  TestEnvironment environment;
  const std::string profile =
      std::string("[default]\naws_access_key_id = AKIDEXAMPLE-WITH-A-LONG-NAME\n") +
      "region = a-region-with-a-long-name\naws_secret_access_key = " + secretKey +
      "\naws_session_token = " + sessionToken + "\n";
  environment.write(".aws/config", profile);
  const std::vector<Reply> replies{{200, "{}", ""}};
  const auto readAll = [&](Trial& trial) -> const char* {
    bool isFirstAsPlanned = false;
    DefaultCredentialsChain credentials;
    Credentials read;
    const auto isAsPlanned = [&] {
      const Result<Settings> settings = loadSettings();
      const Result<void> result = credentials.retrieve({}, read);
      return settings && settings->region == "a-region-with-a-long-name" && result &&
             read.sessionToken.expose() == sessionToken;
    };
    trial([&] { isFirstAsPlanned = isAsPlanned(); });
    if (!trial.hasThrown && !isFirstAsPlanned) return "reading ends in another way";
    return isAsPlanned() ? nullptr : "reading again ends in another way";
  };
  SECTION("from the config file") {
    refuseEachInBothWays(Owner::Cpp, readAll);
  }
  SECTION("from both files") {
    environment.write(".aws/credentials", profile);
    refuseEachInBothWays(Owner::Cpp, readAll);
  }
  SECTION("from the environment") {
    environment.set("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE-WITH-A-LONG-NAME");
    environment.set("AWS_SECRET_ACCESS_KEY", secretKey);
    environment.set("AWS_SESSION_TOKEN", sessionToken);
    refuseEachInBothWays(Owner::Cpp, readAll);
  }
}

namespace {

/// A call over a socket, with a client of its own for each trial.
const char* rotateTwice(Trial& trial, const Settings& settings,
                        const CurlTransportOptions& options) {
  std::optional<RotateResult> result;
  std::optional<Caller> caller;
  caller.emplace(settings, options);
  trial([&] { result.emplace(caller->rotate()); });
  if (result && !*result) {
    const Error& error = result->error();
    if (!trial.hasRefused) return "the call fails without a refusal";
    // Within the answer's headers libcurl has no other code for one that is too long.
    const bool isOfHeaders =
        error.kind == ErrorKind::InvalidResponse && error.delivery == Delivery::Answered;
    if (error.kind != ErrorKind::Transport && error.kind != ErrorKind::Untrusted &&
        error.kind != ErrorKind::Configuration && error.kind != ErrorKind::Signing &&
        !isOfHeaders) {
      return "the error is of another kind";
    }
    if (error.message.empty()) return "the error says nothing";
  }
  result.reset();
  result.emplace(caller->rotate());
  return *result ? nullptr : "the same client does not work again";
}

void refuseOverHttp(Owner owner) {
  ServedFake service;
  const Settings settings = settingsFor(service.url());
  refuseEachInBothWays(owner, [&](Trial& trial) { return rotateTwice(trial, settings, direct()); });
}

/// OpenSSL seeds its random numbers again in a new process; it never recovers where that is
/// refused.
void seedAfterFork() {
  unsigned char byte = 0;
  RAND_bytes(&byte, 1);
  RAND_priv_bytes(&byte, 1);
}

/// A call by libcurl alone, with the options that decide what is allocated.
void callByLibcurlAlone(const std::string& url, const std::string& caFile) {
  CURL* const handle = curl_easy_init();
  if (handle == nullptr) return;
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 2000L);  // 7.88 may wait for ever without memory
  curl_easy_setopt(handle, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_CAINFO, caFile.c_str());
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, "{}");
  curl_write_callback discard = [](char*, std::size_t, std::size_t count, void*) { return count; };
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_perform(handle);
  curl_easy_cleanup(handle);
}

/// Whether libcurl and OpenSSL crash in the same place where no line of this library runs.
bool crashesAlone(How how, const Crash& crash, const std::string& url, const std::string& caFile) {
  const std::string place = crash.inLibraries();
  if (place.empty()) return false;
  for (int number = 1;; ++number) {
    const auto alone = runInChild([&] {
      seedAfterFork();
      const RefusingHeap heap(Owner::C, number, how);
      callByLibcurlAlone(url, caFile);
      return heap.hasRefused();
    });
    const Crash* const other = std::get_if<Crash>(&alone);
    if (other == nullptr ? !std::get<bool>(alone) : other->inLibraries() == place) {
      return other != nullptr;
    }
  }
}

}  // namespace

TEST_CASE("operator new refuses in a call over http") {
  refuseOverHttp(Owner::Cpp);
}

TEST_CASE("libcurl and OpenSSL are refused memory in a call over http") {
  refuseOverHttp(Owner::C);
}

// Each trial in a process of its own: OpenSSL 3.5 and 3.6 (SSL_set_connect_state) ignore what
// they were refused. A crash is theirs when they have it without this library too; all others are
// faults.
TEST_CASE("libcurl and OpenSSL are refused memory in a call over https") {
  const TemporaryFolder folder;
  const CertificateAuthority authority(folder, "authority");
  const TlsOptions tls{authority.issue("server"), {}, 0};
  const ServerProcess server([&] { return std::make_unique<ServedFake>(tls); });
  const Settings settings = settingsFor(server.url());
  CurlTransportOptions options = direct();
  options.caFile = authority.file();
  // OpenSSL sets itself up once a process, and does not try that again: it has to be done before.
  REQUIRE(Caller(settings, options).rotate());
  for (const How how : {How::Once, How::FromThenOn}) {
    std::set<std::string> crashesOfTheirs;
    const auto attempt = [&](int number) -> std::optional<Outcome> {
      const auto told = runInChild([&] {
        seedAfterFork();
        return refuse(Owner::C, how, number,
                      [&](Trial& trial) { return rotateTwice(trial, settings, options); });
      });
      if (const Outcome* const outcome = std::get_if<Outcome>(&told)) return *outcome;
      const Crash& crash = std::get<Crash>(told);
      const std::string place = crash.inLibraries();
      INFO(place);
      if (crashesOfTheirs.count(place) == 0) {
        REQUIRE(crashesAlone(how, crash, server.url(), authority.file()));
        crashesOfTheirs.insert(place);
      }
      WARN("allocation " << number
                         << " is left out: there libcurl crashes without this library too, in "
                         << place);
      return std::nullopt;
    };
    CHECK(refuseEach(Owner::C, how, 13, attempt) > 0);
  }
}

TEST_CASE("RapidJSON gets by without the heap") {
  // Its allocators do not check what malloc returns: all that it may need stands on the stack.
  std::string body;
  body.reserve(1024);
  const RotateTunnelAccessTokenRequest request = longRequest();
  {
    const RefusingHeap heap(Owner::Cpp, 1, How::FromThenOn);
    CHECK(serializeRequest(request, body));
  }
  for (const char* const opening : {"[", "{\"a\":", "[{\"a\":", "{\"a\":[0,{\"b\":"}) {
    for (int count = 1; count != 300; ++count) {
      std::string text;
      for (int i = 0; i != count; ++i)
        text += opening;
      Secret nested(text);
      detail::StringMembers members("a b");
      std::string problem;
      problem.reserve(80);
      int allocations = 0;
      {
        const RefusingHeap heap(Owner::Cpp, 0, How::Once);
        detail::collectMembers(nested, members, problem);
        allocations = heap.allocations();
      }
      INFO(opening << " times " << count);
      CHECK(allocations == 0);
    }
  }
}
