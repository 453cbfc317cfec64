// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/credentials/profile_chain.hpp"

#include <string>
#include <vector>

#include "secure_tunneling/adapters/default_credentials_chain.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/credentials/default_chain.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/blocking_sources.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/sts_answers.hpp"

using namespace secure_tunneling;

namespace {

/// Records who takes on what: "R1 by ID", "R2 by R1's", and so on.
struct RecordedRoles final : BlockingRoleAssumer {
  std::string log;
  StsSettings sts;
  Role role;
  bool asksForCodes = false;

  [[nodiscard]] bool hasMfaPrompt() const noexcept override { return asksForCodes; }

  Result<void> assumeNow(const StsSettings& settings, const Role& wanted, const Credentials& as,
                         Credentials& credentials) override {
    sts = settings;
    role = wanted;
    log += wanted.arn + " by " + as.accessKeyId + "; ";
    if (wanted.arn == "refused") return makeError(ErrorKind::Credentials, "AssumeRole: refused");
    credentials.accessKeyId = wanted.arn + "'s";
    credentials.secretAccessKey.assign("role secret");
    credentials.sessionToken.assign("role token");
    return {};
  }
};

/// A source that a profile names by one property, whose value it gives as the access key id.
struct PropertySource final : BlockingProfileSource {
  std::string_view property;
  explicit PropertySource(std::string_view name) : property(name) {}

  [[nodiscard]] bool isNamedBy(const ProfileView& profile) const override {
    return !profile.value(property).empty();
  }
  Result<void> retrieveNow(const ProfileView& profile, Credentials& credentials) override {
    credentials.accessKeyId = std::string(property) + "=" + std::string(profile.value(property)) +
                              " of " + std::string(profile.selected);
    return {};
  }
};

struct NamedSource final : CredentialsProvider {
  std::string name;
  ErrorKind failure = ErrorKind::Signing;
  explicit NamedSource(std::string text) : name(std::move(text)) {}

  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    if (failure != ErrorKind::Signing) return makeError(failure, name + ": nothing");
    credentials.accessKeyId = name;
    return {};
  }
};

struct Profiles {
  TestEnvironment environment;
  RecordedRoles roles;
  PropertySource webIdentity{"web_identity_token_file"};
  PropertySource sso{"sso_session"};
  PropertySource process{"credential_process"};
  PropertySource login{"login_session"};
  NamedSource fromEnvironment{"environment"};
  NamedSource container{"container"};
  NamedSource metadata{"metadata"};

  [[nodiscard]] ProfileSources all() {
    ProfileSources sources;
    sources.roles = &roles;
    sources.webIdentity = &webIdentity;
    sources.sso = &sso;
    sources.process = &process;
    sources.login = &login;
    sources.environment = &fromEnvironment;
    sources.container = &container;
    sources.instanceMetadata = &metadata;
    return sources;
  }
  /// The access key id, or "kind: message".
  std::string retrieved(const std::string& config, const ProfileSources& sources) {
    environment.write(".aws/config", config);
    ProfileChainCredentials provider(sources);
    Credentials credentials;
    const Result<void> result = provider.retrieve({}, credentials);
    if (result) return credentials.accessKeyId;
    CHECK(result.error().delivery == Delivery::NotSent);
    const ErrorKind kind = result.error().kind;
    const char* name = kind == ErrorKind::NoCredentials   ? "none: "
                       : kind == ErrorKind::Configuration ? "configuration: "
                                                          : "failure: ";
    return name + result.error().message;
  }
  std::string retrieved(const std::string& config) { return retrieved(config, all()); }
};

}  // namespace

