// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/settings.hpp"

#include <string>
#include <utility>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

/// The URL that settings lead to, or what is wrong with them.
std::string urlOf(const Settings& settings) {
  Endpoint endpoint;
  Result<void> resolved = detail::resolveInto(endpoint, settings);
  return resolved ? endpoint.url : resolved.error().message;
}

}  // namespace

TEST_CASE("an endpoint URL is set like a string and read as a view") {
  const std::string text = "https://example.com/";
  EndpointUrl url;
  CHECK(url.empty());
  CHECK(url == "");
  CHECK_FALSE(url != "");
  const EndpointUrl urls[] = {"https://example.com/", text, std::string_view(text),
                              std::string(text)};
  for (const EndpointUrl& given : urls) {
    url = {};
    CHECK(url.empty());
    url = given;
    CHECK_FALSE(url.empty());
    CHECK(url == given);
    CHECK(url == text);
    CHECK(url == "https://example.com/");
    CHECK_FALSE(url == "https://example.org/");
    CHECK(url != "https://example.org/");
    CHECK_FALSE(url != text);
    CHECK(url != EndpointUrl());
    CHECK((std::string_view(text) == url && std::string_view("x") != url));
    CHECK(url.text() == text);
    const std::string_view view = url;
    CHECK(view == text);
  }
}

TEST_CASE("an endpoint URL counts however it is set") {
  const std::string url = "https://example.com/";
  Settings settings{"us-east-1", "https://example.com"};
  CHECK(urlOf(settings) == url);
  settings.endpointUrl = "";
  CHECK(urlOf(settings) == "https://api.tunneling.iot.us-east-1.amazonaws.com/");
  settings.endpointUrl = std::string_view("https://example.com/?").substr(0, url.size());
  CHECK(urlOf(settings) == url);
  Settings copy = settings;
  CHECK(urlOf(copy) == url);
  const Settings moved = std::move(copy);
  CHECK(urlOf(moved) == url);
  settings = {};
  CHECK(urlOf(settings) == "Invalid Configuration: Missing Region");
  settings = moved;
  CHECK(urlOf(settings) == url);
}

TEST_CASE("an endpoint URL leaves the region to the signature") {
  Settings settings;
  settings.endpointUrl = "https://example.com/";
  CHECK(urlOf(settings) == "Invalid Configuration: Missing Region");
  settings.signRequests = false;
  CHECK(urlOf(settings) == "https://example.com/");
  settings.region = "us east";
  CHECK(urlOf(settings) ==
        "region \"us east\": expected letters, digits and inner hyphens, as in us-east-1");
}

TEST_CASE("a FIPS pseudo region is taken for the region with FIPS on") {
  const struct {
    const char* region;
    const char* url;
    const char* signingRegion;
  } cases[] = {
      {"fips-us-west-2", "https://api.tunneling.iot-fips.us-west-2.amazonaws.com/", "us-west-2"},
      {"us-west-2-fips", "https://api.tunneling.iot-fips.us-west-2.amazonaws.com/", "us-west-2"},
      {"ca-fips-central-1", "https://api.tunneling.iot-fips.ca-central-1.amazonaws.com/",
       "ca-central-1"},
      {"fips-us-gov-east-1", "https://api.tunneling.iot-fips.us-gov-east-1.amazonaws.com/",
       "us-gov-east-1"},
      {"fips-us-west-2-fips", "https://api.tunneling.iot-fips.us-west-2.amazonaws.com/",
       "us-west-2"},
      {"fips", "https://api.tunneling.iot.fips.amazonaws.com/", "fips"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.region);
    Settings settings;
    settings.region = row.region;
    Endpoint endpoint;
    REQUIRE(detail::resolveInto(endpoint, settings));
    CHECK(endpoint.url == row.url);
    CHECK(endpoint.signingRegion == row.signingRegion);
    settings.endpointUrl = "https://example.com/";
    REQUIRE(detail::resolveInto(endpoint, settings));
    CHECK(endpoint.url == "https://example.com/");
    CHECK(endpoint.signingRegion == row.signingRegion);
  }
  // The endpoint rules have them as they are.
  EndpointParameters parameters;
  parameters.region = "fips-us-west-2";
  const Result<Endpoint> endpoint = resolveEndpoint(parameters);
  REQUIRE(endpoint);
  CHECK(endpoint->url == "https://api.tunneling.iot.fips-us-west-2.amazonaws.com/");
  CHECK(endpoint->signingRegion == "fips-us-west-2");
}

TEST_CASE("what settings say beside an endpoint URL is checked with it") {
  Settings settings{"us-east-1", "http://example.com/"};
  CHECK(urlOf(settings) ==
        "endpoint URL \"http://example.com/\": http is for loopback hosts only, "
        "unless it is allowed explicitly");
  settings.allowHttp = true;
  CHECK(urlOf(settings) == "http://example.com/");
  settings.useDualStackEndpoint = true;
  CHECK(urlOf(settings) ==
        "Invalid Configuration: Dualstack and custom endpoint are not supported");
  settings.useFipsEndpoint = true;
  CHECK(urlOf(settings) == "Invalid Configuration: FIPS and custom endpoint are not supported");
  settings.endpointUrl = {};
  CHECK(urlOf(settings) == "https://api.iot-tunneling-fips.us-east-1.api.aws/");
}
