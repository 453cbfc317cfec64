// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/detail/http_call.hpp"

#include <string>

#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/freed_memory.hpp"

using namespace secure_tunneling;
using detail::Attempts;
using detail::HttpCall;

namespace {

Endpoint endpointOf(const std::string& url) {
  Endpoint endpoint;
  REQUIRE(detail::splitUrl(url, endpoint).empty());
  return endpoint;
}

std::string encoded(std::string_view text) {
  std::string out;
  detail::appendPercentEncoded(text, out);
  return out;
}

Error answered(int status, std::string code = {}) {
  Error error = detail::statusError(status);
  error.code = std::move(code);
  return error;
}

}  // namespace

TEST_CASE("a source's request is put together from its pieces") {
  const Endpoint endpoint = endpointOf("http://[FD00:ec2::254]:8080/base/");
  ScriptedTransport transport;
  transport.answer(201, "token", {{"X-Ttl", "60"}});
  HttpCall call("PUT", endpoint, "/latest/api/token?a=b");
  call.addHeader("X-First", "1");
  call.addHeader("X-Second", "two words");
  call.body().append("body");
  REQUIRE(call.send(transport));
  CHECK(call.response().status == 201);
  CHECK(call.response().body.expose() == "token");
  CHECK(call.response().headers.find("x-ttl") == "60");

  const RecordedRequest& request = transport.requests().at(0);
  CHECK(request.method == "PUT");
  CHECK(request.url == "http://[fd00:ec2::254]:8080/base/latest/api/token?a=b");
  CHECK(request.target == "/base/latest/api/token?a=b");
  CHECK_FALSE(request.https);
  CHECK(request.host == "fd00:ec2::254");
  CHECK(request.port == 8080);
  CHECK(request.authority == "[fd00:ec2::254]:8080");
  CHECK(request.header("X-First") == "1");
  CHECK(request.header("X-Second") == "two words");
  CHECK(request.headers.size() == 2);
  CHECK(request.body == "body");
}

TEST_CASE("a header line of a source's request ends with a NUL, as C libraries want it") {
  struct LineCheck final : HttpTransport {
    std::string line;
    Result<void> send(const HttpRequest& request, HttpResponse&) override {
      line = request.headers[0].line.data();
      return {};
    }
  } transport;
  const Endpoint endpoint = endpointOf("http://127.0.0.1");
  HttpCall call("GET", endpoint);
  call.addHeader("Authorization", "secret");
  call.addHeader("Other", "x");
  REQUIRE(call.send(transport));
  CHECK(transport.line == "Authorization: secret");
}

TEST_CASE("where a source's request goes") {
  const struct {
    const char* url;
    const char* target;
    const char* sent;
  } cases[] = {
      {"http://127.0.0.1", "", "http://127.0.0.1/"},
      {"http://127.0.0.1", "/a", "http://127.0.0.1/a"},
      {"http://127.0.0.1/", "/a", "http://127.0.0.1/a"},
      {"http://127.0.0.1/x", "/a", "http://127.0.0.1/x/a"},
      {"http://127.0.0.1/x/", "/a/", "http://127.0.0.1/x/a/"},
      {"https://127.0.0.1:443/x?q=1", "", "https://127.0.0.1/x?q=1"},
      {"http://127.0.0.1?q", "", "http://127.0.0.1/?q"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.url, row.target);
    const Endpoint endpoint = endpointOf(row.url);
    ScriptedTransport transport;
    transport.answer(200);
    HttpCall call("GET", endpoint, row.target);
    REQUIRE(call.send(transport));
    CHECK(transport.requests().at(0).url == row.sent);
  }
}

TEST_CASE("what would split a source's request is not sent") {
  const Endpoint endpoint = endpointOf("http://127.0.0.1");
  const struct {
    std::string target;
    std::string value;
    const char* problem;
  } cases[] = {
      {"/", "secret\r\nX: y",
       "header Authorization: the value has a line break or another control character"},
      {"/", "secret\n",
       "header Authorization: the value has a line break or another control character"},
      {"/", std::string("secret\0x", 8),
       "header Authorization: the value has a line break or another control character"},
      {"/", "\x7fsecret",
       "header Authorization: the value has a line break or another control character"},
      {"/a b", "v", "the path or query has a blank, a control or a non-ASCII character"},
      {"/a\r\n", "v", "the path or query has a blank, a control or a non-ASCII character"},
      {"/\xc3\xa4", "v", "the path or query has a blank, a control or a non-ASCII character"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.target, row.value);
    ScriptedTransport transport;
    HttpCall call("GET", endpoint, row.target);
    call.addHeader("Authorization", row.value);
    const Result<void> sent = call.send(transport);
    REQUIRE_FALSE(sent);
    CHECK(sent.error().kind == ErrorKind::Configuration);
    CHECK(sent.error().message == row.problem);
    CHECK(transport.requests().empty());
  }
}

TEST_CASE("a source's request has room for eight headers") {
  const Endpoint endpoint = endpointOf("http://127.0.0.1");
  ScriptedTransport transport;
  transport.answer(200);
  HttpCall call("GET", endpoint);
  for (int i = 0; i != 8; ++i)
    call.addHeader("X-Many", "v");
  REQUIRE(call.send(transport));
  CHECK(transport.requests().at(0).headers.size() == 8);
  call.addHeader("X-Ninth", "v");
  const Result<void> sent = call.send(transport);
  REQUIRE_FALSE(sent);
  CHECK(sent.error().message == "header X-Ninth: one header too many");
}

