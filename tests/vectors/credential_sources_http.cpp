// SPDX-License-Identifier: BSL-1.0
// Credential sources that ask a server: container, instance metadata, IoT role alias, SSO. Each
// runs as a program would use it, over a transport that plays the server.
#include "secure_tunneling/credentials/cached.hpp"
#include "secure_tunneling/credentials/container.hpp"
#include "secure_tunneling/credentials/instance_metadata.hpp"
#include "secure_tunneling/credentials/iot_role_alias.hpp"
#include "secure_tunneling/credentials/sso.hpp"

#include "credential_sources_http.hpp"
#include "exchanges.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* goodDocument =
    R"({"AccessKeyId":"ID","SecretAccessKey":"secret","Token":"token","Expiration":"2030-01-01T00:00:00Z"})";

/// The names of the case, and localhost where it says nothing of it.
class CaseResolver final : public HostResolver {
 public:
  explicit CaseResolver(const Json& json) : json_(json) {}

  void resolve(const std::string& host, std::vector<std::string>& addresses) override {
    if (!json_["dns"].has(host) && host == "localhost") addresses.emplace_back("127.0.0.1");
    for (const Json& address : json_["dns"][host].items())
      addresses.push_back(address.text());
  }

 private:
  const Json& json_;
};

}  // namespace

void runContainerUri(const Json& json, Report& report) {
  Case test(report, "container_uri: " + json["name"].text());
  SourceCase source(json, test);
  source.transport().answer(200, goodDocument);
  CaseResolver resolver(json);
  ContainerCredentials provider(source.transport(), source.clock(), &resolver);
  if (json.has("expected_error")) {
    source.retrieve(provider, json);
    return test.equal("requests", static_cast<std::int64_t>(source.requestCount()), 0);
  }
  Credentials credentials;
  const Result<void> result = provider.retrieve({}, credentials);
  if (!result) return test.check("gives credentials", false, result.error().message);
  const RecordedRequest& request = source.transport().requests()[0];
  const std::string& expected = json["expected_uri"].text();
  source.checkUrl(request, expected);
  test.equal("authorization", request.header("Authorization").value_or(""),
             json["expected_authorization"].text());
}

void runContainerExchanges(const Json& json, Report& report) {
  Case test(report, "container_exchanges: " + json["name"].text());
  SourceCase source(json, test);
  source.expect(json["exchanges"]);
  CaseResolver resolver(json);
  ContainerCredentials provider(source.transport(), source.clock(), &resolver);
  source.retrieve(provider, json);
  source.checkRequests();
  for (const Json& name : json["absent_request_headers"].items())
    test.check(name.text(), !source.transport().requests()[0].header(name.text()));
}

void runImdsEndpoint(const Json& json, Report& report) {
  Case test(report, "imds_endpoint: " + json["name"].text());
  SourceCase source(json, test);
  source.transport()
      .answer(200, "token", {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}})
      .answer(200, "text");
  InstanceMetadataOptions options;
  options.endpoint = json["code_endpoint"].text();
  options.endpointMode = json["code_endpoint_mode"].text();
  InstanceMetadata metadata(source.transport(), source.clock(), options);
  const Result<Secret> text = metadata.get("/latest/meta-data/");
  if (json.has("expected_error")) {
    test.check("is an error", !text.hasValue());
    return test.equal("requests", static_cast<std::int64_t>(source.requestCount()), 0);
  }
  if (!text) return test.check("gives a text", false, text.error().message);
  test.equal("url", source.transport().requests()[0].url, json["expected_token_uri"].text());
}

