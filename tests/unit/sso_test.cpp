// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/credentials/sso.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/durations.hpp"
#include "support/environment.hpp"
#include "support/freed_memory.hpp"
#include "support/interrupted_transport.hpp"
#include "support/json.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* startUrl = "https://d-123.awsapps.com/start";
// By `printf %s KEY | sha1sum`, of "my-session" and of the start URL.
constexpr const char* sessionFile = ".aws/sso/cache/9e28173066ce536e277c5fb355efd9c64f398167.json";
constexpr const char* legacyFile = ".aws/sso/cache/2b829a45f04c9828cb45b7d092d8e4aa30818393.json";
constexpr const char* ssoDocument =
    R"({"roleCredentials":{"accessKeyId":"ID","secretAccessKey":"secret","sessionToken":"token","expiration":1768483800000}})";
constexpr const char* sessionConfig =
    "[profile p]\n"
    "sso_session = my-session\n"
    "sso_account_id = 123456789012\n"
    "sso_role_name = My+Role\n"
    "[sso-session my-session]\n"
    "sso_region = eu-west-1\n"
    "sso_start_url = https://d-123.awsapps.com/start\n";
constexpr const char* legacyConfig =
    "[profile p]\n"
    "sso_start_url = https://d-123.awsapps.com/start\n"
    "sso_region = eu-west-1\n"
    "sso_account_id = 123456789012\n"
    "sso_role_name = My+Role\n";

/// A token file; `moreMs` is what its token lives after the clock's first time.
std::string tokenFile(std::int64_t moreMs, const std::string& token = "access",
                      const std::string& registration = "2026-03-01T00:00:00Z") {
  return R"({"startUrl":"https://d-123.awsapps.com/start","region":"eu-west-1","accessToken":")" +
         token + R"(","expiresAt":")" + detail::formatIsoDate(ManualClock::defaultUnixMs + moreMs) +
         R"(","clientId":"client","clientSecret":"client-secret","registrationExpiresAt":")" +
         registration + R"(","refreshToken":"refresh-1"})";
}

std::string textOfFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::ptrdiff_t entriesIn(const std::string& folder) {
  return std::distance(std::filesystem::directory_iterator(folder),
                       std::filesystem::directory_iterator());
}

/// A laptop whose user has signed in, or not.
struct SsoLaptop {
  TestEnvironment environment;
  ScriptedTransport transport;
  ManualClock clock;
  SsoCredentials provider{transport, clock, "p"};
  Credentials credentials;
  ErrorKind kind = ErrorKind::InvalidArgument;

  explicit SsoLaptop(const std::string& config = sessionConfig) {
    environment.write(".aws/config", config);
    std::filesystem::create_directories(environment.path(".aws/sso/cache"));
  }

  /// `id|secret|token`, or the error.
  std::string get(SsoCredentials& of) {
    CredentialsQuery query;
    query.nowMs = clock.now().unixMs;
    const Result<void> result = of.retrieve(query, credentials);
    if (result) {
      return credentials.accessKeyId + "|" + std::string(credentials.secretAccessKey.expose()) +
             "|" + std::string(credentials.sessionToken.expose());
    }
    kind = result.error().kind;
    CHECK(result.error().delivery == Delivery::NotSent);
    CHECK(result.error().httpStatus == 0);
    return result.error().message;
  }
  std::string get() { return get(provider); }
  [[nodiscard]] const RecordedRequest& request(std::size_t number) const {
    return transport.requests().at(number);
  }
  std::string readToken() { return textOfFile(environment.path(sessionFile)); }
};

const std::string signIn = "; run: aws sso login --sso-session my-session";

}  // namespace

