// SPDX-License-Identifier: BSL-1.0
// Credential sources against servers on loopback that behave like AWS's: the metadata service of
// EC2, the agents of ECS and EKS, the portal and token endpoint of SSO, AWS Sign-In, the
// credentials endpoint of IoT. Each ends in a call that is signed with what the source gave.
#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "secure_tunneling/adapters/login_credentials.hpp"
#include "secure_tunneling/credentials/cached.hpp"
#include "secure_tunneling/credentials/container.hpp"
#include "secure_tunneling/credentials/instance_metadata.hpp"
#include "secure_tunneling/credentials/iot_role_alias.hpp"
#include "secure_tunneling/credentials/sso.hpp"
#include "service/own_time.hpp"
#include "support/caller.hpp"
#include "support/environment.hpp"
#include "support/http_server.hpp"
#include "support/json.hpp"
#include "support/sign_in_service.hpp"
#include "support/sts_answers.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* accessKeyId = "ASIAOFTHESOURCE";
constexpr const char* secretAccessKey = "canary-secret-of-the-source";
constexpr const char* sessionToken = "canary-token-of-the-source";

/// Members of a document of credentials; names as the service has them.
std::string members(const std::string& id, const std::string& secret, const std::string& token,
                    const std::string& expiration) {
  return "\"" + id + "\":\"" + accessKeyId + "\",\"" + secret + "\":\"" + secretAccessKey +
         "\",\"" + token + "\":\"" + sessionToken + "\",\"" + expiration + "\":";
}
const std::string document = "{" +
                             members("AccessKeyId", "SecretAccessKey", "Token", "Expiration") +
                             "\"2026-01-15T18:30:00Z\"}";
const std::string roleCredentials =
    "{\"roleCredentials\":{" +
    members("accessKeyId", "secretAccessKey", "sessionToken", "expiration") + "1768501800000}}";
const std::string iotCredentials =
    "{\"credentials\":{" + members("accessKeyId", "secretAccessKey", "sessionToken", "expiration") +
    "\"2026-01-15T18:30:00Z\"}}";

/// Options for a server on this host: no proxy, and a limit.
CurlTransportOptions local() {
  CurlTransportOptions options = direct();
  options.connectTimeoutMs = OwnTime::limitMs;
  options.totalTimeoutMs = OwnTime::limitMs;
  return options;
}

/// Does not answer, while so much time passes.
HttpServer::Handler silentFor(long seconds) {
  return [seconds](const HttpServer::Request&) {
    OwnTime::pass(seconds);
    HttpAnswer answer;
    answer.isSilent = true;
    return answer;
  };
}

