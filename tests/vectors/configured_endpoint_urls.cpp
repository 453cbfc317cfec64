// SPDX-License-Identifier: BSL-1.0
// Which configured endpoint URL counts.
#include "configured.hpp"
#include "secure_tunneling/configuration/shared_settings.hpp"
#include "vectors.hpp"

using namespace secure_tunneling;

namespace {

void runCase(const Json& json, std::string name, Report& report) {
  Case test(report, std::move(name));
  TestEnvironment environment;
  environment.write(".aws/config", json["config_file"].text());
  for (std::size_t i = 0; i != json["env"].names().size(); ++i)
    environment.set(json["env"].names()[i].c_str(), json["env"][i].text());

  GivenSettings given;
  given.profile = json["profile"].text();
  given.endpointUrl = json["client_endpoint_url"].text();
  given.ignoreConfiguredEndpointUrls = json["client_ignore_configured_endpoint_urls"].isTrue();
  const Result<SharedSettings> shared = loadSharedSettings(given);
  test.check("is loaded", shared.hasValue(), shared ? "" : shared.error().message);
  if (!shared) return;
  EndpointParameters parameters;
  parameters.region = shared->settings.region;
  parameters.endpointUrl = shared->settings.endpointUrl;
  const Result<Endpoint> endpoint = resolveEndpoint(parameters);
  // Ours has the path of the request.
  test.equal("url", endpoint ? endpoint->url : endpoint.error().message,
             json["expect_endpoint_url"].text() + "/");
}

void runConfiguredEndpointUrls(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "cases"))
    runCase(json["transposed"], json["name"].text(), report);
}

const VectorTests tests("configured_endpoint_urls.json", runConfiguredEndpointUrls);

}  // namespace
