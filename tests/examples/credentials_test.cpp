// SPDX-License-Identifier: BSL-1.0
// The command in the set-ups that the AWS tools know, with no more than the environment and the
// files that AWS documents; loopback servers play the services.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/caller.hpp"
#include "support/child_process.hpp"
#include "support/http_server.hpp"
#include "support/sign_in_service.hpp"
#include "support/sts_service.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* temporaryId = "ASIATEMPORARY";
constexpr const char* temporarySecret = "canary-temporary-secret";
constexpr const char* temporaryToken = "canary/temporary+token==";

/// An HTTP server with one answer for each request line that begins as it says.
class Answers {
 public:
  struct Answer {
    std::string line;
    std::string body;
    std::string headers;
  };
  explicit Answers(std::vector<Answer> answers) : answers_(std::move(answers)) {}

  [[nodiscard]] std::string url() const { return server_.url(); }

 private:
  void serve(Connection& connection) {
    for (std::string request = connection.readRequest(); !request.empty();
         request = connection.readRequest()) {
      const Answer* found = nullptr;
      for (const Answer& answer : answers_) {
        if (request.compare(0, answer.line.size(), answer.line) == 0) found = &answer;
      }
      const bool sent = found == nullptr ? connection.answer(404, "")
                                         : connection.answer(200, found->body, found->headers);
      if (!sent) return;
    }
  }

  const std::vector<Answer> answers_;
  SocketServer server_{[this](Connection& connection) { serve(connection); }};
};

/// A machine with nothing on it, and the service, which takes the temporary credentials.
struct Machine {
  SystemClock clock;
  ServedFake service{clock.now().unixMs};
  TemporaryFolder home;
  std::vector<std::string> environment{"HOME=" + home.path(), "AWS_REGION=us-east-1",
                                       "AWS_ENDPOINT_URL_IOTSECURETUNNELING=" + service.url(),
                                       "PATH=/usr/bin:/bin"};

  Machine() {
    std::filesystem::create_directories(home.path(".aws/sso/cache"));
    service.with(
        [](auto& fake) { fake.addCredentials(temporaryId, temporarySecret, temporaryToken); });
  }
  void set(const std::string& name, const std::string& value) {
    environment.push_back(name + "=" + value);
  }
  /// Instance metadata, which have a minute for each answer: the usual second may be too short for
  /// a busy machine.
  void setMetadata(const std::string& url) {
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
    set("AWS_METADATA_SERVICE_TIMEOUT", "60");
  }
  [[nodiscard]] Finished rotate(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {
        std::string(SECURE_TUNNELING_PROGRAMS) + "/rotate-tunnel-access-token",
        "--tunnel-id",
        ServedFake::tunnel,
        "--client-mode",
        "SOURCE",
        "--output",
        "text"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all, environment);
  }
  /// Rotates, and checks that the service did it once and the command says nothing else.
  void checkRotates(const std::vector<std::string>& more = {}) {
    const Finished finished = rotate(more);
    INFO(finished.errors);
    CHECK(finished.status == 0);
    CHECK(finished.errors.empty());
    CHECK(finished.output.find(service.sourceToken()) != std::string::npos);
    CHECK(service.rotations() == 1);
  }
};

std::string inAnHour() {
  return std::string("2100-01-01T00:00:00Z");
}

std::string documentOf(const std::string& tokenName) {
  return std::string(R"({"Version":1,"AccessKeyId":")") + temporaryId + R"(","SecretAccessKey":")" +
         temporarySecret + "\",\"" + tokenName + "\":\"" + temporaryToken + R"(","Expiration":")" +
         inAnHour() + "\"}";
}

constexpr const char* roleArn = "arn:aws:iam::123456789012:role/R";
constexpr const char* roleOnTheWayArn = "arn:aws:iam::123456789012:role/on-the-way";
const StsKeys keys{"AKIDKEYS", "canary-keys", "", {}};
const StsKeys keysOnTheWay{"ASIAONTHEWAY", "canary-on-the-way", "canary/token+1==", {}};