/// Makes a call with the credentials of `source`; empty when it succeeds, else the error.
std::string rotateWith(CredentialsSource& source) {
  ServedFake service;
  service.with([](auto& fake) { fake.addCredentials(accessKeyId, secretAccessKey, sessionToken); });
  ManualClock clock;
  CurlTransport transport(direct());
  Client client(settingsFor(service.url()), transport, source, clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  const auto response = rotateTunnelAccessToken(request, client);
  if (!response) return response.error().message;
  return service.accepts(response->sourceAccessToken->expose()) ? "" : "a wrong token";
}

/// The error of a source; empty when it has none.
std::string errorOf(CredentialsSource& source) {
  Credentials credentials;
  const Result<void> result = source.retrieve({}, credentials);
  if (result) return "";
  CHECK(result.error().delivery == Delivery::NotSent);
  for (const char* const secret : {secretAccessKey, sessionToken})
    CHECK(result.error().message.find(secret) == std::string::npos);
  return result.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// IMDSv2: tokens are given for a time, and for requests that came without a hop only.
class MetadataService {
 public:
  MetadataService()
      : server_([this](const HttpServer::Request& request) { return answer(request); }) {}

  HttpServer& server() noexcept { return server_; }
  /// The instance's role from now on; empty for none.
  void setRole(const std::string& role) {
    server_.with([&] { role_ = role; });
  }
  void setRegion(const std::string& region) {
    server_.with([&] { region_ = region; });
  }
  /// Takes no token from now on that has been given.
  void forgetTokens() { revoked_ = tokens_.load(); }
  /// Answers the next requests behind the token with this status.
  void failNext(int times, int status) {
    failures_ = times;
    failureStatus_ = status;
  }
  [[nodiscard]] int tokensGiven() const { return tokens_; }

 private:
  HttpAnswer answer(const HttpServer::Request& request) {
    if (request.header("X-Forwarded-For")) return {403, "", "", false};
    if (request.target == "/latest/api/token") {
      const auto ttl = request.header("X-aws-ec2-metadata-token-ttl-seconds");
      if (request.method != "PUT") return {405, "", "", false};
      if (!ttl || std::stoi(*ttl) < 1 || std::stoi(*ttl) > 21600) return {400, "", "", false};
      // A body, or a length that is not told, makes the real service wait.
      if (request.header("Content-Length") != "0") return {411, "", "", false};
      return {200, tokenNumber(++tokens_), "X-aws-ec2-metadata-token-ttl-seconds: " + *ttl + "\r\n",
              false};
    }
    const auto token = request.header("X-aws-ec2-metadata-token");
    if (!token || *token != tokenNumber(tokens_) || tokens_ <= revoked_)
      return {401, "", "", false};
    if (failures_ > 0) {
      --failures_;
      return {failureStatus_, "<html>canary</html>", "", false};
    }
    const std::string roles = "/latest/meta-data/iam/security-credentials/";
    if (request.target == roles && !role_.empty()) return {200, role_, "", false};
    if (!role_.empty() && request.target == roles + role_) return {200, document, "", false};
    if (request.target == "/latest/meta-data/placement/region") return {200, region_, "", false};
    return {404, "", "", false};
  }
  static std::string tokenNumber(int number) { return "canary-session-" + std::to_string(number); }

  std::string role_ = "instance-role";
  std::string region_ = "eu-west-1";
  std::atomic<int> tokens_{0};
  std::atomic<int> revoked_{0};
  std::atomic<int> failures_{0};
  std::atomic<int> failureStatus_{0};
  HttpServer server_;
};

/// A program on an instance. Made after its server.
struct OnInstance {
  TestEnvironment environment;
  ManualClock clock;
  CurlTransport transport{local()};
  InstanceMetadataCredentials source;

  explicit OnInstance(const std::string& url, InstanceMetadataOptions options = {})
      : source(transport, clock, std::move(options)) {
    environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
  }
};

}  // namespace

TEST_CASE("on EC2 a call is signed with the credentials of the instance's role") {
  MetadataService service;
  OnInstance instance(service.server().url());
  CHECK(rotateWith(instance.source) == "");
  CHECK(service.server().lines() ==
        std::vector<std::string>{"PUT /latest/api/token",
                                 "GET /latest/meta-data/iam/security-credentials/",
                                 "GET /latest/meta-data/iam/security-credentials/instance-role"});
  CHECK(service.server().connections() == 1);
  CHECK(service.server().last().header("Host") == service.server().authority());
}

TEST_CASE("the metadata service's token is used until it ends or is not taken") {
  MetadataService service;
  InstanceMetadataOptions options;
  options.tokenTtlSeconds = 600;
  OnInstance instance(service.server().url(), options);
  CHECK(errorOf(instance.source) == "");
  CHECK(errorOf(instance.source) == "");
  CHECK(service.tokensGiven() == 1);
  instance.clock.advance(481'000);
  CHECK(errorOf(instance.source) == "");
  CHECK(service.tokensGiven() == 2);
  service.forgetTokens();
  CHECK(errorOf(instance.source) == "");
  CHECK(service.tokensGiven() == 3);
}

TEST_CASE("instance metadata are asked for again while their trouble may pass") {
  MetadataService service;
  OnInstance instance(service.server().url());
  SECTION("errors that pass") {
    service.failNext(2, 503);
    CHECK(errorOf(instance.source) == "");
  }
  SECTION("errors that do not") {
    service.failNext(1000, 500);
    CHECK(errorOf(instance.source) ==
          "instance metadata: GET /latest/meta-data/iam/security-credentials/: HTTP status 500");
    CHECK(service.server().lines().size() == 4);
  }
  SECTION("no role") {
    service.setRole("");
    CHECK(errorOf(instance.source) ==
          "instance metadata: GET /latest/meta-data/iam/security-credentials/: HTTP status 404");
  }
  SECTION("another role") {
    CHECK(errorOf(instance.source) == "");
    service.setRole("other-role");
    CHECK(errorOf(instance.source) == "");
    CHECK(service.server().lines().back() ==
          "GET /latest/meta-data/iam/security-credentials/other-role");
  }
  SECTION("cached credentials go on") {
    CachedCredentials cached(instance.source);
    CHECK(rotateWith(cached) == "");
    service.failNext(1000, 500);
    cached.invalidate();
    CHECK(rotateWith(cached) == "");
    CHECK(service.server().lines().size() == 6);
  }
  SECTION("an answer that is too long") {
    service.server().setHandler([](const HttpServer::Request&) {
      return HttpAnswer{200, std::string(100'000, 'x'), "", false};
    });
    CHECK(contains(errorOf(instance.source), "is longer than "));
  }
}

TEST_CASE("outside of EC2 one request is waited for, and no more") {
  // Not a clock that stands still: a request that lasts is what the time goes by.
  TestEnvironment environment;
  SystemClock clock;
  const OwnTime time;
  HttpServer silent(silentFor(OwnTime::pastLimitSeconds));
  environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.url());
  CurlTransport transport(local());
  InstanceMetadataCredentials source(transport, clock);
  Credentials credentials;
  const Result<void> result = source.retrieve({}, credentials);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::NoCredentials);
  CHECK(silent.lines() == std::vector<std::string>{"PUT /latest/api/token"});
  CHECK(contains(result.error().message, "timed out after"));
}

TEST_CASE("where no metadata service listens there are no credentials") {
  const ClosedPort closed;
  OnInstance instance("http://" + closed.authority());
  Credentials credentials;
  const Result<void> result = instance.source.retrieve({}, credentials);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::NoCredentials);
}

TEST_CASE("the region of an instance") {
  MetadataService service;
  OnInstance instance(service.server().url());
  InstanceMetadata metadata(instance.transport, instance.clock);
  const Result<std::string> region = metadata.region();
  REQUIRE(region);
  CHECK(*region == "eu-west-1");
}

TEST_CASE("on EC2 the one-line form needs no settings") {
  const SlowTime time;  // for the metadata service has to answer within a second
  SystemClock clock;
  MetadataService metadata;
  metadata.setRegion("us-east-1");
  ServedFake service(clock.now().unixMs);
  service.with([](auto& fake) { fake.addCredentials(accessKeyId, secretAccessKey, sessionToken); });
  TestEnvironment environment;
  environment.set("AWS_ENDPOINT_URL", service.url());
  environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.server().url());
  environment.set("no_proxy", "127.0.0.1");
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::SOURCE;
  const auto response = rotateTunnelAccessToken(request);
  INFO(describe(response));
  REQUIRE(response);
  CHECK(service.accepts(response->sourceAccessToken->expose()));
}

