// SPDX-License-Identifier: BSL-1.0
// Calls that are cancelled, or out of time, while a source of credentials stalls.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "secure_tunneling/credentials/cached.hpp"
#include "secure_tunneling/credentials/container.hpp"
#include "secure_tunneling/credentials/instance_metadata.hpp"
#include "secure_tunneling/credentials/iot_role_alias.hpp"
#include "secure_tunneling/credentials/process.hpp"
#include "secure_tunneling/credentials/profile_chain.hpp"
#include "secure_tunneling/credentials/sso.hpp"
#include "secure_tunneling/credentials/web_identity.hpp"
#include "service/own_time.hpp"
#include "support/caller.hpp"
#include "support/canceller.hpp"
#include "support/environment.hpp"
#include "support/gate.hpp"
#include "support/http_server.hpp"

using namespace secure_tunneling;

namespace {

RotateTunnelAccessTokenRequest someRequest() {
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  return request;
}

/// A call with credentials of `source` that is cancelled when `isReached` returns; or has so much
/// time, where that is not 0, which is over when `isReached` returns, if not before.
RotateResult rotateWith(CredentialsSource& source, std::function<void()> isReached,
                        std::int64_t timeoutMs) {
  SystemClock clock;
  CurlTransport transport(direct());
  Client client(settingsFor("http://127.0.0.1:9"), transport, source, clock);
  const OwnTime time;
  const Canceller canceller([&] {
    isReached();
    if (timeoutMs != 0) OwnTime::passLimit();
  });
  CallLimits limits;
  limits.timeoutMs = timeoutMs;
  if (timeoutMs == 0) limits.cancelled = &canceller.flag;
  const Stopwatch watch;
  RotateResult result = rotateTunnelAccessToken(someRequest(), client, limits);
  CHECK(watch.isEarly());
  return result;
}

/// Takes requests, and answers none.
struct SilentServer {
  Gate reached;
  HttpServer server;

  SilentServer() : server(handler()) {}
  explicit SilentServer(const TlsOptions& tls) : server(tls, handler()) {}

 private:
  HttpServer::Handler handler() {
    return [this](const HttpServer::Request&) {
      reached.arrive();
      HttpAnswer answer;
      answer.isSilent = true;
      return answer;
    };
  }
};

/// Sources over HTTP whose server is silent, and which a program waits for with patience.
struct SilentSources {
  TemporaryFolder folder;
  CertificateAuthority authority{folder, "ca"};
  TlsOptions tls{authority.issue("server"), authority.file(), 0};
  TestEnvironment environment;
  SystemClock clock;
  SilentServer silent;
  SilentServer silentTls{tls};
  CurlTransport transport{direct()};
  CurlTransport device{deviceOptions()};
  std::vector<std::unique_ptr<CredentialsSource>> sources;
  std::unique_ptr<RoleAssumer> roles;

  std::unique_ptr<CredentialsSource> make(const std::string& name) {
    const std::string url = silent.server.url();
    if (name == "instance metadata") {
      environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
      return std::make_unique<InstanceMetadataCredentials>(transport, clock);
    }
    if (name == "container") {
      environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
      return std::make_unique<ContainerCredentials>(transport, clock);
    }
    environment.set("AWS_REGION", "eu-west-1");
    environment.set("AWS_ENDPOINT_URL_STS", url);
    if (name == "web identity") {
      environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.write("token", "a.pods.token"));
      environment.set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod");
      return std::make_unique<WebIdentityCredentials>(transport, clock);
    }
    if (name == "role of a profile") {
      environment.write(".aws/config",
                        "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\n"
                        "source_profile = user\n[profile user]\naws_access_key_id = ID\n"
                        "aws_secret_access_key = secret\n");
      roles = std::make_unique<StsRoleAssumer<OpensslSha256>>(transport, clock);
      ProfileSources ways;
      ways.roles = roles.get();
      return std::make_unique<ProfileChainCredentials>(ways);
    }
    if (name == "SSO") {
      environment.set("AWS_ENDPOINT_URL_SSO", url);
      environment.write(".aws/config",
                        "[default]\nsso_session = s\nsso_account_id = 123456789012\n"
                        "sso_role_name = R\n[sso-session s]\nsso_region = eu-west-1\n"
                        "sso_start_url = https://d-1.awsapps.com/start\n");
      std::filesystem::create_directories(environment.path(".aws/sso/cache"));
      environment.write(detail::ssoTokenPath("s").substr(environment.path("").size()),
                        R"({"accessToken":"token","expiresAt":"2100-01-01T00:00:00Z"})");
      return std::make_unique<SsoCredentials>(transport, clock);
    }
    return std::make_unique<IotRoleAliasCredentials>(
        IotRoleAliasOptions{silentTls.server.url(), "alias", "thing"}, device, clock);
  }

