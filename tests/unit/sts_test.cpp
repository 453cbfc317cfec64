// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/credentials/detail/sts.hpp"

#include <sys/stat.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/credentials/assume_role.hpp"
#include "secure_tunneling/credentials/web_identity.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/freed_memory.hpp"
#include "support/sts_answers.hpp"

using namespace secure_tunneling;

namespace {

std::string endpointOf(const StsSettings& settings) {
  const Result<Endpoint> endpoint = resolveStsEndpoint(settings);
  return endpoint ? endpoint->url + " " + endpoint->signingRegion
                  : "error: " + endpoint.error().message;
}

std::string formOf(std::initializer_list<detail::FormField> fields) {
  Secret body("old");
  detail::writeStsForm("Action", fields, body);
  return std::string(body.expose());
}

/// `id|secret|token|expiry`, or `kind code: message`.
std::string answerOf(int status, std::string_view body) {
  HttpResponse response;
  response.status = status;
  response.body.assign(body);
  Credentials credentials;
  const Result<void> read = detail::readStsAnswer(response, credentials);
  CHECK(response.body.empty());
  if (!read) {
    CHECK(read.error().delivery == Delivery::Answered);
    CHECK(read.error().httpStatus == status);
    return (read.error().kind == ErrorKind::Service ? "service " : "invalid ") +
           read.error().message;
  }
  return credentials.accessKeyId + "|" + std::string(credentials.secretAccessKey.expose()) + "|" +
         std::string(credentials.sessionToken.expose()) + "|" +
         std::to_string(*credentials.expiresAtMs);
}

StsSettings inUsEast1() {
  StsSettings settings;
  settings.region = "us-east-1";
  return settings;
}

struct Assumer {
  ManualClock clock;
  ScriptedTransport transport;
  StsRoleAssumer<OpensslSha256> assumer{transport, clock};
  Credentials as;
  Credentials credentials;

