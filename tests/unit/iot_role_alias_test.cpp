// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/credentials/iot_role_alias.hpp"

#include <string>

#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/freed_memory.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* host = "prefix.credentials.iot.eu-west-1.amazonaws.com";
constexpr const char* aliasDocument =
    R"({"credentials":{"accessKeyId":"ID","secretAccessKey":"secret","sessionToken":"token","expiration":"2026-01-15T13:30:00Z"}})";

struct Device {
  ScriptedTransport transport;
  ManualClock clock;
  Credentials credentials;
  ErrorKind kind = ErrorKind::InvalidArgument;

  /// `id|secret|token`, or the error.
  std::string get(const IotRoleAliasOptions& options = {host, "alias", "thing"}) {
    IotRoleAliasCredentials provider(options, transport, clock);
    const Result<void> result = provider.retrieve({}, credentials);
    if (result) {
      return credentials.accessKeyId + "|" + std::string(credentials.secretAccessKey.expose()) +
             "|" + std::string(credentials.sessionToken.expose());
    }
    kind = result.error().kind;
    CHECK(result.error().delivery == Delivery::NotSent);
    return result.error().message;
  }
};

}  // namespace

TEST_CASE("a device gets the credentials of its role alias") {
  const struct {
    std::string endpoint;
    const char* alias;
    const char* thing;
    std::string url;
  } cases[] = {
      {host, "alias", "thing", std::string("https://") + host + "/role-aliases/alias/credentials"},
      {std::string("https://") + host, "alias", "thing",
       std::string("https://") + host + "/role-aliases/alias/credentials"},
      {"https://127.0.0.1:8443/", "a=b,c@d-e_f", "",
       "https://127.0.0.1:8443/role-aliases/a%3Db%2Cc%40d-e_f/credentials"},
      {host, "../x?y#z\r\n", "a:b_c-1",
       std::string("https://") + host + "/role-aliases/..%2Fx%3Fy%23z%0D%0A/credentials"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.endpoint, row.alias);
    Device device;
    device.transport.answer(200, aliasDocument);
    CHECK(device.get({row.endpoint, row.alias, row.thing}) == "ID|secret|token");
    CHECK(device.credentials.expiresAtMs == ManualClock::defaultUnixMs + 3'600'000);
    const RecordedRequest& request = device.transport.requests()[0];
    CHECK(request.method == "GET");
    CHECK(request.url == row.url);
    CHECK(request.https);
    CHECK(request.header("x-amzn-iot-thingname").value_or("") == row.thing);
    CHECK(request.header("x-amzn-iot-thingname").has_value() == (*row.thing != '\0'));
    CHECK_FALSE(request.header("Authorization"));
  }
}

TEST_CASE("options of a role alias that are no good send nothing") {
  const struct {
    IotRoleAliasOptions options;
    const char* problem;
  } cases[] = {
      {{host, "", "thing"}, "no role alias is given"},
      {{"", "alias", "thing"}, "endpoint \"\": expected a host name and a valid port"},
      {{"http://h", "alias", "thing"},
       "endpoint \"http://h\": expected https:// and a host name, without a path"},
      {{"h/x", "alias", "thing"},
       "endpoint \"h/x\": expected https:// and a host name, without a path"},
      {{"ftp://h", "alias", "thing"}, "endpoint \"ftp://h\": expected http://HOST or https://HOST"},
      {{"h\r\nX: y", "alias", "thing"},
       "endpoint \"h\\x0d\\x0aX: y\": expected a host name and a valid port"},
      {{"user:canary@h", "alias", "thing"}, "endpoint: a user name is not supported"},
      {{host, "alias", "thing\r\nX: y"},
       "header x-amzn-iot-thingname: the value has a line break or another control character"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.problem);
    Device device;
    CHECK(device.get(row.options) == std::string("IoT role alias: ") + row.problem);
    CHECK(device.kind == ErrorKind::Configuration);
    CHECK(device.transport.requests().empty());
  }
}

TEST_CASE("what a device gets instead of credentials is the error") {
  Device device;
  SECTION("refused") {
    device.transport.answer(403, R"({"message":"Invalid Certificate"})");
    CHECK(device.get() == "IoT role alias: HTTP status 403 (Invalid Certificate)");
  }
  SECTION("refused in plain text") {
    device.transport.answer(404, "Role alias does not exist\n");
    CHECK(device.get() == "IoT role alias: HTTP status 404 (Role alias does not exist)");
  }
  SECTION("an error of the server, and why, the third time") {
    device.transport.answer(500).answer(500).answer(500, "try later");
    CHECK(device.get() == "IoT role alias: HTTP status 500 (try later)");
  }
  SECTION("any success but 200") {
    device.transport.answer(204, aliasDocument);
    CHECK(device.get() == "IoT role alias: HTTP status 204");
  }
  SECTION("no document") {
    device.transport.answer(200, R"({"message":"canary"})");
    CHECK(device.get() == "IoT role alias: AccessKeyId: missing");
  }
  SECTION("no token") {
    device.transport.answer(200,
                            R"({"credentials":{"accessKeyId":"I","secretAccessKey":"canary"}})");
    CHECK(device.get() == "IoT role alias: sessionToken: missing");
  }
  SECTION("errors of the server, three times") {
    device.transport.answer(500).answer(503).answer(502);
    CHECK(device.get() == "IoT role alias: HTTP status 502");
    CHECK(device.clock.waits() == std::vector<std::int64_t>{1000, 2000});
  }
  SECTION("no trust, at once") {
    Error error = makeError(ErrorKind::Untrusted, "wrong certificate");
    error.transportCode = 60;
    device.transport.fail(std::move(error));
    CHECK(device.get() == "IoT role alias: wrong certificate");
  }
  CHECK(device.kind == ErrorKind::Credentials);
  CHECK(device.transport.remaining() == 0);
}

TEST_CASE("a device's request is repeated after an error of the server") {
  Device device;
  device.transport.fail(Delivery::NotSent).answer(429).answer(200, aliasDocument);
  CHECK(device.get() == "ID|secret|token");
}

TEST_CASE("credentials of a role alias do not stay in freed memory") {
  const std::string canary = "canary-of-a-role-alias-0123456789";
  class Service final : public HttpTransport {
   public:
    explicit Service(const std::string& secret) : secret_(secret) {}
    Result<void> send(const HttpRequest&, HttpResponse& response) override {
      response.status = 200;
      response.body.assign(R"({"credentials":{"accessKeyId":"ID","secretAccessKey":")");
      response.body.append(secret_);
      response.body.append(R"(","sessionToken":"token"}})");
      return {};
    }

   private:
    const std::string& secret_;
  } service(canary);
  ManualClock clock;
  const FreedMemoryWatch watch(canary);
  {
    IotRoleAliasCredentials provider({host, "alias", "thing"}, service, clock);
    Credentials credentials;
    REQUIRE(provider.retrieve({}, credentials));
    CHECK(credentials.secretAccessKey.equals(canary));
  }
  CHECK(watch.leaks() == 0);
}