void runImdsClient(const Json& json, Report& report) {
  const std::string name = "imds_client: " + json["name"].text();
  if (json["name"].text() == "non_utf8_response")
    return report.notApplicable(name, "user data may be binary: InstanceMetadata gives bytes");
  Case test(report, name);
  SourceCase source(json, test);
  InstanceMetadataOptions options;
  options.endpointMode = json["code_endpoint_mode"].text();
  if (json.has("token_ttl_seconds"))
    options.tokenTtlSeconds = static_cast<std::int32_t>(json["token_ttl_seconds"].integer());
  InstanceMetadata metadata(source.transport(), source.clock(), options);
  for (const Json& step : json["steps"].items()) {
    source.clock().advance(step["advance_seconds"].integer() * 1000);
    source.expect(step["exchanges"]);
    const Result<Secret> text = metadata.get(step["get"].text());
    source.checkRequests();
    if (step.has("expected_error")) {
      test.check("is an error", !text.hasValue());
    } else if (text) {
      test.equal("text", text->expose(), step["expected_body"].text());
    } else {
      test.check("gives a text", false, text.error().message);
    }
  }
}

namespace {

/// Empty without credentials.
std::string accessKeyIdOf(SourceCase& source, CredentialsSource& provider) {
  Credentials credentials;
  CredentialsQuery query;
  query.nowMs = source.clock().now().unixMs;
  return provider.retrieve(query, credentials) ? credentials.accessKeyId : "";
}

/// Gets the credentials that a case begins with.
void seed(SourceCase& source, CredentialsSource& provider) {
  source.transport()
      .answer(200, "token", {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}})
      .answer(200, "role")
      .answer(200, R"({"AccessKeyId":"SEED","SecretAccessKey":"seed","Token":"seed"})");
  (void)accessKeyIdOf(source, provider);
}

}  // namespace

/// Each step is a refresh of cached credentials that have ended.
void runImdsCredentials(const Json& json, Report& report) {
  const std::string name = "imds_credentials: " + json["name"].text();
  if (json["name"].text() == "profile_is_not_cached" ||
      json["name"].text().find("fallback_credentials") == 0) {
    return report.notApplicable(
        name,
        "asks for the role's name at every load; here it is kept until it is gone, as in the "
        "cases 0003, 0007 and 0011");
  }
  Case test(report, name);
  SourceCase source(json, test);
  InstanceMetadataOptions options;
  options.useExtendedPath = !json["legacy_path_only"].isTrue();
  options.roleName = json["instance_profile_name"].text();
  InstanceMetadataCredentials provider(source.transport(), source.clock(), options);
  CachedCredentials cached(provider);
  for (const Json& step : json["steps"].items()) {
    if (step.has("now")) source.clock().set(step["now"].integer() * 1000);
    if (step["connect_timeout"].isTrue()) {
      const bool hasSeed = step["seeded_credentials"].isTrue();
      if (hasSeed) seed(source, cached);
      for (int attempt = 0; attempt != 3; ++attempt)
        source.transport().fail(Delivery::NotSent, "timed out");
      cached.invalidate();
      test.equal("access key id", accessKeyIdOf(source, cached), hasSeed ? "SEED" : "");
      continue;
    }
    source.expect(step["exchanges"]);
    cached.invalidate();
    source.retrieve(cached, step);
    source.checkRequests();
    if (step.has("expected_expiration_after")) {
      test.check("is extended", source.credentials().expiresAtMs.value_or(0) >
                                    step["expected_expiration_after"].integer() * 1000);
    }
  }
}

void runSsoConfig(const Json& json, Report& report) {
  Case test(report, "sso_config: " + json["name"].text());
  detail::SharedFiles files;
  if (!files.add(detail::SharedFile::Config, {"config", Secret(json["config"].text())}))
    return test.check("is read", false);
  const ProfileView profile{files, json["profile"].text(), json["profile"].text()};
  TestEnvironment environment;
  ScriptedTransport transport;
  ManualClock clock;
  const SsoCredentials sso(transport, clock);
  const bool isValid = sso.isNamedBy(profile) && SsoCredentials::settingsOf(profile).hasValue();
  test.check("is valid", isValid == json["expected_valid"].isTrue());
}

