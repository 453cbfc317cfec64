// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/credentials/instance_metadata.hpp"

#include <string>
#include <vector>

#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/freed_memory.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* tokenHeader = "X-aws-ec2-metadata-token";
constexpr const char* ttlHeader = "X-aws-ec2-metadata-token-ttl-seconds";
constexpr const char* rolesPath = "/latest/meta-data/iam/security-credentials/";
constexpr const char* extendedPath = "/latest/meta-data/iam/security-credentials-extended/";
constexpr const char* instanceDocument =
    R"({"Code":"Success","AccessKeyId":"ID","SecretAccessKey":"secret","Token":"token","Expiration":"2026-01-15T18:30:00Z"})";

/// The metadata service as a script, and the environment of a program on its instance.
struct MetadataInstance {
  TestEnvironment environment;
  ScriptedTransport transport;
  ManualClock clock;
  ErrorKind kind = ErrorKind::InvalidArgument;
  Credentials credentials;

  MetadataInstance& token(const std::string& text = "T1", const std::string& ttl = "21600") {
    transport.answer(200, text, {{ttlHeader, ttl}});
    return *this;
  }
  MetadataInstance& answer(int status, const std::string& body = {}) {
    transport.answer(status, body);
    return *this;
  }
  /// The text at a path, or the error.
  std::string get(InstanceMetadata& metadata, const std::string& path = "/x") {
    const Result<Secret> text = metadata.get(path);
    if (text) return std::string(text->expose());
    return take(text.error());
  }
  std::string get(InstanceMetadataOptions options = {}) {
    InstanceMetadata metadata(transport, clock, std::move(options));
    return get(metadata);
  }
  /// `id|secret|token`, or the error.
  std::string retrieve(InstanceMetadataCredentials& provider) {
    CredentialsQuery query;
    query.nowMs = clock.now().unixMs;
    query.random = clock.now().random;
    const Result<void> result = provider.retrieve(query, credentials);
    if (!result) return take(result.error());
    return credentials.accessKeyId + "|" + std::string(credentials.secretAccessKey.expose()) + "|" +
           std::string(credentials.sessionToken.expose());
  }
  std::string retrieve(InstanceMetadataOptions options = {}) {
    InstanceMetadataCredentials provider(transport, clock, std::move(options));
    return retrieve(provider);
  }
  std::string take(const Error& error) {
    kind = error.kind;
    CHECK(error.delivery == Delivery::NotSent);
    CHECK(error.httpStatus == 0);
    return error.message;
  }
  /// `METHOD path token` of each request.
  [[nodiscard]] std::vector<std::string> requests() const {
    std::vector<std::string> out;
    for (const RecordedRequest& request : transport.requests()) {
      out.push_back(request.method + " " + request.target + " " +
                    request.header(tokenHeader).value_or("-"));
    }
    return out;
  }
};

using Lines = std::vector<std::string>;

const std::string putLine = "PUT /latest/api/token -";

}  // namespace

TEST_CASE("metadata are asked for with a session token") {
  MetadataInstance instance;
  InstanceMetadata metadata(instance.transport, instance.clock);
  CHECK(instance.transport.requests().empty());
  instance.token().answer(200, "text").answer(200, "other");
  CHECK(instance.get(metadata, "/a") == "text");
  CHECK(instance.get(metadata, "/b") == "other");
  CHECK(instance.requests() == Lines{putLine, "GET /a T1", "GET /b T1"});
  CHECK(instance.transport.requests()[0].header(ttlHeader) == "21600");
  CHECK(instance.transport.requests()[0].url == "http://169.254.169.254/latest/api/token");
  CHECK(instance.transport.requests()[0].body.empty());
}

