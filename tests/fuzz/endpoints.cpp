// SPDX-License-Identifier: BSL-1.0
// Any region and URL is refused or gives an endpoint whose parts are those that libcurl finds in
// its URL, that resolves to itself, and that is http only where that was allowed.
//
// The texts of an input: bits, a region, a URL.
#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>

#include "fuzz/support/fuzz.hpp"
#include "fuzz/support/secrets.hpp"
#include "secure_tunneling/endpoint/endpoint.hpp"
#include "secure_tunneling/settings.hpp"
#include "secure_tunneling/testing/detail/signature_check.hpp"

using namespace secure_tunneling;

namespace {

struct Cleanup {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};

/// A part of a URL as libcurl has it.
std::string partOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) != CURLUE_OK)
    return {};
  const std::string copy(text);
  curl_free(text);
  return copy;
}

void compareWithCurl(const Endpoint& endpoint) {
  const std::unique_ptr<CURLU, Cleanup> url(curl_url());
  const CURLUcode parsed =
      curl_url_set(url.get(), CURLUPART_URL, endpoint.url.c_str(), CURLU_PATH_AS_IS);
  // A name or an address that is none ends there, before anything is sent.
  if (parsed != CURLUE_OK) return;
  std::string host = partOf(url.get(), CURLUPART_HOST);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  // What is a number to libcurl is written in one way.
  const bool isNumber = host.find_first_not_of("0123456789.:abcdef") == std::string::npos;
  require(isNumber || host == endpoint.host(), "libcurl connects to the same host", endpoint.url);
  require(partOf(url.get(), CURLUPART_PORT) == std::to_string(endpoint.port),
          "libcurl connects to the same port", endpoint.url);
  require(partOf(url.get(), CURLUPART_SCHEME) == (endpoint.https ? "https" : "http"),
          "libcurl uses the same scheme", endpoint.url);
  require(partOf(url.get(), CURLUPART_PATH) == endpoint.path(), "libcurl asks for the same path",
          endpoint.url);
  require(partOf(url.get(), CURLUPART_QUERY).empty() && partOf(url.get(), CURLUPART_USER).empty(),
          "there is no query and no user", endpoint.url);
}

void checkEndpoint(const Endpoint& endpoint, bool allowHttp) {
  const std::string start = endpoint.https ? "https://" : "http://";
  require(endpoint.url == start + std::string(endpoint.authority()) + std::string(endpoint.path()),
          "a URL is its parts", endpoint.url);
  require(detail::isVisibleAscii(endpoint.url), "a URL has no blanks and controls", endpoint.url);
  require(endpoint.path().substr(0, 1) == "/", "a path begins with a slash", endpoint.url);
  require("/" + endpoint.canonicalPath == detail::fake::canonicalPath(endpoint.path()),
          "the path is signed as the fake checks it", endpoint.canonicalPath);
  const std::string_view host = endpoint.host();
  const bool isLoopback = host.substr(0, 4) == "127." || host.back() == '1' ||
                          host.substr(host.size() < 9 ? 0 : host.size() - 9) == "localhost";
  require(endpoint.https || allowHttp || isLoopback, "http was allowed", endpoint.url);
  compareWithCurl(endpoint);
}

}  // namespace

void fuzz(std::string_view input) {
  Script script(takeText(input));
  const std::size_t bits = script.next() ? script.below(16) : 0;
  Settings settings;
  settings.region = takeText(input);
  settings.endpointUrl = input;
  settings.useFipsEndpoint = (bits & 1U) != 0;
  settings.useDualStackEndpoint = (bits & 2U) != 0;
  settings.allowHttp = (bits & 4U) != 0;
  settings.signRequests = (bits & 8U) == 0;
  Endpoint endpoint;
  const Result<void> resolved = detail::resolveInto(endpoint, settings);
  if (!resolved) {
    require(resolved.error().kind == ErrorKind::Configuration, "it is the configuration's fault");
    return requireVisible(resolved.error());
  }
  checkEndpoint(endpoint, settings.allowHttp);
  if (settings.endpointUrl.empty()) {
    const std::string host(endpoint.host());
    require(host.find("." + endpoint.signingRegion) != std::string::npos ||
                host.find(detail::fake::lowerCase(endpoint.signingRegion)) != std::string::npos,
            "the host is the region's", host);
    return;
  }
  settings.endpointUrl = endpoint.url;
  Endpoint again;
  require(detail::resolveInto(again, settings).hasValue() && again.url == endpoint.url,
          "an endpoint resolves to itself", endpoint.url);
}
