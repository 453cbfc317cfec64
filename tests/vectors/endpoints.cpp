// SPDX-License-Identifier: BSL-1.0
// Endpoint resolution: the published cases, and those derived from the published rules.
#include "secure_tunneling/endpoint/endpoint.hpp"

#include "secure_tunneling/endpoint/sts_endpoint.hpp"
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
  const std::string& service = json["service"].text();
  if (service != "iotsecuretunneling" && service != "sts") {
    return report.notApplicable(name, "another service: " + service);
  }
  Case test(report, std::move(name));
  StsSettings settings;
  settings.region = json["region"].text();
  settings.endpointUrl = json["endpoint"].text();
  settings.useFipsEndpoint = json["use_fips"].isTrue();
  settings.useDualStackEndpoint = json["use_dualstack"].isTrue();
  settings.useGlobalEndpoint = json["use_global_endpoint"].isTrue();
  const Result<Endpoint> endpoint =
      service == "sts"
          ? resolveStsEndpoint(settings)
          : resolveEndpoint({settings.region, settings.endpointUrl, settings.useFipsEndpoint,
                             settings.useDualStackEndpoint, settings.allowHttp});
  if (json.has("expect_error")) {
    test.equal("error", endpoint ? endpoint->url : endpoint.error().message,
               json["expect_error"].text());
    return;
  }
  // Ours has the path of the request, the published one what goes in front of it.
  test.equal("url", endpoint ? endpoint->url : endpoint.error().message,
             lowerCase(json["expect_url"].text()) + "/");
  const bool isElsewhere = json.has("expect_signing_region");
  if (endpoint) {
    test.equal("signing region", endpoint->signingRegion,
               json[isElsewhere ? "expect_signing_region" : "region"].text());
  }
}

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

const VectorTests tests("endpoints.json", runEndpoints);

}  // namespace
