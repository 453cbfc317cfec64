// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/endpoint/endpoint.hpp"

#include <string>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

Result<Endpoint> resolve(std::string_view region, std::string_view url = {},
                         bool allowHttp = false) {
  EndpointParameters parameters;
  parameters.region = region;
  parameters.endpointUrl = url;
  parameters.allowHttp = allowHttp;
  return resolveEndpoint(parameters);
}

}  // namespace

TEST_CASE("the four kinds of endpoint in every partition") {
  const struct {
    const char* region;
    const char* plain;
    const char* fips;
    const char* dualStack;
    const char* both;
  } cases[] = {
      {"us-east-1", "api.tunneling.iot.us-east-1.amazonaws.com",
       "api.tunneling.iot-fips.us-east-1.amazonaws.com", "api.iot-tunneling.us-east-1.api.aws",
       "api.iot-tunneling-fips.us-east-1.api.aws"},
      {"cn-north-1", "api.tunneling.iot.cn-north-1.amazonaws.com.cn",
       "api.tunneling.iot-fips.cn-north-1.amazonaws.com.cn",
       "api.iot-tunneling.cn-north-1.api.amazonwebservices.com.cn",
       "api.iot-tunneling-fips.cn-north-1.api.amazonwebservices.com.cn"},
      {"us-gov-west-1", "api.tunneling.iot.us-gov-west-1.amazonaws.com",
       "api.tunneling.iot-fips.us-gov-west-1.amazonaws.com",
       "api.iot-tunneling.us-gov-west-1.api.aws", "api.iot-tunneling-fips.us-gov-west-1.api.aws"},
      {"eusc-de-east-1", "api.tunneling.iot.eusc-de-east-1.amazonaws.eu",
       "api.tunneling.iot-fips.eusc-de-east-1.amazonaws.eu",
       "api.tunneling.iot.eusc-de-east-1.api.amazonwebservices.eu",
       "api.tunneling.iot-fips.eusc-de-east-1.api.amazonwebservices.eu"},
      {"us-iso-east-1", "api.tunneling.iot.us-iso-east-1.c2s.ic.gov",
       "api.tunneling.iot-fips.us-iso-east-1.c2s.ic.gov",
       "api.tunneling.iot.us-iso-east-1.api.aws.ic.gov",
       "api.tunneling.iot-fips.us-iso-east-1.api.aws.ic.gov"},
      {"us-isob-east-1", "api.tunneling.iot.us-isob-east-1.sc2s.sgov.gov",
       "api.tunneling.iot-fips.us-isob-east-1.sc2s.sgov.gov",
       "api.tunneling.iot.us-isob-east-1.api.aws.scloud",
       "api.tunneling.iot-fips.us-isob-east-1.api.aws.scloud"},
      {"eu-isoe-west-1", "api.tunneling.iot.eu-isoe-west-1.cloud.adc-e.uk",
       "api.tunneling.iot-fips.eu-isoe-west-1.cloud.adc-e.uk",
       "api.tunneling.iot.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
       "api.tunneling.iot-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
      {"us-isof-south-1", "api.tunneling.iot.us-isof-south-1.csp.hci.ic.gov",
       "api.tunneling.iot-fips.us-isof-south-1.csp.hci.ic.gov",
       "api.tunneling.iot.us-isof-south-1.api.aws.hci.ic.gov",
       "api.tunneling.iot-fips.us-isof-south-1.api.aws.hci.ic.gov"},
  };
  for (const auto& row : cases) {
    for (const bool useFips : {false, true}) {
      for (const bool useDualStack : {false, true}) {
        CAPTURE(row.region, useFips, useDualStack);
        EndpointParameters parameters;
        parameters.region = row.region;
        parameters.useFips = useFips;
        parameters.useDualStack = useDualStack;
        const Result<Endpoint> endpoint = resolveEndpoint(parameters);
        REQUIRE(endpoint);
        const std::string host = useFips ? (useDualStack ? row.both : row.fips)
                                         : (useDualStack ? row.dualStack : row.plain);
        CHECK(endpoint->host() == host);
        CHECK(endpoint->authority() == host);
        CHECK(endpoint->url == "https://" + host + "/");
        CHECK(endpoint->path() == "/");
        CHECK(endpoint->https);
        CHECK(endpoint->port == 443);
        CHECK(endpoint->signingRegion == row.region);
      }
    }
  }
}

TEST_CASE("the partition of a region is told by its name") {
  const struct {
    const char* region;
    const char* suffix;
  } cases[] = {
      {"mx-central-1", ".amazonaws.com"},
      {"us-west-22", ".amazonaws.com"},
      {"cn-moon-1", ".amazonaws.com.cn"},
      {"aws-cn-global", ".amazonaws.com.cn"},
      {"aws-global", ".amazonaws.com"},
      {"aws-iso-f-global", ".csp.hci.ic.gov"},
      {"us-isob-x-1", ".sc2s.sgov.gov"},
      {"eusc-de-west-2", ".amazonaws.eu"},
      // No rule knows these.
      {"mars-central-1", ".amazonaws.com"},
      {"local", ".amazonaws.com"},
      {"cn-north", ".amazonaws.com"},
      {"cn-north-", ""},
      {"cn-north-1a", ".amazonaws.com"},
      {"cn--1", ".amazonaws.com"},
      {"cn", ".amazonaws.com"},
      {"aws-cn-globally", ".amazonaws.com"},
      {"aws-cn-global-x-1", ".amazonaws.com"},
      {"us-east-1-fips", ".amazonaws.com"},
      // Regions are compared with case, host names are not.
      {"CN-NORTH-1", ".amazonaws.com"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.region);
    const Result<Endpoint> endpoint = resolve(row.region);
    const std::string suffix = row.suffix;
    REQUIRE(endpoint.hasValue() == !suffix.empty());
    if (!endpoint) continue;
    std::string host = std::string("api.tunneling.iot.") + row.region + suffix;
    for (char& c : host)
      c = detail::toLower(c);
    CHECK(endpoint->host() == host);
    CHECK(endpoint->signingRegion == row.region);
  }
}

TEST_CASE("a region that cannot be part of a host name is refused") {
  const std::string cases[] = {"us-east-1\n",
                               "us-east-1\r\nX: y",
                               "us east",
                               " us-east-1",
                               "us-east-1/",
                               "us-east-1#",
                               "us-east-1.evil.com",
                               "evil.com/",
                               "a@b",
                               "-us-east-1",
                               "us-east-1-",
                               "12345",
                               "us_east_1",
                               "\xc3\xbc",
                               std::string("us\0east", 7),
                               std::string(64, 'a'),
                               "us-east-1?",
                               "us-east-1:80",
                               "%41"};
  for (const std::string& region : cases) {
    CAPTURE(region);
    for (const char* const url : {"", "https://example.com"}) {
      const Result<Endpoint> endpoint = resolve(region, url);
      REQUIRE_FALSE(endpoint);
      CHECK(endpoint.error().kind == ErrorKind::Configuration);
      CHECK(endpoint.error().delivery == Delivery::NotSent);
      CHECK(endpoint.error().message.find("region \"") == 0);
      CHECK(endpoint.error().message.find('\n') == std::string::npos);
    }
  }
  CHECK(resolve(std::string(63, 'a')));
}

TEST_CASE("configurations that the rules refuse") {
  const struct {
    const char* region;
    const char* url;
    bool useFips;
    bool useDualStack;
    const char* message;
  } cases[] = {
      {"", "", false, false, "Invalid Configuration: Missing Region"},
      {"", "", true, true, "Invalid Configuration: Missing Region"},
      {"us-east-1", "https://example.com", true, false,
       "Invalid Configuration: FIPS and custom endpoint are not supported"},
      {"us-east-1", "https://example.com", false, true,
       "Invalid Configuration: Dualstack and custom endpoint are not supported"},
      {"us-east-1", "https://example.com", true, true,
       "Invalid Configuration: FIPS and custom endpoint are not supported"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.message);
    EndpointParameters parameters;
    parameters.region = row.region;
    parameters.endpointUrl = row.url;
    parameters.useFips = row.useFips;
    parameters.useDualStack = row.useDualStack;
    const Result<Endpoint> endpoint = resolveEndpoint(parameters);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().kind == ErrorKind::Configuration);
    CHECK(endpoint.error().message == row.message);
  }
}