  Assumer() {
    as.accessKeyId = "AKIDEXAMPLE";
    as.secretAccessKey.assign("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  }
  Result<void> assume(const Role& role, const StsSettings& settings = inUsEast1()) {
    return assumer.assume(settings, role, as, credentials);
  }
};

}  // namespace

TEST_CASE("the endpoint of STS is that of its rule set") {
  StsSettings settings = inUsEast1();
  CHECK(endpointOf(settings) == "https://sts.us-east-1.amazonaws.com/ us-east-1");
  settings.useGlobalEndpoint = true;
  CHECK(endpointOf(settings) == "https://sts.amazonaws.com/ us-east-1");
  settings.useFipsEndpoint = true;
  CHECK(endpointOf(settings) == "https://sts-fips.us-east-1.amazonaws.com/ us-east-1");
  settings.useDualStackEndpoint = true;
  CHECK(endpointOf(settings) == "https://sts-fips.us-east-1.api.aws/ us-east-1");
  settings.useFipsEndpoint = false;
  CHECK(endpointOf(settings) == "https://sts.us-east-1.api.aws/ us-east-1");
  settings.useDualStackEndpoint = false;
  settings.region = "eu-west-1";
  CHECK(endpointOf(settings) == "https://sts.amazonaws.com/ us-east-1");

  settings = {};
  CHECK(endpointOf(settings) == "error: Invalid Configuration: Missing Region");
  settings.region = "us-gov-west-1";
  settings.useFipsEndpoint = true;
  CHECK(endpointOf(settings) == "https://sts.us-gov-west-1.amazonaws.com/ us-gov-west-1");
  settings.useFipsEndpoint = false;
  settings.region = "eu-south-2";
  settings.useGlobalEndpoint = true;
  CHECK(endpointOf(settings) == "https://sts.eu-south-2.amazonaws.com/ eu-south-2");
  settings.region = "evil.example/";
  CHECK(endpointOf(settings).find("error: region ") == 0);
  settings.region = "eu-west-1";
  settings.endpointUrl = "http://127.0.0.1:4566/sts";
  CHECK(endpointOf(settings) == "http://127.0.0.1:4566/sts eu-west-1");
  settings.endpointUrl = "http://sts.example";
  CHECK(endpointOf(settings).find("error: endpoint URL \"http://sts.example\": http is for") == 0);
  settings.allowHttp = true;
  CHECK(endpointOf(settings) == "http://sts.example/ eu-west-1");
}

TEST_CASE("a form for STS is percent-encoded and has no empty field") {
  CHECK(formOf({}) == "Action=Action&Version=2011-06-15");
  CHECK(formOf({{"A", "a b+c&d=e/f%"}, {"B", ""}, {"C", "~"}}) ==
        "Action=Action&Version=2011-06-15&A=a%20b%2Bc%26d%3De%2Ff%25&C=~");
}

TEST_CASE("an answer of STS is whole credentials or an error") {
  const std::string good = stsAnswer("ID", "s", "t", "2026-01-15T12:30:00Z");
  const struct {
    int status;
    std::string body;
    const char* read;
  } cases[] = {
      {200, good, "ID|s|t|1768480200000"},
      {200, stsAnswer("ID", "s&#43;&amp;", "t/=", "2026-01-15T12:30:00.5Z"),
       "ID|s+&|t/=|1768480200500"},
      {200, stsAnswer("I<!-- c -->D", "<![CDATA[s<]]>", "\n t\n", "<?x?>\n2026-01-15T12:30:00Z\n"),
       "ID|s<|t|1768480200000"},
      {200, stsAnswer("", "s", "t", "2026-01-15T12:30:00Z"),
       "invalid the answer has no complete credentials"},
      {200, stsAnswer("ID", "", "t", "2026-01-15T12:30:00Z"),
       "invalid the answer has no complete credentials"},
      {200, stsAnswer("ID", "s", "", "2026-01-15T12:30:00Z"),
       "invalid the answer has no complete credentials"},
      {200, stsAnswer("ID", "s", "t", "soon"), "invalid the answer has no complete credentials"},
      {200, stsAnswer("ID", "s&nbsp;", "t", "2026-01-15T12:30:00Z"),
       "invalid the answer has no complete credentials"},
      {200, stsAnswer("ID", "can ary", "t", "2026-01-15T12:30:00Z"),
       "invalid the secret access key has a blank, a control or a non-ASCII character"},
      {200, good.substr(0, good.size() - 2), "invalid the answer is not XML"},
      {200, "", "invalid the answer is not XML"},
      {200, R"({"AccessKeyId":"ID"})", "invalid the answer is not XML"},
      {403, stsError("AccessDenied", "User &quot;x&quot; is not\nauthorized"),
       "service AccessDenied: User \"x\" is not\\x0aauthorized"},
      {400, "<Error><Code>C</Code></Error>", "service C"},
      {400, "<Error><Message>alone</Message></Error>", "service alone"},
      {400,
       "<e:Error xmlns:e='u'>\n <e:Code>\n  C\n </e:Code>\n <e:Message> m </e:Message></e:Error>",
       "service C: m"},
      {400, stsError("C", "caf&#233; <![CDATA[<b>]]><!-- c -->"), "service C: caf\xc3\xa9 <b>"},
      {403, "Request blocked by policy 7\n",
       "service HTTP status 403 (Request blocked by policy 7)"},
      {429, R"({"message":"slower"})", "service HTTP status 429 (slower)"},
      {502, "<html>Bad Gateway", "service HTTP status 502"},
      {500, "", "service HTTP status 500"},
      {301, good, "service HTTP status 301"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.status, row.body);
    CHECK(answerOf(row.status, row.body) == row.read);
  }
}

TEST_CASE("a role is assumed by a signed request") {
  Assumer assumer;
  assumer.transport.answer(200, stsAnswer("ROLE", "role-secret", "role-token"));
  Role role;
  role.arn = "arn:aws:iam::123456789012:role/path/My Role";
  role.sessionName = "me@example";
  role.externalId = "ext+id";
  role.durationSeconds = 900;
  assumer.as.sessionToken.assign("token/of+the=source");
  REQUIRE(assumer.assume(role));
  CHECK(assumer.credentials.accessKeyId == "ROLE");
  CHECK(assumer.credentials.secretAccessKey.equals("role-secret"));
  CHECK(assumer.credentials.sessionToken.equals("role-token"));
  CHECK(assumer.credentials.expiresAtMs == 1768480200000 + 3'600'000);

  const RecordedRequest& request = assumer.transport.requests().at(0);
  CHECK(request.method == "POST");
  CHECK(request.url == "https://sts.us-east-1.amazonaws.com/");
  CHECK(request.header("Content-Type") == "application/x-www-form-urlencoded");
  CHECK(request.header("X-Amz-Date") == "20260115T123000Z");
  CHECK(request.header("X-Amz-Security-Token") == "token/of+the=source");
  CHECK(request.body ==
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2F"
        "path%2FMy%20Role&RoleSessionName=me%40example&DurationSeconds=900&ExternalId=ext%2Bid");
  // The signature is botocore's for the same request.
  CHECK(request.header("Authorization") ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-east-1/sts/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
        "Signature=493d23e7b6ac44cb23a332f2aa1f1fe8ff9baf2b78c487dd0c54c8e2dd55da7d");
}

TEST_CASE("a role that says nothing more") {
  Assumer assumer;
  assumer.transport.answer(200, stsAnswer("ROLE", "s", "t"));
  Role role;
  role.arn = "arn:aws:iam::1:role/R";
  REQUIRE(assumer.assume(role));
  const RecordedRequest& request = assumer.transport.requests().at(0);
  CHECK(request.body ==
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2FR&"
        "RoleSessionName=secure-tunneling-1768480200000");
  CHECK_FALSE(request.header("X-Amz-Security-Token"));
}

namespace {

/// Somebody with an MFA device, who takes a minute and a half.
struct Person final : MfaPrompt {
  ManualClock& clock;
  std::string code = "012345";
  std::vector<std::string> asked;
  Result<void> answer;
  explicit Person(ManualClock& time) : clock(time) {}

