// SPDX-License-Identifier: BSL-1.0
// The whole default chain and the profile alone: environment, files and a scripted network in,
// credentials and requests out.
#include <string>
#include <utility>
#include <vector>

#include "chain_case.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/credentials/default_chain.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/blocking_sources.hpp"

using namespace secure_tunneling;

namespace {

/// A URL without a path is the same as one with a slash; parameters of a query may change places.
std::string comparable(const std::string& url) {
  const std::size_t question = url.find('?');
  if (question == std::string::npos) return url.back() == '/' ? url.substr(0, url.size() - 1) : url;
  std::string sorted = url.substr(0, question);
  const std::string query = url.substr(question + 1);
  const std::size_t both = query.find('&');
  const std::string first = query.substr(0, both);
  const std::string second = both == std::string::npos ? "" : query.substr(both + 1);
  return sorted + "?" + (first < second ? first + "&" + second : second + "&" + first);
}

/// The requests of the case have to be the first that were made; past the end of the recording the
/// last one may be repeated.
void checkRequests(Case& test, const Json& http, const std::vector<RecordedRequest>& made) {
  const std::vector<Json>& exchanges = http.items();
  test.check("makes the requests", made.size() >= exchanges.size(), std::to_string(made.size()));
  for (std::size_t i = 0; i != made.size(); ++i) {
    if (exchanges.empty()) return test.check("makes no request", false, made[i].url);
    const Json& expected = exchanges[i < exchanges.size() ? i : exchanges.size() - 1]["request"];
    test.equal("method", made[i].method, expected["method"].text());
    test.equal("url", comparable(made[i].url), comparable(expected["uri"].text()));
    const Json& headers = expected["headers"];
    for (const char* const name :
         {"x-aws-ec2-metadata-token", "x-aws-ec2-metadata-token-ttl-seconds"}) {
      if (headers.has(name))
        test.equal(name, made[i].header(name).value_or(""), headers[name].text());
    }
  }
}

/// A profile with every source, but nothing around it.
struct ProfileAlone {
  EnvironmentCredentials environment;
  ProcessCredentials process;
  SsoCredentials sso;
  StsRoleAssumer<OpensslSha256> roles;
  WebIdentityCredentials webIdentity;
  ProfileChainCredentials profile;

  ProfileAlone(HttpTransport& transport, Clock& clock, const GivenStsSettings& given)
      : sso(transport, clock, given.profile, given.allowHttp),
        roles(transport, clock),
        webIdentity(transport, clock, given),
        profile({&roles, &webIdentity, &sso, &process, &environment, nullptr, nullptr}, given) {}
};

void runCase(const Json& json, Report& report) {
  const std::string name = json["suite"].text() + ": " + json["name"].text();
  if (json["provider"].text() == "sso-token") {
    return report.notApplicable(name, "a bearer token, which the service does not take");
  }
  Case test(report, name);
  TestEnvironment environment;
  setUp(environment, json);
  if (!json["max_attempts"].isNull()) {
    environment.set("AWS_MAX_ATTEMPTS", json["max_attempts"].text());
  }
  ScriptedTransport transport;
  for (const Json& exchange : json["http"].items()) {
    const Json& response = exchange["response"];
    std::vector<ScriptedTransport::Header> headers;
    for (std::size_t i = 0; i != response["headers"].names().size(); ++i) {
      headers.push_back({response["headers"].names()[i], response["headers"].items()[i].text()});
    }
    transport.answer(static_cast<int>(response["status"].integer()), response["body"].text(),
                     headers);
  }
  ManualClock clock(json["clock_epoch_seconds"].isNull()
                        ? ManualClock::defaultUnixMs
                        : json["clock_epoch_seconds"].integer() * 1000);
  GivenStsSettings given;
  given.allowHttp = true;
  BasicDefaultChain<OpensslSha256> chain(transport, transport, clock, given);
  ProfileAlone alone(transport, clock, given);
  const bool isWhole = json["provider"].text() == "default-chain";
  CredentialsSource& provider = isWhole ? static_cast<CredentialsSource&>(chain) : alone.profile;
  Credentials credentials;
  CredentialsQuery query;
  query.nowMs = clock.now().unixMs;
  const Result<void> result = provider.retrieve(query, credentials);
  checkCredentials(test, json["expect"], result, credentials);
  checkRequests(test, json["http"], transport.requests());
}

/// What a profile comes to, as one line.
struct ChainSteps final : BlockingRoleAssumer {
  std::string text;

  void add(std::string_view kind, std::initializer_list<std::string_view> values) {
    text.append(kind);
    for (const std::string_view value : values)
      text.append(" ").append(value.empty() ? "-" : value);
    text.append("\n");
  }
  Result<void> assumeNow(const StsSettings&, const Role& role, const Credentials& as,
                         Credentials& credentials) override {
    if (!as.secretAccessKey.empty()) {
      add("AccessKey", {as.accessKeyId, as.secretAccessKey.expose()});
    }
    add("AssumeRole", {role.arn, role.sessionName, role.externalId});
    credentials.accessKeyId = role.arn;
    credentials.secretAccessKey.clear();
    return {};
  }
};

struct WebIdentityStep final : BlockingProfileSource {
  ChainSteps& steps;
  WebIdentityCredentials& real;
  WebIdentityStep(ChainSteps& all, WebIdentityCredentials& source) : steps(all), real(source) {}