TEST_CASE("where the metadata service is silent nobody waits for it for long") {
  TestEnvironment environment;
  // The second that a request may take: it arrives in time, and then it is over.
  const SlowTime slow;
  const OwnTime time;
  HttpServer silent(silentFor(2));
  environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.url());
  SystemClock clock;
  const std::int64_t begunMs = clock.now().steadyMs();
  SECTION("by the default chain") {
    DefaultCredentialsChain chain;
    Credentials credentials;
    const Result<void> result = chain.retrieve({}, credentials);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::NoCredentials);
    CHECK(contains(result.error().message, "timed out after"));
  }
  SECTION("for the region") {
    SharedSettings shared;
    CHECK(addInstanceRegion(shared));
    CHECK(shared.settings.region.empty());
  }
  CHECK(silent.lines() == std::vector<std::string>{"PUT /latest/api/token"});
  // Two seconds have passed at once, and nobody waits for more.
  CHECK(clock.now().steadyMs() - begunMs < 2'500);
}

namespace {

/// The agent of ECS or EKS: gives the role's credentials at one path, to who has the token.
HttpServer::Handler agentFor(const std::string& target, const std::string& authorization) {
  return [=](const HttpServer::Request& request) -> HttpAnswer {
    if (request.method != "GET" || request.target != target) return {404, "", "", false};
    if (request.header("Authorization").value_or("") != authorization) {
      return {401,
              R"({"code":"AccessDenied","message":"token )" +
                  request.header("Authorization").value_or("") + R"("})",
              "", false};
    }
    return {200, document, "", false};
  };
}