  Result<void> ask(std::string_view serial, Secret& out) override {
    CHECK(out.empty());
    asked.emplace_back(serial);
    clock.advance(90'000);
    out.assign(code);
    return std::exchange(answer, {});
  }
};

constexpr const char* mfaSerial = "arn:aws:iam::1:mfa/me+you";

Role roleWithMfa() {
  Role role;
  role.arn = "arn:aws:iam::1:role/R";
  role.sessionName = "me";
  role.mfaSerial = mfaSerial;
  return role;
}

}  // namespace

TEST_CASE("a role with an MFA device is assumed with the code that a person gives") {
  Assumer assumer;
  Person person(assumer.clock);
  StsRoleAssumer<OpensslSha256> asking(assumer.transport, assumer.clock, {}, &person);
  // The code goes with every attempt: whether an earlier one used it up nobody knows.
  assumer.transport.answer(503).answer(200, stsAnswer("ROLE", "s", "t"));
  REQUIRE(asking.hasMfaPrompt());
  const Role role = roleWithMfa();
  REQUIRE(asking.assume(inUsEast1(), role, assumer.as, assumer.credentials));
  CHECK(assumer.credentials.accessKeyId == "ROLE");
  CHECK(person.asked == std::vector<std::string>{mfaSerial});
  REQUIRE(assumer.transport.requests().size() == 2);
  for (const RecordedRequest& request : assumer.transport.requests()) {
    CHECK(request.body ==
          "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2FR&"
          "RoleSessionName=me&SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fme%2Byou&"
          "TokenCode=012345");
  }
  // Signed by the time at which the person has answered.
  CHECK(assumer.transport.requests()[0].header("X-Amz-Date") == "20260115T123130Z");
  // Later there is another code.
  person.code = "999999";
  assumer.transport.answer(200, stsAnswer("ROLE", "s", "t"));
  REQUIRE(asking.assume(inUsEast1(), role, assumer.as, assumer.credentials));
  CHECK(person.asked.size() == 2);
  CHECK(assumer.transport.requests()[2].body.find("TokenCode=999999") != std::string::npos);
}

TEST_CASE("a code goes with the role that asks for it, in a chain of sources too") {
  Assumer assumer;
  Person person(assumer.clock);
  StsRoleAssumer<OpensslSha256> asking(assumer.transport, assumer.clock, {}, &person);
  assumer.transport.answer(200, stsAnswer("FIRST", "s", "t"))
      .answer(200, stsAnswer("SECOND", "s", "t"));
  StaticCredentials own("AKIDEXAMPLE", "secret");
  AssumeRoleCredentials first(inUsEast1(), roleWithMfa(), own, asking);
  Role plain = roleWithMfa();
  plain.mfaSerial.clear();
  AssumeRoleCredentials second(inUsEast1(), plain, first, asking);
  CHECK(second.retrieve({}, assumer.credentials));
  CHECK(assumer.credentials.accessKeyId == "SECOND");
  CHECK(person.asked.size() == 1);
  CHECK(assumer.transport.requests().at(0).body.find("TokenCode=012345") != std::string::npos);
  CHECK(assumer.transport.requests().at(1).body.find("TokenCode") == std::string::npos);
}

TEST_CASE("without a code a role with an MFA device is not asked for") {
  Assumer assumer;
  Person person(assumer.clock);
  MfaPrompt* prompt = &person;
  ErrorKind kind = ErrorKind::Credentials;
  std::string message = "the MFA code: expected six digits";
  SECTION("nobody to ask") {
    prompt = nullptr;
    kind = ErrorKind::Configuration;
    message = "the MFA device asks for a code that nobody can type here";
  }
  SECTION("no answer") {
    person.answer = makeError(ErrorKind::Credentials, "gone for lunch");
    message = "gone for lunch";
  }
  SECTION("an answer that is no code") {
    person.code = GENERATE(as<std::string>{}, "", "12345", "1234567", "12345x", "canary");
  }
  StsRoleAssumer<OpensslSha256> asking(assumer.transport, assumer.clock, {}, prompt);
  CHECK(asking.hasMfaPrompt() == (prompt != nullptr));
  const Role role = roleWithMfa();
  const Result<void> assumed = asking.assume(inUsEast1(), role, assumer.as, assumer.credentials);
  REQUIRE_FALSE(assumed);
  CHECK(assumed.error().kind == kind);
  CHECK(assumed.error().message == "AssumeRole of arn:aws:iam::1:role/R: " + message);
  CHECK(assumer.transport.requests().empty());
  // The next search is a new one.
  if (prompt == nullptr) return;
  person.code = "012345";
  assumer.transport.answer(200, stsAnswer("ROLE", "s", "t"));
  CHECK(asking.assume(inUsEast1(), role, assumer.as, assumer.credentials));
}

TEST_CASE("what keeps a role from being assumed") {
  Assumer assumer;
  Role role;
  role.arn = "arn:aws:iam::1:role/R";
  StsSettings settings = inUsEast1();
  ErrorKind kind = ErrorKind::Credentials;
  std::string message;
  std::size_t requests = 0;
  SECTION("the service refuses") {
    assumer.transport.answer(403, stsError("AccessDenied", "not you"));
    message = "AccessDenied: not you";
    requests = 1;
  }
  SECTION("the service repeats the session token") {
    assumer.as.sessionToken.assign("canary-session-token");
    assumer.transport.answer(400, stsError("Odd", "what is canary-session-token"));
    message = "Odd: what is ***";
    requests = 1;
  }
  SECTION("the service repeats the session token as a code") {
    assumer.as.sessionToken.assign("canary-session-token");
    assumer.transport.answer(400, stsError("canary-session-token", ""));
    message = "***";
    requests = 1;
  }
  SECTION("an answer that nobody understands is not asked for again") {
    assumer.transport.answer(200, "garbage");
    message = "the answer is not XML";
    requests = 1;
  }
  SECTION("failures that do not pass") {
    assumer.transport.answer(503).fail(Delivery::Unknown).answer(500);
    message = "HTTP status 500";
    requests = 3;
  }
  SECTION("no region") {
    settings.region.clear();
    kind = ErrorKind::Configuration;
    message = "Invalid Configuration: Missing Region";
  }
  SECTION("no region for an explicit endpoint") {
    settings.region.clear();
    settings.endpointUrl = "https://sts.example";
    kind = ErrorKind::Configuration;
    message = "Invalid Configuration: Missing Region";
  }
  SECTION("credentials that would split a header") {
    assumer.as.sessionToken.assign("a\r\nb");
    message = "the session token has a blank, a control or a non-ASCII character";
  }
  SECTION("no credentials") {
    assumer.as.accessKeyId.clear();
    message = "the access key id is empty or has a character that none has";
  }
  const Result<void> assumed = assumer.assume(role, settings);
  REQUIRE_FALSE(assumed);
  CHECK(assumed.error().kind == kind);
  CHECK(assumed.error().message == "AssumeRole of arn:aws:iam::1:role/R: " + message);
  CHECK(assumed.error().delivery == Delivery::NotSent);
  CHECK(assumed.error().httpStatus == 0);
  CHECK(assumer.transport.requests().size() == requests);
  CHECK(assumer.transport.remaining() == 0);
}

TEST_CASE("a role is assumed by the time of the service where the clock is off") {
  Assumer assumer;
  Role role;
  role.arn = "arn:aws:iam::1:role/R";
  const std::string refusal = stsError("SignatureDoesNotMatch", "Signature expired");
  SECTION("far off") {
    assumer.transport.answer(403, refusal, {{"Date", "Thu, 15 Jan 2026 20:00:00 GMT"}})
        .answer(200, stsAnswer("ROLE", "s", "t"));
    REQUIRE(assumer.assume(role));
    CHECK(assumer.transport.requests().at(0).header("X-Amz-Date") == "20260115T123000Z");
    CHECK(assumer.transport.requests().at(1).header("X-Amz-Date") == "20260115T200000Z");
  }
  SECTION("as often as there are attempts") {
    for (int i = 0; i != 4; ++i)
      assumer.transport.answer(403, refusal, {{"Date", "Thu, 15 Jan 2026 02:00:00 GMT"}});
    CHECK_FALSE(assumer.assume(role));
    CHECK(assumer.transport.requests().size() == 3);
  }
  SECTION("and from then on") {
    assumer.transport.answer(403, refusal, {{"Date", "Thu, 15 Jan 2026 20:00:00 GMT"}})
        .answer(200, stsAnswer("ROLE", "s", "t"))
        .answer(200, stsAnswer("ROLE", "s", "t"));
    REQUIRE(assumer.assume(role));
    REQUIRE(assumer.assume(role));
    CHECK(assumer.transport.requests().at(2).header("X-Amz-Date") == "20260115T200000Z");
  }
  SECTION("not where the clock is right") {
    assumer.transport.answer(403, refusal, {{"Date", "Thu, 15 Jan 2026 12:33:00 GMT"}});
    CHECK_FALSE(assumer.assume(role));
    CHECK(assumer.transport.requests().size() == 1);
  }
  SECTION("not after another error") {
    assumer.transport.answer(403, stsError("AccessDenied", "no"),
                             {{"Date", "Thu, 15 Jan 2026 20:00:00 GMT"}});
    CHECK_FALSE(assumer.assume(role));
    CHECK(assumer.transport.requests().size() == 1);
  }
}

TEST_CASE("a role is asked for again after the waits of 2026 where these are wanted") {
  Assumer assumer;
  Role role;
  role.arn = "arn:aws:iam::1:role/R";
  for (const bool isWanted : {false, true}) {
    StsSettings settings = inUsEast1();
    settings.newRetries2026 = isWanted;
    assumer.transport.answer(500, "").answer(200, stsAnswer("ROLE", "s", "t"));
    REQUIRE(assumer.assume(role, settings));
    CHECK(assumer.clock.waits().back() == (isWanted ? 50 : 1000));
  }
}

TEST_CASE("STS is asked as often as its settings say") {
  TestEnvironment environment;
  environment.set("AWS_REGION", "us-east-1");
  environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/R");
  environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.write("token", "canary"));
  for (const std::size_t most : {1U, 2U, 4U}) {
    CAPTURE(most);
    Assumer assumer;
    for (int i = 0; i != 8; ++i)
      assumer.transport.answer(500, "");
    StsSettings settings = inUsEast1();
    settings.maxAttempts = static_cast<int>(most);
    CHECK_FALSE(assumer.assume({"arn:aws:iam::1:role/R"}, settings));
    CHECK(assumer.transport.remaining() == 8 - most);

    environment.set("AWS_MAX_ATTEMPTS", std::to_string(most));
    WebIdentityCredentials identity(assumer.transport, assumer.clock);
    Credentials credentials;
    CHECK_FALSE(identity.retrieve({}, credentials));
    CHECK(assumer.transport.remaining() == 8 - 2 * most);
  }
}

TEST_CASE("credentials of a role for other credentials") {
  ManualClock clock;
  ScriptedTransport transport;
  transport.answer(200, stsAnswer("ROLE", "s", "t"));
  StsRoleAssumer<OpensslSha256> assumer(transport, clock);
  StaticCredentials source("AKIDEXAMPLE", "secret");
  Role role;
  role.arn = "arn:aws:iam::1:role/R";
  AssumeRoleCredentials provider(inUsEast1(), role, source, assumer);
  Credentials credentials;
  REQUIRE(provider.retrieve({}, credentials));
  CHECK(credentials.accessKeyId == "ROLE");
  CHECK(transport.requests().size() == 1);
}

TEST_CASE("a web identity of the environment") {
  TestEnvironment environment;
  ManualClock clock;
  ScriptedTransport transport;
  WebIdentityCredentials provider(transport, clock);
  Credentials credentials;
  const auto messageOf = [&] {
    const Result<void> result = provider.retrieve({}, credentials);
    return result ? std::string("none") : result.error().message;
  };
  CHECK(messageOf() == "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  CHECK(provider.retrieve({}, credentials).error().kind == ErrorKind::NoCredentials);
  environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.path("token"));
  CHECK(messageOf() == "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
  CHECK(provider.retrieve({}, credentials).error().kind == ErrorKind::Configuration);
  environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/R");
  const std::string source = "AssumeRoleWithWebIdentity of arn:aws:iam::1:role/R: ";
  CHECK(messageOf() == source + environment.path("token") +
                           ": there is no such file, or it is empty or no regular file");
  CHECK(provider.retrieve({}, credentials).error().kind == ErrorKind::Credentials);
  REQUIRE(::mkfifo(environment.path("pipe").c_str(), 0600) == 0);
  for (const char* const notAFile : {"pipe", ".aws"}) {
    environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.path(notAFile));
    CHECK(messageOf() == source + environment.path(notAFile) +
                             ": there is no such file, or it is empty or no regular file");
  }
  environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", "${HOME}/token");
  environment.write("token", "canary.of-a.token\n");
  CHECK(messageOf() == source + "Invalid Configuration: Missing Region");
  environment.set("AWS_REGION", "eu-west-1");

  transport.answer(200, stsAnswer("ROLE", "s", "t"));
  REQUIRE(provider.retrieve({}, credentials));
  CHECK(credentials.accessKeyId == "ROLE");
  const RecordedRequest& request = transport.requests().at(0);
  CHECK(request.url == "https://sts.eu-west-1.amazonaws.com/");
  CHECK(request.headers.size() == 1);
  CHECK(request.body ==
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole"
        "%2FR&RoleSessionName=secure-tunneling-1768480200000&WebIdentityToken=canary.of-a.token");

  // The token is read anew.
  environment.write("token", "another");
  environment.set("AWS_ROLE_SESSION_NAME", "me");
  transport.answer(200, stsAnswer("ROLE", "s", "t"));
  REQUIRE(provider.retrieve({}, credentials));
  CHECK(transport.requests().at(1).body.find("&RoleSessionName=me&WebIdentityToken=another") !=
        std::string::npos);

  environment.write("token", "canary-of-a-token");
  transport.answer(400, stsError("Odd", "canary-of-a-token is odd"));
  CHECK(messageOf() == source + "Odd: *** is odd");
  transport.answer(400, stsError("ExpiredTokenException", "expired"));
  CHECK(messageOf() == source + "ExpiredTokenException: expired");
  CHECK(transport.remaining() == 0);

  transport.answer(400, stsError("InvalidIdentityToken", "key"))
      .answer(400, stsError("IDPCommunicationError", "net"))
      .answer(400, stsError("InvalidIdentityToken", "key"));
  CHECK(messageOf() == source + "InvalidIdentityToken: key");
  CHECK(transport.remaining() == 0);
  CHECK(clock.waits() == std::vector<std::int64_t>{1000, 2000});

  environment.set("AWS_NEW_RETRIES_2026", "true");
  transport.answer(500, "").answer(200, stsAnswer("ROLE", "s", "t"));
  REQUIRE(provider.retrieve({}, credentials));
  CHECK(clock.waits().back() == 50);
}

TEST_CASE("how STS is reached is configured as for every service") {
  TestEnvironment environment;
  environment.write(".aws/config",
                    "[default]\nregion = eu-west-1\nsts_regional_endpoints = legacy\n"
                    "[profile p]\nregion = eu-west-2\nservices = s\nmax_attempts = 5\n"
                    "[services s]\nsts =\n  endpoint_url = https://sts.example\n");
  const auto loaded = [](const std::string& profile, GivenStsSettings given = {}) {
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    REQUIRE(files);
    StsSettings sts;
    // Of an earlier search.
    sts.endpointUrl = "https://earlier.example";
    sts.useFipsEndpoint = true;
    Result<void> read = detail::loadStsSettings(*files, profile, given, sts);
    if (!read) return "error: " + read.error().message;
    return sts.region + "|" + sts.endpointUrl + "|" + (sts.useGlobalEndpoint ? "global" : "") +
           (sts.useFipsEndpoint ? "fips" : "") + (sts.useDualStackEndpoint ? "dual" : "") + "|" +
           std::to_string(sts.maxAttempts) + (sts.newRetries2026 ? " of 2026" : "");
  };
  CHECK(loaded("default") == "eu-west-1||global|3");
  CHECK(loaded("p") == "eu-west-2|https://sts.example||5");
  GivenStsSettings given;
  given.region = "us-east-2";
  CHECK(loaded("p", given) == "us-east-2|https://sts.example||5");
  environment.set("AWS_REGION", "ap-south-1");
  environment.set("AWS_ENDPOINT_URL", "https://all.example");
  CHECK(loaded("p") == "ap-south-1|https://all.example||5");
  environment.set("AWS_ENDPOINT_URL_STS", "http://only.example");
  CHECK(loaded("p").find("error: AWS_ENDPOINT_URL_STS: ") == 0);
  given = {};
  given.allowHttp = true;
  CHECK(loaded("p", given) == "ap-south-1|http://only.example||5");
  environment.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
  environment.set("AWS_USE_FIPS_ENDPOINT", "true");
  environment.set("AWS_USE_DUALSTACK_ENDPOINT", "true");
  environment.set("AWS_STS_REGIONAL_ENDPOINTS", "regional");
  CHECK(loaded("default") == "ap-south-1||fipsdual|3");
  environment.set("AWS_RETRY_MODE", "legacy");
  CHECK(loaded("default") == "ap-south-1||fipsdual|5");
  environment.set("AWS_MAX_ATTEMPTS", "2");
  CHECK(loaded("default") == "ap-south-1||fipsdual|2");
  environment.set("AWS_NEW_RETRIES_2026", "true");
  CHECK(loaded("default") == "ap-south-1||fipsdual|2 of 2026");
  environment.set("AWS_NEW_RETRIES_2026", "");
  environment.set("AWS_MAX_ATTEMPTS", "");
  environment.set("AWS_RETRY_MODE", "none");
  CHECK(loaded("default") ==
        "error: AWS_RETRY_MODE is \"none\": expected standard, adaptive or legacy");
  environment.set("AWS_RETRY_MODE", "");
  // The flags do not keep an endpoint of its own from being asked.
  environment.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false");
  CHECK(loaded("p", given) == "ap-south-1|http://only.example||5");
  // FIPS pseudo regions of older configurations.
  given.region = "fips-us-east-1";
  CHECK(loaded("p", given) == "us-east-1|http://only.example||5");
  environment.unset("AWS_ENDPOINT_URL_STS");
  environment.unset("AWS_ENDPOINT_URL");
  environment.unset("AWS_USE_DUALSTACK_ENDPOINT");
  environment.set("AWS_USE_FIPS_ENDPOINT", "false");
  CHECK(loaded("default", given) == "us-east-1||fips|3");
  environment.set("AWS_REGION", "us-gov-west-1-fips");
  CHECK(loaded("default") == "us-gov-west-1||fips|3");
  environment.set("AWS_REGION", "ap-south-1");
  environment.set("AWS_ENDPOINT_URL_STS", "http://only.example");
  environment.set("AWS_USE_FIPS_ENDPOINT", "maybe");
  CHECK(loaded("p", given) == "error: AWS_USE_FIPS_ENDPOINT is \"maybe\": expected true or false");
  environment.set("AWS_USE_FIPS_ENDPOINT", "false");
  environment.set("AWS_STS_REGIONAL_ENDPOINTS", "global");
  CHECK(loaded("default") ==
        "error: AWS_STS_REGIONAL_ENDPOINTS is \"global\": expected regional or legacy");
}

namespace {

/// Always the same answer, of which it keeps no copy.
class AnsweringTransport final : public HttpTransport {
 public:
  AnsweringTransport(int status, std::string_view body) : status_(status), body_(body) {}