/// Lets STS give the temporary credentials to who signs with `trusted`, which may be the keys or
/// those of the role on the way to them, or has the token of a pod.
void addRoles(Machine& machine, StsService& sts, const StsKeys& trusted = keys) {
  sts.addKeys(keys);
  sts.addRole({roleOnTheWayArn, keys.accessKeyId, "", "", keysOnTheWay});
  sts.addRole({roleArn,
               trusted.accessKeyId,
               "canary-a.b.c",
               "",
               {temporaryId, temporarySecret, temporaryToken, {}}});
  machine.set("AWS_ENDPOINT_URL_STS", sts.url());
}

/// The credentials file of a profile `keys`.
std::string credentialsFileOf(const std::string& accessKeyId, const std::string& secretAccessKey) {
  return "[keys]\naws_access_key_id=" + accessKeyId + "\naws_secret_access_key=" + secretAccessKey +
         "\n";
}

std::string profileOfRole(const std::string& name, const std::string& arn,
                          const std::string& credentials) {
  return "[profile " + name + "]\nrole_arn=" + arn + "\n" + credentials + "\n";
}

}  // namespace

TEST_CASE("the command finds credentials where the AWS CLI does") {
  Machine machine;
  SECTION("a role over the keys of another profile") {
    StsService sts(machine.clock.now().unixMs);
    addRoles(machine, sts);
    const std::string credentials = machine.home.file(
        ".aws/credentials", credentialsFileOf(keys.accessKeyId, keys.secretAccessKey));
    const std::string config =
        machine.home.file(".aws/config", profileOfRole("role", roleArn, "source_profile=keys"));
    SECTION("by option") {
      machine.checkRotates({"--profile", "role"});
    }
    SECTION("by variable") {
      machine.set("AWS_PROFILE", "role");
      machine.checkRotates();
    }
  }
  SECTION("a role over another role") {
    StsService sts(machine.clock.now().unixMs);
    addRoles(machine, sts, keysOnTheWay);
    const std::string credentials = machine.home.file(
        ".aws/credentials", credentialsFileOf(keys.accessKeyId, keys.secretAccessKey));
    const std::string config = machine.home.file(
        ".aws/config", profileOfRole("role", roleArn, "source_profile=on-the-way") +
                           profileOfRole("on-the-way", roleOnTheWayArn, "source_profile=keys"));
    machine.checkRotates({"--profile", "role"});
    CHECK(sts.given() == std::vector<std::string>{std::string("AssumeRole ") + roleOnTheWayArn,
                                                  std::string("AssumeRole ") + roleArn});
  }
  SECTION("a role over the keys of the environment") {
    StsService sts(machine.clock.now().unixMs);
    addRoles(machine, sts);
    const std::string config = machine.home.file(
        ".aws/config", profileOfRole("role", roleArn, "credential_source=Environment"));
    machine.set("AWS_ACCESS_KEY_ID", keys.accessKeyId);
    machine.set("AWS_SECRET_ACCESS_KEY", keys.secretAccessKey);
    machine.checkRotates({"--profile", "role"});
  }
  SECTION("a web identity") {
    StsService sts(machine.clock.now().unixMs);
    addRoles(machine, sts);
    machine.set("AWS_ROLE_ARN", roleArn);
    machine.set("AWS_WEB_IDENTITY_TOKEN_FILE", machine.home.file("token", "canary-a.b.c"));
    machine.checkRotates();
    CHECK(sts.given() ==
          std::vector<std::string>{std::string("AssumeRoleWithWebIdentity ") + roleArn});
  }
  SECTION("a command") {
    const std::string document = machine.home.file("document", documentOf("SessionToken"));
    const std::string config =
        machine.home.file(".aws/config", "[default]\ncredential_process = cat " + document + "\n");
    machine.checkRotates();
  }
  SECTION("the agent of a container") {
    const Answers agent({{"GET /role HTTP/1.1", documentOf("Token"), ""}});
    machine.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url() + "/role");
    machine.checkRotates();
  }
  SECTION("the metadata of an instance") {
    const std::string path = "/latest/meta-data/iam/security-credentials/";
    const Answers metadata({{"PUT /latest/api/token HTTP/1.1", "token",
                             "X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"},
                            {"GET " + path + " HTTP/1.1", "role", ""},
                            {"GET " + path + "role HTTP/1.1", documentOf("Token"), ""}});
    machine.setMetadata(metadata.url());
    machine.checkRotates();
  }
  SECTION("a sign-in by SSO") {
    const Answers portal(
        {{"GET /federation/credentials?",
          "{\"roleCredentials\":{\"accessKeyId\":\"" + std::string(temporaryId) +
              "\",\"secretAccessKey\":\"" + temporarySecret + "\",\"sessionToken\":\"" +
              temporaryToken + "\",\"expiration\":4102444800000}}",
          ""}});
    machine.set("AWS_ENDPOINT_URL_SSO", portal.url());
    const std::string config = machine.home.file(
        ".aws/config",
        "[default]\nsso_session=s\nsso_account_id=1\nsso_role_name=R\n"
        "[sso-session s]\nsso_region=us-east-1\nsso_start_url=https://d.awsapps.com/start\n");
    // The name is the SHA-1 of the session's.
    const std::string token =
        machine.home.file(".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json",
                          R"({"accessToken":"canary-sso","expiresAt":"2100-01-01T00:00:00Z"})");
    machine.checkRotates();
  }
}

