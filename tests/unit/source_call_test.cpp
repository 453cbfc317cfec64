// SPDX-License-Identifier: BSL-1.0
// What the operations of the credential sources have of the engine.
#include "secure_tunneling/credentials/detail/source_call.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "secure_tunneling/detail/percent_encoding.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/freed_memory.hpp"

using namespace secure_tunneling;

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

CallRules rulesOf(int maxAttempts) {
  CallRules rules;
  rules.maxAttempts = maxAttempts;
  return rules;
}

struct Header {
  const char* name;
  std::string value;
};

/// An operation that sends what it is told to, and takes a 200 for what it asked for.
class Operation final : public detail::SourceCall {
 public:
  Operation(HttpExchange& exchange, HttpTransport& transport, const Endpoint& endpoint,
            int maxAttempts = 3, std::int64_t retryWithinMs = 0)
      : SourceCall(exchange, transport, rulesOf(maxAttempts), retryWithinMs), endpoint_(endpoint) {}

  const char* method = "GET";
  std::string target;
  std::vector<Header> headers;
  std::string body;
  /// Requests that one attempt takes.
  int requests = 1;

  Result<void> run(Clock& clock) {
    driveToEnd(*this, nullptr, clock);
    return takeOutcome("metadata");
  }

 private:
  bool writeRequest(std::int64_t) override {
    exchange_.request.body = body;
    for (const Header& header : headers)
      if (!addForeignHeader(header.name, header.value)) return false;
    return setForeignTarget(method, endpoint_, target);
  }
  Verdict readAnswer(const Moment&) override {
    if (exchange_.response.status != 200) return refuse({});
    return --requests == 0 ? Verdict::Finished : Verdict::Another;
  }

  const Endpoint& endpoint_;
};

/// An operation with all that it works in.
struct AskedSource {
  Endpoint endpoint;
  ScriptedTransport transport;
  ManualClock clock;
  HttpExchange exchange;
  Operation operation;

  explicit AskedSource(const std::string& url = "http://127.0.0.1", int maxAttempts = 3,
                       std::int64_t retryWithinMs = 0)
      : endpoint(endpointOf(url)),
        operation(exchange, transport, endpoint, maxAttempts, retryWithinMs) {}

  Result<void> run() { return operation.run(clock); }
};

}  // namespace

TEST_CASE("a source's request is put together from its pieces") {
  AskedSource source("http://[FD00:ec2::254]:8080/base/");
  source.transport.answer(200, "token", {{"X-Ttl", "60"}});
  source.operation.method = "PUT";
  source.operation.target = "/latest/api/token?a=b";
  source.operation.headers = {{"X-First", "1"}, {"X-Second", "two words"}};
  source.operation.body = "body";
  REQUIRE(source.run());
  CHECK(source.exchange.response.status == 200);
  CHECK(source.exchange.response.body.expose() == "token");
  CHECK(source.exchange.response.headers.find("x-ttl") == "60");

  const RecordedRequest& request = source.transport.requests().at(0);
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
    Result<void> send(const HttpRequest& request, HttpResponse& response) override {
      line = request.headers[0].line.data();
      response.status = 200;
      return {};
    }
  } transport;
  const Endpoint endpoint = endpointOf("http://127.0.0.1");
  HttpExchange exchange;
  ManualClock clock;
  Operation operation(exchange, transport, endpoint);
  operation.headers = {{"Authorization", "secret"}, {"Other", "x"}};
  REQUIRE(operation.run(clock));
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
    AskedSource source(row.url);
    source.transport.answer(200);
    source.operation.target = row.target;
    REQUIRE(source.run());
    CHECK(source.transport.requests().at(0).url == row.sent);
    CHECK(source.transport.requests().at(0).target ==
          std::string(row.sent).substr(std::string(row.sent).find('/', 8)));
  }
}