  [[nodiscard]] bool isNamedBy(const ProfileView& profile) const override {
    return real.isNamedBy(profile);
  }
  Result<void> retrieveNow(const ProfileView& profile, Credentials& credentials) override {
    if (profile.value("role_arn").empty()) return real.retrieveFor(profile, {}, credentials);
    steps.add("WebIdentityToken", {profile.value("role_arn"), profile.value("role_session_name"),
                                   profile.value("web_identity_token_file")});
    return {};
  }
};

struct SsoStep final : BlockingProfileSource {
  ChainSteps& steps;
  SsoCredentials& real;
  SsoStep(ChainSteps& all, SsoCredentials& source) : steps(all), real(source) {}

  [[nodiscard]] bool isNamedBy(const ProfileView& profile) const override {
    return real.isNamedBy(profile);
  }
  Result<void> retrieveNow(const ProfileView& profile, Credentials&) override {
    Result<SsoSettings> settings = SsoCredentials::settingsOf(profile);
    if (!settings) return std::move(settings).error();
    steps.add("Sso",
              {settings->accountId, settings->region, settings->roleName, settings->startUrl});
    return {};
  }
};

struct NamedStep final : CredentialsProvider {
  ChainSteps& steps;
  explicit NamedStep(ChainSteps& all) : steps(all) {}

  Result<void> retrieve(const CredentialsQuery&, Credentials&) override {
    steps.add("NamedSource", {"Ec2InstanceMetadata"});
    return {};
  }
};

std::string section(const std::string& heading, const Json& properties) {
  std::string text = "[" + heading + "]\n";
  for (std::size_t i = 0; i != properties.names().size(); ++i)
    text += properties.names()[i] + " = " + properties.items()[i].text() + "\n";
  return text;
}

std::string expectedSteps(const Json& chain) {
  ChainSteps steps;
  for (const Json& step : chain.items()) {
    const std::string& kind = step["kind"].text();
    const Json& value = step["value"];
    const auto text = [&](const char* name) { return std::string_view(value[name].text()); };
    if (kind == "NamedSource") {
      steps.add(kind, {value.text()});
    } else if (kind == "AccessKey") {
      steps.add(kind, {text("access_key_id"), text("secret_access_key")});
    } else if (kind == "AssumeRole") {
      steps.add(kind, {text("role_arn"), text("role_session_name"), text("external_id")});
    } else if (kind == "WebIdentityToken") {
      steps.add(kind,
                {text("role_arn"), text("role_session_name"), text("web_identity_token_file")});
    } else {
      steps.add(kind, {text("sso_account_id"), text("sso_region"), text("sso_role_name"),
                       text("sso_start_url")});
    }
  }
  return steps.text;
}

void runProfileChain(const Json& json, Report& report) {
  const std::string name = "profile chain: " + json["name"].text();
  if (json["name"].text() == "SSO token profile selected") {
    return report.notApplicable(name, "a bearer token, which the service does not take");
  }
  Case test(report, name);
  TestEnvironment environment;
  std::string config;
  for (std::size_t i = 0; i != json["profiles"].names().size(); ++i)
    config += section("profile " + json["profiles"].names()[i], json["profiles"].items()[i]);
  for (std::size_t i = 0; i != json["sso_sessions"].names().size(); ++i)
    config +=
        section("sso-session " + json["sso_sessions"].names()[i], json["sso_sessions"].items()[i]);
  environment.write(".aws/config", config);
  environment.set("AWS_PROFILE", json["selected_profile"].text());
  ManualClock clock;
  ScriptedTransport transport;
  ChainSteps steps;
  EnvironmentCredentials fromEnvironment;
  WebIdentityCredentials realWebIdentity(transport, clock);
  SsoCredentials realSso(transport, clock);
  WebIdentityStep webIdentity(steps, realWebIdentity);
  SsoStep sso(steps, realSso);
  NamedStep named(steps);
  ProfileChainCredentials provider(
      {&steps, &webIdentity, &sso, nullptr, &fromEnvironment, &named, &named});
  Credentials credentials;
  const Result<void> result = provider.retrieve({}, credentials);
  if (json.has("expect_error")) {
    return test.check("is an error", !result.hasValue(), steps.text);
  }
  test.equal("steps", result ? steps.text : result.error().message,
             expectedSteps(json["expect_chain"]));
}

void runCredentials(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "cases"))
    runCase(json, report);
  for (const Json& json : report.cases(vectors, "profile_chain_cases"))
    runProfileChain(json, report);
  for (const Json& json : report.cases(vectors, "login_cases")) {
    report.notApplicable("login: " + json["documentation"].text(),
                         "as in login.json, where it is run");
  }
}

const VectorTests tests("credentials.json", runCredentials);

}  // namespace