TEST_CASE("a session token is replaced two minutes before it ends") {
  MetadataInstance instance;
  InstanceMetadataOptions options;
  options.tokenTtlSeconds = 600;
  InstanceMetadata metadata(instance.transport, instance.clock, options);
  instance.token("T1", "600").answer(200, "1").answer(200, "2").token("T2").answer(200, "3");
  CHECK(instance.get(metadata) == "1");
  CHECK(instance.transport.requests()[0].header(ttlHeader) == "600");
  instance.clock.advance(480'000 - 1);
  CHECK(instance.get(metadata) == "2");
  instance.clock.advance(1);
  CHECK(instance.get(metadata) == "3");
  CHECK(instance.requests() == Lines{putLine, "GET /x T1", "GET /x T1", putLine, "GET /x T2"});
}

TEST_CASE("a session token is replaced within six hours, whatever its server says") {
  MetadataInstance instance;
  InstanceMetadata metadata(instance.transport, instance.clock);
  instance.token("T1", "999999999").answer(200, "1").answer(200, "2").token("T2").answer(200, "3");
  CHECK(instance.get(metadata) == "1");
  instance.clock.advance(21'480'000 - 1);
  CHECK(instance.get(metadata) == "2");
  instance.clock.advance(1);
  CHECK(instance.get(metadata) == "3");
}

TEST_CASE("a session token that says nothing of its end is used once") {
  MetadataInstance instance;
  InstanceMetadata metadata(instance.transport, instance.clock);
  const std::string ttl = GENERATE(as<std::string>{}, "", "0", "-5", "soon", "600s", "99999999999");
  instance.token("T1", ttl).answer(200, "1").token("T2", ttl).answer(200, "2");
  CHECK(instance.get(metadata) == "1");
  CHECK(instance.get(metadata) == "2");
  CHECK(instance.requests() == Lines{putLine, "GET /x T1", putLine, "GET /x T2"});
}

TEST_CASE("a session token that is not taken is replaced at once") {
  MetadataInstance instance;
  InstanceMetadata metadata(instance.transport, instance.clock);
  instance.token().answer(401).token("T2").answer(200, "text");
  CHECK(instance.get(metadata) == "text");
  CHECK(instance.requests() == Lines{putLine, "GET /x T1", putLine, "GET /x T2"});
  instance.answer(401).token("T3").answer(401).token("T4").answer(401);
  CHECK(instance.get(metadata) == "instance metadata: GET /x: HTTP status 401");
  CHECK(instance.kind == ErrorKind::Credentials);
  CHECK(instance.transport.remaining() == 0);
}

TEST_CASE("a session token that is no header value is refused and not told") {
  MetadataInstance instance;
  SECTION("controls") {
    instance.token(
        GENERATE(as<std::string>{}, "canary\r\nX: y", "canary x", "canary\x7f", "can\xc3\xa4ry"));
    CHECK(instance.get() ==
          "instance metadata: the session token has a blank, a control or a non-ASCII character");
  }
  SECTION("empty") {
    instance.token(GENERATE(as<std::string>{}, "", "\n"));
    CHECK(instance.get() == "instance metadata: the session token is empty");
  }
  SECTION("but a line end behind it is none of it") {
    instance.token("T1\n").answer(200, "text");
    CHECK(instance.get() == "text");
    CHECK(instance.requests().back() == "GET /x T1");
    return;
  }
  CHECK(instance.kind == ErrorKind::Credentials);
  CHECK(instance.transport.requests().size() == 1);
}

TEST_CASE("errors of the server are asked again without waiting, three times in all") {
  MetadataInstance instance;
  SECTION("of the token") {
    instance.answer(500).answer(503).token().answer(200, "text");
    CHECK(instance.get() == "text");
  }
  SECTION("of the metadata") {
    instance.token().answer(500).answer(502).answer(200, "text");
    CHECK(instance.get() == "text");
    CHECK(instance.requests().size() == 4);
  }
  SECTION("for long") {
    instance.token().answer(500).answer(500).answer(500);
    CHECK(instance.get() == "instance metadata: GET /x: HTTP status 500");
    CHECK(instance.kind == ErrorKind::Credentials);
  }
  SECTION("nobody there") {
    for (int i = 0; i != 3; ++i)
      instance.transport.fail(Delivery::NotSent, "no route");
    CHECK(instance.get() == "instance metadata: no route");
    CHECK(instance.kind == ErrorKind::NoCredentials);
  }
  SECTION("not what it refuses") {
    instance.answer(400, R"({"message":"bad ttl"})");
    CHECK(instance.get() == "instance metadata: no session token: HTTP status 400 (bad ttl)");
    CHECK(instance.kind == ErrorKind::Credentials);
  }
  SECTION("nor what is not there") {
    instance.token().answer(404);
    CHECK(instance.get() == "instance metadata: GET /x: HTTP status 404");
    CHECK(instance.kind == ErrorKind::NoCredentials);
  }
  CHECK(instance.transport.remaining() == 0);
  CHECK(instance.clock.waits().empty());
}

namespace {

/// A service that lets each request wait for a second.
class Silent final : public HttpTransport {
 public:
  explicit Silent(ManualClock& clock) : clock_(clock) {}
  int asked = 0;
  Result<void> send(const HttpRequest&, HttpResponse&) override {
    ++asked;
    clock_.advance(1'000);
    return makeError(ErrorKind::Transport, "timed out");
  }

 private:
  ManualClock& clock_;
};

}  // namespace

TEST_CASE("the service is asked as often as is configured, whatever time that takes") {
  MetadataInstance instance;
  Silent silent(instance.clock);
  InstanceMetadataCredentials provider(silent, instance.clock);
  int attempts = 0;
  SECTION("by a variable") {
    attempts = GENERATE(1, 2, 5);
    instance.environment.set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", std::to_string(attempts));
  }
  SECTION("by the profile") {
    attempts = 4;
    instance.environment.write(".aws/config", "[default]\nmetadata_service_num_attempts = 4\n");
  }
  CHECK(instance.retrieve(provider) == "instance metadata: timed out");
  CHECK(silent.asked == attempts);
  CHECK(instance.clock.waits().empty());
  instance.environment.set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3");
  CHECK(instance.retrieve(provider) == "instance metadata: timed out");
  CHECK(silent.asked == attempts + 3);
}

TEST_CASE("a service that lets a request wait is not asked again") {
  MetadataInstance instance;
  Silent silent(instance.clock);
  InstanceMetadataCredentials provider(silent, instance.clock);
  CHECK(instance.retrieve(provider) == "instance metadata: timed out");
  CHECK(instance.kind == ErrorKind::NoCredentials);
  CHECK(silent.asked == 1);
}

TEST_CASE("a session token that does not come is told with what may have kept it") {
  MetadataInstance instance;
  instance.environment.set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1");
  SECTION("asked for") {
    instance.transport.fail(Delivery::Unknown, "timed out");
    CHECK(instance.get() ==
          "instance metadata: timed out; in a container the hop limit has to be 2 or more for the "
          "answer to come");
    CHECK(instance.kind == ErrorKind::NoCredentials);
  }
  SECTION("not sent") {
    instance.transport.fail(Delivery::NotSent, "nobody there");
    CHECK(instance.get() == "instance metadata: nobody there");
  }
  SECTION("there, but nothing else") {
    instance.token().transport.fail(Delivery::Unknown, "timed out");
    CHECK(instance.get() == "instance metadata: timed out");
  }
}

TEST_CASE("without a session token only who says so goes on") {
  MetadataInstance instance;
  InstanceMetadataOptions options;
  options.allowV1 = true;
  const auto refuseToken = [&](int status) {
    if (status != 0) {
      instance.answer(status);
    } else {
      instance.transport.fail(Delivery::Unknown, "timed out");
    }
  };
  const int status = GENERATE(403, 404, 405, 0);
  CAPTURE(status);
  refuseToken(status);
  SECTION("goes on") {
    instance.answer(200, "text");
    CHECK(instance.get(options) == "text");
    CHECK(instance.requests() == Lines{putLine, "GET /x -"});
  }
  SECTION("does not by default") {
    if (status == 0) instance.answer(404);
    CHECK(instance.get().find("instance metadata: ") == 0);
    CHECK(instance.requests().back() == putLine);
  }
  SECTION("does not where the environment forbids it") {
    if (status == 0) instance.answer(404);
    instance.environment.set("AWS_EC2_METADATA_V1_DISABLED", "True");
    CHECK(instance.get(options).find("instance metadata: ") == 0);
    CHECK(instance.requests().back() == putLine);
  }
  SECTION("does not where the profile forbids it") {
    if (status == 0) instance.answer(404);
    instance.environment.write(".aws/config", "[default]\nec2_metadata_v1_disabled = true\n");
    CHECK(instance.get(options).find("instance metadata: ") == 0);
    CHECK(instance.requests().back() == putLine);
  }
}

TEST_CASE("other failures are none of a service without session tokens") {
  MetadataInstance instance;
  InstanceMetadataOptions options;
  options.allowV1 = true;
  SECTION("an error of the server") {
    instance.answer(500).answer(500).answer(500);
    CHECK(instance.get(options) == "instance metadata: no session token: HTTP status 500");
  }
  SECTION("nobody there") {
    for (int i = 0; i != 3; ++i)
      instance.transport.fail(Delivery::NotSent, "no route");
    CHECK(instance.get(options) == "instance metadata: no route");
  }
  CHECK(instance.transport.remaining() == 0);
}

TEST_CASE("the service can be switched off") {
  MetadataInstance instance;
  instance.environment.set("AWS_EC2_METADATA_DISABLED",
                           GENERATE(as<std::string>{}, "true", "TRUE"));
  CHECK(instance.retrieve() == "instance metadata: switched off by AWS_EC2_METADATA_DISABLED");
  CHECK(instance.kind == ErrorKind::NoCredentials);
  instance.environment.set("AWS_EC2_METADATA_DISABLED", "yes");
  CHECK(instance.retrieve() == "AWS_EC2_METADATA_DISABLED is \"yes\": expected true or false");
  CHECK(instance.kind == ErrorKind::Configuration);
  CHECK(instance.transport.requests().empty());
  instance.environment.set("AWS_EC2_METADATA_DISABLED", "false");
  instance.token().answer(200, "text");
  CHECK(instance.get() == "text");
}

TEST_CASE("the metadata service is where options, environment or profile say") {
  const char* const endpointName = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  const char* const modeName = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
  const struct {
    const char* optionEndpoint;
    const char* optionMode;
    const char* endpoint;
    const char* mode;
    const char* config;
    const char* url;
  } cases[] = {
      {"", "", "", "", "", "http://169.254.169.254"},
      {"", "", "", "ipv6", "", "http://[fd00:ec2::254]"},
      {"", "IPv6", "", "IPv4", "", "http://[fd00:ec2::254]"},
      {"", "", "http://a:1", "IPv6", "", "http://a:1"},
      {"https://b", "", "http://a:1", "", "", "https://b"},
      {"", "", "", "", "ec2_metadata_service_endpoint = http://c/base/\n", "http://c/base"},
      {"", "", "", "", "ec2_metadata_service_endpoint_mode = IPv6\n", "http://[fd00:ec2::254]"},
      {"", "", "", "IPv4", "ec2_metadata_service_endpoint_mode = IPv6\n", "http://169.254.169.254"},
      {"", "", "http://a:1", "", "ec2_metadata_service_endpoint = http://c\n", "http://a:1"},
      {"", "IPv6", "", "", "ec2_metadata_service_endpoint = http://c\n", "http://c"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.url, row.config);
    MetadataInstance instance;
    instance.environment.set(endpointName, row.endpoint);
    instance.environment.set(modeName, row.mode);
    instance.environment.write(".aws/config", std::string("[profile p]\n") + row.config);
    InstanceMetadataOptions options;
    options.endpoint = row.optionEndpoint;
    options.endpointMode = row.optionMode;
    options.profile = "p";
    instance.token().answer(200, "text");
    CHECK(instance.get(options) == "text");
    CHECK(instance.transport.requests()[0].url == std::string(row.url) + "/latest/api/token");
    CHECK(instance.transport.requests()[1].url == std::string(row.url) + "/x");
  }
}

TEST_CASE("a setting of the service that is no good is refused with its origin") {
  MetadataInstance instance;
  SECTION("endpoint") {
    instance.environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "not a url");
    CHECK(
        instance.get() ==
        "AWS_EC2_METADATA_SERVICE_ENDPOINT is \"not a url\": expected http://HOST or https://HOST");
  }
  SECTION("mode in a file") {
    const std::string path = instance.environment.write(
        ".aws/config", "[default]\nec2_metadata_service_endpoint_mode = IPv7\n");
    CHECK(instance.get() ==
          path + ", line 2: ec2_metadata_service_endpoint_mode is \"IPv7\": expected IPv4 or IPv6");
  }
  SECTION("mode of the program") {
    InstanceMetadataOptions options;
    options.endpointMode = "v6";
    CHECK(instance.get(options) == "endpointMode is \"v6\": expected IPv4 or IPv6");
  }
  SECTION("flag") {
    instance.environment.set("AWS_EC2_METADATA_V1_DISABLED", "1");
    CHECK(instance.get() == "AWS_EC2_METADATA_V1_DISABLED is \"1\": expected true or false");
  }
  SECTION("attempts") {
    instance.environment.set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "0");
    CHECK(instance.get() ==
          "AWS_METADATA_SERVICE_NUM_ATTEMPTS is \"0\": expected a whole number, 1 or more");
  }
  SECTION("patience") {
    instance.environment.set("AWS_METADATA_SERVICE_TIMEOUT", "2s");
    CHECK(instance.get() ==
          "AWS_METADATA_SERVICE_TIMEOUT is \"2s\": expected a whole number, 1 or more");
  }
  SECTION("patience of the profile") {
    const std::string path =
        instance.environment.write(".aws/config", "[default]\nmetadata_service_timeout = 2s\n");
    CHECK(instance.get() == path +
                                ", line 2: metadata_service_timeout is \"2s\": expected a whole "
                                "number, 1 or more");
  }
  SECTION("file") {
    const std::string path = instance.environment.write(".aws/config", "canary");
    CHECK(instance.get() == path + ", line 1: expected a [section] before the first property");
  }
  CHECK(instance.kind == ErrorKind::Configuration);
  CHECK(instance.transport.requests().empty());
}