 private:
  CurlTransportOptions deviceOptions() {
    CurlTransportOptions options = direct();
    options.caFile = authority.file();
    const CertificateFiles certificate = authority.issue("device");
    options.clientCertificateFile = certificate.certificate;
    options.clientKeyFile = certificate.key;
    return options;
  }
};

}  // namespace

TEST_CASE("a call ends while a server of its credentials is silent") {
  const std::string name = GENERATE(as<std::string>(), "instance metadata", "container",
                                    "web identity", "role of a profile", "SSO", "role alias");
  const bool isCancelled = GENERATE(true, false);
  CAPTURE(name, isCancelled);
  SilentSources all;
  const std::unique_ptr<CredentialsSource> source = all.make(name);
  CachedCredentials cached(*source);
  Gate& reached = name == "role alias" ? all.silentTls.reached : all.silent.reached;
  const RotateResult result = rotateWith(
      cached, [&] { reached.waitFor(1); }, isCancelled ? 0 : OwnTime::limitMs);
  REQUIRE_FALSE(result);
  INFO(describe(result));
  CHECK(result.error().kind == (isCancelled ? ErrorKind::Cancelled : ErrorKind::DeadlineExceeded));
  CHECK(result.error().delivery == Delivery::NotSent);
  CHECK(result.error().attempts == 0);
}

TEST_CASE("a call that ends while its credentials come from a command kills all of that") {
  const bool isCancelled = GENERATE(true, false);
  const bool closesOutput = GENERATE(false, true);
  CAPTURE(isCancelled, closesOutput);
  const TemporaryFolder folder;
  const std::string path = folder.path("leash");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const int leash = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  // Its child's child holds the other end, too.
  ProcessCredentials source("exec 9>" + path + "; (sleep 30) & echo begun >&9;" +
                            (closesOutput ? "exec >&-;" : "") + " wait; sleep 30");
  const auto awaits = [leash](short events) {
    pollfd state{leash, events, 0};
    return poll(&state, 1, 20'000) == 1 && (events == 0 || (state.revents & events) != 0);
  };
  const RotateResult result = rotateWith(
      source, [&] { awaits(POLLIN); }, isCancelled ? 0 : OwnTime::limitMs);
  REQUIRE_FALSE(result);
  INFO(describe(result));
  CHECK(result.error().kind == (isCancelled ? ErrorKind::Cancelled : ErrorKind::DeadlineExceeded));
  CHECK(result.error().delivery == Delivery::NotSent);
  char text[16];
  CHECK(read(leash, text, sizeof text) == 6);
  const Stopwatch watch;
  CHECK(awaits(0));
  CHECK(watch.isEarly());
  close(leash);
}

TEST_CASE("a call ends while another thread fetches the credentials that it waits for") {
  /// Fetches until the test lets go.
  struct Slow final : CredentialsProvider {
    Gate begun;
    Gate released;
    std::atomic<int> fetches{0};
    Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
      ++fetches;
      begun.arrive();
      released.waitFor(1);
      credentials.accessKeyId = "ID";
      credentials.secretAccessKey.assign("secret");
      return {};
    }
  } source;
  CachedCredentials cached(source);
  std::string fetched;
  std::thread other([&] {
    Credentials credentials;
    if (cached.retrieve({}, credentials)) fetched = credentials.accessKeyId;
  });
  CHECK(source.begun.waitFor(1));
  for (const bool isCancelled : {true, false}) {
    const RotateResult result = rotateWith(
        cached, [] {}, isCancelled ? 0 : 200);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind ==
          (isCancelled ? ErrorKind::Cancelled : ErrorKind::DeadlineExceeded));
  }
  source.released.arrive();
  other.join();
  CHECK(fetched == "ID");
  CHECK(source.fetches == 1);
}

