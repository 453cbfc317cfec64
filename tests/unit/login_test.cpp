// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/adapters/login_credentials.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/dpop.hpp"
#include "support/durations.hpp"
#include "support/environment.hpp"
#include "support/freed_memory.hpp"
#include "support/interrupted_transport.hpp"

using namespace secure_tunneling;

namespace {

// By `printf %s SESSION | sha256sum`.
constexpr const char* session = "arn:aws:sts::123456789012:assumed-role/Developer/me";
constexpr const char* file =
    "8add958e630681a9c43eede45985102380b6b0ca55d007e7a30cb89c0694917a.json";
constexpr const char* loginAnswer =
    R"({"accessToken":{"accessKeyId":"ASIANEW","secretAccessKey":"canary-\"new\"",)"
    R"("sessionToken":"canary-token-of-new"},"tokenType":"aws_sigv4","expiresIn":900,)"
    R"("refreshToken":"canary-refresh-\\2"})";
constexpr const char* oldCredentials = "ASIAOLD|canary-secret-of-old|canary-token-of-old";
constexpr const char* newCredentials = "ASIANEW|canary-\"new\"|canary-token-of-new";

std::string readText(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// A laptop whose user has signed in, or not.
struct Laptop {
  TestEnvironment environment;
  InterruptedTransport transport;
  ManualClock clock;
  GivenStsSettings given;
  std::string folder = ".aws/login/cache";
  Credentials credentials;
  CredentialsQuery query;
  ErrorKind kind = ErrorKind::InvalidArgument;

  Laptop() {
    given.profile = "p";
    given.region = "eu-west-1";
    environment.write(".aws/config", std::string("[profile p]\nlogin_session = ") + session + "\n");
    std::filesystem::create_directories(environment.path(folder));
  }

  [[nodiscard]] std::string path() const { return environment.path(folder + "/" + file); }
  void signIn(const std::string& text) { environment.write(folder + "/" + file, text); }
  /// With credentials that have so much time left.
  void signInFor(std::int64_t leftMs, const std::string& key = dpopKey) {
    signIn(loginFile(detail::formatIsoDate(ManualClock::defaultUnixMs + leftMs), key));
  }
  /// `id|secret|token`, or the error.
  std::string get(LoginCredentials& of) {
    query.nowMs = clock.now().unixMs;
    const Result<void> result = of.retrieve(query, credentials);
    if (result) {
      return credentials.accessKeyId + "|" + std::string(credentials.secretAccessKey.expose()) +
             "|" + std::string(credentials.sessionToken.expose());
    }
    kind = result.error().kind;
    CHECK(result.error().delivery == Delivery::NotSent);
    CHECK(result.error().message.find("canary") == std::string::npos);
    return result.error().message;
  }
  std::string get() {
    LoginCredentials provider(transport, clock, given);
    return get(provider);
  }
  [[nodiscard]] std::size_t requests() const { return transport.script.requests().size(); }
  [[nodiscard]] const RecordedRequest& request(std::size_t number) const {
    return transport.script.requests().at(number);
  }
};

const std::string again = "; run: aws login --profile p";

}  // namespace

TEST_CASE("a session's credentials are used as they are, but for their last five minutes") {
  Laptop laptop;
  laptop.signInFor(5 * minute + 1000);
  CHECK(laptop.get() == oldCredentials);
  CHECK(laptop.credentials.expiresAtMs == ManualClock::defaultUnixMs + 5 * minute + 1000);
  CHECK(laptop.requests() == 0);
  laptop.transport.script.answer(200, loginAnswer);
  laptop.signInFor(5 * minute);
  CHECK(laptop.get() == newCredentials);
  CHECK(laptop.credentials.expiresAtMs == ManualClock::defaultUnixMs + 15 * minute);
}