TEST_CASE("a session token goes to no other endpoint") {
  MetadataInstance instance;
  InstanceMetadata metadata(instance.transport, instance.clock);
  instance.token().answer(200, "1").token("T2").answer(200, "2");
  CHECK(instance.get(metadata) == "1");
  instance.environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://other");
  CHECK(instance.get(metadata) == "2");
  CHECK(instance.requests() == Lines{putLine, "GET /x T1", putLine, "GET /x T2"});
}

TEST_CASE("the region of the instance") {
  MetadataInstance instance;
  InstanceMetadata metadata(instance.transport, instance.clock);
  instance.token().answer(200, "eu-central-1\n").answer(200, "evil.example/T1").answer(404);
  Result<std::string> region = metadata.region();
  REQUIRE(region);
  CHECK(*region == "eu-central-1");
  CHECK(instance.requests()[1] == "GET /latest/meta-data/placement/region T1");
  region = metadata.region();
  REQUIRE_FALSE(region);
  CHECK(
      region.error().message ==
      "instance metadata: the answer is no region: expected letters, digits and inner hyphens, as "
      "in us-east-1");
  region = metadata.region();
  REQUIRE_FALSE(region);
  CHECK(region.error().kind == ErrorKind::NoCredentials);
}

TEST_CASE("credentials of the instance's role") {
  MetadataInstance instance;
  InstanceMetadataCredentials provider(instance.transport, instance.clock);
  instance.token().answer(200, "the+role=,.@-_1\n").answer(200, instanceDocument);
  CHECK(instance.retrieve(provider) == "ID|secret|token");
  CHECK(instance.credentials.expiresAtMs == ManualClock::defaultUnixMs + 6 * 3'600'000);
  CHECK(instance.requests() == Lines{putLine, std::string("GET ") + rolesPath + " T1",
                                     std::string("GET ") + rolesPath + "the+role=,.@-_1 T1"});
  SECTION("the role's name is kept") {
    instance.answer(200, instanceDocument);
    CHECK(instance.retrieve(provider) == "ID|secret|token");
    CHECK(instance.requests().size() == 4);
  }
  SECTION("until it is gone") {
    instance.answer(404).answer(200, "other").answer(200, instanceDocument);
    CHECK(instance.retrieve(provider) == "ID|secret|token");
    CHECK(instance.requests().back() == std::string("GET ") + rolesPath + "other T1");
    CHECK(instance.requests().size() == 6);
  }
  SECTION("a new one that is gone too ends it") {
    instance.answer(404).answer(200, "other").answer(404);
    CHECK(instance.retrieve(provider) ==
          std::string("instance metadata: GET ") + rolesPath + "other: HTTP status 404");
  }
  SECTION("another error is no reason to ask for the name") {
    instance.answer(400);
    CHECK(instance.retrieve(provider) ==
          std::string("instance metadata: GET ") + rolesPath + "the+role=,.@-_1: HTTP status 400");
    CHECK(instance.kind == ErrorKind::Credentials);
  }
  CHECK(instance.transport.remaining() == 0);
}

