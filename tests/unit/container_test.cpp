// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/credentials/container.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "secure_tunneling/adapters/system_host_resolver.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/freed_memory.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* containerDocument =
    R"({"AccessKeyId":"ID","SecretAccessKey":"secret","Token":"token","Expiration":"2026-01-15T13:30:00Z"})";

class MapResolver final : public HostResolver {
 public:
  std::map<std::string, std::vector<std::string>> names;
  int asked = 0;

  void resolve(const std::string& host, std::vector<std::string>& addresses) override {
    ++asked;
    addresses = names[host];
  }
};

/// Finds nothing out before it is let.
class StalledResolver final : public HostResolver {
 public:
  bool isStalled = true;
  int steps = 0;
  const std::vector<std::string>* asker = nullptr;
  const std::vector<std::string>* abandoned = nullptr;

  void resolve(const std::string&, std::vector<std::string>&) override { FAIL("it would block"); }
  bool proceed(const std::string& host, std::vector<std::string>& addresses) override {
    ++steps;
    CHECK(host == "agent");
    CHECK((asker == nullptr || asker == &addresses));
    asker = &addresses;
    if (!isStalled) addresses = {"127.0.0.5"};
    return !isStalled;
  }
  void abandon(const std::vector<std::string>& addresses) noexcept override {
    abandoned = &addresses;
  }
};

/// A container: its environment, an agent that plays a script, and a name server.
struct Container {
  TestEnvironment environment;
  ScriptedTransport transport;
  ManualClock clock;
  MapResolver resolver;
  ContainerCredentials provider{transport, clock, &resolver};
  Credentials credentials;

  /// `id|secret|token`, or the error.
  std::string get() {
    const Result<void> result = provider.retrieve({}, credentials);
    if (!result) {
      kind = result.error().kind;
      CHECK(result.error().delivery == Delivery::NotSent);
      CHECK(result.error().httpStatus == 0);
      return result.error().message;
    }
    return credentials.accessKeyId + "|" + std::string(credentials.secretAccessKey.expose()) + "|" +
           std::string(credentials.sessionToken.expose());
  }
  ErrorKind kind = ErrorKind::InvalidArgument;
};

}  // namespace

TEST_CASE("without a URI there is no container") {
  Container container;
  CHECK(container.get() ==
        "container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI is set");
  CHECK(container.kind == ErrorKind::NoCredentials);
}

TEST_CASE("a container's credentials come from the agent at its URI") {
  const struct {
    const char* relative;
    const char* full;
    const char* url;
  } cases[] = {
      {"/creds", "", "http://169.254.170.2/creds"},
      {"/creds?a=b&c=d", "", "http://169.254.170.2/creds?a=b&c=d"},
      {"/creds", "http://127.0.0.1/other", "http://169.254.170.2/creds"},
      {"", "http://127.0.0.1:8080/creds?a=b", "http://127.0.0.1:8080/creds?a=b"},
      {"", "http://127.1.2.3/creds", "http://127.1.2.3/creds"},
      {"", "http://[::1]:99/creds", "http://[::1]:99/creds"},
      {"", "http://169.254.170.2/creds", "http://169.254.170.2/creds"},
      {"", "http://169.254.170.23/v1/creds", "http://169.254.170.23/v1/creds"},
      {"", "http://[fd00:ec2:0::23]/v1/creds", "http://[fd00:ec2:0::23]/v1/creds"},
      {"", "HTTPS://Agent.Example", "https://agent.example/"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.relative, row.full);
    Container container;
    container.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", row.relative);
    container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", row.full);
    container.transport.answer(200, containerDocument);
    CHECK(container.get() == "ID|secret|token");
    CHECK(container.credentials.expiresAtMs == ManualClock::defaultUnixMs + 3'600'000);
    REQUIRE(container.transport.requests().size() == 1);
    const RecordedRequest& request = container.transport.requests()[0];
    CHECK(request.method == "GET");
    CHECK(request.url == row.url);
    CHECK(request.header("Accept") == "application/json");
    CHECK_FALSE(request.header("Authorization"));
    CHECK(request.body.empty());
    CHECK_FALSE(request.header("Host"));
    CHECK(container.resolver.asked == 0);
  }
}