void runSsoTokenNames(const Json& json, Report& report) {
  Case test(report, "sso_token_names: " + json["key"].text());
  TestEnvironment environment;
  environment.set("HOME", json["home"].text());
  test.equal("path", detail::ssoTokenPath(json["key"].text()), json["expected_path"].text());
}

void runSsoTokenFiles(const Json& json, Report& report) {
  Case test(report, "sso_token_files: " + json["name"].text());
  Secret text(json["file"].text());
  detail::SsoToken token;
  const std::string problem = detail::readSsoToken(text, token);
  if (json.has("expected_error")) return test.check("is an error", !problem.empty());
  test.equal("problem", problem, "");
  const Json& expected = json["expected"];
  const auto equal = [&](const char* name, std::string_view value) {
    if (expected.has(name)) test.equal(name, value, expected[name].text());
  };
  equal("access_token", token.accessToken.expose());
  equal("refresh_token", token.refreshToken.expose());
  equal("client_id", token.clientId);
  equal("client_secret", token.clientSecret.expose());
  equal("region", token.region);
  equal("start_url", token.startUrl);
  test.equal("expires_at", token.expiresAtMs, expected["expires_at"].integer() * 1000);
  if (expected.has("registration_expires_at")) {
    test.equal("registration_expires_at", token.registrationExpiresAtMs.value_or(0),
               expected["registration_expires_at"].integer() * 1000);
  }
}

void runSsoTokenSave(const Json& json, Report& report) {
  Case test(report, "sso_token_save: " + json["key"].text());
  const Json& given = json["token"];
  detail::SsoToken token;
  token.accessToken.assign(given["access_token"].text());
  token.expiresAtMs = given["expires_at"].integer() * 1000;
  token.refreshToken.assign(given["refresh_token"].text());
  token.clientId = given["client_id"].text();
  token.clientSecret.assign(given["client_secret"].text());
  token.registrationExpiresAtMs = given["registration_expires_at"].integer() * 1000;
  token.region = given["region"].text();
  token.startUrl = given["start_url"].text();
  Secret text;
  detail::writeSsoToken(token, text);
  test.equal("file", text.expose(), json["expected_file"].text());
}

void runSsoRoleCredentials(const Json& json, Report& report) {
  Case test(report, "sso_role_credentials: " + json["name"].text());
  SourceCase source(json, test);
  source.environment().write(".aws/config", json["config"].text());
  std::filesystem::create_directories(source.environment().path(".aws/sso/cache"));
  if (!json["sso_token_file"].isNull()) {
    const std::string path = detail::ssoTokenPath(json["sso_token_key"].text());
    source.environment().write(path.substr(source.environment().path("").size()),
                               json["sso_token_file"].text());
  }
  source.clock().set(json["now"].integer() * 1000);
  for (const Json& response : json["responses"].items())
    source.answer(response);
  SsoCredentials provider(source.transport(), source.clock(), json["profile"].text());
  source.retrieve(provider, json);
  // Three attempts, as the note of the case says of an SDK's client.
  const std::int64_t attempts = json["expected_attempts"].integer();
  test.equal("attempts", static_cast<std::int64_t>(source.requestCount()),
             attempts < 3 ? attempts : 3);
  for (std::size_t i = 0; i != source.requestCount(); ++i)
    source.checkRequest(json["request"], i);
}

void runX509(const Json& json, Report& report) {
  Case test(report, "x509: " + json["name"].text());
  SourceCase source(json, test);
  const Json& settings = json["settings"];
  IotRoleAliasCredentials provider(
      {settings["endpoint"].text(), settings["role_alias"].text(), settings["thing_name"].text()},
      source.transport(), source.clock());
  if (json["connect_failure"].isTrue()) {
    for (int attempt = 0; attempt != 3; ++attempt)
      source.transport().fail(Delivery::NotSent);
  } else {
    source.answer(json["response"]);
  }
  source.retrieve(provider, json);
  source.checkRequest(json["request"], 0);
  test.equal("answers left", static_cast<std::int64_t>(source.transport().remaining()), 0);
}