TEST_CASE("an instance without a role, or with one that has no valid name") {
  MetadataInstance instance;
  instance.token();
  SECTION("none") {
    instance.answer(404);
    CHECK(instance.retrieve() ==
          std::string("instance metadata: GET ") + rolesPath + ": HTTP status 404");
    CHECK(instance.kind == ErrorKind::NoCredentials);
  }
  SECTION("no valid name") {
    const std::string name = GENERATE(as<std::string>{}, "", " ", "../token", "a?b", "a#b", "a%2fb",
                                      "a b", "a\tb", "/T1");
    instance.answer(200, name);
    CHECK(instance.retrieve() == "instance metadata: the answer is no name of a role");
    CHECK(instance.kind == ErrorKind::Credentials);
  }
  SECTION("the first line counts") {
    instance.answer(200, "first\r\nsecond\r\n").answer(200, instanceDocument);
    CHECK(instance.retrieve() == "ID|secret|token");
    CHECK(instance.requests().back() == std::string("GET ") + rolesPath + "first T1");
  }
}

TEST_CASE("the role that the program names is not asked for") {
  MetadataInstance instance;
  InstanceMetadataOptions options;
  options.roleName = "mine";
  SECTION("there") {
    instance.token().answer(200, instanceDocument);
    CHECK(instance.retrieve(options) == "ID|secret|token");
  }
  SECTION("not there") {
    instance.token().answer(404);
    CHECK(instance.retrieve(options) ==
          std::string("instance metadata: GET ") + rolesPath + "mine: HTTP status 404");
  }
  SECTION("no name") {
    options.roleName = "a\r\nb";
    instance.token();
    CHECK(instance.retrieve(options) ==
          "instance metadata: the path or query has a blank, a control or a non-ASCII character");
    CHECK(instance.kind == ErrorKind::Configuration);
  }
  CHECK(instance.transport.remaining() == 0);
}