TEST_CASE("an answer to a source that is too long is dropped") {
  const Endpoint endpoint = endpointOf("http://127.0.0.1");
  ScriptedTransport transport;
  transport.answer(200, std::string(HttpCall::maxBodyBytes, 'x'))
      .answer(200, std::string(HttpCall::maxBodyBytes + 1, 'x'));
  HttpCall call("GET", endpoint);
  CHECK(call.send(transport));
  const Result<void> sent = call.send(transport);
  REQUIRE_FALSE(sent);
  CHECK(sent.error().kind == ErrorKind::InvalidResponse);
  CHECK(call.response().body.empty());
}

TEST_CASE("nothing secret of a source's request is left in freed memory") {
  const FreedMemoryWatch watch("canary");
  const Endpoint endpoint = endpointOf("http://127.0.0.1");
  struct Silent final : HttpTransport {
    Result<void> send(const HttpRequest& request, HttpResponse& response) override {
      response.body.assign(request.body);
      return {};
    }
  } transport;
  {
    HttpCall call("POST", endpoint);
    for (int i = 0; i != 8; ++i)
      call.addHeader("Authorization", "canary-canary-canary-canary-canary");
    call.body().append("canary");
    REQUIRE(call.send(transport));
  }
  CHECK(watch.leaks() == 0);
}

TEST_CASE("percent-encoding keeps the unreserved characters only") {
  CHECK(encoded("azAZ09-._~") == "azAZ09-._~");
  CHECK(encoded("arn:aws:iam::1:role/R a+b=&%") ==
        "arn%3Aaws%3Aiam%3A%3A1%3Arole%2FR%20a%2Bb%3D%26%25");
  CHECK(encoded(std::string("\0\x7f\xff\r\n", 5)) == "%00%7F%FF%0D%0A");
}

TEST_CASE("which failures of a source are tried again, and how long it waits") {
  Error notSent = makeError(ErrorKind::Transport, "refused");
  Error untrusted = makeError(ErrorKind::Untrusted, "certificate");
  const struct {
    Error failure;
    bool again;
  } cases[] = {
      {notSent, true},        {untrusted, false},
      {answered(200), false}, {answered(400), false},
      {answered(403), false}, {answered(404), false},
      {answered(429), true},  {answered(500), true},
      {answered(502), true},  {answered(503), true},
      {answered(504), true},  {answered(400, "IDPCommunicationError"), true},
      {answered(501), false}, {answered(400, "Throttling"), true},
  };
  for (const auto& row : cases) {
    CAPTURE(row.failure.httpStatus, row.failure.code, row.failure.message);
    Attempts attempts(2);
    CHECK(attempts.again(row.failure) == row.again);
    CHECK_FALSE(attempts.again(row.failure));
  }
  ManualClock clock;
  Attempts attempts(5, &clock);
  while (attempts.again(notSent)) {
  }
  CHECK(attempts.made() == 5);
  CHECK(clock.waits() == std::vector<std::int64_t>{1000, 2000, 4000, 5000});
  clock.setRandom(0);
  Attempts atOnce(2, &clock);
  CHECK(atOnce.again(notSent));
  CHECK(clock.waits().size() == 4);
}

TEST_CASE("an exchange ends with an answer or with an error of the source") {
  const Endpoint endpoint = endpointOf("http://127.0.0.1");
  ScriptedTransport transport;
  HttpCall call("GET", endpoint);
  SECTION("an answer of any kind") {
    transport.answer(404, "no");
    REQUIRE(detail::exchange(call, transport, "metadata", Attempts(3)));
    CHECK(call.response().status == 404);
    CHECK(call.response().body.expose() == "no");
  }
  SECTION("after failures that pass") {
    transport.answer(503, "later").fail(Delivery::Unknown).answer(200, "yes");
    REQUIRE(detail::exchange(call, transport, "metadata", Attempts(3)));
    CHECK(call.response().body.expose() == "yes");
    CHECK(transport.remaining() == 0);
  }
  SECTION("a status to the end") {
    transport.answer(503).answer(503, "why").answer(200);
    REQUIRE(detail::exchange(call, transport, "metadata", Attempts(2)));
    CHECK(call.response().status == 503);
    CHECK(call.response().body.expose() == "why");
    CHECK(transport.remaining() == 1);
  }
  SECTION("a failure of the transport") {
    Error failure = makeError(ErrorKind::Untrusted, "certificate");
    failure.delivery = Delivery::Unknown;
    failure.transportCode = 60;
    transport.fail(failure);
    const Result<void> done = detail::exchange(call, transport, "metadata", Attempts(3));
    REQUIRE_FALSE(done);
    CHECK(done.error().message == "metadata: certificate");
    CHECK(done.error().kind == ErrorKind::Credentials);
    CHECK(done.error().delivery == Delivery::NotSent);
    CHECK(done.error().transportCode == 60);
    CHECK(transport.requests().size() == 1);
  }
  SECTION("a header that is refused") {
    call.addHeader("X", "\n");
    const Result<void> done = detail::exchange(call, transport, "metadata", Attempts(3));
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == ErrorKind::Configuration);
  }
}