TEST_CASE("a URI that must not be asked is refused before anything is sent") {
  const struct {
    const char* relative;
    const char* full;
    const char* problem;
  } cases[] = {
      {"creds", "", "RELATIVE_URI \"creds\": expected a path that begins with /"},
      {"@evil.example/", "", "RELATIVE_URI: expected a path that begins with /"},
      {"/a b", "", "RELATIVE_URI \"/a b\": the path must be percent-encoded ASCII"},
      {"/a\r\nX: y", "",
       "RELATIVE_URI \"/a\\x0d\\x0aX: y\": the path must be percent-encoded ASCII"},
      {"", "/creds", "FULL_URI \"/creds\": expected http://HOST or https://HOST"},
      {"", "http://", "FULL_URI \"http://\": expected a host name and a valid port"},
      {"", "http://127.0.0.1:0/",
       "FULL_URI \"http://127.0.0.1:0/\": expected a host name and a valid port"},
      {"", "http://user:canary@127.0.0.1/", "FULL_URI: a user name is not supported"},
      {"", "http://169.254.170.9/x?token=canary",
       "FULL_URI \"http://169.254.170.9/x\": expected https, or a host on loopback or at an "
       "agent's "
       "address"},
      {"", "http://192.168.10.120/x",
       "FULL_URI \"http://192.168.10.120/x\": expected https, or a host on loopback or at an "
       "agent's address"},
      {"", "http://169.254.170.3/",
       "FULL_URI \"http://169.254.170.3/\": expected https, or a host on loopback or at an agent's "
       "address"},
      {"", "http://[fd00:ec2::24]/",
       "FULL_URI \"http://[fd00:ec2::24]/\": expected https, or a host on loopback or at an "
       "agent's address"},
      {"", "http://[::2]/",
       "FULL_URI \"http://[::2]/\": expected https, or a host on loopback or at an agent's "
       "address"},
      {"", "http://unknown.example/",
       "FULL_URI \"http://unknown.example/\": the host name has no address"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.relative, row.full);
    Container container;
    container.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", row.relative);
    container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", row.full);
    CHECK(container.get() == std::string("container: AWS_CONTAINER_CREDENTIALS_") + row.problem);
    CHECK(container.kind == ErrorKind::Configuration);
    CHECK(container.transport.requests().empty());
  }
}