  Result<void> send(const HttpRequest&, HttpResponse& response) override {
    response.status = status_;
    response.body.assign(body_);
    return {};
  }

 private:
  int status_;
  std::string_view body_;
};

}  // namespace

TEST_CASE("what STS repeats of a token is not left in freed memory") {
  const std::string canary = "canary-of-a-token-0123456789";
  TestEnvironment environment;
  environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.write("token", canary));
  environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/R");
  environment.set("AWS_REGION", "eu-west-1");
  const std::string answer = stsError("Odd", "what is " + canary + "?");
  AnsweringTransport transport(400, answer);
  const FreedMemoryWatch watch("canary");
  {
    ManualClock clock;
    Credentials credentials;
    WebIdentityCredentials provider(transport, clock);
    CHECK(provider.retrieve({}, credentials).error().message.find("canary") == std::string::npos);
    StsRoleAssumer<OpensslSha256> assumer(transport, clock);
    Credentials as;
    as.accessKeyId = "ID";
    as.secretAccessKey.assign("secret");
    as.sessionToken.assign(canary);
    Role role;
    role.arn = "arn:aws:iam::1:role/R";
    const Result<void> assumed = assumer.assume(inUsEast1(), role, as, credentials);
    CHECK(assumed.error().message == "AssumeRole of arn:aws:iam::1:role/R: Odd: what is ***?");
  }
  CHECK(watch.leaks() == 0);
}

TEST_CASE("nothing secret of STS is left in freed memory") {
  TestEnvironment environment;
  environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.write("token", "canary-token"));
  environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/R");
  environment.set("AWS_REGION", "eu-west-1");
  const std::string answer = stsAnswer("ROLE", "canary-secret", "canary-session");
  AnsweringTransport transport(200, answer);
  const FreedMemoryWatch watch("canary");
  {
    ManualClock clock;
    WebIdentityCredentials provider(transport, clock);
    Credentials credentials;
    REQUIRE(provider.retrieve({}, credentials));
    StsRoleAssumer<OpensslSha256> assumer(transport, clock);
    Credentials more;
    Role role;
    role.arn = "arn:aws:iam::1:role/R";
    REQUIRE(assumer.assume(inUsEast1(), role, credentials, more));
  }
  CHECK(watch.leaks() == 0);
}