TEST_CASE("an explicit endpoint is taken apart and written in one way") {
  const struct {
    const char* given;
    const char* url;
    const char* host;
    int port;
    const char* authority;
    const char* path;
  } cases[] = {
      {"https://example.com", "https://example.com/", "example.com", 443, "example.com", "/"},
      {"https://example.com/", "https://example.com/", "example.com", 443, "example.com", "/"},
      {"HTTPS://Example.COM/Path", "https://example.com/Path", "example.com", 443, "example.com",
       "/Path"},
      {"https://example.com:443/", "https://example.com/", "example.com", 443, "example.com", "/"},
      {"https://example.com:0443", "https://example.com/", "example.com", 443, "example.com", "/"},
      {"https://example.com:80", "https://example.com:80/", "example.com", 80, "example.com:80",
       "/"},
      {"https://example.com:65535/a/b/", "https://example.com:65535/a/b/", "example.com", 65535,
       "example.com:65535", "/a/b/"},
      {"https://a_b-c.example/%20~x", "https://a_b-c.example/%20~x", "a_b-c.example", 443,
       "a_b-c.example", "/%20~x"},
      {"http://localhost", "http://localhost/", "localhost", 80, "localhost", "/"},
      {"http://localhost:80", "http://localhost/", "localhost", 80, "localhost", "/"},
      {"http://LOCALHOST:8080", "http://localhost:8080/", "localhost", 8080, "localhost:8080", "/"},
      {"Http://tunnel.localhost:443", "http://tunnel.localhost:443/", "tunnel.localhost", 443,
       "tunnel.localhost:443", "/"},
      {"http://127.0.0.1:1", "http://127.0.0.1:1/", "127.0.0.1", 1, "127.0.0.1:1", "/"},
      {"http://127.1.2.3", "http://127.1.2.3/", "127.1.2.3", 80, "127.1.2.3", "/"},
      {"http://[::1]:8080/x", "http://[::1]:8080/x", "::1", 8080, "[::1]:8080", "/x"},
      {"https://[2001:DB8::1]", "https://[2001:db8::1]/", "2001:db8::1", 443, "[2001:db8::1]", "/"},
      {"https://[::ffff:10.0.0.1]:443", "https://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1", 443,
       "[::ffff:10.0.0.1]", "/"},
      {"https://example.com/a@b", "https://example.com/a@b", "example.com", 443, "example.com",
       "/a@b"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.given);
    const Result<Endpoint> endpoint = resolve("eu-west-1", row.given);
    REQUIRE(endpoint);
    CHECK(endpoint->url == row.url);
    CHECK(endpoint->host() == row.host);
    CHECK(endpoint->port == row.port);
    CHECK(endpoint->authority() == row.authority);
    CHECK(endpoint->path() == row.path);
    CHECK(endpoint->https == (endpoint->url.substr(0, 6) == "https:"));
    CHECK(endpoint->signingRegion == "eu-west-1");
  }
}