TEST_CASE("what counts in a profile") {
  Profiles profiles;
  profiles.environment.write(".aws/credentials",
                             "[both]\naws_access_key_id=C\naws_secret_access_key=c\n");
  const struct {
    const char* profile;
    const char* config;
    const char* found;
  } cases[] = {
      {"default", "aws_access_key_id=K\naws_secret_access_key=k\n", "K"},
      {"default", "aws_access_key_id=K\naws_secret_access_key=k\ncredential_process=p\n",
       "credential_process=p of default"},
      {"both", "credential_process=p\n", "C"},
      {"both", "web_identity_token_file=w\nsso_session=s\ncredential_process=p\n",
       "web_identity_token_file=w of both"},
      {"both", "sso_session=s\n", "sso_session=s of both"},
      {"both", "role_arn=R\nsource_profile=both\n", "R's"},
      {"both", "role_arn=R\nweb_identity_token_file=w\n", "web_identity_token_file=w of both"},
      {"default", "role_arn=R\ncredential_source=EcsContainer\naws_access_key_id=K\n", "R's"},
      // Without a role nothing is done with these.
      {"default", "source_profile=x\ncredential_process=p\n", "credential_process=p of default"},
      {"default", "region=r\n", "none: profile \"default\": it names no credentials"},
      {"default", "credential_source=Environment\n",
       "none: profile \"default\": it names no credentials"},
      {"default", "aws_secret_access_key=k\n",
       "none: profile \"default\": it names no credentials"},
      {"default", "aws_access_key_id=K\n",
       "configuration: profile \"default\": Partial credentials found in config-file, missing: "
       "aws_secret_access_key"},
      {"default", "login_session=l\naws_access_key_id=K\naws_secret_access_key=k\n",
       "login_session=l of default"},
      {"default", "login_session=l\ncredential_process=p\n", "login_session=l of default"},
      {"default", "login_session=l\nsso_session=s\n", "sso_session=s of default"},
      {"both", "login_session=l\n", "C"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.profile, row.config);
    profiles.environment.set("AWS_PROFILE", row.profile);
    CHECK(profiles.retrieved(std::string("[profile ") + row.profile + "]\n" + row.config) ==
          row.found);
  }
}

TEST_CASE("a chain of roles is followed to its end and taken on from there") {
  const struct {
    const char* config;
    const char* found;
    const char* log;
  } cases[] = {
      {"[default]\nrole_arn=A\nsource_profile=b\n"
       "[profile b]\naws_access_key_id=B\naws_secret_access_key=b\n",
       "A's", "A by B; "},
      {"[default]\nrole_arn=A\nsource_profile=b\n[profile b]\nrole_arn=B\nsource_profile=c\n"
       "[profile c]\nrole_arn=C\ncredential_source=Ec2InstanceMetadata\n",
       "A's", "C by metadata; B by C's; A by B's; "},
      {"[default]\nrole_arn=A\ncredential_source=environment\n", "A's", "A by environment; "},
      {"[default]\nrole_arn=A\ncredential_source=EcsContainer\n", "A's", "A by container; "},
      {"[default]\nrole_arn=A\nsource_profile=b\n[profile b]\ncredential_process=p\n", "A's",
       "A by credential_process=p of default; "},
      {"[default]\nrole_arn=A\nsource_profile=b\n[profile b]\nlogin_session=l\n", "A's",
       "A by login_session=l of default; "},
      {"[default]\nrole_arn=A\nsource_profile=b\n"
       "[profile b]\nrole_arn=B\nweb_identity_token_file=w\n",
       "A's", "A by web_identity_token_file=w of default; "},
      // Keys of a source profile count more than its role, those of the first profile do not.
      {"[default]\nrole_arn=A\nsource_profile=b\naws_access_key_id=K\naws_secret_access_key=k\n"
       "[profile b]\nrole_arn=B\nsource_profile=c\naws_access_key_id=B\naws_secret_access_key=b\n",
       "A's", "A by B; "},
      {"[default]\nrole_arn=A\nsource_profile=default\naws_access_key_id=K\n"
       "aws_secret_access_key=k\n",
       "A's", "A by K; "},
      {"[default]\nrole_arn=refused\ncredential_source=Environment\n",
       "failure: profile \"default\": AssumeRole: refused", "refused by environment; "},
      {"[default]\nrole_arn=A\nsource_profile=b\n"
       "[profile b]\nrole_arn=refused\ncredential_source=Environment\n",
       "failure: profile \"default\": AssumeRole: refused", "refused by environment; "},
  };
  for (const auto& row : cases) {
    CAPTURE(row.config);
    Profiles profiles;
    CHECK(profiles.retrieved(row.config) == row.found);
    CHECK(profiles.roles.log == row.log);
  }
}