TEST_CASE("over http all addresses of a host name have to be an agent's") {
  const struct {
    std::vector<std::string> addresses;
    bool isAllowed;
  } cases[] = {
      {{"127.0.0.1"}, true},
      {{"::1", "127.0.0.2", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"}, true},
      {{"127.0.0.1", "192.168.0.1"}, false},
      {{"192.168.0.1", "127.0.0.1"}, false},
      {{"::ffff:10.0.0.1"}, false},
      {{"fe80::1%lo"}, false},
      {{"no address"}, false},
  };
  for (const auto& row : cases) {
    CAPTURE(row.addresses);
    Container container;
    container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://agent:81/x");
    container.resolver.names["agent"] = row.addresses;
    container.transport.answer(200, containerDocument);
    const std::string got = container.get();
    CHECK((got == "ID|secret|token") == row.isAllowed);
    CHECK(container.transport.requests().size() == (row.isAllowed ? 1U : 0U));
    CHECK(container.resolver.asked == 1);
  }
}

TEST_CASE(
    "a name over http is asked for at an address that was checked, and never looked up again") {
  Container container;
  container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://Agent:81/x?y");
  container.resolver.names["agent"] = {"127.0.0.7", "fd00:ec2::23", "169.254.170.2"};
  std::vector<std::string> urls;
  SECTION("the first") {
    container.transport.answer(200, containerDocument);
    CHECK(container.get() == "ID|secret|token");
    urls = {"http://127.0.0.7:81/x?y"};
  }
  SECTION("the next where nobody listens") {
    container.transport.fail(Delivery::NotSent)
        .fail(Delivery::NotSent)
        .answer(200, containerDocument);
    CHECK(container.get() == "ID|secret|token");
    urls = {"http://127.0.0.7:81/x?y", "http://[fd00:ec2::23]:81/x?y",
            "http://169.254.170.2:81/x?y"};
    CHECK(container.clock.waits().empty());
  }
  SECTION("the first again where it may have been reached") {
    container.transport.fail(Delivery::Unknown).answer(200, containerDocument);
    CHECK(container.get() == "ID|secret|token");
    urls = {"http://127.0.0.7:81/x?y", "http://127.0.0.7:81/x?y"};
    CHECK(container.clock.waits() == std::vector<std::int64_t>{1000});
  }
  SECTION("all of them three times") {
    for (int i = 0; i != 9; ++i)
      container.transport.fail(Delivery::NotSent, "refused");
    CHECK(container.get() == "container: refused");
    for (int i = 0; i != 3; ++i) {
      urls.insert(urls.end(), {"http://127.0.0.7:81/x?y", "http://[fd00:ec2::23]:81/x?y",
                               "http://169.254.170.2:81/x?y"});
    }
  }
  CHECK(container.resolver.asked == 1);
  std::vector<std::string> asked;
  for (const RecordedRequest& request : container.transport.requests()) {
    asked.push_back(request.url);
    CHECK(request.authority == "agent:81");
    CHECK(request.header("Host") == "agent:81");
  }
  CHECK(asked == urls);
}

TEST_CASE("without a resolver localhost is the only name") {
  Container container;
  ContainerCredentials source(container.transport, container.clock);
  Credentials credentials;
  const auto ask = [&](const char* url) {
    container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    return source.retrieve({}, credentials);
  };
  container.transport.fail(Delivery::NotSent).answer(200, containerDocument);
  REQUIRE(ask("http://LocalHost:8080/x"));
  REQUIRE(container.transport.requests().size() == 2);
  CHECK(container.transport.requests()[0].url == "http://127.0.0.1:8080/x");
  CHECK(container.transport.requests()[1].url == "http://[::1]:8080/x");
  CHECK(container.transport.requests()[1].authority == "localhost:8080");
  const Result<void> refused = ask("http://agent:8080/x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Configuration);
  CHECK(
      refused.error().message ==
      "container: AWS_CONTAINER_CREDENTIALS_FULL_URI \"http://agent:8080/x\": a host name takes a "
      "HostResolver, which the program has not given");
  CHECK(container.transport.requests().size() == 2);
}

TEST_CASE("the look-up of a container's host gives the thread back until it is over") {
  Container container;
  container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://agent:81/x");
  StalledResolver resolver;
  ContainerCredentials source(container.transport, container.clock, &resolver);
  HttpExchange exchange;
  std::optional<CredentialsFetch> fetch(std::in_place, exchange, &source, container.credentials);
  std::vector<std::int64_t> waits;
  for (int i = 0; i != 8; ++i) {
    REQUIRE(fetch->next({}) == Step::Wait);
    waits.push_back(fetch->waitMs());
  }
  CHECK(waits == std::vector<std::int64_t>{1, 2, 4, 8, 16, 20, 20, 20});
  CHECK(resolver.steps == 8);
  SECTION("and then asks at the address that was found") {
    resolver.isStalled = false;
    REQUIRE(fetch->next({}) == Step::Send);
    CHECK(fetch->transport() == &container.transport);
    CHECK(fetch->request().url == "http://127.0.0.5:81/x");
    container.transport.answer(200, containerDocument);
    driveToEnd(*fetch, nullptr, container.clock);
    CHECK(fetch->takeOutcome());
    CHECK(container.credentials.accessKeyId == "ID");
    CHECK(resolver.steps == 9);
  }
  SECTION("or until it is given up, and then begins anew") {
    fetch.reset();
    CHECK(resolver.abandoned == resolver.asker);
    fetch.emplace(exchange, &source, container.credentials);
    CHECK(fetch->next({}) == Step::Wait);
    CHECK(fetch->waitMs() == 1);
  }
  SECTION("while another search of this source waits its turn") {
    HttpExchange othersExchange;
    Credentials others;
    CredentialsFetch other(othersExchange, &source, others);
    CHECK(other.next({}) == Step::Wait);
    CHECK(other.waitMs() == 20);
    CHECK(resolver.steps == 8);
  }
}

TEST_CASE("a resolver of a program's own may block an event loop") {
  Container container;
  container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://agent:81/x");
  container.resolver.names["agent"] = {"127.0.0.7"};
  HttpExchange exchange;
  CredentialsFetch fetch(exchange, &container.provider, container.credentials);
  REQUIRE(fetch.next({}) == Step::Send);
  CHECK(fetch.request().url == "http://127.0.0.7:81/x");
  CHECK(container.resolver.asked == 1);
}

TEST_CASE("the system resolves names to addresses") {
  SystemHostResolver resolver;
  std::vector<std::string> addresses;
  resolver.resolve("127.0.0.3", addresses);
  CHECK(addresses == std::vector<std::string>{"127.0.0.3"});
  resolver.resolve(std::string(300, 'x'), addresses);
  CHECK(addresses.size() == 1);
}

TEST_CASE("the agent is told the container's token") {
  Container container;
  container.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds");
  const auto authorization = [&] {
    container.transport.answer(200, containerDocument);
    CHECK(container.get() == "ID|secret|token");
    return container.transport.requests().back().header("Authorization").value_or("(none)");
  };
  CHECK(authorization() == "(none)");
  container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic from-variable");
  CHECK(authorization() == "Basic from-variable");
  const std::string path = container.environment.write("token", "from-file");
  container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
  CHECK(authorization() == "from-file");
  container.environment.write("token", "replaced");
  CHECK(authorization() == "replaced");
  container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "$HOME/token");
  CHECK(authorization() == "replaced");
}

TEST_CASE("a token that cannot be a header's value is refused and not told") {
  Container container;
  container.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds");
  const std::string name = "container: AWS_CONTAINER_AUTHORIZATION_TOKEN";
  const std::string problem = ": the token has a line break or a control character";
  const std::string noFile = ": there is no such file, or it is empty or no regular file";
  SECTION("in the variable") {
    container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN",
                              GENERATE(as<std::string>{}, "canary\n", "canary\rX: y", "a\tb"));
    CHECK(container.get() == name + problem);
  }
  SECTION("in the file") {
    const std::string path = container.environment.write("token", "canary\r\n");
    container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
    CHECK(container.get() == name + "_FILE " + path + problem);
  }
  SECTION("no file") {
    const std::string path = container.environment.path("none");
    container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
    container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "unused");
    CHECK(container.get() == name + "_FILE " + path + noFile);
  }
  SECTION("a folder") {
    const std::string path = container.environment.path("");
    container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
    CHECK(container.get() == name + "_FILE " + path + noFile);
  }
  SECTION("a pipe that nobody writes to") {
    const std::string path = container.environment.path("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
    CHECK(container.get() == name + "_FILE " + path + noFile);
  }
  CHECK(container.kind == ErrorKind::Configuration);
  CHECK(container.transport.requests().empty());
}

TEST_CASE("the agent is asked three times when it may be in trouble") {
  Container container;
  container.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds");
  const std::vector<std::int64_t> waits{1000, 2000};
  SECTION("and may recover") {
    container.transport.answer(429).fail(Delivery::NotSent).answer(200, containerDocument);
    CHECK(container.get() == "ID|secret|token");
    CHECK(container.clock.waits() == waits);
  }
  SECTION("server errors") {
    container.transport.answer(500, "x").answer(502).answer(503,
                                                            R"({"code":"Down","message":"why"})");
    CHECK(container.get() == "container: HTTP status 503 (Down: why)");
    CHECK(container.clock.waits() == waits);
  }
  SECTION("no document") {
    container.transport.answer(200, "not yet").answer(200, "[]").answer(200, "{}");
    CHECK(container.get() == "container: AccessKeyId: missing");
    CHECK(container.clock.waits() == waits);
  }
  SECTION("no answer") {
    for (int i = 0; i != 3; ++i)
      container.transport.fail(Delivery::Unknown, "cut");
    CHECK(container.get() == "container: cut");
    CHECK(container.clock.waits() == waits);
  }
  SECTION("server errors, and in plain text why") {
    container.transport.answer(500).answer(500).answer(500, "\n no role yet:\ttry\x9b later\n");
    CHECK(container.get() == R"(container: HTTP status 500 (no role yet:\x09try\x9b later))");
  }
  SECTION("but not when it refuses, in plain text") {
    container.transport.answer(400, std::string(300, 'w') + " and more");
    CHECK(container.get() == "container: HTTP status 400 (" + std::string(300, 'w') + "...)");
  }
  SECTION("but not when it refuses, in markup") {
    container.transport.answer(404, "<html><title>Not Found</title></html>");
    CHECK(container.get() == "container: HTTP status 404");
  }
  SECTION("but not when it refuses, in what may be broken JSON") {
    container.transport.answer(403, R"({"Token":"canary)");
    CHECK(container.get() == "container: HTTP status 403");
  }
  SECTION("but not when it refuses") {
    container.transport.answer(400, R"({"Code":"Bad","Message":"your fault"})");
    CHECK(container.get() == "container: HTTP status 400 (Bad: your fault)");
    CHECK(container.clock.waits().empty());
  }
  CHECK(container.transport.remaining() == 0);
}

TEST_CASE("what the agent says of the token stays out of the error") {
  Container container;
  container.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds");
  const std::string token = "Bearer canary-of-a-container-0123456789";
  container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", token);
  SECTION("whole") {
    container.transport.answer(401, R"({"message":")" + token + " is no good\"}");
    CHECK(container.get() == "container: HTTP status 401 (*** is no good)");
  }
  SECTION("without its beginning or its end") {
    container.transport.answer(
        401, R"({"code":"Odd","message":")" + token.substr(7, 20) + "... is no good\"}");
    CHECK(container.get() == "container: HTTP status 401 (Odd: ***... is no good)");
  }
  SECTION("as a code") {
    container.transport.answer(401, R"({"code":")" + token + R"(","message":"no good"})");
    CHECK(container.get() == "container: HTTP status 401 (***: no good)");
  }
  SECTION("in a refusal that is a success") {
    for (int i = 0; i != 3; ++i) {
      container.transport.answer(
          200, R"({"Code":"AccessDenied","Message":"no role for )" + token + "\"}");
    }
    CHECK(container.get() == "container: AccessDenied: no role for ***");
  }
  SECTION("in a refusal that says nothing else") {
    for (int i = 0; i != 3; ++i)
      container.transport.answer(200, R"({"Code":")" + token + "\"}");
    CHECK(container.get() == "container: ***");
  }
  SECTION("in a page, as a part of it is written there") {
    container.transport.answer(401, "Got Authorization: Bearer%20canary-of-a%2Dcontainer-01");
    CHECK(container.get() == "container: HTTP status 401 (Got Authorization: ***)");
  }
  SECTION("in a refusal that holds credentials") {
    for (int i = 0; i != 3; ++i) {
      container.transport.answer(
          200,
          R"({"Code":"Odd","Message":"see the-key-itself","SecretAccessKey":"the-key-itself"})");
    }
    CHECK(container.get() == "container: Odd: see ***");
  }
  CHECK(container.kind == ErrorKind::Credentials);
}

TEST_CASE("neither the token nor the document stays in freed memory") {
  const std::string canary = "canary-of-a-container-0123456789";
  Container container;
  container.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds");
  const std::string path = container.environment.write("token", canary);
  container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
  class Agent final : public HttpTransport {
   public:
    explicit Agent(const std::string& secret) : secret_(secret) {}
    Result<void> send(const HttpRequest&, HttpResponse& response) override {
      response.status = 200;
      response.body.assign(R"({"AccessKeyId":"ID","SecretAccessKey":")");
      response.body.append(secret_);
      response.body.append(R"(","Token":")");
      response.body.append(secret_);
      response.body.append(R"("})");
      return {};
    }

   private:
    const std::string& secret_;
  } agent(canary);
  const FreedMemoryWatch watch(canary);
  {
    ContainerCredentials provider(agent, container.clock);
    Credentials credentials;
    REQUIRE(provider.retrieve({}, credentials));
    CHECK(credentials.secretAccessKey.equals(canary));
  }
  CHECK(watch.leaks() == 0);
}