TEST_CASE("an explicit endpoint needs no region until it is signed for") {
  const Result<Endpoint> endpoint = resolve("", "https://example.com");
  REQUIRE(endpoint);
  CHECK(endpoint->signingRegion.empty());
}

TEST_CASE("a host name of an endpoint URL has 255 characters at most") {
  const std::string longest = "https://" + std::string(255, 'a');
  CHECK(resolve("us-east-1", longest));
  CHECK_FALSE(resolve("us-east-1", longest + "a"));
}

TEST_CASE("a malformed endpoint URL is refused, and why is told") {
  const std::string cases[] = {"example.com",
                               "//example.com",
                               "ftp://example.com",
                               "https:/example.com",
                               "https:example.com",
                               "https://",
                               "https:///path",
                               "https://:443",
                               "https://example.com:",
                               "https://example.com:0",
                               "https://example.com:65536",
                               "https://example.com:123456",
                               "https://example.com:000443",
                               "https://example.com:-1",
                               "https://example.com:80a",
                               "https://example.com:+80",
                               "https://example.com:8 0",
                               "https://example.com?query",
                               "https://example.com/?query",
                               "https://example.com#fragment",
                               "https://example.com/a#b",
                               "https://exa mple.com",
                               "https://example.com/a b",
                               "https://example.com/\n",
                               "https://example.com\n",
                               "https://example.com\r\nX-Header: y",
                               "https://example.com/\r\nX-Header: y",
                               "https://ex\xc3\xa4mple.com",
                               "https://example.com/\xc3\xa4",
                               "https://example.com/\x7f",
                               std::string("https://example.com\0/", 21),
                               "https://[::1",
                               "https://[]",
                               "https://[::1]a",
                               "https://[::1]:",
                               "https://[example.com]",
                               "https://[1234]",
                               "https://[::g]",
                               "https://[fe80::1%25eth0]",
                               "https://::1",
                               "https://a:b:80",
                               "https://exam%70le.com",
                               " https://example.com",
                               "https://" + std::string(256, 'a')};
  for (const std::string& url : cases) {
    CAPTURE(url);
    const Result<Endpoint> endpoint = resolve("us-east-1", url);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().kind == ErrorKind::Configuration);
    CHECK(endpoint.error().message.find("endpoint URL \"") == 0);
    CHECK(endpoint.error().message.find_first_of("\r\n") == std::string::npos);
  }
}