/// A program in a container. Made after its server.
struct InContainer {
  TestEnvironment environment;
  ManualClock clock;
  CurlTransport transport{local()};
  ContainerCredentials source{transport, clock};
};

}  // namespace

TEST_CASE("in an ECS task a call is signed with the credentials of the task's role") {
  HttpServer agent(agentFor("/v2/credentials/uuid?x=y", ""));
  InContainer container;
  // AWS_CONTAINER_CREDENTIALS_RELATIVE_URI would go to the agent's own address.
  container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI",
                            agent.url() + "/v2/credentials/uuid?x=y");
  CHECK(rotateWith(container.source) == "");
  CHECK(agent.last().header("Accept") == "application/json");
  CHECK_FALSE(agent.last().header("Authorization"));
  CHECK_FALSE(agent.last().header("Content-Length"));
}

TEST_CASE("in an EKS pod the agent is shown the pod's token, as it is now") {
  HttpServer agent(agentFor("/v1/credentials", "canary-pod-token-1"));
  InContainer container;
  container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url() + "/v1/credentials");
  const std::string path = container.environment.write("pod-token", "canary-pod-token-1");
  container.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
  CHECK(rotateWith(container.source) == "");
  agent.setHandler(agentFor("/v1/credentials", "canary-pod-token-2"));
  CHECK(errorOf(container.source) == "container: HTTP status 401 (AccessDenied: token ***)");
  container.environment.write("pod-token", "canary-pod-token-2");
  CHECK(errorOf(container.source) == "");
}

TEST_CASE("an agent is found by name where that is loopback") {
  HttpServer agent(agentFor("/x", ""));
  InContainer container;
  std::string url = agent.url() + "/x";
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
  CHECK(errorOf(container.source) == "");
}

TEST_CASE("the CAs of the default chain's options are those of all its connections over https") {
  const SlowTime time;  // for the metadata service has to answer within a second
  TestEnvironment environment;
  environment.set("AWS_REGION", "us-east-1");
  environment.set("no_proxy", "127.0.0.1");
  const TemporaryFolder folder;
  const CertificateAuthority authority(folder, "ca");
  const TlsOptions tls{authority.issue("server"), {}, 0};
  HttpServer server(tls, [](const HttpServer::Request& request) {
    if (request.method == "PUT")
      return HttpAnswer{200, "token", "X-aws-ec2-metadata-token-ttl-seconds: 60\r\n", false};
    if (request.method == "POST") {
      return HttpAnswer{200,
                        stsAnswer(accessKeyId, secretAccessKey, sessionToken,
                                  "2100-01-01T00:00:00Z", "AssumeRoleWithWebIdentity"),
                        "", false};
    }
    if (request.target == "/latest/meta-data/iam/security-credentials/")
      return HttpAnswer{200, "role", "", false};
    if (request.target == "/latest/meta-data/placement/region")
      return HttpAnswer{200, "eu-west-1", "", false};
    return HttpAnswer{200, document, "", false};
  });
  SECTION("an agent of a container") {
    environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/x");
  }
  SECTION("STS") {
    environment.set("AWS_ENDPOINT_URL_STS", server.url());
    environment.set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r");
    environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.write("token", "canary-token"));
  }
  SECTION("a metadata service") {
    environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url());
    CurlTransportOptions options;
    options.caPath = authority.hashedFolder();
    SharedSettings shared;
    REQUIRE(addInstanceRegion(shared, options));
    CHECK(shared.settings.region == "eu-west-1");
  }
  CurlTransportOptions options;
  options.trust(authority.file());
  DefaultCredentialsChain trusting({}, options);
  CHECK(errorOf(trusting) == "");
  DefaultCredentialsChain others({}, CurlTransportOptions());
  CHECK(contains(errorOf(others), "unable to get local issuer certificate"));
}