TEST_CASE("credentials that the service calls expired are renewed, whatever the clock says") {
  Laptop laptop;
  laptop.signInFor(14 * minute);
  laptop.transport.script.answer(200, loginAnswer);
  laptop.query.expired = true;
  CHECK(laptop.get() == newCredentials);
}

TEST_CASE("a session is renewed with a proof of its key, and saved") {
  Laptop laptop;
  laptop.signInFor(-minute);
  laptop.transport.script.answer(503).answer(200, loginAnswer);
  CHECK(laptop.get() == newCredentials);
  REQUIRE(laptop.requests() == 2);
  DpopVerifier verifier;
  for (const RecordedRequest& request : laptop.transport.script.requests()) {
    CHECK(request.method == "POST");
    CHECK(request.url == "https://eu-west-1.signin.aws.amazon.com/v1/token");
    CHECK(request.header("Content-Type") == "application/json");
    CHECK_FALSE(request.header("Authorization"));
    CHECK(
        request.body ==
        R"({"clientId":"arn:aws:signin:::devtools/same-device","grantType":"refresh_token","refreshToken":"canary-refresh-1"})");
  }
  // At its own time, a second apart, and each with an id of its own.
  CHECK(verifier.problemOf(laptop.request(0).header("DPoP").value_or(""), laptop.request(0).url,
                           ManualClock::defaultUnixMs / 1000) == "");
  CHECK(verifier.problemOf(laptop.request(1).header("DPoP").value_or(""), laptop.request(1).url,
                           ManualClock::defaultUnixMs / 1000 + 1) == "");

  // All else is as it was written, to the letter.
  std::string expected = loginFile("2026-01-15T12:45:01Z");
  const struct {
    const char* before;
    const char* after;
  } changes[] = {{"ASIAOLD", "ASIANEW"},
                 {"canary-secret-of-old", R"(canary-\"new\")"},
                 {"canary-token-of-old", "canary-token-of-new"},
                 {"canary-refresh-1", R"(canary-refresh-\\2)"}};
  for (const auto& change : changes)
    expected.replace(expected.find(change.before), std::string(change.before).size(), change.after);
  CHECK(readText(laptop.path()) == expected);
  struct stat status {};
  REQUIRE(::stat(laptop.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(std::distance(std::filesystem::directory_iterator(laptop.environment.path(laptop.folder)),
                      std::filesystem::directory_iterator()) == 1);
  // And is there for the next program.
  CHECK(laptop.get() == newCredentials);
  CHECK(laptop.requests() == 2);
}

TEST_CASE("an answer without a refresh token leaves the old one") {
  Laptop laptop;
  laptop.signInFor(0);
  std::string text = loginAnswer;
  text.replace(text.find("refreshToken"), 12, "other");
  laptop.transport.script.answer(200, text);
  CHECK(laptop.get() == newCredentials);
  CHECK(readText(laptop.path()).find("canary-refresh-1") != std::string::npos);
}

TEST_CASE("signatures of all lengths are r and s of 32 bytes") {
  // With leading zeros cut off or added in DER: one in 128 has either.
  OpensslDpopKey key;
  REQUIRE(key.read(dpopKey));
  DpopVerifier verifier;
  for (int i = 0; i != 600; ++i) {
    std::string proof;
    REQUIRE(detail::appendDpopProof(key, "https://h/\"", 7, proof));
    REQUIRE(verifier.problemOf(proof, "https://h/\"", 7) == "");
  }
  const auto read = [](std::string_view der) {
    char out[64];
    if (!detail::readEcdsaSignature(der, out)) return std::string("no");
    std::string hex;
    for (const std::size_t at : {0U, 31U, 32U, 63U})
      hex += std::to_string(static_cast<unsigned char>(out[at])) + " ";
    return hex;
  };
  CHECK(read({"\x30\x06\x02\x01\x05\x02\x01\x7f", 8}) == "0 5 0 127 ");
  CHECK(read({"\x30\x07\x02\x02\x00\xff\x02\x01\x01", 9}) == "0 255 0 1 ");
  const std::string_view broken[] = {
      {"", 0},
      {"\x30", 1},
      {"\x31\x06\x02\x01\x05\x02\x01\x7f", 8},
      {"\x30\x07\x02\x01\x05\x02\x01\x7f", 8},
      {"\x30\x06\x02\x05\x05\x02\x01\x7f", 8},
      {"\x30\x06\x03\x01\x05\x02\x01\x7f", 8},
      {"\x30\x03\x02\x01\x05", 5},
      {"\x30\x05\x02\x00\x02\x01\x7f", 7},
      {"\x30\x08\x02\x01\x05\x02\x01\x7f\x05\x00", 10},
  };
  for (const std::string_view der : broken)
    CHECK(read(der) == "no");
  const std::string tooLong = "\x30\x26\x02\x21" + std::string(33, '\x01') + "\x02\x01\x01";
  CHECK(read(tooLong) == "no");
}

TEST_CASE("private keys that are on P-256, in every form") {
  // By `openssl pkcs8 -topk8 -nocrypt` and `openssl ec -no_public`, of the same key.
  const char* const pem = GENERATE(
      "-----BEGIN PRIVATE KEY-----\n"
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9uyO7FjYbZm2g6pt\n"
      "VYxanTGbX/LwRMUiCEwUr2wy7lqhRANCAASvFfrotS+OkXhdVuMyiFTikr6HBxws\n"
      "Pjx7ZkHRKaCQHLaT7yqbi/Y3eDsppn780zFV1XJrBhcLeUYJNIPmfdhB\n"
      "-----END PRIVATE KEY-----\n",
      "-----BEGIN EC PRIVATE KEY-----\n"
      "MDECAQEEIPbsjuxY2G2ZtoOqbVWMWp0xm1/y8ETFIghMFK9sMu5aoAoGCCqGSM49\n"
      "AwEH\n"
      "-----END EC PRIVATE KEY-----\n");
  Laptop laptop;
  laptop.signInFor(0, pem);
  laptop.transport.script.answer(200, loginAnswer);
  CHECK(laptop.get() == newCredentials);
  DpopVerifier verifier;
  CHECK(verifier.problemOf(laptop.request(0).header("DPoP").value_or(""), laptop.request(0).url,
                           ManualClock::defaultUnixMs / 1000) == "");
}

TEST_CASE("another key renews nothing, and nobody is asked for a passphrase") {
  const char* const pem =
      GENERATE("canary", "-----BEGIN EC PRIVATE KEY-----\ncanary\n-----END EC PRIVATE KEY-----\n",
               // On secp384r1 and SM2, of Ed25519, and by `openssl ec -aes128`.
               "-----BEGIN EC PRIVATE KEY-----\n"
               "MIGkAgEBBDDGrjcWrVTci+VX9dQ8smHc5MTAPU9rDSC8pqDb8tjcWI/LKXIrctHs\n"
               "8pubU5oEpFWgBwYFK4EEACKhZANiAARTO+OFiftwL5k5PLXt/zze3Ney977J9Mip\n"
               "mCOalhAjJM4N6s9T5hWvr6oWOy2tz5HXKH/P7Z6qsPKje6NmbdPuz48cIN8dg9Fp\n"
               "gG6jo8SL7wRjb93QDefgSkvKzIM79vk=\n"
               "-----END EC PRIVATE KEY-----\n",
               "-----BEGIN PRIVATE KEY-----\n"
               "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgeZgkGvvs4MZVMsV3\n"
               "+yWNzzGyVCmG2HWg8jn1Lus06LehRANCAASBDW6JFNkVC1P8xm9xNLjs4a79gGg5\n"
               "BgOpNkHf3jx2//FQg74/SD3Iswu7t3GLpQ9VsCtBfEwmaGiLza5ZN9pj\n"
               "-----END PRIVATE KEY-----\n",
               "-----BEGIN PRIVATE KEY-----\n"
               "MC4CAQAwBQYDK2VwBCIEIATKRqHDs8/+BvtSZcZdBYTepCaBmuaQtjlTIoxQlNbM\n"
               "-----END PRIVATE KEY-----\n",
               "-----BEGIN EC PRIVATE KEY-----\n"
               "Proc-Type: 4,ENCRYPTED\n"
               "DEK-Info: AES-128-CBC,BAD69C00B4FE87F4741B0523474D697E\n\n"
               "QAZyPdn8jI7JDyBuwk6b08tWx/B02DRH6nTBRawWtgzIY4/cPLJ2wzMpwLBPWi6W\n"
               "UUXnSNPtJ454O7Khmc3bSKqO5v3IEbvQXeuUchRRsnuMQHIkRBiB+uONI+LctZxA\n"
               "jzqMjI6vnF+i7f9591ljsriiU6Waw1EcBLY4tUlKftk=\n"
               "-----END EC PRIVATE KEY-----\n");
  Laptop laptop;
  laptop.signInFor(0, pem);
  CHECK(laptop.get() ==
        "login: " + laptop.path() + ": dpopKey: expected a private key on P-256 in PEM" + again);
  CHECK(laptop.kind == ErrorKind::Credentials);
  CHECK(ERR_peek_error() == 0);
  // To their end the credentials need none.
  laptop.signInFor(minute, pem);
  CHECK(laptop.get() == oldCredentials);
  CHECK(laptop.requests() == 0);
}

TEST_CASE("who has not signed in is told how") {
  Laptop laptop;
  SECTION("no file") {
    CHECK(laptop.get() == "login: not signed in: there is no " + laptop.path() + again);
  }
  SECTION("a directory") {
    std::filesystem::create_directory(laptop.path());
    CHECK(laptop.get() == "login: not signed in: there is no " + laptop.path() + again);
  }
  SECTION("no JSON") {
    laptop.signIn("canary");
    CHECK(laptop.get() ==
          "login: " + laptop.path() + ": not valid JSON in UTF-8, at byte 0 of 6" + again);
  }
  SECTION("a member that is missing or no string") {
    const struct {
      const char* member;
      const char* name;
    } members[] = {{"accessKeyId", "accessToken.accessKeyId"},
                   {"secretAccessKey", "accessToken.secretAccessKey"},
                   {"sessionToken", "accessToken.sessionToken"},
                   {"accountId", "accessToken.accountId"},
                   {"expiresAt", "accessToken.expiresAt"},
                   {"accessToken", "accessToken.accessKeyId"},
                   {"refreshToken", "refreshToken"},
                   {"clientId", "clientId"},
                   {"dpopKey", "dpopKey"}};
    for (const auto& row : members) {
      CAPTURE(row.member);
      std::string text = loginFile("2026-01-15T13:30:00Z");
      text.replace(text.find(row.member), std::string(row.member).size(), "x");
      laptop.signIn(text);
      CHECK(laptop.get() == "login: " + laptop.path() + ": " + row.name + ": missing" + again);
    }
    std::string text = loginFile("2026-01-15T13:30:00Z");
    text.replace(text.find("\"canary-refresh-1\""), 18, "[]");
    laptop.signIn(text);
    CHECK(laptop.get() ==
          "login: " + laptop.path() + ": refreshToken: expected a string, found an array" + again);
  }
  SECTION("no date") {
    laptop.signIn(loginFile("canary"));
    CHECK(laptop.get() ==
          "login: " + laptop.path() +
              ": accessToken.expiresAt: expected a date as in 2026-01-15T12:30:00Z" + again);
  }
  SECTION("credentials that cannot be sent") {
    std::string text = loginFile("2026-01-15T13:30:00Z");
    text.replace(text.find("ASIAOLD"), 7, "A b");
    laptop.signIn(text);
    CHECK(laptop.get() == "login: " + laptop.path() +
                              ": the access key id is empty or has a character that none has" +
                              again);
  }
  CHECK(laptop.kind == ErrorKind::Credentials);
  CHECK(laptop.requests() == 0);
}

TEST_CASE("credentials that cannot be renewed serve to their end") {
  const std::int64_t leftMs = GENERATE(as<std::int64_t>{}, minute, 0);
  Laptop laptop;
  laptop.signInFor(leftMs);
  ScriptedTransport& script = laptop.transport.script;
  std::string why;
  SECTION("over, or changed by the user") {
    const std::string code = GENERATE(as<std::string>{}, "TOKEN_EXPIRED",
                                      "USER_CREDENTIALS_CHANGED", "AUTHCODE_EXPIRED");
    script.answer(401, R"({"error":")" + code + R"(","message":"Sign in again"})");
    why = "HTTP status 401 (" + code + ": Sign in again)" + again;
  }
  SECTION("a bare refusal") {
    script.answer(400);
    why = "HTTP status 400" + again;
  }
  SECTION("a user who may not") {
    script.answer(403, R"({"error":"INSUFFICIENT_PERMISSIONS","message":"No"})");
    why =
        "HTTP status 403 (INSUFFICIENT_PERMISSIONS: No); the user needs the permission "
        "signin:CreateOAuth2Token";
  }
  SECTION("the answer repeats the refresh token") {
    script.answer(400, R"({"error":"INVALID_REQUEST","message":"canary%2drefresh-1 is bad"})");
    why = "HTTP status 400 (INVALID_REQUEST: *** is bad)" + again;
  }
  SECTION("too many requests") {
    script.answer(429).answer(429).answer(429);
    why = "HTTP status 429";
  }
  SECTION("no answer") {
    for (int i = 0; i != 3; ++i)
      script.fail(Delivery::Unknown, "cut");
    why = "cut";
  }
  SECTION("no JSON") {
    script.answer(200, "canary");
    why = "not valid JSON in UTF-8, at byte 0 of 6";
  }
  SECTION("no credentials in the answer") {
    script.answer(200, R"({"accessToken":{"accessKeyId":"canary"},"expiresIn":900})");
    why = "SecretAccessKey: missing";
  }
  SECTION("no end in the answer") {
    const std::string seconds =
        GENERATE(as<std::string>{}, "\"900\"", "0", "-1", "1000000000", "9e9", "null");
    std::string text = loginAnswer;
    text.replace(text.find("900"), 3, seconds);
    script.answer(200, text);
    why = "expiresIn: expected seconds, 1 to 999999999";
  }
  const std::string before = readText(laptop.path());
  const std::string got = laptop.get();
  if (leftMs != 0) {
    CHECK(got == oldCredentials);
  } else {
    CHECK(got == "login: the session in " + laptop.path() + " cannot be renewed: " + why);
    CHECK(laptop.kind == ErrorKind::Credentials);
  }
  CHECK(readText(laptop.path()) == before);
  CHECK(script.remaining() == 0);
}

TEST_CASE("the proof is masked where the answer repeats it") {
  Laptop laptop;
  laptop.signInFor(0);
  struct Echo final : HttpTransport {
    Result<void> send(const HttpRequest& request, HttpResponse& response) override {
      response.clear();
      response.status = 400;
      for (std::size_t i = 0; i != request.headerCount; ++i) {
        if (request.headers[i].name == "DPoP") response.body.assign(request.headers[i].value);
      }
      return {};
    }
  } echo;
  LoginCredentials provider(echo, laptop.clock, laptop.given);
  CHECK(laptop.get(provider) == "login: the session in " + laptop.path() +
                                    " cannot be renewed: HTTP status 400 (***...)" + again);
}

TEST_CASE("what another program does to the session meanwhile") {
  Laptop laptop;
  laptop.signInFor(0);
  const std::string others = loginFile("2026-01-15T12:44:00Z");
  SECTION("it has renewed it, and the old refresh token is spent") {
    laptop.transport.meanwhile = [&] { laptop.signIn(others); };
    laptop.transport.script.answer(401, R"({"error":"TOKEN_EXPIRED","message":"spent"})");
    CHECK(laptop.get() == oldCredentials);
    CHECK(laptop.credentials.expiresAtMs == ManualClock::defaultUnixMs + 14 * minute);
    CHECK(readText(laptop.path()) == others);
  }
  SECTION("it has signed in anew, which is not undone") {
    laptop.transport.meanwhile = [&] { laptop.signIn(others); };
    laptop.transport.script.answer(200, loginAnswer);
    CHECK(laptop.get() == newCredentials);
    CHECK(readText(laptop.path()) == others);
  }
  SECTION("it has signed out, which is not undone") {
    laptop.transport.meanwhile = [&] { std::filesystem::remove(laptop.path()); };
    laptop.transport.script.answer(200, loginAnswer);
    CHECK(laptop.get() == newCredentials);
    CHECK_FALSE(std::filesystem::exists(laptop.path()));
  }
}

TEST_CASE("a renewed session serves even where it cannot be saved") {
  Laptop laptop;
  // A path that is just short enough, so that the one of a temporary file beside it is too long.
  laptop.folder = "long";
  while (laptop.path().size() < 4090) {
    const std::size_t left = 4090 - laptop.path().size();
    laptop.folder += "/" + std::string(left > 201 && left < 400 ? 100
                                       : left > 201             ? 200
                                                                : left - 1,
                                       'x');
  }
  const std::string folder = laptop.environment.path(laptop.folder);
  std::filesystem::create_directories(folder);
  laptop.environment.set("AWS_LOGIN_CACHE_DIRECTORY", folder);
  laptop.signInFor(0);
  const std::string before = readText(laptop.path());

  LoginCredentials provider(laptop.transport, laptop.clock, laptop.given);
  laptop.transport.script.answer(200, loginAnswer).answer(200, loginAnswer);
  CHECK(laptop.get(provider) == newCredentials);
  CHECK(laptop.get(provider) == newCredentials);
  CHECK(laptop.requests() == 1);
  laptop.clock.advance(11 * minute);
  CHECK(laptop.get(provider) == newCredentials);
  CHECK(laptop.request(1).body.find(R"(canary-refresh-\\2)") != std::string::npos);
  CHECK(readText(laptop.path()) == before);

  // By a short way it is saved after all.
  std::filesystem::create_directory_symlink(folder, laptop.environment.path("short"));
  laptop.environment.set("AWS_LOGIN_CACHE_DIRECTORY", laptop.environment.path("short"));
  CHECK(laptop.get(provider) == newCredentials);
  CHECK(laptop.requests() == 2);
  CHECK(readText(laptop.path()).find("canary-token-of-new") != std::string::npos);
}

TEST_CASE("where the session's file is") {
  Laptop laptop;
  laptop.environment.set("CACHES", "caches");
  const auto [named, folder] = GENERATE(table<std::string, std::string>(
      {{"~/mine", "mine"}, {"~/${CACHES}/login", "caches/login"}, {"", ".aws/login/cache"}}));
  laptop.environment.set("AWS_LOGIN_CACHE_DIRECTORY", named);
  laptop.folder = folder;
  std::filesystem::create_directories(laptop.environment.path(folder));
  laptop.signInFor(14 * minute);
  CHECK(laptop.get() == oldCredentials);
}

TEST_CASE("a profile without a session is none of this source") {
  Laptop laptop;
  laptop.environment.write(".aws/config", "[profile p]\nregion = eu-west-1\nlogin_session =\n");
  CHECK(laptop.get() == "profile \"p\": login_session is not set");
  CHECK(laptop.kind == ErrorKind::NoCredentials);
}

TEST_CASE("the endpoints of AWS Sign-In") {
  // From the service's published endpoint rules.
  const struct {
    const char* region;
    bool fips;
    bool dualStack;
    const char* host;
  } cases[] = {
      {"us-east-2", false, false, "us-east-2.signin.aws.amazon.com"},
      {"us-east-2", true, false, "signin-fips.us-east-2.amazonaws.com"},
      {"us-east-2-fips", false, false, "signin-fips.us-east-2.amazonaws.com"},
      {"us-east-2", false, true, "signin.us-east-2.api.aws"},
      {"us-east-2", true, true, "signin-fips.us-east-2.api.aws"},
      {"us-gov-west-1", false, false, "us-gov-west-1.signin.amazonaws-us-gov.com"},
      {"us-gov-west-1", true, false, "signin-fips.us-gov-west-1.amazonaws.com"},
      {"cn-north-1", false, false, "cn-north-1.signin.amazonaws.cn"},
      {"cn-north-1", false, true, "signin.cn-north-1.api.amazonwebservices.com.cn"},
      {"eusc-de-east-1", false, false, "signin.eusc-de-east-1.amazonaws.eu"},
      {"us-iso-east-1", false, false, "signin.us-iso-east-1.c2s.ic.gov"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.region, row.fips, row.dualStack);
    Laptop laptop;
    laptop.given.region.clear();
    laptop.environment.set("AWS_REGION", row.region);
    laptop.environment.set("AWS_USE_FIPS_ENDPOINT", row.fips ? "true" : "false");
    laptop.environment.set("AWS_USE_DUALSTACK_ENDPOINT", row.dualStack ? "true" : "false");
    laptop.signInFor(0);
    laptop.transport.script.answer(200, loginAnswer);
    CHECK(laptop.get() == newCredentials);
    CHECK(laptop.request(0).url == std::string("https://") + row.host + "/v1/token");
  }
}

TEST_CASE("the endpoint of AWS Sign-In can be set as for every service") {
  Laptop laptop;
  laptop.signInFor(0);
  SECTION("by a variable") {
    laptop.environment.set("AWS_ENDPOINT_URL_SIGNIN", "http://127.0.0.1:1/path/");
    laptop.transport.script.answer(200, loginAnswer);
    CHECK(laptop.get() == newCredentials);
    CHECK(laptop.request(0).url == "http://127.0.0.1:1/path/v1/token");
  }
  SECTION("never in the clear over a network") {
    laptop.environment.set("AWS_ENDPOINT_URL_SIGNIN", "http://signin.example");
    CHECK(laptop.get() ==
          "AWS_ENDPOINT_URL_SIGNIN: endpoint URL \"http://signin.example\": http is for loopback "
          "hosts only, unless it is allowed explicitly");
    CHECK(laptop.kind == ErrorKind::Configuration);
  }
  SECTION("but not without a region") {
    laptop.given.region.clear();
    CHECK(laptop.get() == "login: Invalid Configuration: Missing Region");
    CHECK(laptop.kind == ErrorKind::Configuration);
  }
}

TEST_CASE("the secrets of a session are wiped") {
  Laptop laptop;
  laptop.signInFor(0);
  laptop.transport.script.answer(200, loginAnswer);
  const char* const secret = GENERATE("canary-refresh-1", "canary-token-of-old",
                                      "canary-secret-of-old", "MHcCAQEEIPbsjuxY2G2ZtoOqbVWMWp0xm1");
  CAPTURE(secret);
  LoginCredentials provider(laptop.transport, laptop.clock, laptop.given);
  Credentials credentials;
  const FreedMemoryWatch watch(secret);
  CHECK(provider.retrieve({ManualClock::defaultUnixMs}, credentials));
  credentials = {};
  CHECK(watch.leaks() == 0);
}