TEST_CASE("a chain of roles that cannot be followed is an error that names the profile") {
  const struct {
    const char* config;
    const char* problem;
  } cases[] = {
      {"[default]\nrole_arn=A\n",
       "configuration: profile \"default\": role_arn needs source_profile or credential_source"},
      {"[default]\nrole_arn=A\nsource_profile=b\ncredential_source=Environment\n",
       "configuration: profile \"default\": source_profile and credential_source cannot both be "
       "set"},
      {"[default]\nrole_arn=A\ncredential_source=Moon\n",
       "configuration: profile \"default\": credential_source is \"Moon\": expected Environment, "
       "EcsContainer or Ec2InstanceMetadata"},
      {"[default]\nrole_arn=A\nsource_profile=b\n[profile b]\nrole_arn=B\nsource_profile=default\n",
       "configuration: profile \"b\": source_profile \"default\" leads back to where it came from"},
      {"[default]\nrole_arn=A\nsource_profile=b\n[profile b]\nrole_arn=B\nsource_profile=c\n"
       "[profile c]\nrole_arn=C\nsource_profile=b\n",
       "configuration: profile \"c\": source_profile \"b\" leads back to where it came from"},
      {"[default]\nrole_arn=A\nsource_profile=default\n",
       "failure: profile \"default\": profile \"default\": it names no credentials"},
      {"[default]\nrole_arn=A\nsource_profile=b\n[profile b]\nregion=r\n",
       "failure: profile \"default\": profile \"b\": it names no credentials"},
      {"[default]\nrole_arn=A\nsource_profile=b\n[profile b]\naws_access_key_id=B\n",
       "configuration: profile \"b\": Partial credentials found in config-file, missing: "
       "aws_secret_access_key"},
      {"[default]\nrole_arn=A\nsource_profile=b\nmfa_serial=arn:mfa\n"
       "[profile b]\naws_access_key_id=B\naws_secret_access_key=b\n",
       "configuration: profile \"default\": mfa_serial asks for a code that nobody can type here"},
      {"[default]\nrole_arn=A\nsource_profile=b\n[profile b]\nrole_arn=B\nmfa_serial=arn:mfa\n"
       "credential_source=Environment\n",
       "configuration: profile \"b\": mfa_serial asks for a code that nobody can type here"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.config);
    Profiles profiles;
    CHECK(profiles.retrieved(row.config) == row.problem);
    CHECK(profiles.roles.log.empty());
  }
  Profiles profiles;
  const std::string config = profiles.environment.path(".aws/config");
  const std::string missing =
      "configuration: profile \"default\": source_profile \"b\": found neither in " + config +
      " nor in " + profiles.environment.path(".aws/credentials");
  CHECK(profiles.retrieved("[default]\nrole_arn=A\nsource_profile=b\n") == missing);
  CHECK(profiles.retrieved("[default]\nrole_arn=A\nsource_profile=b\n[b]\n[profile B]\n") ==
        missing + " (passed over: " + config + ", line 4; " + config + ", line 5)");
  CHECK(profiles.retrieved("[default]\nrole_arn=A\ncredential_source=Environment\n"
                           "duration_seconds=1h\n") ==
        "configuration: " + config +
            ", line 4: duration_seconds is \"1h\": expected a whole number, 1 or more");
  profiles.fromEnvironment.failure = ErrorKind::NoCredentials;
  CHECK(profiles.retrieved("[default]\nrole_arn=A\ncredential_source=Environment\n") ==
        "failure: profile \"default\": environment: nothing");
  profiles.fromEnvironment.failure = ErrorKind::Configuration;
  CHECK(profiles.retrieved("[default]\nrole_arn=A\ncredential_source=Environment\n") ==
        "configuration: environment: nothing");
}