TEST_CASE("SHA-1 is given in hexadecimal") {
  // From RFC 3174.
  CHECK(detail::sha1Hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(detail::sha1Hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  // By sha1sum: as long as what fits in a block with its length, one more, a block, and several.
  CHECK(detail::sha1Hex(std::string(55, 'a')) == "c1c8bbdc22796e28c0e15163d20899b65621d65a");
  CHECK(detail::sha1Hex(std::string(56, 'a')) == "c2db330f6083854c99d4b5bfb6e8f29f201be699");
  CHECK(detail::sha1Hex(std::string(64, '\xff')) == "ffc6261e487efa8c7442069f71acfc4aa826993d");
  CHECK(detail::sha1Hex(std::string(1000, '\0')) == "c577f7a37657053275f3e3ecc06ec22e6b909366");
}

TEST_CASE("a role's credentials for who has signed in") {
  const bool isLegacy = GENERATE(false, true);
  CAPTURE(isLegacy);
  SsoLaptop laptop(isLegacy ? legacyConfig : sessionConfig);
  laptop.environment.write(isLegacy ? legacyFile : sessionFile, tokenFile(60 * minute));
  laptop.transport.answer(200, ssoDocument);
  CHECK(laptop.get() == "ID|secret|token");
  CHECK(laptop.credentials.expiresAtMs == ManualClock::defaultUnixMs + 60 * minute);
  REQUIRE(laptop.transport.requests().size() == 1);
  CHECK(laptop.request(0).method == "GET");
  CHECK(laptop.request(0).url ==
        "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials"
        "?account_id=123456789012&role_name=My%2BRole");
  CHECK(laptop.request(0).header("x-amz-sso_bearer_token") == "access");
  CHECK_FALSE(laptop.request(0).header("Authorization"));
}

TEST_CASE("a profile without SSO is none of this source") {
  // A session alone is for bearer tokens.
  const std::string session =
      GENERATE(as<std::string>{}, "",
               "sso_session = s\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = u\n",
               "sso_session = s\nsso_start_url = u\n[sso-session s]\nsso_region = eu-west-1\n");
  SsoLaptop laptop("[profile p]\nregion = eu-west-1\n" + session);
  CHECK(laptop.get() == "profile \"p\": it has neither sso_account_id nor sso_role_name");
  CHECK(laptop.kind == ErrorKind::NoCredentials);
}

TEST_CASE("SSO settings that are incomplete or contradict each other are refused") {
  const std::string account = "sso_account_id = 1\nsso_role_name = r\n";
  const std::string session = "sso_session = s\n";
  const struct {
    std::string profile;
    std::string section;
    const char* problem;
  } cases[] = {
      {"sso_start_url = u\nsso_region = r\nsso_role_name = r\n", "", "sso_account_id is not set"},
      {"sso_start_url = u\nsso_region = r\nsso_account_id = 1\n", "", "sso_role_name is not set"},
      {"sso_region = r\n" + account, "", "sso_start_url is not set"},
      {"sso_start_url = u\n" + account, "", "sso_region is not set"},
      {"sso_start_url = u\nsso_region = a.b\n" + account, "",
       "sso_region is \"a.b\": expected letters, digits and inner hyphens, as in us-east-1"},
      {session + account, "", "sso_session: no section [sso-session s]"},
      {session + account, "[sso-session s]\nsso_region = r\n",
       "sso_start_url is not set in the sso-session"},
      {session + account, "[sso-session s]\nsso_start_url = u\n",
       "sso_region is not set in the sso-session"},
      {session + "sso_role_name = r\n", "[sso-session s]\nsso_start_url = u\nsso_region = r\n",
       "sso_account_id is not set"},
      {session + "sso_account_id = 1\n", "[sso-session s]\nsso_start_url = u\nsso_region = r\n",
       "sso_role_name is not set"},
      {session + "sso_region = q\n" + account,
       "[sso-session s]\nsso_start_url = u\nsso_region = r\n",
       "sso_region is not that of the sso-session"},
      {session + "sso_start_url = v\n" + account,
       "[sso-session s]\nsso_start_url = u\nsso_region = r\n",
       "sso_start_url is not that of the sso-session"},
      {session + account,
       "[sso-session s]\nsso_start_url = u\nsso_region = r\nsso_account_id = 2\n",
       "sso_account_id is not that of the sso-session"},
      {session + account, "[sso-session s]\nsso_start_url = u\nsso_region = r\nsso_role_name = q\n",
       "sso_role_name is not that of the sso-session"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.profile, row.section);
    SsoLaptop laptop("[profile p]\n" + row.profile + row.section);
    CHECK(laptop.get() == std::string("profile \"p\": ") + row.problem);
    CHECK(laptop.kind == ErrorKind::Configuration);
    CHECK(laptop.transport.requests().empty());
  }
}

TEST_CASE("the settings of SSO are read anew for each search") {
  SsoLaptop laptop(legacyConfig);
  laptop.environment.write(legacyFile, tokenFile(60 * minute));
  laptop.transport.answer(200, ssoDocument).answer(200, ssoDocument);
  CHECK(laptop.get() == "ID|secret|token");
  std::string config = legacyConfig;
  config.replace(config.find("My+Role"), 7, "Other");
  laptop.environment.write(".aws/config", config);
  CHECK(laptop.get() == "ID|secret|token");
  CHECK(laptop.request(1).url.find("role_name=Other") != std::string::npos);
  config.replace(config.find("sso_role_name"), 3, "x");
  laptop.environment.write(".aws/config", config);
  CHECK(laptop.get().find("sso_role_name is not set") != std::string::npos);
}

TEST_CASE("what a profile leaves to its session is the session's") {
  const std::string section =
      "sso_session = s\n[sso-session s]\nsso_start_url = u\nsso_region = eu-west-1\n";
  const struct {
    std::string profile;
    std::string session;
  } cases[] = {
      {"sso_account_id = 1\n", "sso_role_name = r\n"},
      {"sso_role_name = r\n", "sso_account_id = 1\n"},
      {"sso_role_name = r\nsso_account_id = 1\n", "sso_role_name = r\nsso_account_id = 1\n"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.profile);
    SsoLaptop laptop("[profile p]\n" + row.profile + section + row.session);
    laptop.environment.write(".aws/sso/cache/" + detail::sha1Hex("s") + ".json",
                             tokenFile(60 * minute));
    laptop.transport.answer(200, ssoDocument);
    CHECK(laptop.get() == "ID|secret|token");
    REQUIRE(laptop.transport.requests().size() == 1);
    CHECK(laptop.request(0).url ==
          "https://portal.sso.eu-west-1.amazonaws.com/federation/"
          "credentials?account_id=1&role_name=r");
  }
}

TEST_CASE("who has not signed in is told to") {
  SsoLaptop laptop;
  const std::string path = laptop.environment.path(sessionFile);
  SECTION("no file") {
    CHECK(laptop.get() == "SSO: not signed in: there is no " + path + signIn);
  }
  SECTION("a pipe that nobody writes to") {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(laptop.get() == "SSO: not signed in: there is no " + path + signIn);
  }
  SECTION("no file, legacy") {
    SsoLaptop legacy(legacyConfig);
    CHECK(legacy.get() == "SSO: not signed in: there is no " + legacy.environment.path(legacyFile) +
                              "; run: aws sso login --profile p");
    CHECK(legacy.kind == ErrorKind::Credentials);
    return;
  }
  SECTION("no JSON") {
    laptop.environment.write(sessionFile, "canary");
    CHECK(laptop.get() == "SSO: " + path + ": not valid JSON in UTF-8, at byte 0 of 6" + signIn);
  }
  SECTION("no token") {
    laptop.environment.write(sessionFile, R"({"expiresAt":"2026-01-15T13:30:00Z"})");
    CHECK(laptop.get() == "SSO: " + path + ": accessToken: missing" + signIn);
  }
  SECTION("no date") {
    laptop.environment.write(sessionFile, R"({"accessToken":"canary","expiresAt":"canary"})");
    CHECK(laptop.get() ==
          "SSO: " + path + ": expiresAt: expected a date as in 2026-01-15T12:30:00Z" + signIn);
  }
  SECTION("over") {
    laptop.environment.write(sessionFile,
                             R"({"accessToken":"canary","expiresAt":"2026-01-15T12:30:00Z"})");
    CHECK(laptop.get() == "SSO: the SSO token is over" + signIn);
  }
  SECTION("over, with a registration that is over too") {
    laptop.environment.write(sessionFile, tokenFile(0, "canary", "2026-01-15T12:30:00Z"));
    CHECK(laptop.get() == "SSO: the SSO token is over" + signIn);
  }
  SECTION("not taken") {
    laptop.environment.write(sessionFile, tokenFile(60 * minute, "canary"));
    laptop.transport.answer(401, R"({"message":"Session token not found or invalid"})");
    CHECK(laptop.get() == "SSO: HTTP status 401 (Session token not found or invalid)" + signIn);
    CHECK(laptop.kind == ErrorKind::Credentials);
    return;
  }
  CHECK(laptop.kind == ErrorKind::Credentials);
  CHECK(laptop.transport.requests().empty());
}

TEST_CASE("a token that another program has renewed meanwhile is used") {
  SsoLaptop laptop;
  laptop.environment.write(sessionFile, tokenFile(-minute, "old"));
  InterruptedTransport transport;
  SsoCredentials provider(transport, laptop.clock, "p");
  transport.script.answer(400, R"({"error":"invalid_grant","error_description":"spent"})");
  SECTION("whose refresh token is spent") {
    const std::string others = tokenFile(60 * minute, "others");
    transport.meanwhile = [&] { laptop.environment.write(sessionFile, others); };
    transport.script.answer(200, ssoDocument);
    CHECK(laptop.get(provider) == "ID|secret|token");
    CHECK(transport.script.requests().at(1).header("x-amz-sso_bearer_token") == "others");
    CHECK(laptop.readToken() == others);
  }
  SECTION("but not one that is over, too") {
    transport.meanwhile = [&] {
      laptop.environment.write(sessionFile, tokenFile(-minute / 2, "others"));
    };
    CHECK(laptop.get(provider) ==
          "SSO: the SSO token is over, and cannot be renewed: CreateToken: HTTP status 400 "
          "(invalid_grant: "
          "spent)" +
              signIn);
  }
  SECTION("nor what is no token") {
    transport.meanwhile = [&] { laptop.environment.write(sessionFile, "{}"); };
    CHECK(laptop.get(provider) ==
          "SSO: the SSO token is over, and cannot be renewed: CreateToken: HTTP status 400 "
          "(invalid_grant: "
          "spent)" +
              signIn);
  }
  CHECK(transport.script.remaining() == 0);
}

TEST_CASE("a sign-in counts although its token ends before that of another program") {
  SsoLaptop laptop;
  InterruptedTransport transport;
  SsoCredentials provider(transport, laptop.clock, "p");
  // Renewed here, to an end between two seconds, which the file does not tell.
  laptop.clock.advance(500);
  laptop.environment.write(sessionFile, tokenFile(-minute, "old"));
  transport.script.answer(200, R"({"accessToken":"new","expiresIn":600})")
      .answer(200, ssoDocument)
      .answer(400, R"({"error":"invalid_grant"})")
      .answer(200, ssoDocument)
      .answer(200, ssoDocument);
  CHECK(laptop.get(provider) == "ID|secret|token");
  // And again by another program, which is faster.
  transport.meanwhile = [&] {
    laptop.environment.write(sessionFile, tokenFile(60 * minute, "others"));
  };
  CHECK(laptop.get(provider) == "ID|secret|token");
  CHECK(transport.script.requests().back().header("x-amz-sso_bearer_token") == "others");
  transport.meanwhile = [] {};
  const std::string login = tokenFile(30 * minute, "login");
  laptop.environment.write(sessionFile, login);
  CHECK(laptop.get(provider) == "ID|secret|token");
  CHECK(transport.script.requests().back().header("x-amz-sso_bearer_token") == "login");
  CHECK(laptop.readToken() == login);
}

TEST_CASE("the token of a session is renewed before its end, and saved") {
  SsoLaptop laptop;
  std::string text = tokenFile(15 * minute - 1000, "old");
  // Not every tool writes where the token is from.
  text.replace(text.find("startUrl"), 8, "x");
  text.replace(text.find("region"), 6, "y");
  laptop.environment.write(sessionFile, text);
  const bool hasNewRefreshToken = GENERATE(true, false);
  const std::string refresh = hasNewRefreshToken ? R"(,"refreshToken":"refresh-2")" : "";
  laptop.transport
      .answer(200, R"({"accessToken":"new","expiresIn":28800,"tokenType":"Bearer")" + refresh + "}")
      .answer(200, ssoDocument)
      .answer(200, ssoDocument);
  CHECK(laptop.get() == "ID|secret|token");

  CHECK(laptop.request(0).method == "POST");
  CHECK(laptop.request(0).url == "https://oidc.eu-west-1.amazonaws.com/token");
  CHECK(laptop.request(0).header("Content-Type") == "application/json");
  CHECK(
      laptop.request(0).body ==
      R"({"grantType":"refresh_token","clientId":"client","clientSecret":"client-secret","refreshToken":"refresh-1"})");
  CHECK(laptop.request(1).header("x-amz-sso_bearer_token") == "new");

  const std::string saved = laptop.readToken();
  const auto json = Json::parse(saved);
  REQUIRE(json);
  CHECK((*json)["accessToken"].text() == "new");
  CHECK((*json)["expiresAt"].text() == "2026-01-15T20:30:00Z");
  CHECK((*json)["refreshToken"].text() == (hasNewRefreshToken ? "refresh-2" : "refresh-1"));
  CHECK((*json)["clientId"].text() == "client");
  CHECK((*json)["clientSecret"].text() == "client-secret");
  CHECK((*json)["registrationExpiresAt"].text() == "2026-03-01T00:00:00Z");
  CHECK((*json)["region"].text() == "eu-west-1");
  CHECK((*json)["startUrl"].text() == startUrl);
  struct stat status {};
  REQUIRE(::stat(laptop.environment.path(sessionFile).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(entriesIn(laptop.environment.path(".aws/sso/cache")) == 1);

  // Another process has the new one.
  SsoCredentials other(laptop.transport, laptop.clock, "p");
  CHECK(laptop.get(other) == "ID|secret|token");
  CHECK(laptop.request(2).header("x-amz-sso_bearer_token") == "new");
}

TEST_CASE("a renewed token serves even where it could not be saved") {
  SsoLaptop laptop;
  laptop.environment.write(sessionFile, tokenFile(0, "old"));
  laptop.transport.answer(200, R"({"accessToken":"new","expiresIn":28800})")
      .answer(200, ssoDocument)
      .answer(200, ssoDocument)
      .answer(200, ssoDocument);
  CHECK(laptop.get() == "ID|secret|token");
  laptop.environment.write(sessionFile, tokenFile(0, "old"));
  CHECK(laptop.get() == "ID|secret|token");
  CHECK(laptop.request(2).header("x-amz-sso_bearer_token") == "new");
  // Who signs in anew gets what that gave.
  laptop.environment.write(sessionFile, tokenFile(1000 * minute, "newest"));
  CHECK(laptop.get() == "ID|secret|token");
  CHECK(laptop.request(3).header("x-amz-sso_bearer_token") == "newest");
  // And who signs out is.
  std::filesystem::remove(laptop.environment.path(sessionFile));
  CHECK(laptop.get().find("SSO: not signed in") == 0);
}

TEST_CASE("a renewed token serves its own session only") {
  SsoLaptop laptop;
  laptop.environment.write(sessionFile, tokenFile(0, "old"));
  laptop.transport.answer(200, R"({"accessToken":"new","expiresIn":28800})")
      .answer(200, ssoDocument)
      .answer(200, ssoDocument);
  CHECK(laptop.get() == "ID|secret|token");
  std::string config = sessionConfig;
  for (std::size_t at; (at = config.find("my-session")) != std::string::npos;)
    config.replace(at, 10, "abc");
  laptop.environment.write(".aws/config", config);
  laptop.environment.write(".aws/sso/cache/a9993e364706816aba3e25717850c26c9cd0d89d.json",
                           tokenFile(60 * minute, "of-abc"));
  CHECK(laptop.get() == "ID|secret|token");
  CHECK(laptop.request(2).header("x-amz-sso_bearer_token") == "of-abc");
}

TEST_CASE("when a token is not renewed") {
  SECTION("fifteen minutes before its end") {
    SsoLaptop laptop;
    laptop.environment.write(sessionFile, tokenFile(15 * minute));
    laptop.transport.answer(200, ssoDocument);
    CHECK(laptop.get() == "ID|secret|token");
    CHECK(laptop.transport.requests().size() == 1);
  }
  SECTION("without what that takes") {
    const std::string missing = GENERATE(as<std::string>{}, "refreshToken", "clientId",
                                         "clientSecret", "registrationExpiresAt");
    SsoLaptop laptop;
    std::string text = tokenFile(minute);
    text.replace(text.find(missing), missing.size(), "x");
    laptop.environment.write(sessionFile, text);
    laptop.transport.answer(200, ssoDocument);
    CHECK(laptop.get() == "ID|secret|token");
    CHECK(laptop.transport.requests().size() == 1);
  }
  SECTION("of a profile without a session") {
    SsoLaptop laptop(legacyConfig);
    laptop.environment.write(legacyFile, tokenFile(minute));
    laptop.transport.answer(200, ssoDocument);
    CHECK(laptop.get() == "ID|secret|token");
    CHECK(laptop.transport.requests().size() == 1);
    laptop.environment.write(legacyFile, tokenFile(0));
    CHECK(laptop.get() == "SSO: the SSO token is over; run: aws sso login --profile p");
  }
}

TEST_CASE("a token that cannot be renewed serves to its end") {
  const std::int64_t leftMs = GENERATE(as<std::int64_t>{}, minute, 0);
  CAPTURE(leftMs);
  SsoLaptop laptop;
  laptop.environment.write(sessionFile, tokenFile(leftMs, "old"));
  std::string why;
  SECTION("refused") {
    laptop.transport.answer(
        400, R"({"error":"invalid_grant","error_description":"Invalid refresh token provided"})");
    why = "HTTP status 400 (invalid_grant: Invalid refresh token provided)";
  }
  SECTION("the answer repeats a secret") {
    const std::string secret = GENERATE(as<std::string>{}, "refresh-1", "client%2dsecret");
    laptop.transport.answer(400,
                            R"({"error":"invalid_grant","error_description":")" + secret + "\"}");
    why = "HTTP status 400 (invalid_grant: ***)";
  }
  SECTION("no token in the answer") {
    laptop.transport.answer(200, R"({"expiresIn":5})");
    why = "expected accessToken, and expiresIn of 999999999 seconds at most";
  }
  SECTION("no end in the answer") {
    laptop.transport.answer(200, R"({"accessToken":"canary","expiresIn":"canary"})");
    why = "expected accessToken, and expiresIn of 999999999 seconds at most";
  }
  SECTION("an end that nobody lives to see") {
    const std::string seconds = GENERATE(as<std::string>{}, "1000000000", "999999999999999999");
    laptop.transport.answer(200, R"({"accessToken":"canary","expiresIn":)" + seconds + "}");
    why = "expected accessToken, and expiresIn of 999999999 seconds at most";
  }
  SECTION("no JSON") {
    laptop.transport.answer(200, "canary");
    why = "not valid JSON in UTF-8, at byte 0 of 6";
  }
  SECTION("no answer") {
    for (int i = 0; i != 3; ++i)
      laptop.transport.fail(Delivery::Unknown, "cut");
    why = "cut";
  }
  const std::string before = laptop.readToken();
  if (leftMs != 0) {
    laptop.transport.answer(200, ssoDocument);
    CHECK(laptop.get() == "ID|secret|token");
    CHECK(laptop.transport.requests().back().header("x-amz-sso_bearer_token") == "old");
  } else {
    CHECK(laptop.get() ==
          "SSO: the SSO token is over, and cannot be renewed: CreateToken: " + why + signIn);
  }
  CHECK(laptop.readToken() == before);
  CHECK(laptop.transport.remaining() == 0);
}

TEST_CASE("what the portal says instead of credentials is the error") {
  SsoLaptop laptop;
  laptop.environment.write(sessionFile, tokenFile(60 * minute, "canary-of-a-portal"));
  SECTION("refused") {
    laptop.transport.answer(403, R"({"message":"No access"})");
    CHECK(laptop.get() == "SSO: HTTP status 403 (No access)");
  }
  SECTION("the token repeated") {
    laptop.transport.answer(403, R"({"message":"no canary-of-a-portal"})");
    CHECK(laptop.get() == "SSO: HTTP status 403 (no ***)");
  }
  SECTION("the token repeated in a refusal that is a success") {
    laptop.transport.answer(200,
                            R"({"roleCredentials":{"code":"Odd","message":"canary-of-a-portal"}})");
    CHECK(laptop.get() == "SSO: Odd: ***");
  }
  SECTION("errors of the server, three times") {
    laptop.transport.answer(500).answer(429).answer(503);
    CHECK(laptop.get() == "SSO: HTTP status 503");
    CHECK(laptop.clock.waits() == std::vector<std::int64_t>{1000, 2000});
  }
  SECTION("no credentials") {
    laptop.transport.answer(200, R"({"roleCredentials":{"accessKeyId":"ID"}})");
    CHECK(laptop.get() == "SSO: SecretAccessKey: missing");
  }
  CHECK(laptop.kind == ErrorKind::Credentials);
  CHECK(laptop.transport.remaining() == 0);
}

TEST_CASE("an access token that is no header value is refused and not told") {
  SsoLaptop laptop;
  laptop.environment.write(sessionFile, tokenFile(60 * minute, R"(canary\r\nX: y)"));
  CHECK(laptop.get() ==
        "SSO: header x-amz-sso_bearer_token: the value has a line break or another control "
        "character");
  CHECK(laptop.kind == ErrorKind::Configuration);
  CHECK(laptop.transport.requests().empty());
}

TEST_CASE("the endpoints of SSO are those of their rule sets") {
  // From the services' published endpoint rules.
  const struct {
    const char* region;
    bool fips;
    bool dualStack;
    const char* portal;
    const char* oidc;
  } cases[] = {
      {"us-east-2", false, false, "portal.sso.us-east-2.amazonaws.com",
       "oidc.us-east-2.amazonaws.com"},
      {"us-east-2", true, false, "portal.sso-fips.us-east-2.amazonaws.com",
       "oidc-fips.us-east-2.amazonaws.com"},
      {"us-east-2-fips", false, false, "portal.sso-fips.us-east-2.amazonaws.com",
       "oidc-fips.us-east-2.amazonaws.com"},
      {"us-east-2", false, true, "portal.sso.us-east-2.api.aws", "oidc.us-east-2.api.aws"},
      {"us-east-2", true, true, "portal.sso-fips.us-east-2.api.aws", "oidc-fips.us-east-2.api.aws"},
      {"us-gov-west-1", true, false, "portal.sso.us-gov-west-1.amazonaws.com",
       "oidc.us-gov-west-1.amazonaws.com"},
      {"us-gov-west-1", true, true, "portal.sso-fips.us-gov-west-1.api.aws",
       "oidc-fips.us-gov-west-1.api.aws"},
      {"cn-north-1", false, false, "portal.sso.cn-north-1.amazonaws.com.cn",
       "oidc.cn-north-1.amazonaws.com.cn"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.region, row.fips, row.dualStack);
    std::string config = sessionConfig;
    config.replace(config.find("eu-west-1"), 9, row.region);
    SsoLaptop laptop(config);
    laptop.environment.set("AWS_USE_FIPS_ENDPOINT", row.fips ? "true" : "false");
    laptop.environment.set("AWS_USE_DUALSTACK_ENDPOINT", row.dualStack ? "true" : "false");
    laptop.environment.write(sessionFile, tokenFile(minute));
    laptop.transport.answer(200, R"({"accessToken":"new","expiresIn":28800})")
        .answer(200, ssoDocument);
    CHECK(laptop.get() == "ID|secret|token");
    CHECK(laptop.request(0).authority == row.oidc);
    CHECK(laptop.request(1).authority == row.portal);
  }
}

TEST_CASE("the endpoints of SSO can be set as for every service") {
  const std::string answer = R"({"accessToken":"new","expiresIn":28800})";
  SECTION("variables") {
    SsoLaptop laptop;
    laptop.environment.set("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:1/portal");
    laptop.environment.set("AWS_ENDPOINT_URL_SSO_OIDC", "http://127.0.0.1:2");
    laptop.environment.write(sessionFile, tokenFile(minute));
    laptop.transport.answer(200, answer).answer(200, ssoDocument);
    CHECK(laptop.get() == "ID|secret|token");
    CHECK(laptop.request(0).url == "http://127.0.0.1:2/token");
    CHECK(laptop.request(1).url.find("http://127.0.0.1:1/portal/federation/credentials?") == 0);
  }
  SECTION("beside FIPS and dual-stack") {
    const char* const flag = GENERATE("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT");
    CAPTURE(flag);
    SsoLaptop laptop;
    laptop.environment.set(flag, "true");
    laptop.environment.set("AWS_ENDPOINT_URL", "https://all.example");
    laptop.environment.write(sessionFile, tokenFile(minute));
    laptop.transport.answer(200, answer).answer(200, ssoDocument);
    CHECK(laptop.get() == "ID|secret|token");
    CHECK(laptop.request(0).authority == "all.example");
    CHECK(laptop.request(1).authority == "all.example");
  }
  SECTION("a services section") {
    SsoLaptop laptop(std::string(sessionConfig) +
                     "[profile p]\nservices = mine\n[services mine]\n"
                     "sso =\n  endpoint_url = https://portal.example\n"
                     "sso_oidc =\n  endpoint_url = https://oidc.example\n");
    laptop.environment.write(sessionFile, tokenFile(minute));
    laptop.transport.answer(200, answer).answer(200, ssoDocument);
    CHECK(laptop.get() == "ID|secret|token");
    CHECK(laptop.request(0).authority == "oidc.example");
    CHECK(laptop.request(1).authority == "portal.example");
  }
  SECTION("of the profile that was asked for") {
    SsoLaptop laptop(std::string(sessionConfig) + "endpoint_url = https://not.this\n" +
                     "[profile p]\nendpoint_url = https://nor.this\n" +
                     "[profile role]\nendpoint_url = https://selected.example\n");
    laptop.environment.write(sessionFile, tokenFile(60 * minute));
    laptop.transport.answer(200, ssoDocument);
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    REQUIRE(files);
    CHECK(laptop.provider.retrieveFor({*files, "p", "role"}, {}, laptop.credentials));
    CHECK(laptop.request(0).authority == "selected.example");
  }
  SECTION("never in the clear over a network") {
    SsoLaptop laptop;
    laptop.environment.set("AWS_ENDPOINT_URL_SSO", "http://portal.example");
    laptop.environment.write(sessionFile, tokenFile(60 * minute));
    CHECK(
        laptop.get() ==
        "AWS_ENDPOINT_URL_SSO: endpoint URL \"http://portal.example\": http is for loopback hosts "
        "only, unless it is allowed explicitly");
    CHECK(laptop.kind == ErrorKind::Configuration);
  }
  SECTION("also where only the token would go there") {
    SsoLaptop laptop;
    laptop.environment.set("AWS_ENDPOINT_URL_SSO_OIDC", "http://oidc.example");
    laptop.environment.write(sessionFile, tokenFile(minute));
    CHECK(laptop.get() ==
          "AWS_ENDPOINT_URL_SSO_OIDC: endpoint URL \"http://oidc.example\": http is for loopback "
          "hosts only, unless it is allowed explicitly");
    CHECK(laptop.kind == ErrorKind::Configuration);
    CHECK(laptop.transport.requests().empty());
  }
  SECTION("a flag that is no good") {
    SsoLaptop laptop;
    laptop.environment.set("AWS_USE_FIPS_ENDPOINT", "maybe");
    laptop.environment.write(sessionFile, tokenFile(minute));
    CHECK(laptop.get() == "AWS_USE_FIPS_ENDPOINT is \"maybe\": expected true or false");
    CHECK(laptop.kind == ErrorKind::Configuration);
  }
}

TEST_CASE("a JSON text has no string without a character") {
  Secret text;
  detail::writeJsonTexts({{"a", ""}, {"b", "1"}, {"c", ""}, {"d", "\"2"}}, text);
  CHECK(text.expose() == R"({"b":"1","d":"\"2"})");
}

TEST_CASE("a secret file is replaced as a whole or not at all") {
  TestEnvironment environment;
  const Secret text("new");
  const std::string path = environment.write("token.json", "old");
  CHECK(detail::replaceSecretFile(path, text));
  CHECK(textOfFile(path) == "new");
  CHECK_FALSE(detail::replaceSecretFile(environment.path("none/token.json"), text));
  std::filesystem::create_directories(environment.path("taken/inner"));
  CHECK_FALSE(detail::replaceSecretFile(environment.path("taken"), text));
  // `.aws`, `taken` and the file: nothing is left over.
  CHECK(entriesIn(environment.path("")) == 3);
}

TEST_CASE("tokens of SSO do not stay in freed memory") {
  const std::string canary = "canary-of-an-sso-token-0123456789";
  SsoLaptop laptop;
  std::string text = tokenFile(minute, canary);
  text.replace(text.find("client-secret"), 13, canary);
  laptop.environment.write(sessionFile, text);
  class Services final : public HttpTransport {
   public:
    explicit Services(const std::string& secret) : secret_(secret) {}
    Result<void> send(const HttpRequest& request, HttpResponse& response) override {
      const bool isToken = request.method == "POST";
      response.status = 200;
      response.body.assign(isToken
                               ? R"({"accessToken":")"
                               : R"({"roleCredentials":{"accessKeyId":"ID","secretAccessKey":")");
      response.body.append(secret_);
      response.body.append(isToken ? R"(","expiresIn":28800})" : R"(","sessionToken":"t"}})");
      return {};
    }

   private:
    const std::string& secret_;
  } services(canary);
  const FreedMemoryWatch watch(canary);
  {
    SsoCredentials provider(services, laptop.clock, "p");
    Credentials credentials;
    CredentialsQuery query;
    query.nowMs = laptop.clock.now().unixMs;
    REQUIRE(provider.retrieve(query, credentials));
    CHECK(credentials.secretAccessKey.equals(canary));
  }
  CHECK(watch.leaks() == 0);
}