TEST_CASE("a fetch that its call ended is not what others get, and is not waited for afterwards") {
  SilentSources all;
  const std::unique_ptr<CredentialsSource> source = all.make("container");
  CachedCredentials cached(*source);
  const RotateResult cancelled = rotateWith(
      cached, [&] { all.silent.reached.waitFor(1); }, 0);
  REQUIRE_FALSE(cancelled);
  all.silent.server.setHandler([](const HttpServer::Request&) {
    return HttpAnswer{200, R"({"AccessKeyId":"ID","SecretAccessKey":"secret","Token":"token"})", "",
                      false};
  });
  Credentials credentials;
  CHECK(cached.retrieve({}, credentials));
  CHECK(credentials.accessKeyId == "ID");
}

TEST_CASE("the region of an instance is looked up within the limits") {
  TestEnvironment environment;
  SilentServer silent;
  environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.server.url());
  const bool isCancelled = GENERATE(true, false);
  CAPTURE(isCancelled);
  const ErrorKind kind = isCancelled ? ErrorKind::Cancelled : ErrorKind::DeadlineExceeded;
  const Canceller canceller([&] { silent.reached.waitFor(1); });
  std::optional<SlowTime> time;
  CallLimits limits;
  if (isCancelled) {
    limits.cancelled = &canceller.flag;
    time.emplace();  // for the one-line call waits for a second, without the flag
  } else {
    limits.timeoutMs = 200;
  }
  SECTION("by itself") {
    SystemClock clock;
    CurlTransport transport(direct());
    SharedSettings shared;
    const Result<void> added = addInstanceRegion(shared, transport, clock, limits);
    REQUIRE_FALSE(added);
    CHECK(added.error().kind == kind);
    CHECK(added.error().delivery == Delivery::NotSent);
  }
  SECTION("by the one-line call") {
    const RotateResult result = rotateTunnelAccessToken(someRequest(), limits);
    REQUIRE_FALSE(result);
    INFO(describe(result));
    CHECK(result.error().kind == kind);
    CHECK(result.error().delivery == Delivery::NotSent);
  }
}

TEST_CASE("the one-line call has one time for all that it does") {
  TestEnvironment environment;
  SilentServer silent;
  environment.set("AWS_REGION", "eu-west-1");
  environment.set("AWS_ENDPOINT_URL_IOTSECURETUNNELING", silent.server.url());
  environment.set("AWS_ACCESS_KEY_ID", "ID");
  environment.set("AWS_SECRET_ACCESS_KEY", "secret");
  const OwnTime time;
  const Canceller passing([&] {
    silent.reached.waitFor(1);
    OwnTime::passLimit();
  });
  CallLimits limits;
  limits.timeoutMs = OwnTime::limitMs;
  const RotateResult result = rotateTunnelAccessToken(someRequest(), limits);
  REQUIRE_FALSE(result);
  INFO(describe(result));
  CHECK(result.error().kind == ErrorKind::DeadlineExceeded);
  CHECK(result.error().delivery == Delivery::Unknown);
  CHECK(result.error().attempts == 1);
}
