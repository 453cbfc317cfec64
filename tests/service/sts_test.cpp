// SPDX-License-Identifier: BSL-1.0
// The sources that ask STS, against a server on loopback that checks what AWS's does: who signed,
// with what, and for which role.
#include <string>
#include <vector>

#include "secure_tunneling/credentials/assume_role.hpp"
#include "secure_tunneling/credentials/cached.hpp"
#include "secure_tunneling/credentials/environment.hpp"
#include "secure_tunneling/credentials/profile_chain.hpp"
#include "secure_tunneling/credentials/web_identity.hpp"
#include "support/caller.hpp"
#include "support/environment.hpp"
#include "support/sts_service.hpp"

using namespace secure_tunneling;

namespace {

const StsKeys userKeys{"AKIDOFTHEUSER", "canary-secret-of-the-user", "", {}};
const StsKeys firstKeys{"ASIAOFTHEFIRST", "canary-secret/of+the=first", "canary-token/1+==", {}};
const StsKeys secondKeys{"ASIAOFTHESECOND", "canary-secret-of-the-second", "canary-token/2+==", {}};
constexpr const char* firstArn = "arn:aws:iam::123456789012:role/first";
constexpr const char* secondArn = "arn:aws:iam::123456789012:role/path/second";
constexpr const char* podArn = "arn:aws:iam::123456789012:role/pod";
constexpr const char* podToken = "canary-pod.eyJhbGciOiJSUzI1NiJ9.c2ln_-";

/// Two roles, the second for who has the first, and one for a pod; and a program that wants them.
struct Site {
  StsService sts;
  TestEnvironment environment;
  ManualClock clock;
  CurlTransport transport{direct()};
  StsRoleAssumer<OpensslSha256> assumer{transport, clock};
  WebIdentityCredentials webIdentity{transport, clock};
  EnvironmentCredentials variables;
  StsSettings settings;

  Site() {
    sts.addKeys(userKeys);
    sts.addRole({firstArn, userKeys.accessKeyId, "", "", firstKeys});
    sts.addRole({secondArn, firstKeys.accessKeyId, "", "owner+7=a/b", secondKeys});
    sts.addRole({podArn, "", podToken, "", firstKeys});
    settings.region = StsService::region;
    settings.endpointUrl = sts.url();
    environment.set("AWS_REGION", StsService::region);
    environment.set("AWS_ENDPOINT_URL_STS", sts.url());
  }
  void usePodToken(const std::string& token) {
    environment.set("AWS_ROLE_ARN", podArn);
    environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.write("token", token + "\n"));
  }
  [[nodiscard]] ProfileChainCredentials profiles() {
    ProfileSources sources;
    sources.roles = &assumer;
    sources.webIdentity = &webIdentity;
    sources.environment = &variables;
    return ProfileChainCredentials(sources);
  }
};

Credentials credentialsOf(const StsKeys& keys) {
  Credentials credentials;
  credentials.accessKeyId = keys.accessKeyId;
  credentials.secretAccessKey.assign(keys.secretAccessKey);
  credentials.sessionToken.assign(keys.sessionToken);
  return credentials;
}

/// Takes on a role as the owner of `keys`, and gives the error; empty without one.
std::string errorOfRole(Site& site, const Role& role, const StsKeys& keys = userKeys) {
  StaticCredentials source(credentialsOf(keys));
  AssumeRoleCredentials provider(site.settings, role, source, site.assumer);
  Credentials credentials;
  const Result<void> result = provider.retrieve({}, credentials);
  if (result) return "";
  CHECK(result.error().delivery == Delivery::NotSent);
  CHECK(result.error().message.find("canary") == std::string::npos);
  return result.error().message;
}

/// The error of a source that is to give `keys`; empty when it does.
std::string errorOf(CredentialsSource& source, const StsKeys& keys) {
  Credentials credentials;
  const Result<void> result = source.retrieve({}, credentials);
  if (!result) {
    CHECK(result.error().message.find("canary") == std::string::npos);
    return result.error().message;
  }
  CHECK(credentials.accessKeyId == keys.accessKeyId);
  CHECK(credentials.secretAccessKey.expose() == keys.secretAccessKey);
  CHECK(credentials.sessionToken.expose() == keys.sessionToken);
  CHECK(credentials.expiresAtMs.has_value());
  return "";
}

