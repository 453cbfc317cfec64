// SPDX-License-Identifier: BSL-1.0
// Endpoint resolution: the published cases, and those derived from the published rules.
#include "secure_tunneling/endpoint.hpp"

#include "vectors.hpp"

using namespace secure_tunneling;

namespace {

/// Host names are compared as they mean, without case: ours are in lower case.
std::string lowerCase(std::string text) {
  for (char& c : text)
    c = detail::toLower(c);
  return text;
}

void runCase(const Json& json, std::string name, Report& report) {
  if (json["service"].text() != "iotsecuretunneling") {
    return report.notApplicable(name, "another service: " + json["service"].text());
  }
  Case test(report, std::move(name));
  EndpointParameters parameters;
  parameters.region = json["region"].text();
  parameters.endpointUrl = json["endpoint"].text();
  parameters.useFips = json["use_fips"].isTrue();
  parameters.useDualStack = json["use_dualstack"].isTrue();
  const Result<Endpoint> endpoint = resolveEndpoint(parameters);
  if (json.has("expect_error")) {
    test.equal("error", endpoint ? endpoint->url : endpoint.error().message,
               json["expect_error"].text());
    return;
  }
  // Ours has the path of the request, the published one what goes in front of it.
  test.equal("url", endpoint ? endpoint->url : endpoint.error().message,
             lowerCase(json["expect_url"].text()) + "/");
  if (endpoint) test.equal("signing region", endpoint->signingRegion, json["region"].text());
}

}  // namespace

void runEndpoints(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "cases"))
    runCase(json, json["service"].text() + ": " + json["name"].text(), report);
  for (const Json& json : report.cases(vectors, "derived")) {
    std::string name = json["service"].text() + ": derived: " + json["region"].text();
    if (json["use_fips"].isTrue()) name += " fips";
    if (json["use_dualstack"].isTrue()) name += " dual-stack";
    runCase(json, std::move(name), report);
  }
}