TEST_CASE("a role alias is reached by curl, as a command of the profile") {
  Machine machine;
  const CertificateAuthority authority(machine.home, "ca");
  const CertificateFiles device = authority.issue("device");
  // The credentials provider of AWS IoT.
  HttpServer provider(TlsOptions{authority.issue("server"), authority.file(), 0},
                      [](const HttpServer::Request& request) -> HttpAnswer {
                        if (request.target != "/role-aliases/gateway/credentials" ||
                            request.header("x-amzn-iot-thingname") != "gateway-7") {
                          return {403, R"({"message":"Access denied"})", "", false};
                        }
                        return {200,
                                std::string(R"({"credentials":{"accessKeyId":")") + temporaryId +
                                    R"(","secretAccessKey":")" + temporarySecret +
                                    R"(","sessionToken":")" + temporaryToken +
                                    R"(","expiration":")" + inAnHour() + "\"}}",
                                "", false};
                      });
  std::string certificate = " --cert " + device.certificate + " --key " + device.key;
  std::string thing = "gateway-7";
  const auto setUp = [&] {
    const std::string script = machine.home.file(
        "role-alias.sh",
        "curl --silent --show-error --fail" + certificate + " --cacert " + authority.file() +
            " --header 'x-amzn-iot-thingname: " + thing + "' " + provider.url() +
            "/role-aliases/gateway/credentials |\n"
            R"(  sed -e 's/^{"credentials":{/{"Version":1,/' -e 's/}}$/}/')"
            " -e 's/accessKeyId/AccessKeyId/' -e 's/secretAccessKey/SecretAccessKey/'"
            " -e 's/sessionToken/SessionToken/' -e 's/expiration/Expiration/'\n");
    const std::string config =
        machine.home.file(".aws/config", "[default]\ncredential_process = sh " + script + "\n");
  };
  SECTION("by a device with a certificate") {
    setUp();
    machine.checkRotates();
    CHECK(provider.lines() == std::vector<std::string>{"GET /role-aliases/gateway/credentials"});
  }
  SECTION("not without one") {
    certificate.clear();
    setUp();
    const Finished finished = machine.rotate();
    INFO(finished.errors);
    CHECK(finished.status == 255);
    CHECK(provider.lines().empty());
    CHECK(machine.service.calls() == 0);
  }
  SECTION("not as another thing") {
    thing = "gateway-8";
    setUp();
    const Finished finished = machine.rotate();
    INFO(finished.errors);
    CHECK(finished.status == 255);
    CHECK(machine.service.calls() == 0);
  }
}