TEST_CASE("the extended path, and the old one where there is none") {
  MetadataInstance instance;
  InstanceMetadataOptions options;
  options.useExtendedPath = true;
  InstanceMetadataCredentials provider(instance.transport, instance.clock, options);
  SECTION("extended") {
    instance.token().answer(200, "role").answer(200, instanceDocument);
    CHECK(instance.retrieve(provider) == "ID|secret|token");
    CHECK(instance.requests().back() == std::string("GET ") + extendedPath + "role T1");
  }
  SECTION("old") {
    instance.token()
        .answer(404)
        .answer(200, "role")
        .answer(200, instanceDocument)
        .answer(200, instanceDocument);
    CHECK(instance.retrieve(provider) == "ID|secret|token");
    CHECK(instance.retrieve(provider) == "ID|secret|token");
    CHECK(instance.requests() == Lines{putLine, std::string("GET ") + extendedPath + " T1",
                                       std::string("GET ") + rolesPath + " T1",
                                       std::string("GET ") + rolesPath + "role T1",
                                       std::string("GET ") + rolesPath + "role T1"});
  }
  SECTION("neither") {
    instance.token().answer(404).answer(404);
    CHECK(instance.retrieve(provider) ==
          std::string("instance metadata: GET ") + rolesPath + ": HTTP status 404");
  }
  CHECK(instance.transport.remaining() == 0);
}