TEST_CASE("the default chain waits for the metadata service for as long as is configured") {
  TestEnvironment environment;
  const OwnTime time;
  HttpServer slow([](const HttpServer::Request& request) -> HttpAnswer {
    if (request.method == "PUT") {
      OwnTime::pass(5);
      return {200, "token", "X-aws-ec2-metadata-token-ttl-seconds: 60\r\n", false};
    }
    const bool isName = request.target == "/latest/meta-data/iam/security-credentials/";
    return {200, isName ? "role" : document, "", false};
  });
  environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", slow.url());
  std::string profile;
  SECTION("by a variable") {
    environment.set("AWS_METADATA_SERVICE_TIMEOUT", "10");
    environment.write(".aws/config", "[default]\nmetadata_service_timeout = 1\n");
  }
  SECTION("by the chosen profile") {
    profile = "slow";
    environment.write(".aws/config", "[profile slow]\nmetadata_service_timeout = 10\n");
  }
  DefaultCredentialsChain chain(profile);
  CHECK(errorOf(chain) == "");
}

TEST_CASE("the default chain waits for an agent that asks a service itself") {
  TestEnvironment environment;
  const OwnTime time;
  HttpServer agent([](const HttpServer::Request& request) {
    OwnTime::pass(2);
    return agentFor("/x", "")(request);
  });
  environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url() + "/x");
  DefaultCredentialsChain chain;
  CHECK(errorOf(chain) == "");
}

TEST_CASE("an agent is asked again while its trouble may pass") {
  std::atomic<int> failures{0};
  HttpServer agent([&](const HttpServer::Request& request) -> HttpAnswer {
    if (failures-- > 0) return {503, "", "", false};
    return agentFor("/x", "")(request);
  });
  InContainer container;
  container.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url() + "/x");
  SECTION("that passes") {
    failures = 2;
    CHECK(errorOf(container.source) == "");
    CHECK(container.clock.waits() == std::vector<std::int64_t>{1000, 2000});
  }
  SECTION("that does not") {
    failures = 3;
    CHECK(errorOf(container.source) == "container: HTTP status 503");
    CHECK(agent.lines().size() == 3);
  }
  SECTION("that makes it say too much") {
    agent.setHandler([](const HttpServer::Request&) {
      return HttpAnswer{200, std::string(100'000, 'x'), "", false};
    });
    CHECK(contains(errorOf(container.source), "is longer than "));
  }
  SECTION("that makes it silent") {
    const OwnTime time;
    agent.setHandler(silentFor(OwnTime::pastLimitSeconds));
    CHECK(contains(errorOf(container.source), "timed out after"));
  }
}

namespace {

constexpr const char* ssoConfig =
    "[default]\n"
    "sso_session = work\n"
    "sso_account_id = 123456789012\n"
    "sso_role_name = Operator\n"
    "[sso-session work]\n"
    "sso_region = eu-west-1\n"
    "sso_start_url = https://d-123.awsapps.com/start\n";

/// Portal and token endpoint of SSO. A refresh token is good once.
class SsoService {
 public:
  SsoService()
      : portal_([this](const HttpServer::Request& request) { return givePortal(request); }),
        oidc_([this](const HttpServer::Request& request) { return giveToken(request); }) {}

  HttpServer& portal() noexcept { return portal_; }
  HttpServer& oidc() noexcept { return oidc_; }

 private:
  HttpAnswer givePortal(const HttpServer::Request& request) {
    if (request.target != "/federation/credentials?account_id=123456789012&role_name=Operator") {
      return {404, R"({"message":"no such role"})", "", false};
    }
    if (request.header("x-amz-sso_bearer_token") !=
        "canary-access-" + std::to_string(generation_)) {
      return {401, R"({"message":"Session token not found or invalid"})",
              "x-amzn-ErrorType: UnauthorizedException\r\n", false};
    }
    return {200, roleCredentials, "", false};
  }
  HttpAnswer giveToken(const HttpServer::Request& request) {
    const auto body = Json::parse(request.body);
    const std::string expected = "canary-refresh-" + std::to_string(generation_);
    if (request.method != "POST" || request.target != "/token" || !body ||
        (*body)["clientId"].text() != "client" ||
        (*body)["clientSecret"].text() != "canary-client" ||
        (*body)["grantType"].text() != "refresh_token" ||
        (*body)["refreshToken"].text() != expected) {
      return {400, R"({"error":"invalid_grant","error_description":"Invalid refresh token"})", "",
              false};
    }
    ++generation_;
    const std::string number = std::to_string(generation_);
    return {200,
            R"({"accessToken":"canary-access-)" + number +
                R"(","tokenType":"Bearer","expiresIn":28800,"refreshToken":"canary-refresh-)" +
                number + R"("})",
            "", false};
  }

  std::atomic<int> generation_{1};
  HttpServer portal_;
  HttpServer oidc_;
};