TEST_CASE("no credentials come from a server that cannot be trusted, whatever the service may be") {
  Machine machine;
  const CertificateAuthority authority(machine.home, "ca");
  HttpServer sts(TlsOptions{authority.issue("sts"), "", 0},
                 [](const HttpServer::Request&) -> HttpAnswer {
                   return {200, stsAnswer(temporaryId, temporarySecret, temporaryToken, inAnHour()),
                           "", false};
                 });
  machine.set("AWS_ENDPOINT_URL_STS", sts.url());
  machine.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/R");
  machine.set("AWS_WEB_IDENTITY_TOKEN_FILE", machine.home.file("token", "a.b.c"));
  SECTION("an authority that is not known") {
    const Finished finished = machine.rotate({"--no-verify-ssl"});
    INFO(finished.errors);
    CHECK(finished.status == 255);
    CHECK(finished.errors.find("unable to get local issuer certificate") != std::string::npos);
    CHECK(sts.lines().empty());
    CHECK(machine.service.calls() == 0);
  }
  SECTION("one that is, by variable") {
    machine.set("AWS_CA_BUNDLE", authority.file());
    machine.checkRotates({"--no-verify-ssl"});
  }
  SECTION("one that is, by option") {
    machine.checkRotates({"--no-verify-ssl", "--ca-bundle", authority.file()});
  }
}

TEST_CASE("a proxy over https is checked by the CA bundle, also where the service is not checked") {
  Machine machine;
  const CertificateAuthority authority(machine.home, "ca");
  HttpServer proxy(TlsOptions{authority.issue("proxy"), "", 0},
                   [](const HttpServer::Request&) -> HttpAnswer {
                     return {403, "", "", false};
                   });
  machine.set("AWS_ACCESS_KEY_ID", temporaryId);
  machine.set("AWS_SECRET_ACCESS_KEY", temporarySecret);
  machine.set("HTTPS_PROXY", proxy.url());
  const std::vector<std::string> unchecked = {"--no-verify-ssl", "--endpoint-url",
                                              "https://service.invalid"};
  SECTION("it is") {
    machine.set("AWS_CA_BUNDLE", authority.file());
    CHECK(machine.rotate(unchecked).errors.find("refused with HTTP status 403") !=
          std::string::npos);
  }
  SECTION("a bundle that is not there") {
    machine.set("AWS_CA_BUNDLE", machine.home.path("none"));
    CHECK(machine.rotate(unchecked).errors.find("unable to get local issuer certificate") !=
          std::string::npos);
  }
}

TEST_CASE("on an instance the command needs no region") {
  Machine machine;
  machine.environment = {"HOME=" + machine.home.path(), "PATH=/usr/bin:/bin",
                         "AWS_ENDPOINT_URL_IOTSECURETUNNELING=" + machine.service.url()};
  std::string region = "us-east-1";
  HttpServer metadata([&](const HttpServer::Request& request) -> HttpAnswer {
    const std::string role = "/latest/meta-data/iam/security-credentials/role";
    if (request.target == "/latest/api/token") return {200, "token", "", false};
    if (request.target == "/latest/meta-data/placement/region") return {200, region, "", false};
    return {200, request.target == role ? documentOf("Token") : "role", "", false};
  });
  machine.setMetadata(metadata.url());
  SECTION("for the call") {
    machine.checkRotates();
  }
  SECTION("for a role") {
    region = "eu-west-1";
    HttpServer sts([](const HttpServer::Request&) -> HttpAnswer {
      return {200, stsAnswer(temporaryId, temporarySecret, temporaryToken, inAnHour()), "", false};
    });
    machine.set("AWS_ENDPOINT_URL_STS", sts.url());
    const std::string config = machine.home.file(
        ".aws/config",
        "[default]\nrole_arn=arn:aws:iam::1:role/R\ncredential_source=Ec2InstanceMetadata\n");
    const Finished finished = machine.rotate();
    INFO(finished.errors);
    CHECK(sts.last().header("Authorization").value_or("").find("/eu-west-1/sts/") !=
          std::string::npos);
  }
  SECTION("but for one that is empty by option") {
    const Finished finished = machine.rotate({"--region", ""});
    INFO(finished.errors);
    CHECK(finished.status == 253);
    CHECK(metadata.lines().empty());
  }
  SECTION("but where metadata are switched off") {
    machine.set("AWS_EC2_METADATA_DISABLED", "true");
    const Finished finished = machine.rotate();
    CHECK(finished.status == 253);
    CHECK(finished.errors.find("You must specify a region.") != std::string::npos);
    CHECK(metadata.lines().empty());
  }
}