TEST_CASE("what the service says instead of credentials is the error") {
  MetadataInstance instance;
  instance.token().answer(200, "role");
  SECTION("a code") {
    instance.answer(200, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot"})");
    CHECK(instance.retrieve() == "instance metadata: AssumeRoleUnauthorizedAccess: EC2 cannot");
  }
  SECTION("half of them") {
    instance.answer(200, R"({"AccessKeyId":"ID","SecretAccessKey":"canary"})");
    CHECK(instance.retrieve() == "instance metadata: Token: missing");
  }
  SECTION("something else") {
    instance.answer(200, "<html>canary</html>");
    CHECK(instance.retrieve() ==
          "instance metadata: HTML or XML, not valid JSON in UTF-8, at byte 0 of 19");
  }
  CHECK(instance.kind == ErrorKind::Credentials);
}

TEST_CASE("credentials that are over get ten to fifteen minutes more") {
  const struct {
    std::uint32_t random;
    std::int64_t moreMs;
  } cases[] = {{0, 600'000}, {0x80000000U, 750'000}, {0xffffffffU, 899'999}};
  for (const auto& row : cases) {
    CAPTURE(row.random);
    MetadataInstance instance;
    instance.clock.setRandom(row.random);
    const std::int64_t end = ManualClock::defaultUnixMs + 6 * 3'600'000;
    InstanceMetadataCredentials provider(instance.transport, instance.clock);
    instance.clock.set(end - 1);
    instance.token()
        .answer(200, "role")
        .answer(200, instanceDocument)
        .answer(200, instanceDocument);
    CHECK(instance.retrieve(provider) == "ID|secret|token");
    CHECK(instance.credentials.expiresAtMs == end);
    instance.clock.set(end);
    CHECK(instance.retrieve(provider) == "ID|secret|token");
    CHECK(instance.credentials.expiresAtMs == end + row.moreMs);
  }
}

TEST_CASE("what a service says of the session token stays out of the error") {
  MetadataInstance instance;
  const std::string token = "canary-of-a-session-token-0123456789";
  SECTION("refused") {
    instance.token(token).answer(403, R"({"message":")" + token + "\"}");
    CHECK(instance.get() == "instance metadata: GET /x: HTTP status 403 (***)");
  }
  SECTION("a part of it") {
    instance.token(token).answer(
        403, R"({"code":"Odd","message":"what is )" + token.substr(0, 20) + "\"}");
    CHECK(instance.get() == "instance metadata: GET /x: HTTP status 403 (Odd: what is ***)");
  }
  SECTION("no longer taken") {
    for (int i = 0; i != 3; ++i)
      instance.token(token).answer(401, R"({"message":")" + token + "\"}");
    CHECK(instance.get() == "instance metadata: GET /x: HTTP status 401 (***)");
  }
  SECTION("instead of credentials") {
    instance.token(token)
        .answer(200, "role")
        .answer(200, R"({"Code":"AccessDenied","Message":")" + token + "\"}");
    CHECK(instance.retrieve() == "instance metadata: AccessDenied: ***");
  }
  SECTION("as the name of a role") {
    instance.token(token).answer(200, "my-" + token.substr(5, 15));
    CHECK(instance.retrieve() == "instance metadata: the answer is no name of a role");
  }
  SECTION("as the region") {
    instance.token(token).answer(200, "eu-" + token.substr(5, 15));
    InstanceMetadata metadata(instance.transport, instance.clock);
    const Result<std::string> region = metadata.region();
    REQUIRE_FALSE(region);
    CHECK(region.error().message.find(token.substr(5, 12)) == std::string::npos);
    instance.kind = region.error().kind;
  }
  CHECK(instance.kind == ErrorKind::Credentials);
  CHECK(instance.transport.remaining() == 0);
}

TEST_CASE("neither session token nor credentials of an instance stay in freed memory") {
  const std::string canary = "canary-of-an-instance-0123456789";
  class Service final : public HttpTransport {
   public:
    explicit Service(const std::string& secret) : secret_(secret) {}
    Result<void> send(const HttpRequest& request, HttpResponse& response) override {
      response.status = 200;
      if (request.method == "PUT") {
        response.headers.add(ttlHeader, "21600");
        response.body.assign(secret_);
      } else if (request.target.back() == '/') {
        response.body.assign("role");
      } else {
        response.body.assign(R"({"AccessKeyId":"ID","SecretAccessKey":")");
        response.body.append(secret_);
        response.body.append(R"(","Token":")");
        response.body.append(secret_);
        response.body.append(R"("})");
      }
      return {};
    }

   private:
    const std::string& secret_;
  } service(canary);
  TestEnvironment environment;
  ManualClock clock;
  const FreedMemoryWatch watch(canary);
  {
    InstanceMetadataCredentials provider(service, clock);
    Credentials credentials;
    REQUIRE(provider.retrieve({}, credentials));
    CHECK(credentials.sessionToken.equals(canary));
  }
  CHECK(watch.leaks() == 0);
}