TEST_CASE("what would split a source's request is not sent") {
  const char* const badHeader =
      "metadata: header Authorization: the value has a line break or another control character";
  const char* const badTarget =
      "metadata: the path or query has a blank, a control or a non-ASCII character";
  const struct {
    const char* target;
    std::string value;
    const char* problem;
  } cases[] = {
      {"/", "secret\r\nX: y", badHeader},
      {"/", "secret\n", badHeader},
      {"/", std::string("secret\0x", 8), badHeader},
      {"/", "\x7fsecret", badHeader},
      {"/a b", "v", badTarget},
      {"/a\r\n", "v", badTarget},
      {"/\xc3\xa4", "v", badTarget},
  };
  for (const auto& row : cases) {
    CAPTURE(row.target, row.value);
    AskedSource source;
    source.operation.target = row.target;
    source.operation.headers = {{"Authorization", row.value}};
    const Result<void> sent = source.run();
    REQUIRE_FALSE(sent);
    CHECK(sent.error().kind == ErrorKind::Configuration);
    CHECK(sent.error().message == row.problem);
    CHECK(source.transport.requests().empty());
  }
}

TEST_CASE("a request has room for eight headers") {
  AskedSource source;
  source.transport.answer(200);
  source.operation.headers.assign(8, {"X-Many", "v"});
  REQUIRE(source.run());
  CHECK(source.transport.requests().at(0).headers.size() == 8);

  AskedSource full;
  full.operation.headers.assign(9, {"X-Many", "v"});
  const Result<void> sent = full.run();
  REQUIRE_FALSE(sent);
  CHECK(sent.error().message == "metadata: the request has a header too many");
  CHECK(full.transport.requests().empty());
}

TEST_CASE("an answer that is too long is dropped, and not asked for again") {
  constexpr std::size_t longest = std::size_t{1} << 20;
  AskedSource source;
  source.transport.answer(200, std::string(longest, 'x'));
  CHECK(source.run());
  AskedSource flooded;
  flooded.transport.answer(200, std::string(longest + 1, 'x'));
  const Result<void> sent = flooded.run();
  REQUIRE_FALSE(sent);
  CHECK(sent.error().message == "metadata: the answer is too long");
  CHECK(flooded.transport.requests().size() == 1);
}

TEST_CASE("an attempt may take several requests, and goes round in no circle") {
  AskedSource source;
  source.transport.answer(200).answer(503).answer(200).answer(200);
  source.operation.requests = 3;
  REQUIRE(source.run());
  CHECK(source.transport.remaining() == 0);
  CHECK(source.clock.waits().size() == 1);

  // They are counted anew for each attempt.
  AskedSource unsteady;
  unsteady.transport.answer(200).answer(200).answer(503).answer(200).answer(503);
  unsteady.transport.answer(200).answer(200).answer(200);
  unsteady.operation.requests = 6;
  REQUIRE(unsteady.run());
  CHECK(unsteady.transport.remaining() == 0);

  AskedSource circle;
  for (int i = 0; i != 9; ++i)
    circle.transport.answer(200);
  circle.operation.requests = 99;
  const Result<void> sent = circle.run();
  REQUIRE_FALSE(sent);
  CHECK(sent.error().message == "metadata: the server's answers lead in a circle");
  CHECK(circle.transport.requests().size() == 4);
}

TEST_CASE("nothing secret of a source's request is left in freed memory") {
  const FreedMemoryWatch watch("canary");
  const Endpoint endpoint = endpointOf("http://127.0.0.1");
  struct Silent final : HttpTransport {
    Result<void> send(const HttpRequest& request, HttpResponse& response) override {
      response.status = 200;
      response.body.assign(request.headers[0].value);
      return {};
    }
  } transport;
  /// Headers from memory that is no `Secret` of the test's.
  class Silently final : public detail::SourceCall {
   public:
    Silently(HttpExchange& exchange, HttpTransport& transport, const Endpoint& endpoint)
        : SourceCall(exchange, transport, {}), endpoint_(endpoint) {}

   private:
    bool writeRequest(std::int64_t) override {
      setRequest("POST", endpoint_);
      for (int i = 0; i != 8; ++i)
        if (!addForeignHeader("Authorization", "canary-canary-canary-canary-canary")) return false;
      return true;
    }
    Verdict readAnswer(const Moment&) override { return Verdict::Finished; }
    const Endpoint& endpoint_;
  };
  {
    HttpExchange exchange;
    ManualClock clock;
    Silently operation(exchange, transport, endpoint);
    driveToEnd(operation, nullptr, clock);
    CHECK(operation.error() == nullptr);
  }
  CHECK(watch.leaks() == 0);
}