/// A user who has signed in, with a token that has this long to live. Made after the servers.
struct SignedIn {
  TestEnvironment environment;
  ManualClock clock;
  CurlTransport transport{direct()};
  SsoCredentials source{transport, clock};

  SignedIn(SsoService& service, std::int64_t leftMs) {
    environment.set("AWS_ENDPOINT_URL_SSO", service.portal().url());
    environment.set("AWS_ENDPOINT_URL_SSO_OIDC", service.oidc().url());
    environment.write(".aws/config", ssoConfig);
    std::filesystem::create_directories(environment.path(".aws/sso/cache"));
    const std::string name = detail::ssoTokenPath("work");
    environment.write(name.substr(environment.path("").size()),
                      R"({"accessToken":"canary-access-1","expiresAt":")" +
                          detail::formatIsoDate(ManualClock::defaultUnixMs + leftMs) +
                          R"(","clientId":"client","clientSecret":"canary-client",)" +
                          R"("refreshToken":"canary-refresh-1",)" +
                          R"("registrationExpiresAt":"2026-03-01T00:00:00Z"})");
  }
  /// The error at the clock's time; empty without one.
  std::string error(SsoCredentials& of) {
    Credentials credentials;
    CredentialsQuery query;
    query.nowMs = clock.now().unixMs;
    const Result<void> result = of.retrieve(query, credentials);
    return result ? "" : result.error().message;
  }
  std::string error() { return error(source); }
};

}  // namespace

TEST_CASE("who has signed in gets a call signed with the credentials of the role") {
  SsoService service;
  SignedIn user(service, 3'600'000);
  CHECK(rotateWith(user.source) == "");
  CHECK(service.portal().lines().size() == 1);
  CHECK(service.oidc().lines().empty());
}