TEST_CASE("a password in an endpoint URL is not repeated") {
  for (const char* const url :
       {"https://user:password@example.com", "https://password@example.com/path",
        "https://user:password@", "ftp://user:password@example.com", "user:password@example.com",
        "https:/user:password@example.com", "https://user:pass/password@example.com",
        "https://user:pass#password@example.com", "https://user:pass?password@example.com"}) {
    CAPTURE(url);
    const Result<Endpoint> endpoint = resolve("us-east-1", url);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().kind == ErrorKind::Configuration);
    CHECK(endpoint.error().message.find("endpoint URL: ") == 0);
    CHECK(endpoint.error().message.find("password") == std::string::npos);
  }
}

TEST_CASE("a query and a fragment of an endpoint URL are not repeated") {
  const struct {
    const char* url;
    const char* message;
  } cases[] = {
      {"https://example.com/dev?api-key=canary",
       "endpoint URL \"https://example.com/dev\": a query is not supported"},
      {"https://example.com?canary",
       "endpoint URL \"https://example.com\": a query is not supported"},
      {"http://example.com/?canary",
       "endpoint URL \"http://example.com/\": a query is not supported"},
      {"https://example.com:0?canary",
       "endpoint URL \"https://example.com:0\": expected a host name and a valid port"},
      {"https://example.com?canary#x",
       "endpoint URL \"https://example.com\": a fragment is not supported"},
      {"https://example.com/dev#canary",
       "endpoint URL \"https://example.com/dev\": a fragment is not supported"},
      {"example.com?canary", "endpoint URL \"example.com\": expected http://HOST or https://HOST"},
      {"?canary", "endpoint URL \"\": expected http://HOST or https://HOST"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.url);
    const Result<Endpoint> endpoint = resolve("us-east-1", row.url);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().message == row.message);
  }
}

