// SPDX-License-Identifier: BSL-1.0
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>

#include "secure_tunneling/credentials/environment.hpp"
#include "secure_tunneling/credentials/profile.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/freed_memory.hpp"

using namespace secure_tunneling;

namespace {

/// `id|secret|token`, or `error: message`. Starts from the credentials of an earlier call.
std::string retrieved(CredentialsSource& provider) {
  Credentials credentials;
  credentials.accessKeyId = "OLD";
  credentials.secretAccessKey.assign("old secret");
  credentials.sessionToken.assign("old token");
  const Result<void> result = provider.retrieve({}, credentials);
  if (!result) return "error: " + result.error().message;
  CHECK_FALSE(credentials.expiresAtMs);
  return credentials.accessKeyId + "|" + std::string(credentials.secretAccessKey.expose()) + "|" +
         std::string(credentials.sessionToken.expose());
}

std::string fromProfile(const std::string& profile = {}) {
  ProfileCredentials provider(profile);
  return retrieved(provider);
}

ErrorKind errorKindOf(CredentialsSource& provider) {
  Credentials credentials;
  const Result<void> result = provider.retrieve({}, credentials);
  REQUIRE_FALSE(result);
  CHECK(result.error().delivery == Delivery::NotSent);
  return result.error().kind;
}

}  // namespace

TEST_CASE("credentials given by the program") {
  StaticCredentials longTerm("ID", "secret");
  CHECK(retrieved(longTerm) == "ID|secret|");
  StaticCredentials temporary("ID", "secret", "token");
  CHECK(retrieved(temporary) == "ID|secret|token");
  CHECK(retrieved(temporary) == "ID|secret|token");

  Credentials credentials;
  credentials.accessKeyId = "ID";
  credentials.secretAccessKey.assign("secret");
  credentials.expiresAtMs = 17;
  StaticCredentials expiring(std::move(credentials));
  Credentials out;
  REQUIRE(expiring.retrieve({}, out));
  CHECK(out.expiresAtMs == 17);
}