TEST_CASE("a token of SSO is renewed again and again, each time from the file") {
  SsoService service;
  SignedIn user(service, 60'000);
  CHECK(rotateWith(user.source) == "");
  CHECK(service.oidc().lines() == std::vector<std::string>{"POST /token"});
  // Another process, eight hours later.
  user.clock.advance(28'800'000);
  CurlTransport transport(direct());
  SsoCredentials other(transport, user.clock);
  CHECK(user.error(other) == "");
  CHECK(service.oidc().lines().size() == 2);
  // The first one finds that in the file.
  CHECK(user.error() == "");
  CHECK(service.oidc().lines().size() == 2);
}

TEST_CASE("whose token is over and cannot be renewed is told to sign in") {
  SsoService service;
  SignedIn user(service, 0);
  SECTION("refused") {
    CHECK(user.error() == "");  // renews; the first refresh token is spent
    user.clock.advance(28'800'000);
    const std::string name = detail::ssoTokenPath("work");
    std::string text = readFile(name);
    text.replace(text.find("canary-refresh-2"), 16, "canary-refresh-1");
    user.environment.write(name.substr(user.environment.path("").size()), text);
    CHECK(user.error() ==
          "SSO: the SSO token is over, and cannot be renewed: CreateToken: HTTP status 400 "
          "(invalid_grant: Invalid refresh token); run: aws sso login --sso-session work");
  }
  SECTION("not taken by the portal") {
    service.oidc().setHandler([](const HttpServer::Request&) -> HttpAnswer {
      return {200, R"({"accessToken":"canary-wrong","expiresIn":28800})", "", false};
    });
    CHECK(user.error() ==
          "SSO: HTTP status 401 (Session token not found or invalid); run: aws sso login "
          "--sso-session work");
  }
}

namespace {

/// A user who has signed in by `aws login`, with credentials that are over.
struct LoggedIn {
  TestEnvironment environment;
  ManualClock clock;
  SignInService service{{accessKeyId, secretAccessKey, sessionToken},
                        [this] { return clock.now().unixMs / 1000; }};
  CurlTransport transport{trusting()};
  LoginCredentials source{transport, clock, given()};

  LoggedIn() {
    environment.set("AWS_ENDPOINT_URL_SIGNIN", service.server().url());
    environment.write(".aws/config", "[default]\nlogin_session = me\n");
    std::filesystem::create_directories(environment.path(".aws/login/cache"));
    write(loginFile("2026-01-15T12:00:00Z"));
  }
  void write(const std::string& text) {
    environment.write(path().substr(environment.path("").size()), text);
  }
  static std::string path() { return detail::loginTokenPath<OpensslSha256>("me"); }
  [[nodiscard]] CurlTransportOptions trusting() const {
    CurlTransportOptions options = direct();
    options.caFile = service.caFile();
    return options;
  }
  static GivenStsSettings given() {
    GivenStsSettings given;
    given.region = "eu-west-1";
    return given;
  }
};

}  // namespace

TEST_CASE("who has signed in by aws login gets a call signed with renewed credentials") {
  LoggedIn user;
  CHECK(rotateWith(user.source) == "");
  CHECK(user.service.renewals() == 1);
  CHECK(user.service.lastProblem() == "");
  // Another program finds them in the file.
  CurlTransport transport(user.trusting());
  LoginCredentials other(transport, user.clock, LoggedIn::given());
  CHECK(rotateWith(other) == "");
  CHECK(user.service.renewals() == 1);
  // And renews them, by the new refresh token, when their quarter of an hour is almost over.
  user.clock.advance(10 * 60'000);
  Credentials credentials;
  CredentialsQuery query;
  query.nowMs = user.clock.now().unixMs;
  CHECK(other.retrieve(query, credentials));
  CHECK(user.service.renewals() == 2);
  CHECK(user.service.lastProblem() == "");
}

TEST_CASE("AWS Sign-In takes no session of another key, and none that is over") {
  LoggedIn user;
  std::string reason;
  SECTION("another key") {
    std::string text = loginFile("2026-01-15T12:00:00Z");
    // By `openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt`.
    const std::string other =
        R"(-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSWYJ768fE2UQ0Cjo\n9sZBYqw3or2MRGx9HMVgaRs5wcehRANCAAQGa94+YgnmVwcns1c7/9/R0KJ8sN0K\nTx9YjBmHdO3umv1BlAd63pw4xn3ZPW3r6PcdjWcSZXNhTHZnmykAp6qX\n-----END PRIVATE KEY-----\n)";
    const std::size_t at = text.find("-----BEGIN");
    text.replace(at, text.find("\", \"extra") - at, other);
    user.write(text);
    reason = "HTTP status 400 (INVALID_REQUEST: the key)";
  }
  SECTION("a session that is over") {
    std::string text = loginFile("2026-01-15T12:00:00Z");
    text.replace(text.find("canary-refresh-1"), 16, "canary-refresh-0");
    user.write(text);
    reason = "HTTP status 401 (TOKEN_EXPIRED: The refresh token is over)";
  }
  const std::string before = readFile(LoggedIn::path());
  CHECK(errorOf(user.source) == "login: the session in " + LoggedIn::path() +
                                    " cannot be renewed: " + reason +
                                    "; run: aws login --profile default");
  CHECK(readFile(LoggedIn::path()) == before);
  CHECK(user.service.renewals() == 0);
}

namespace {

/// The credentials endpoint of IoT: mutual TLS, and the thing's name.
struct IotEndpoint {
  TemporaryFolder folder;
  CertificateAuthority authority{folder, "ca"};
  CertificateAuthority stranger{folder, "stranger"};
  TlsOptions tls{authority.issue("server"), authority.file(), 0};
  HttpServer server{tls, [](const HttpServer::Request& request) -> HttpAnswer {
                      if (request.target != "/role-aliases/gateway/credentials") {
                        return {404, R"({"message":"Role alias not found"})", "", false};
                      }
                      if (request.header("x-amzn-iot-thingname") != "gateway-7") {
                        return {403, R"({"message":"Access denied"})", "", false};
                      }
                      return {200, iotCredentials, "", false};
                    }};

  [[nodiscard]] CurlTransportOptions device(const CertificateFiles& certificate) const {
    CurlTransportOptions options = direct();
    options.caFile = authority.file();
    options.clientCertificateFile = certificate.certificate;
    options.clientKeyFile = certificate.key;
    return options;
  }
  [[nodiscard]] IotRoleAliasOptions options() const {
    return {server.url(), "gateway", "gateway-7"};
  }
};

}  // namespace

TEST_CASE("a device gets a call signed with the credentials behind its certificate") {
  IotEndpoint endpoint;
  ManualClock clock;
  CurlTransport transport(endpoint.device(endpoint.authority.issue("device")));
  IotRoleAliasCredentials source(endpoint.options(), transport, clock);
  CHECK(rotateWith(source) == "");
  CHECK(endpoint.server.lines() ==
        std::vector<std::string>{"GET /role-aliases/gateway/credentials"});
}

TEST_CASE("a device without a good certificate gets nothing, and sends nothing") {
  IotEndpoint endpoint;
  ManualClock clock;
  CurlTransportOptions options = endpoint.device(endpoint.authority.issue("device"));
  SECTION("none") {
    options.clientCertificateFile = "";
    options.clientKeyFile = "";
  }
  SECTION("of another authority") {
    options = endpoint.device(endpoint.stranger.issue("strange"));
  }
  SECTION("self-signed") {
    options = endpoint.device(endpoint.authority.selfSigned("self"));
  }
  SECTION("that is over") {
    CertificateContent content;
    content.validUntilSeconds = -3600;
    options = endpoint.device(endpoint.authority.issue("old", content));
  }
  SECTION("that is not valid yet") {
    CertificateContent content;
    content.validFromSeconds = 3600;
    options = endpoint.device(endpoint.authority.issue("early", content));
  }
  SECTION("with the key of another") {
    options.clientKeyFile = endpoint.authority.issue("other").key;
  }
  SECTION("to a server that it cannot trust") {
    options.caFile = endpoint.stranger.file();
  }
  CurlTransport transport(options);
  IotRoleAliasCredentials source(endpoint.options(), transport, clock);
  const std::string error = errorOf(source);
  INFO(error);
  CHECK(error.find("IoT role alias: ") == 0);
  CHECK(endpoint.server.lines().empty());
}

TEST_CASE("a device is told why its role alias gives nothing") {
  IotEndpoint endpoint;
  ManualClock clock;
  CurlTransport transport(endpoint.device(endpoint.authority.issue("device")));
  IotRoleAliasOptions options = endpoint.options();
  SECTION("no such alias") {
    options.roleAlias = "other";
    IotRoleAliasCredentials source(options, transport, clock);
    CHECK(errorOf(source) == "IoT role alias: HTTP status 404 (Role alias not found)");
  }
  SECTION("another thing") {
    options.thingName = "gateway-8";
    IotRoleAliasCredentials source(options, transport, clock);
    CHECK(errorOf(source) == "IoT role alias: HTTP status 403 (Access denied)");
  }
}