TEST_CASE("the path of an explicit endpoint is what services make of it before they sign") {
  // By botocore.utils.normalize_url_path.
  const struct {
    const char* given;
    const char* path;
  } cases[] = {
      {"", "/"},
      {"//", "/"},
      {"///b", "/b"},
      {"/.", "/"},
      {"/..", "/"},
      {"/../", "/"},
      {"/./b/.", "/b"},
      {"/b/./", "/b/"},
      {"/b/..", "/"},
      {"/b/c/..", "/b"},
      {"/b/c/../", "/b/"},
      {"/b//../c", "/c"},
      {"/b/c//d/../../e", "/b/e"},
      {"/../../b/../../c/", "/c/"},
      {"/b/...", "/b/..."},
      {"/b/..c/.d", "/b/..c/.d"},
      {"/b/%2e%2e/%2E/c", "/b/%2E%2E/%2E/c"},
      {"/%c3%A4%aA/%7eb/cd", "/%C3%A4%AA/%7Eb/cd"},
      {"/%/%a/b%", "/%/%a/b%"},
      {"/%/a%g/b", "/%/a%g/b"},
      {"/b;v=1/$a&c=(d)'!*,", "/b;v=1/$a&c=(d)'!*,"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.given);
    const std::string host = "https://example.com:8443";
    const Result<Endpoint> endpoint = resolve("us-east-1", host + row.given);
    REQUIRE(endpoint);
    CHECK(endpoint->path() == row.path);
    CHECK(endpoint->url == host + row.path);
    CHECK(endpoint->authority() == "example.com:8443");
  }
}

TEST_CASE("paths of megabytes are read in one go") {
  // Where each segment looked at all others, each of these would take an hour.
  const auto repeat = [](const char* text, int times) {
    std::string all;
    while (times-- != 0)
      all += text;
    return all;
  };
  constexpr int many = 1'000'000;
  const struct {
    std::string given;
    std::string path;
  } cases[] = {
      {repeat("/b", many), repeat("/b", many)},
      {repeat("/", many), "/"},
      {repeat("/.", many), "/"},
      {repeat("/..", many), "/"},
      {repeat("/b", many) + "/..", repeat("/b", many - 1)},
      {repeat("/b", many) + repeat("/..", many), "/"},
      {repeat("/b/..", many), "/"},
      {repeat("/b/c/..", many), repeat("/b", many)},
  };
  for (const auto& row : cases) {
    CAPTURE(row.given.substr(0, 20), row.given.size());
    const Result<Endpoint> endpoint = resolve("us-east-1", "https://example.com" + row.given);
    REQUIRE(endpoint);
    CHECK((endpoint->path() == row.path));
    CHECK(("/" + endpoint->canonicalPath == row.path));
  }
}

TEST_CASE("loopback in other spellings") {
  for (const char* const host :
       {"127.1", "127.0.1", "127.255.255.254", "127.0.0.0", "[0:0:0:0:0:0:0:1]", "[::0001]",
        "[0::0:1]", "[0000:0:0::01]", "a.b.localhost"}) {
    CAPTURE(host);
    const std::string url = std::string("http://") + host;
    const Result<Endpoint> endpoint = resolve("us-east-1", url);
    REQUIRE(endpoint);
    // It is sent and signed as it was given.
    CHECK(endpoint->authority() == host);
  }
}

TEST_CASE("http is for loopback, or by permission") {
  for (const char* const url :
       {"http://example.com", "http://10.0.0.1", "http://128.0.0.1", "http://[::2]",
        "http://localhost.example.com", "http://notlocalhost", "http://127.0.0.1.example.com",
        "http://1127.0.0.1", "http://.localhost", "HTTP://0.0.0.0",
        // Addresses only for some, or for none: the others ask a name server.
        "http://127", "http://127.", "http://127..1", "http://127.0.0.1.", "http://127.0.0.256",
        "http://127.0.0.08", "http://127.0.0.01", "http://127.0.0.0.1", "http://127.16777216",
        "http://127.0.0.1000000000", "http://0177.0.0.1", "http://0x7f.1", "http://2130706433",
        "http://localhost.", "http://[::10]", "http://[1::]", "http://[::1:1]", "http://[::11]",
        "http://[::ffff:127.0.0.1]", "http://[::127.0.0.1]"}) {
    CAPTURE(url);
    const Result<Endpoint> refused = resolve("us-east-1", url);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("loopback") != std::string::npos);
    const Result<Endpoint> allowed = resolve("us-east-1", url, true);
    REQUIRE(allowed);
    CHECK_FALSE(allowed->https);
    CHECK(allowed->port == 80);
  }
}