TEST_CASE("a source is told the moment of the call") {
  CredentialsQuery asked;
  FunctionCredentials source([&](const CredentialsQuery& query, Credentials& credentials) {
    asked = query;
    credentials.accessKeyId = "ID";
    credentials.secretAccessKey.assign("secret");
    return Result<void>();
  });
  HttpExchange exchange;
  Credentials found;
  CredentialsFetch fetch(exchange, &source, found);
  REQUIRE(fetch.next({1'700'000'000'123, 4'000'000'000U, 5}) == Step::Done);
  CHECK(asked.nowMs == 1'700'000'000'123);
  CHECK(asked.random == 4'000'000'000U);
  CHECK_FALSE(asked.expired);
  CHECK(fetch.hasBlocked());
}

TEST_CASE("credentials from the environment") {
  TestEnvironment environment;
  EnvironmentCredentials provider;
  CHECK(retrieved(provider) == "error: environment: AWS_ACCESS_KEY_ID is not set");
  CHECK(errorKindOf(provider) == ErrorKind::NoCredentials);
  environment.set("AWS_SECRET_ACCESS_KEY", "secret");
  CHECK(retrieved(provider) == "error: environment: AWS_ACCESS_KEY_ID is not set");
  CHECK(errorKindOf(provider) == ErrorKind::NoCredentials);
  environment.set("AWS_ACCESS_KEY_ID", " \t");
  CHECK(retrieved(provider) == "error: environment: AWS_ACCESS_KEY_ID is not set");
  environment.set("AWS_ACCESS_KEY_ID", "ID");
  CHECK(retrieved(provider) == "ID|secret|");
  environment.set("AWS_SESSION_TOKEN", "token");
  CHECK(retrieved(provider) == "ID|secret|token");
  environment.set("AWS_SECURITY_TOKEN", "older");
  CHECK(retrieved(provider) == "ID|secret|older");
  environment.set("AWS_SESSION_TOKEN", "");
  CHECK(retrieved(provider) == "ID|secret|older");
  environment.set("AWS_SECURITY_TOKEN", "");
  CHECK(retrieved(provider) == "ID|secret|");
  environment.set("AWS_SESSION_TOKEN", "token");
  CHECK(retrieved(provider) == "ID|secret|token");
  for (const char* const blank : {"", " "}) {
    environment.set("AWS_SECRET_ACCESS_KEY", blank);
    CHECK(retrieved(provider) ==
          "error: environment: Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY");
    CHECK(errorKindOf(provider) == ErrorKind::Configuration);
  }
}

TEST_CASE("credentials without an end have none of those that were there before") {
  TestEnvironment environment;
  environment.set("AWS_ACCESS_KEY_ID", "ID");
  environment.set("AWS_SECRET_ACCESS_KEY", "secret");
  environment.write(".aws/credentials",
                    "[default]\naws_access_key_id = ID\naws_secret_access_key = secret\n");
  EnvironmentCredentials ofEnvironment;
  ProfileCredentials ofProfile;
  CredentialsSource* const sources[] = {&ofEnvironment, &ofProfile};
  for (CredentialsSource* const source : sources) {
    Credentials credentials;
    credentials.sessionToken.assign("token of old");
    credentials.expiresAtMs = 17;
    REQUIRE(source->retrieve({}, credentials));
    CHECK(credentials.sessionToken.empty());
    CHECK_FALSE(credentials.expiresAtMs);
  }
}

TEST_CASE("credentials of the environment that cannot be sent are refused by the variable's name") {
  TestEnvironment environment;
  EnvironmentCredentials provider;
  const char* const names[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                               "AWS_SECURITY_TOKEN"};
  for (const std::string value : {"canary\n", "canary\r", "canary ", "\tcanary", "can ary",
                                  "canary\x01", "canary\x7f", "canary\xc2\xa0"}) {
    for (const char* const wrong : names) {
      CAPTURE(wrong, value);
      for (const char* const name : names)
        environment.set(name, name == wrong ? value : "right");
      if (wrong == names[2]) environment.unset(names[3]);
      CHECK(retrieved(provider) == "error: environment: " + std::string(wrong) +
                                       " has a blank, a control or a non-ASCII character");
      CHECK(errorKindOf(provider) == ErrorKind::Configuration);
    }
  }
}

TEST_CASE("credentials of a profile that cannot be sent are refused by the file") {
  TestEnvironment environment;
  const struct {
    const char* lines;
    const char* problem;
  } cases[] = {
      {"aws_access_key_id = I\naws_secret_access_key = can ary\n",
       "the secret access key has a blank, a control or a non-ASCII character"},
      {"aws_access_key_id = I\naws_secret_access_key = canary\n  more\n",
       "the secret access key has a blank, a control or a non-ASCII character"},
      {"aws_access_key_id = canary \xc3\xa9\naws_secret_access_key = s\n",
       "the access key id is empty or has a character that none has"},
      {"aws_access_key_id = I\naws_secret_access_key = s\naws_session_token = a\tcanary\n",
       "the session token has a blank, a control or a non-ASCII character"},
  };
  ProfileCredentials provider("p");
  for (const auto& row : cases) {
    CAPTURE(row.lines);
    for (const bool isConfig : {true, false}) {
      environment.write(".aws/config", "");
      environment.write(".aws/credentials", "");
      const std::string path =
          environment.write(isConfig ? ".aws/config" : ".aws/credentials",
                            (isConfig ? "[profile p]\n" : "[p]\n") + std::string(row.lines));
      CHECK(retrieved(provider) == "error: profile \"p\": " + path + ": " + row.problem);
      CHECK(errorKindOf(provider) == ErrorKind::Configuration);
    }
  }
}

TEST_CASE("an error about missing credentials names what was passed over in the profile") {
  TestEnvironment environment;
  const std::string config = environment.write(".aws/config", "[p]\nregion = r\n[profile q]\n");
  const std::string credentials = environment.write(
      ".aws/credentials",
      "[q]\naws access key id = canary\n[r]\naws_access_key_id = I\nmy secret = canary\n");
  CHECK(fromProfile("p") == "error: profile \"p\": found neither in " + config + " nor in " +
                                credentials + " (passed over: " + config + ", line 1)");
  CHECK(fromProfile("q") ==
        "error: profile \"q\": it names no credentials (passed over: " + credentials + ", line 2)");
  CHECK(fromProfile("r") ==
        "error: profile \"r\": Partial credentials found in shared-credentials-file, missing: "
        "aws_secret_access_key (passed over: " +
            credentials + ", line 5)");
}

TEST_CASE("the program's profile counts before AWS_PROFILE, and that before AWS_DEFAULT_PROFILE") {
  TestEnvironment environment;
  environment.write(".aws/credentials",
                    "[default]\naws_access_key_id = D\naws_secret_access_key = d\n"
                    "[first]\naws_access_key_id = F\naws_secret_access_key = f\n"
                    "[second]\naws_access_key_id = S\naws_secret_access_key = s\n");
  CHECK(fromProfile() == "D|d|");
  CHECK(fromProfile("first") == "F|f|");
  environment.set("AWS_DEFAULT_PROFILE", "second");
  CHECK(fromProfile() == "S|s|");
  environment.set("AWS_PROFILE", "first");
  CHECK(fromProfile() == "F|f|");
  CHECK(fromProfile("second") == "S|s|");
  environment.set("AWS_PROFILE", "");
  CHECK(fromProfile() == "S|s|");
  CHECK(fromProfile("Second").find("error: profile \"Second\": found neither in ") == 0);
}

TEST_CASE("where the shared files are") {
  TestEnvironment environment;
  const std::string missing = fromProfile();
  CHECK(missing == "error: profile \"default\": found neither in " +
                       environment.path(".aws/config") + " nor in " +
                       environment.path(".aws/credentials"));
  environment.write("other-credentials",
                    "[default]\naws_access_key_id = A\naws_secret_access_key = a\n");
  environment.write("other-config",
                    "[profile p]\naws_access_key_id = B\naws_secret_access_key = b\n");
  environment.set("AWS_SHARED_CREDENTIALS_FILE", environment.path("other-credentials"));
  CHECK(fromProfile() == "A|a|");
  environment.set("AWS_CONFIG_FILE", "~/other-config");
  CHECK(fromProfile("p") == "B|b|");
  // A file in the place of a folder is as good as none.
  environment.set("AWS_CONFIG_FILE", environment.path("other-config") + "/config");
  CHECK(fromProfile() == "A|a|");
}

TEST_CASE("the grammar of the credentials file") {
  const struct {
    const char* what;
    std::string text;
    const char* expected;
  } cases[] = {
      {"plain", "[default]\naws_access_key_id=ID\naws_secret_access_key=secret\n", "ID|secret|"},
      {"token", "[default]\naws_access_key_id=ID\naws_secret_access_key=s\naws_session_token=t\n",
       "ID|s|t"},
      {"another order",
       "[default]\naws_session_token=t\naws_secret_access_key=s\naws_access_key_id=ID\n", "ID|s|t"},
      {"CR LF", "[default]\r\naws_access_key_id = ID\r\naws_secret_access_key = s\r\n", "ID|s|"},
      {"no line end at the end", "[default]\naws_access_key_id=ID\naws_secret_access_key=s",
       "ID|s|"},
      {"blanks", "[ default ]\naws_access_key_id \t=\t ID \naws_secret_access_key =   s  \n",
       "ID|s|"},
      {"names in another case", "[default]\nAWS_Access_Key_ID=ID\nAWS_SECRET_ACCESS_KEY=s\n",
       "ID|s|"},
      {"empty lines and comments",
       "\n# one\n; two\n[default] # three\n\n  # four\naws_access_key_id=ID # five\n"
       "aws_secret_access_key=s\t; six\n",
       "ID|s|"},
      {"comment signs that are none",
       "[default]\naws_access_key_id=ID#1;2\naws_secret_access_key=#s;\n", "ID#1;2|#s;|"},
      {"equals signs in a value", "[default]\naws_access_key_id=ID\naws_secret_access_key=s=/+==\n",
       "ID|s=/+==|"},
      {"the last of several",
       "[default]\naws_access_key_id=X\naws_access_key_id=ID\naws_secret_access_key=s\n", "ID|s|"},
      {"a section in two parts",
       "[default]\naws_access_key_id=ID\n[x]\naws_access_key_id=X\naws_secret_access_key=x\n"
       "[default]\naws_secret_access_key=s\n",
       "ID|s|"},
      {"unknown names", "[default]\nfoo=bar\naws_access_key_id=ID\naws_secret_access_key=s\nx=\n",
       "ID|s|"},
      {"nested settings",
       "[default]\ns3 =\n  aws_access_key_id = X\n\ty = z\naws_access_key_id=ID\n"
       "aws_secret_access_key=s\n",
       "ID|s|"},
      {"other sections",
       "[x]\naws_access_key_id=X\naws_secret_access_key=x\n[profile default]\naws_access_key_id=Y\n"
       "aws_secret_access_key=y\n[default]\naws_access_key_id=ID\naws_secret_access_key=s\n"
       "[z]\naws_access_key_id=Z\n",
       "ID|s|"},
      {"no key id", "[default]\naws_secret_access_key=s\n",
       "error: profile \"default\": it names no credentials"},
      {"no secret", "[default]\naws_access_key_id=ID\n",
       "error: profile \"default\": Partial credentials found in shared-credentials-file, missing: "
       "aws_secret_access_key"},
      {"empty values", "[default]\naws_access_key_id=\naws_secret_access_key=\n",
       "error: profile \"default\": it names no credentials"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    TestEnvironment environment;
    environment.write(".aws/credentials", row.text);
    CHECK(fromProfile() == row.expected);
  }
}

TEST_CASE("headings of the config file") {
  const struct {
    const char* heading;
    const char* profile;
    bool isFound;
  } cases[] = {
      {"[profile p]", "p", true},
      {"[ profile  p ]", "p", true},
      {"[profile\tp]", "p", true},
      {"[profile \"p q\"]", "p q", true},
      {"[profile 'p q']", "p q", true},
      {"[profile p q]", "p q", false},
      {"[profile p] # note", "p", true},
      {"[default]", "default", true},
      {"[profile default]", "default", true},
      {"[p]", "p", false},
      {"[profilep]", "p", false},
      {"[Profile p]", "p", false},
      {"[profile]", "p", false},
      {"[profile \"p]", "p", false},
      {"[sso-session p]", "p", false},
      {"[services p]", "p", false},
  };
  for (const auto& row : cases) {
    CAPTURE(row.heading);
    TestEnvironment environment;
    environment.write(".aws/config", std::string(row.heading) +
                                         "\naws_access_key_id=ID\naws_secret_access_key=s\n");
    const std::string expected = row.isFound ? "ID|s|" : "error: ";
    CHECK(fromProfile(row.profile).find(expected) == 0);
  }
}

TEST_CASE("the credentials file goes before the config file, each with its own pair") {
  TestEnvironment environment;
  environment.write(
      ".aws/config",
      "[default]\naws_access_key_id=C\naws_secret_access_key=c\naws_session_token=ct\n"
      "[profile p]\naws_access_key_id=P\naws_secret_access_key=p\n");
  CHECK(fromProfile() == "C|c|ct");
  environment.write(".aws/credentials",
                    "[default]\naws_secret_access_key=d\naws_access_key_id=D\n");
  CHECK(fromProfile() == "D|d|");
  CHECK(fromProfile("p") == "P|p|");
  environment.write(".aws/credentials", "[default]\naws_access_key_id=D\n");
  CHECK(fromProfile() ==
        "error: profile \"default\": Partial credentials found in shared-credentials-file, "
        "missing: aws_secret_access_key");
  environment.write(".aws/credentials", "[default]\naws_secret_access_key=d\n");
  CHECK(fromProfile() == "C|c|ct");
}

TEST_CASE("malformed shared files are refused with the line") {
  const struct {
    std::string text;
    const char* problem;
  } cases[] = {
      {"aws_access_key_id = canary\n", ", line 1: expected a [section] before the first property"},
      {"[default\n", ", line 1: expected a closing ]"},
      {"[default]\n\n# comment\ncanary\n", ", line 4: expected [section] or name = value"},
      {"[default]\r\n\r\ncanary\r\n", ", line 3: expected [section] or name = value"},
      {"[default]\n=canary\n", ", line 2: expected [section] or name = value"},
      {"[default]\n[other]\ncanary", ", line 3: expected [section] or name = value"},
      {std::string("\0", 1), ", line 1: expected a [section] before the first property"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.text);
    for (const char* const file : {".aws/credentials", ".aws/config"}) {
      TestEnvironment environment;
      const std::string path = environment.write(file, row.text);
      CHECK(fromProfile() == "error: " + path + row.problem);
      ProfileCredentials provider;
      CHECK(errorKindOf(provider) == ErrorKind::Configuration);
    }
  }
}

TEST_CASE("shared files that cannot be read are refused") {
  TestEnvironment environment;
  ProfileCredentials provider;
  SECTION("too long") {
    const std::string good = "[default]\naws_access_key_id=ID\naws_secret_access_key=s\n";
    const std::string filler(4 * 1024 * 1024 - good.size() - 2, 'x');
    environment.write(".aws/credentials", good + "#" + filler + "\n");
    CHECK(fromProfile() == "ID|s|");
    const std::string path = environment.write(".aws/credentials", good + "#" + filler + "x\n");
    CHECK(fromProfile() == "error: " + path + ": longer than 4 MiB");
    CHECK(errorKindOf(provider) == ErrorKind::Configuration);
  }
  SECTION("a folder") {
    environment.set("AWS_CONFIG_FILE", environment.path(".aws"));
    CHECK(fromProfile() == "error: profile \"default\": found neither in " +
                               environment.path(".aws") + " nor in " +
                               environment.path(".aws/credentials") +
                               " (passed over: " + environment.path(".aws") + ", a directory)");
    CHECK(errorKindOf(provider) == ErrorKind::NoCredentials);
  }
  SECTION("not allowed") {
    // As `sudo aws configure` leaves it.
    environment.write(".aws/config", "[default]\nregion=r\n");
    const std::string path = environment.write(".aws/credentials", "[default]\n");
    for (const char* const folder : {"", ".aws"})
      ::chmod(environment.path(folder).c_str(), 0755);
    ::chmod(path.c_str(), 0);
    // Nothing is forbidden to root.
    const uid_t user = ::geteuid();
    const uid_t nobody = 65534;
    const bool isForbidden = user != 0 || ::seteuid(nobody) == 0;
    const bool isReached = std::ifstream(environment.path(".aws/config")).good();
    const std::string result = fromProfile();
    const ErrorKind kind = errorKindOf(provider);
    if (user == 0) REQUIRE(::seteuid(user) == 0);
    if (!isForbidden || !isReached) {
      WARN("not tested: there is no other user here, or none that may go into the tests' folder");
      return;
    }
    CHECK(result == "error: profile \"default\": it names no credentials (passed over: " + path +
                        ", permission denied)");
    CHECK(kind == ErrorKind::NoCredentials);
  }
}

TEST_CASE("the older name of a session token goes before the newer one") {
  TestEnvironment environment;
  const std::string keys = "aws_access_key_id = I\naws_secret_access_key = s\n";
  const std::string newer = "aws_session_token = new\n";
  const std::string older = "aws_security_token = old\n";
  environment.write(".aws/credentials", "[one]\n" + keys + older + "[both]\n" + keys + newer +
                                            older + "[nothing]\n" + keys + newer +
                                            "aws_security_token =\n[apart]\n" + keys + newer);
  environment.write(".aws/config", "[profile apart]\n" + keys + older + "[profile other]\n" + keys +
                                       newer + older);
  CHECK(fromProfile("one") == "I|s|old");
  CHECK(fromProfile("both") == "I|s|old");
  CHECK(fromProfile("nothing") == "I|s|");
  CHECK(fromProfile("apart") == "I|s|new");
  CHECK(fromProfile("other") == "I|s|old");
}

TEST_CASE("profiles with credentials of another source are refused by its name") {
  for (const char* const name : {"role_arn", "source_profile", "credential_source",
                                 "credential_process", "web_identity_token_file", "sso_account_id",
                                 "sso_role_name", "sso_start_url", "login_session"}) {
    CAPTURE(name);
    TestEnvironment environment;
    environment.write(".aws/config", std::string("[profile p]\n") + name + " = canary\n");
    CHECK(fromProfile("p") == std::string("error: profile \"p\": credentials by way of ") + name +
                                  " are not supported");
    ProfileCredentials provider("p");
    CHECK(errorKindOf(provider) == ErrorKind::Configuration);
  }
}

TEST_CASE("a session of IAM Identity Center alone asks for no credentials") {
  TestEnvironment environment;
  environment.write(".aws/config",
                    "[profile p]\nsso_session = s\naws_access_key_id = I\n"
                    "aws_secret_access_key = k\n");
  CHECK(fromProfile("p") == "I|k|");
}

TEST_CASE("files are read at each call") {
  TestEnvironment environment;
  ProfileCredentials provider;
  CHECK(retrieved(provider).find("error: ") == 0);
  environment.write(".aws/credentials",
                    "[default]\naws_access_key_id=A\naws_secret_access_key=a\n");
  CHECK(retrieved(provider) == "A|a|");
  environment.write(".aws/credentials",
                    "[default]\naws_access_key_id=B\naws_secret_access_key=b\n");
  CHECK(retrieved(provider) == "B|b|");
}

TEST_CASE("what is read of a secret key is wiped") {
  const std::string canary = "canary-of-a-secret-access-key-0123456789";
  TestEnvironment environment;
  environment.write(".aws/credentials",
                    "[default]\n" + std::string(9000, '#') +
                        "\naws_access_key_id=ID\naws_secret_access_key=" + canary + "\n");
  const FreedMemoryWatch watch(canary);
  {
    ProfileCredentials provider;
    Credentials credentials;
    REQUIRE(provider.retrieve({}, credentials));
    CHECK(credentials.secretAccessKey.equals(canary));
  }
  CHECK(watch.leaks() == 0);
}