TEST_CASE("percent-encoding keeps the unreserved characters only") {
  CHECK(encoded("azAZ09-._~") == "azAZ09-._~");
  CHECK(encoded("arn:aws:iam::1:role/R a+b=&%") ==
        "arn%3Aaws%3Aiam%3A%3A1%3Arole%2FR%20a%2Bb%3D%26%25");
  CHECK(encoded(std::string("\0\x7f\xff\r\n", 5)) == "%00%7F%FF%0D%0A");
}

TEST_CASE("which answers to a source are asked for again, and how long it waits") {
  const struct {
    int status;
    bool again;
  } cases[] = {{201, false}, {400, false}, {403, false}, {404, false}, {429, true},
               {500, true},  {501, false}, {502, true},  {503, true},  {504, true}};
  for (const auto& row : cases) {
    CAPTURE(row.status);
    AskedSource source("http://127.0.0.1", 2);
    source.transport.answer(row.status).answer(row.status);
    CHECK_FALSE(source.run());
    CHECK(source.transport.requests().size() == (row.again ? 2 : 1));
  }
  AskedSource source("http://127.0.0.1", 5);
  for (int i = 0; i != 5; ++i)
    source.transport.fail(Delivery::NotSent);
  CHECK_FALSE(source.run());
  CHECK(source.clock.waits() == std::vector<std::int64_t>{1000, 2000, 4000, 5000});
  AskedSource atOnce("http://127.0.0.1", 2);
  atOnce.clock.setRandom(0);
  atOnce.transport.fail(Delivery::NotSent).answer(200);
  CHECK(atOnce.run());
  CHECK(atOnce.clock.waits().empty());
}

TEST_CASE("a source is asked again for so long from the first request on") {
  const struct {
    std::int64_t eachTakesMs;
    std::size_t requests;
  } cases[] = {{0, 5}, {249, 3}, {250, 2}, {499, 2}, {500, 1}, {5'000, 1}};
  for (const bool isAnswered : {true, false}) {
    for (const auto& row : cases) {
      CAPTURE(isAnswered, row.eachTakesMs);
      AskedSource source("http://127.0.0.1", 5, 500);
      source.clock.setRandom(0);  // no waits
      for (int i = 0; i != 5; ++i) {
        if (isAnswered) {
          source.transport.answer(503);
        } else {
          source.transport.fail(Delivery::Unknown);
        }
        source.transport.takes(source.clock, row.eachTakesMs);
      }
      CHECK_FALSE(source.run());
      CHECK(source.transport.requests().size() == row.requests);
    }
  }
}

TEST_CASE("a source's request ends with an answer or with an error of the source") {
  AskedSource source("http://127.0.0.1", 3);
  SECTION("an answer that refuses, in its own words") {
    source.transport.answer(404, R"({"code":"None","message":"no such thing"})");
    const Result<void> done = source.run();
    REQUIRE_FALSE(done);
    CHECK(done.error().message == "metadata: HTTP status 404 (None: no such thing)");
    CHECK(done.error().kind == ErrorKind::Credentials);
    CHECK(done.error().delivery == Delivery::NotSent);
    CHECK(done.error().httpStatus == 0);
  }
  SECTION("after failures that pass") {
    source.transport.answer(503, "later").fail(Delivery::Unknown).answer(200, "yes");
    REQUIRE(source.run());
    CHECK(source.exchange.response.body.expose() == "yes");
    CHECK(source.transport.remaining() == 0);
  }
  SECTION("a failure of the transport") {
    Error failure = makeError(ErrorKind::Untrusted, "certificate");
    failure.delivery = Delivery::Unknown;
    failure.transportCode = 60;
    source.transport.fail(failure);
    const Result<void> done = source.run();
    REQUIRE_FALSE(done);
    CHECK(done.error().message == "metadata: certificate");
    CHECK(done.error().kind == ErrorKind::Credentials);
    CHECK(done.error().delivery == Delivery::NotSent);
    CHECK(done.error().transportCode == 60);
    CHECK(source.transport.requests().size() == 1);
  }
}

TEST_CASE("a source that a call has no time for has not failed") {
  AskedSource source;
  source.transport.answer(503);
  CallLimits limits;
  limits.timeoutMs = 100;
  source.exchange.end.begin(limits);
  const Result<void> outcome = source.run();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::DeadlineExceeded);
  CHECK(outcome.error().message == "metadata: HTTP status 503; the call has no time left to go on");
}