TEST_CASE("the settings of a role in a profile") {
  Profiles profiles;
  CHECK(profiles.retrieved("[default]\nrole_arn=A\ncredential_source=Environment\n"
                           "role_session_name=me\nexternal_id=ext\nduration_seconds=900\n"
                           "region=eu-west-1\n") == "A's");
  CHECK(profiles.roles.role.sessionName == "me");
  CHECK(profiles.roles.role.externalId == "ext");
  CHECK(profiles.roles.role.durationSeconds == 900);
  CHECK(profiles.roles.sts.region == "eu-west-1");
  // Region and endpoint are those of the profile that was asked for.
  CHECK(profiles.retrieved("[default]\nrole_arn=A\nsource_profile=b\nregion=eu-west-1\n"
                           "endpoint_url=https://sts.example\n[profile b]\nrole_arn=B\n"
                           "credential_source=Environment\nregion=eu-west-2\n") == "A's");
  CHECK(profiles.roles.log == "A by environment; B by environment; A by B's; ");
  CHECK(profiles.roles.sts.region == "eu-west-1");
  CHECK(profiles.roles.sts.endpointUrl == "https://sts.example");
  CHECK(profiles.roles.role.durationSeconds == 0);
  // Where somebody is there to type its code.
  profiles.roles.asksForCodes = true;
  CHECK(profiles.roles.role.mfaSerial.empty());
  CHECK(profiles.retrieved("[default]\nrole_arn=A\ncredential_source=Environment\n"
                           "mfa_serial=arn:mfa\n") == "A's");
  CHECK(profiles.roles.role.mfaSerial == "arn:mfa");
}

TEST_CASE("a way to credentials that the program leaves out is refused by name") {
  const struct {
    const char* config;
    const char* property;
  } cases[] = {
      {"role_arn=A\nsource_profile=default\n", "role_arn"},
      {"role_arn=A\ncredential_source=Environment\n", "credential_source = Environment"},
      {"role_arn=A\ncredential_source=EcsContainer\n", "credential_source = EcsContainer"},
      {"role_arn=A\ncredential_source=Ec2InstanceMetadata\n",
       "credential_source = Ec2InstanceMetadata"},
      {"web_identity_token_file=w\n", "web_identity_token_file"},
      {"sso_session=s\nsso_account_id=1\nsso_role_name=R\n", "sso_account_id"},
      {"sso_role_name=R\n", "sso_role_name"},
      {"sso_start_url=s\n", "sso_start_url"},
      {"credential_process=p\n", "credential_process"},
      {"login_session=l\naws_access_key_id=K\naws_secret_access_key=k\n", "login_session"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.config);
    Profiles profiles;
    CHECK(profiles.retrieved(std::string("[default]\n") + row.config, {}) ==
          std::string("configuration: profile \"default\": credentials by way of ") + row.property +
              " are not supported");
  }
}

TEST_CASE("a session for bearer tokens is passed over, with a source for it and without") {
  const std::string config =
      "[default]\nsso_session=s\naws_access_key_id=K\naws_secret_access_key=k\n"
      "[sso-session s]\nsso_region=eu-west-1\nsso_start_url=u\n";
  Profiles profiles;
  ProfileSources sources = profiles.all();
  ManualClock clock;
  ScriptedTransport transport;
  SsoCredentials sso(transport, clock);
  sources.sso = GENERATE(false, true) ? &sso : nullptr;
  CHECK(profiles.retrieved(config, sources) == "K");
}

TEST_CASE("a profile that is not there") {
  Profiles profiles;
  const std::string where = "found neither in " + profiles.environment.path(".aws/config") +
                            " nor in " + profiles.environment.path(".aws/credentials");
  CHECK(profiles.retrieved("") == "none: profile \"default\": " + where);
  profiles.environment.set("AWS_PROFILE", "p");
  CHECK(profiles.retrieved("[default]\naws_access_key_id=K\naws_secret_access_key=k\n") ==
        "configuration: profile \"p\": " + where);
}

TEST_CASE("a chain asks its sources in order") {
  NamedSource first("first");
  NamedSource second("second");
  CredentialsChain chain({&first, nullptr, &second});
  CHECK(chain.answeredBy() == nullptr);
  Credentials credentials;
  REQUIRE(chain.retrieve({}, credentials));
  CHECK(credentials.accessKeyId == "first");
  CHECK(chain.answeredBy() == &first);
  first.failure = ErrorKind::NoCredentials;
  REQUIRE(chain.retrieve({}, credentials));
  CHECK(credentials.accessKeyId == "second");
  CHECK(chain.answeredBy() == &second);
  for (const ErrorKind kind : {ErrorKind::Credentials, ErrorKind::Configuration}) {
    first.failure = kind;
    const Result<void> failed = chain.retrieve({}, credentials);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == kind);
    CHECK(failed.error().message == "first: nothing");
    CHECK(chain.answeredBy() == &first);
  }
  first.failure = second.failure = ErrorKind::NoCredentials;
  const Result<void> none = chain.retrieve({}, credentials);
  REQUIRE_FALSE(none);
  CHECK(chain.answeredBy() == nullptr);
  CHECK(none.error().kind == ErrorKind::NoCredentials);
  CHECK(none.error().message == "no credentials found; first: nothing; second: nothing");
}