TEST_CASE("the command says what it looked for, and soon, where there are no credentials") {
  Machine machine;
  const ClosedPort nobody;
  machine.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://" + nobody.authority());
  const Finished finished = machine.rotate();
  CHECK(finished.status == 253);
  CHECK(finished.output.empty());
  for (const char* const looked :
       {"AWS_ACCESS_KEY_ID", ".aws/config", ".aws/credentials", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "instance metadata"}) {
    CAPTURE(looked);
    CHECK(finished.errors.find(looked) != std::string::npos);
  }
}

TEST_CASE("credentials that have expired, by their source too, are told with it") {
  Machine machine;
  machine.service.with(
      [](auto& fake) { fake.addCredentials("ASIAENDED", "canary-ended", "canary-token", 1'000); });
  std::string expiration;
  std::string origin;
  SECTION("its source gives an end that is over") {
    expiration = R"(,"Expiration":"2020-02-29T12:30:00Z")";
    origin =
        " (the credentials are from: profile default, by credential_process, and ended at "
        "20200229T123000Z)";
  }
  SECTION("its source gives an end that is to come") {
    expiration = R"(,"Expiration":"2100-01-01T00:00:00Z")";
  }
  SECTION("its source gives no end") {}
  const std::string document = machine.home.file(
      "document",
      R"({"Version":1,"AccessKeyId":"ASIAENDED","SecretAccessKey":"canary-ended","SessionToken":"canary-token")" +
          expiration + "}");
  const std::string config =
      machine.home.file(".aws/config", "[default]\ncredential_process = cat " + document + "\n");
  const Finished finished = machine.rotate();
  CHECK(finished.status == 254);
  CHECK(finished.errors ==
        "An error occurred (ExpiredTokenException) when calling the RotateTunnelAccessToken "
        "operation: The security token included in the request is expired" +
            origin + "\n");
}

TEST_CASE("a source that fails ends the search, with its reason and no secret") {
  Machine machine;
  machine.set("AWS_EC2_METADATA_DISABLED", "true");
  std::string reason;
  StsService sts(machine.clock.now().unixMs);
  addRoles(machine, sts);
  SECTION("half a key pair") {
    machine.set("AWS_ACCESS_KEY_ID", "AKIDHALF");
    reason = "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY";
  }
  SECTION("a command") {
    const std::string config =
        machine.home.file(".aws/config", "[default]\ncredential_process = echo canary; exit 7\n");
    reason = "it exited with status 7";
  }
  SECTION("a role for other keys") {
    const std::string config =
        machine.home.file(".aws/config", profileOfRole("default", roleArn, "source_profile=keys"));
    SECTION("with a wrong secret") {
      const std::string credentials = machine.home.file(
          ".aws/credentials", credentialsFileOf(keys.accessKeyId, "canary-wrong"));
      reason = ": SignatureDoesNotMatch: ";
    }
    SECTION("that STS does not know") {
      const std::string credentials = machine.home.file(
          ".aws/credentials", credentialsFileOf("AKIDOFNOBODY", keys.secretAccessKey));
      reason = ": InvalidClientTokenId: ";
    }
    reason = std::string("AssumeRole of ") + roleArn + reason;
  }
  SECTION("a role for another role") {
    const std::string credentials = machine.home.file(
        ".aws/credentials", credentialsFileOf(keys.accessKeyId, keys.secretAccessKey));
    const std::string config = machine.home.file(
        ".aws/config", profileOfRole("default", roleArn, "source_profile=on-the-way") +
                           profileOfRole("on-the-way", roleOnTheWayArn, "source_profile=keys"));
    reason = std::string("AssumeRole of ") + roleArn + ": AccessDenied: User: ASIAONTHEWAY is not";
  }
  SECTION("a web identity") {
    machine.set("AWS_ROLE_ARN", roleArn);
    machine.set("AWS_WEB_IDENTITY_TOKEN_FILE", machine.home.file("token", "canary-a.b.c"));
    sts.endWebIdentities();
    reason = std::string("AssumeRoleWithWebIdentity of ") + roleArn + ": ExpiredTokenException: ";
  }
  SECTION("a token that is to be typed") {
    const std::string config = machine.home.file(
        ".aws/config",
        "[default]\nrole_arn=A\nsource_profile=default\nmfa_serial=arn:aws:iam::1:mfa/me\n");
    reason = "mfa_serial";
  }
  const Finished finished = machine.rotate();
  INFO(finished.errors);
  CHECK(finished.status == 255);
  CHECK(finished.output.empty());
  CHECK(finished.errors.find(reason) != std::string::npos);
  CHECK(finished.errors.find("canary") == std::string::npos);
  CHECK(machine.service.calls() == 0);
}

TEST_CASE("two commands that renew a session of aws login at once leave one whole file") {
  Machine machine;
  SignInService signIn(
      {temporaryId, temporarySecret, temporaryToken},
      [&] { return machine.clock.now().unixMs / 1000; }, 60, 2);
  machine.set("AWS_ENDPOINT_URL_SIGNIN", signIn.server().url());
  machine.set("AWS_CA_BUNDLE", signIn.caFile());
  machine.set("AWS_LOGIN_CACHE_DIRECTORY", "~/sessions");
  const std::string config = machine.home.file(".aws/config", "[default]\nlogin_session = me\n");
  std::filesystem::create_directory(machine.home.path("sessions"));
  // By `printf me | sha256sum`.
  const std::string path = machine.home.file(
      "sessions/2744ccd10c7533bd736ad890f9dd5cab2adb27b07d500b9493f29cdc420cb2e0.json",
      loginFile("2020-01-01T00:00:00Z"));
  const std::vector<std::string> command = {
      std::string(SECURE_TUNNELING_PROGRAMS) + "/rotate-tunnel-access-token",
      "--tunnel-id",
      ServedFake::tunnel,
      "--client-mode",
      "SOURCE",
      "--debug"};
  ChildProcess first(command, machine.environment);
  ChildProcess second(command, machine.environment);
  for (ChildProcess* const child : {&first, &second}) {
    CHECK(child->readAll().find("sourceAccessToken") != std::string::npos);
    CHECK(child->wait() == 0);
    INFO(child->errors());
    CHECK(child->errors().find("canary") == std::string::npos);
  }
  CHECK(signIn.renewals() == 2);
  CHECK(signIn.lastProblem() == "");
  const auto session = Json::parse(readFile(path));
  REQUIRE(session);
  CHECK((*session)["accessToken"]["sessionToken"].text() == temporaryToken);
  CHECK((*session)["refreshToken"].text().find("canary-refresh-") == 0);
  CHECK((*session)["dpopKey"].text() == dpopKey);
  CHECK(std::distance(std::filesystem::directory_iterator(machine.home.path("sessions")),
                      std::filesystem::directory_iterator()) == 1);
  // It is good for the next one.
  const Finished finished = machine.rotate();
  INFO(finished.errors);
  CHECK(finished.status == 0);
  CHECK(signIn.renewals() == 2);
}

TEST_CASE("a command whose user has not signed in says how") {
  Machine machine;
  const std::string config = machine.home.file(".aws/config", "[default]\nlogin_session = me\n");
  const Finished finished = machine.rotate();
  CHECK(finished.status == 255);
  CHECK(finished.output.empty());
  CHECK(finished.errors.find("login: not signed in: there is no " + machine.home.path("")) !=
        std::string::npos);
  CHECK(finished.errors.find("; run: aws login --profile default") != std::string::npos);
  CHECK(machine.service.calls() == 0);
}