/// Makes a call with the credentials of `source`, for a service that takes `keys` only; empty when
/// it succeeds, else the error.
std::string rotateWith(CredentialsSource& source, const StsKeys& keys) {
  ServedFake service;
  service.with([&](auto& fake) {
    fake.addCredentials(keys.accessKeyId, keys.secretAccessKey, keys.sessionToken);
  });
  ManualClock clock;
  CurlTransport transport(direct());
  Client client(settingsFor(service.url()), transport, source, clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  const auto response = rotateTunnelAccessToken(request, client);
  return response ? "" : response.error().message;
}

bool isIn(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

HttpAnswer scripted(int status, const std::string& body) {
  return {status, body, "", false};
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a call is signed with the credentials of a role that STS gives") {
  Site site;
  StaticCredentials user(credentialsOf(userKeys));
  AssumeRoleCredentials role(site.settings, {firstArn, "nightly+1=@site-7", "", 900}, user,
                             site.assumer);
  CHECK(rotateWith(role, firstKeys) == "");
  CHECK(site.sts.given() == Lines{std::string("AssumeRole ") + firstArn});
  CHECK(site.sts.lastForm() == StsService::Form{{"Action", "AssumeRole"},
                                                {"Version", "2011-06-15"},
                                                {"RoleArn", firstArn},
                                                {"RoleSessionName", "nightly+1=@site-7"},
                                                {"DurationSeconds", "900"}});
}

TEST_CASE("STS gives a role for as long as it was asked to") {
  Site site;
  Role role{firstArn, "", "", 0};
  std::int64_t seconds = 3600;
  SECTION("by itself") {}
  SECTION("by the caller") {
    role.durationSeconds = 43200;
    seconds = 43200;
  }
  Credentials credentials;
  REQUIRE(site.assumer.assume(site.settings, role, credentialsOf(userKeys), credentials));
  CHECK(credentials.expiresAtMs == ManualClock::defaultUnixMs + seconds * 1000);
  CHECK(site.sts.lastForm().count("DurationSeconds") == (role.durationSeconds == 0 ? 0 : 1));
}

TEST_CASE("a role is taken on with the credentials of another, their token and all") {
  Site site;
  StaticCredentials user(credentialsOf(userKeys));
  AssumeRoleCredentials first(site.settings, {firstArn, "", "", 0}, user, site.assumer);
  AssumeRoleCredentials second(site.settings, {secondArn, "", "owner+7=a/b", 0}, first,
                               site.assumer);
  CHECK(rotateWith(second, secondKeys) == "");
  CHECK(site.sts.given() ==
        Lines{std::string("AssumeRole ") + firstArn, std::string("AssumeRole ") + secondArn});
}

namespace {

struct Typist final : MfaPrompt {
  std::string code;
  std::vector<std::string> asked;

  Result<void> ask(std::string_view serial, Secret& out) override {
    asked.emplace_back(serial);
    out.assign(code);
    return {};
  }
};

}  // namespace

TEST_CASE("STS gives a role that wants an MFA device to who knows its code") {
  Site site;
  const std::string arn = "arn:aws:iam::123456789012:role/guarded";
  const std::string serial = "arn:aws:iam::123456789012:mfa/user";
  site.sts.addRole({arn, userKeys.accessKeyId, "", "", secondKeys, serial, "271828"});
  site.environment.set("AWS_ACCESS_KEY_ID", userKeys.accessKeyId);
  site.environment.set("AWS_SECRET_ACCESS_KEY", userKeys.secretAccessKey);
  site.environment.write(".aws/config", "[default]\nrole_arn=" + arn + "\nmfa_serial=" + serial +
                                            "\ncredential_source=Environment\n");
  Typist typist;
  StsRoleAssumer<OpensslSha256> asking(site.transport, site.clock, {}, &typist);
  ProfileSources sources;
  sources.roles = &asking;
  sources.environment = &site.variables;
  ProfileChainCredentials profile(sources);
  typist.code = "314159";
  CHECK(
      errorOf(profile, secondKeys) ==
      "profile \"default\": AssumeRole of " + arn +
          ": AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.");
  typist.code = "271828";
  // Kept, so that nobody is asked again.
  CachedCredentials cached(profile);
  CHECK(rotateWith(cached, secondKeys) == "");
  CHECK(rotateWith(cached, secondKeys) == "");
  CHECK(typist.asked == std::vector<std::string>{serial, serial});
}

TEST_CASE("STS refuses who signs with the wrong keys") {
  Site site;
  StsKeys keys = userKeys;
  Role role{firstArn, "", "", 0};
  std::string code = "InvalidClientTokenId";
  SECTION("another secret") {
    keys.secretAccessKey = "canary-wrong";
    code = "SignatureDoesNotMatch";
  }
  SECTION("an unknown id") {
    keys.accessKeyId = "AKIDOFNOBODY";
  }
  SECTION("a token with keys that have none") {
    keys.sessionToken = "canary-token";
  }
  SECTION("those of a role, before STS gave them") {
    keys = firstKeys;
  }
  SECTION("those of a role without their token") {
    REQUIRE(errorOfRole(site, role) == "");
    keys = firstKeys;
    keys.sessionToken = "";
  }
  SECTION("those of a role that are over") {
    REQUIRE(errorOfRole(site, role) == "");
    keys = firstKeys;
    site.clock.advance(3'600'000);
    site.sts.setTime(site.clock.now().unixMs);
    code = "ExpiredToken";
  }
  SECTION("for another region") {
    site.settings.region = "eu-west-1";
    code = "SignatureDoesNotMatch";
  }
  const std::size_t before = site.sts.calls();
  const std::string error = errorOfRole(site, role, keys);
  INFO(error);
  CHECK(error.find("AssumeRole of " + role.arn + ": " + code + ": ") == 0);
  CHECK(site.sts.calls() == before + 1);
}

TEST_CASE("STS refuses a role, and the error says which and why") {
  Site site;
  Role role{firstArn, "", "", 0};
  std::string code = "AccessDenied: User: AKIDOFTHEUSER is not authorized";
  SECTION("that there is none of") {
    role.arn = "arn:aws:iam::123456789012:role/none";
  }
  SECTION("of others") {
    role = {secondArn, "", "owner+7=a/b", 0};
  }
  SECTION("with an external id that nobody asks for") {
    role.externalId = "mine";
  }
  SECTION("by the wrong external id") {
    site.sts.addRole({podArn + std::string("-2"), userKeys.accessKeyId, "", "right", firstKeys});
    role = {podArn + std::string("-2"), "", "wrong", 0};
  }
  SECTION("for too short a time") {
    role.durationSeconds = 899;
    code = "ValidationError: durationSeconds: ";
  }
  SECTION("for too long a time") {
    role.durationSeconds = 43201;
    code = "ValidationError: durationSeconds: ";
  }
  SECTION("for a session with no good name") {
    role.sessionName = "a name";
    code = "ValidationError: roleSessionName: ";
  }
  const std::string error = errorOfRole(site, role);
  INFO(error);
  CHECK(error.find("AssumeRole of " + role.arn + ": " + code) == 0);
  CHECK(site.sts.calls() == 1);
  CHECK(site.sts.given().empty());
}

TEST_CASE("a call to STS is signed once more, by the time of STS, where the clocks differ") {
  Site site;
  const Role role{firstArn, "", "", 0};
  SECTION("the caller's is behind") {
    site.sts.setTime(ManualClock::defaultUnixMs + 86'400'000);
    CHECK(errorOfRole(site, role) == "");
    CHECK(site.sts.calls() == 2);
  }
  SECTION("the caller's is ahead") {
    site.sts.setTime(ManualClock::defaultUnixMs - 86'400'000);
    CHECK(errorOfRole(site, role) == "");
    CHECK(site.sts.calls() == 2);
  }
  SECTION("STS calls it a request that is over") {
    site.sts.setTime(ManualClock::defaultUnixMs + 86'400'000);
    site.sts.answerNext(scripted(400, stsError("RequestExpired", "Request has expired.")));
    CHECK(errorOfRole(site, role) == "");
    CHECK(site.sts.calls() == 2);
  }
  SECTION("but not where they agree") {
    site.sts.answerNext(scripted(400, stsError("RequestExpired", "Request has expired.")));
    CHECK(isIn(errorOfRole(site, role), "RequestExpired: Request has expired."));
    CHECK(site.sts.calls() == 1);
  }
  SECTION("and as often as there are attempts, whatever time it says next") {
    for (const char* const day : {"16", "17", "18"}) {
      HttpAnswer refusal = scripted(400, stsError("RequestExpired", "Request has expired."));
      refusal.headerLines = "Date: Fri, " + std::string(day) + " Jan 2026 12:30:00 GMT\r\n";
      site.sts.answerNext(refusal);
    }
    CHECK(isIn(errorOfRole(site, role), "RequestExpired: Request has expired."));
    CHECK(site.sts.calls() == 3);
  }
  CHECK(site.clock.waits().empty());
}

TEST_CASE("STS is asked again while its trouble may pass") {
  Site site;
  const Role role{firstArn, "", "", 0};
  SECTION("that passes") {
    site.sts.answerNext(scripted(500, stsError("InternalFailure", "canary")));
    site.sts.answerNext(scripted(503, "<html>canary</html>"));
    CHECK(errorOfRole(site, role) == "");
    CHECK(site.clock.waits() == std::vector<std::int64_t>{1000, 2000});
  }
  SECTION("that does not") {
    for (int i = 0; i != 4; ++i)
      site.sts.answerNext(scripted(500, stsError("InternalFailure", "try later")));
    CHECK(isIn(errorOfRole(site, role), "InternalFailure: try later"));
    CHECK(site.sts.calls() == 3);
  }
  SECTION("that makes it give something else") {
    site.sts.answerNext(scripted(200, "canary <<<"));
    CHECK(isIn(errorOfRole(site, role), "the answer is not XML"));
  }
  SECTION("that makes it give a beginning") {
    const std::string whole = stsAnswer("ASIAHALF", "canary-secret", "canary-token");
    site.sts.answerNext(scripted(200, whole.substr(0, whole.find("<Expiration>"))));
    CHECK(isIn(errorOfRole(site, role), "the answer is not XML"));
  }
  SECTION("that makes it give no token") {
    site.sts.answerNext(scripted(200, stsAnswer("ASIAHALF", "canary-secret", "")));
    CHECK(isIn(errorOfRole(site, role), "the answer has no complete credentials"));
  }
  SECTION("that makes it say too much") {
    site.sts.answerNext(scripted(200, std::string(2'000'000, 'x')));
    CHECK(isIn(errorOfRole(site, role), "is longer than "));
  }
}

TEST_CASE("a pod's token is exchanged for the credentials of a role, and nothing is signed") {
  Site site;
  site.usePodToken(podToken);
  site.environment.set("AWS_ROLE_SESSION_NAME", "pod-7");
  CHECK(rotateWith(site.webIdentity, firstKeys) == "");
  CHECK(site.sts.lastForm() == StsService::Form{{"Action", "AssumeRoleWithWebIdentity"},
                                                {"Version", "2011-06-15"},
                                                {"RoleArn", podArn},
                                                {"RoleSessionName", "pod-7"},
                                                {"WebIdentityToken", podToken}});
}

TEST_CASE("STS refuses a pod's token") {
  Site site;
  site.usePodToken(podToken);
  std::string code;
  std::size_t calls = 1;
  SECTION("that is over") {
    site.sts.endWebIdentities();
    code = "ExpiredTokenException: Token expired: ";
  }
  SECTION("that is another") {
    site.usePodToken("canary-other.e30.c2ln");
    // The issuer's new key may not have come around.
    calls = 3;
    code = "InvalidIdentityToken: ";
  }
  SECTION("for a role that takes none") {
    site.environment.set("AWS_ROLE_ARN", firstArn);
    code = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity";
  }
  const std::string error = errorOf(site.webIdentity, firstKeys);
  INFO(error);
  CHECK(error.find("AssumeRoleWithWebIdentity of arn:aws:iam::123456789012:role/") == 0);
  CHECK(isIn(error, ": " + code));
  CHECK(site.sts.calls() == calls);
}

TEST_CASE("profiles lead to the roles that STS gives") {
  Site site;
  const std::string config =
      "[profile first]\nrole_arn=" + std::string(firstArn) +
      "\nsource_profile=user\nrole_session_name=of-the-profile\nduration_seconds=1800\n"
      "[profile second]\nrole_arn=" +
      secondArn +
      "\nsource_profile=first\nexternal_id=owner+7=a/b\n"
      "[profile nobody]\nrole_arn=" +
      secondArn +
      "\nsource_profile=first\nexternal_id=not it\n"
      "[profile variables]\nrole_arn=" +
      firstArn +
      "\ncredential_source=Environment\n"
      "[profile pod]\nrole_arn=" +
      podArn + "\nweb_identity_token_file=" + site.environment.write("pod", podToken) + "\n" +
      "[profile of-pod]\nrole_arn=" + secondArn + "\nsource_profile=pod\nexternal_id=owner+7=a/b\n";
  site.environment.write(".aws/config", config);
  site.environment.write(".aws/credentials",
                         "[user]\naws_access_key_id=" + userKeys.accessKeyId +
                             "\naws_secret_access_key=" + userKeys.secretAccessKey + "\n");
  ProfileChainCredentials source = site.profiles();
  SECTION("one") {
    site.environment.set("AWS_PROFILE", "first");
    CHECK(rotateWith(source, firstKeys) == "");
    CHECK(site.sts.lastForm()["RoleSessionName"] == "of-the-profile");
    CHECK(site.sts.lastForm()["DurationSeconds"] == "1800");
  }
  SECTION("one behind another") {
    site.environment.set("AWS_PROFILE", "second");
    CHECK(rotateWith(source, secondKeys) == "");
    CHECK(site.sts.calls() == 2);
    CHECK(site.sts.lastForm()["ExternalId"] == "owner+7=a/b");
  }
  SECTION("one by the keys of the environment") {
    site.environment.set("AWS_PROFILE", "variables");
    site.environment.set("AWS_ACCESS_KEY_ID", userKeys.accessKeyId);
    site.environment.set("AWS_SECRET_ACCESS_KEY", userKeys.secretAccessKey);
    CHECK(rotateWith(source, firstKeys) == "");
  }
  SECTION("one by a token") {
    site.environment.set("AWS_PROFILE", "pod");
    CHECK(rotateWith(source, firstKeys) == "");
  }
  SECTION("one behind that of a token") {
    site.environment.set("AWS_PROFILE", "of-pod");
    CHECK(rotateWith(source, secondKeys) == "");
    CHECK(site.sts.given() == Lines{std::string("AssumeRoleWithWebIdentity ") + podArn,
                                    std::string("AssumeRole ") + secondArn});
  }
  SECTION("but not the last of them, for who may not have it") {
    site.environment.set("AWS_PROFILE", "nobody");
    CHECK(isIn(errorOf(source, secondKeys),
               "AssumeRole of " + std::string(secondArn) +
                   ": AccessDenied: User: ASIAOFTHEFIRST is not authorized"));
  }
  SECTION("but not with wrong keys") {
    site.environment.set("AWS_PROFILE", "variables");
    site.environment.set("AWS_ACCESS_KEY_ID", userKeys.accessKeyId);
    site.environment.set("AWS_SECRET_ACCESS_KEY", "canary-wrong");
    CHECK(isIn(errorOf(source, firstKeys), ": SignatureDoesNotMatch: "));
    CHECK(site.sts.given().empty());
  }
}