TEST_CASE("the default chain says what each of its sources looked for") {
  TestEnvironment environment;
  environment.set("AWS_EC2_METADATA_DISABLED", "true");
  ManualClock clock;
  ScriptedTransport transport;
  BasicDefaultChain<OpensslSha256> chain(transport, transport, clock);
  const auto retrieved = [&](CredentialsSource& provider) {
    Credentials credentials;
    const Result<void> result = provider.retrieve({}, credentials);
    return result ? credentials.accessKeyId : "error: " + result.error().message;
  };
  CHECK(retrieved(chain) ==
        "error: no credentials found; environment: AWS_ACCESS_KEY_ID is not set; profile "
        "\"default\": found neither in " +
            environment.path(".aws/config") + " nor in " + environment.path(".aws/credentials") +
            "; web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set; container: neither "
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set; "
            "instance metadata: switched off by AWS_EC2_METADATA_DISABLED");

  environment.set("AWS_REGION", "us-east-1");
  environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.write("token", "t"));
  environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/R");
  transport.answer(200, stsAnswer("W", "s", "t"));
  CHECK(retrieved(chain) == "W");

  environment.write(".aws/credentials",
                    "[default]\naws_access_key_id=P\naws_secret_access_key=p\n"
                    "[other]\naws_access_key_id=O\naws_secret_access_key=o\n");
  environment.write(".aws/config",
                    "[profile role]\nrole_arn=arn:aws:iam::1:role/A\nsource_profile=other\n"
                    "[profile process]\ncredential_process=echo "
                    "'{\"Version\":1,\"AccessKeyId\":\"X\",\"SecretAccessKey\":\"x\"}'\n"
                    "[profile env]\nrole_arn=A\ncredential_source=Environment\n"
                    "[profile none]\nregion=r\n");
  CHECK(retrieved(chain) == "P");
  environment.set("AWS_ACCESS_KEY_ID", "E");
  CHECK(retrieved(chain).find("error: environment: ") == 0);
  environment.set("AWS_SECRET_ACCESS_KEY", "e");
  CHECK(retrieved(chain) == "E");

  // A profile that the program names counts more than the environment.
  const auto named = [&](const std::string& profile) {
    GivenStsSettings given;
    given.profile = profile;
    BasicDefaultChain<OpensslSha256> other(transport, transport, clock, given);
    return retrieved(other);
  };
  CHECK(named("other") == "O");
  CHECK(named("process") == "X");
  transport.answer(200, stsAnswer("A", "s", "t"));
  CHECK(named("role") == "A");
  transport.answer(200, stsAnswer("A", "s", "t"));
  CHECK(named("env") == "A");
  CHECK(transport.requests().back().header("Authorization")->find("Credential=E/") !=
        std::string::npos);
  CHECK(named("none") ==
        "error: no credentials found; profile \"none\": it names no credentials; container: "
        "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is "
        "set; instance metadata: switched off by AWS_EC2_METADATA_DISABLED");
  CHECK(transport.remaining() == 0);

  // That instance metadata fail means no more than that there are none.
  environment.unset("AWS_EC2_METADATA_DISABLED");
  transport.answer(403);
  GivenStsSettings given;
  given.profile = "none";
  BasicDefaultChain<OpensslSha256> offChance(transport, transport, clock, given);
  Credentials none;
  const Result<void> failed = offChance.retrieve({}, none);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::NoCredentials);
  CHECK(failed.error().message.find("; instance metadata: no session token: HTTP status 403") !=
        std::string::npos);

  DefaultCredentialsChain own;
  CHECK(retrieved(own) == "E");
  DefaultCredentialsChain other("other");
  CHECK(retrieved(other) == "O");
}
