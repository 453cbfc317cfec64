// SPDX-License-Identifier: BSL-1.0
// Single credential sources: the documents they read, commands, web identity. Those that ask a
// server are in credential_sources_http.cpp.
#include <utility>

#include "chain_case.hpp"
#include "credential_sources_http.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/credentials/default_chain.hpp"
#include "secure_tunneling/credentials/detail/credentials_document.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"

using namespace secure_tunneling;

namespace {

void runDocument(const Json& json, Report& report) {
  Case test(report, "credential_documents: " + json["name"].text());
  detail::CredentialsDocument form;
  // Sources differ here: of those whose documents these are, the container alone does without.
  form.tokenRequired = json["name"].text() != "no session token (ECS only)";
  Secret document(json["body"].text());
  Credentials credentials;
  const Result<void> result = detail::readCredentials(document, form, credentials);
  checkCredentials(test, json["expected"], result, credentials);
}

void runProcess(const Json& json, Report& report) {
  const std::string name = "process: " + json["name"].text();
  Case test(report, name);
  TestEnvironment environment;
  std::string command = json["command"].text();
  if (command.empty()) {
    environment.write("stdout", json["stdout"].text());
    environment.write("stderr", json["stderr"].text());
    command =
        "cat '" + environment.path("stdout") + "'; cat '" + environment.path("stderr") + "' >&2";
  }
  ProcessCredentials provider(command);
  Credentials credentials;
  const Result<void> result = provider.retrieve({}, credentials);
  checkCredentials(test, json["expected"], result, credentials);
}

void runStsWebIdentity(const Json& json, Report& report) {
  Case test(report, "sts_web_identity: " + json["name"].text());
  TestEnvironment environment;
  setUp(environment, json);
  environment.set("AWS_EC2_METADATA_DISABLED", "true");
  // aws-c-auth does not repeat a request that failed in the transport; the SDKs' clients do.
  const bool failsInTransport = json["response"]["transport_failure"].isTrue();
  if (failsInTransport) environment.set("AWS_MAX_ATTEMPTS", "1");
  const std::int64_t attempts = json["expected_attempts"].integer();
  ScriptedTransport transport;
  for (std::int64_t i = 0; i != attempts; ++i) {
    if (failsInTransport) {
      transport.fail(Delivery::Unknown);
    } else {
      transport.answer(static_cast<int>(json["response"]["status"].integer()),
                       json["response"]["body"].text());
    }
  }
  ManualClock clock;
  BasicDefaultChain<OpensslSha256> chain(transport, transport, clock);
  Credentials credentials;
  const Result<void> result = chain.retrieve({}, credentials);
  checkCredentials(test, json["expected"], result, credentials);
  test.equal("attempts", static_cast<std::int64_t>(transport.requests().size()), attempts);
  for (const RecordedRequest& request : transport.requests())
    test.equal("body", request.body, json["expected_request_body"].text());
}

void runIotDate(const Json& json, Report& report) {
  const std::string& input = json["input"].text();
  const std::string name = "iot_dates: " + input;
  if (json["why"].text().find("limit of that library") != std::string::npos) {
    return report.notApplicable(name, "a limit of another library: this one reads earlier years");
  }
  Case test(report, name);
  auto unixMs = detail::parseIsoDate(input);
  if (!unixMs) unixMs = detail::parseHttpDate(input);
  test.equal("date", unixMs ? std::string(detail::formatAmzDate(*unixMs).view()) : "none",
             json["expected"].isNull() ? "none" : json["expected"].text());
}

struct Array {
  std::string_view name;
  void (*run)(const Json&, Report&);
};

constexpr Array arrays[] = {
    {"credential_documents", runDocument},
    {"process", runProcess},
    {"sts_web_identity", runStsWebIdentity},
    {"iot_dates", runIotDate},
    {"container_uri", runContainerUri},
    {"container_exchanges", runContainerExchanges},
    {"imds_endpoint", runImdsEndpoint},
    {"imds_client", runImdsClient},
    {"imds_credentials", runImdsCredentials},
    {"sso_config", runSsoConfig},
    {"sso_token_names", runSsoTokenNames},
    {"sso_token_files", runSsoTokenFiles},
    {"sso_token_save", runSsoTokenSave},
    {"sso_role_credentials", runSsoRoleCredentials},
    {"x509", runX509},
};

void runCredentialSources(const Json& vectors, Report& report) {
  for (const Array& array : arrays) {
    for (const Json& json : report.cases(vectors, array.name))
      array.run(json, report);
  }
}

const VectorTests tests("credential_sources.json", runCredentialSources);

}  // namespace
