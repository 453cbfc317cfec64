// SPDX-License-Identifier: BSL-1.0
// What is on the wire, to the byte, and what of HTTP is understood in an answer.
#include <cctype>
#include <cstring>
#include <iterator>
#include <mutex>
#include <string>
#include <vector>

#include "support/caller.hpp"

using namespace secure_tunneling;

namespace {

const std::string userAgentLine =
    "User-Agent: secure_tunneling/" SECURE_TUNNELING_VERSION_STRING "\r\n";
constexpr const char* wholeBody = R"({"sourceAccessToken":"new-source"})";

/// Keeps each request as it came and answers with a token.
class Recorder {
 public:
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return requests_;
  }
  [[nodiscard]] const SocketServer& server() const noexcept { return server_; }

 private:
  void serve(Connection& connection) {
    for (;;) {
      const std::string request = connection.readRequest();
      if (request.empty()) return;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        requests_.push_back(request);
      }
      connection.answer(200, wholeBody);
    }
  }

  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  SocketServer server_{[this](Connection& connection) { serve(connection); }};
};

/// Takes the signature out of a request, after a look at its form.
std::string takeSignature(std::string& request) {
  constexpr const char* name = "Signature=";
  const std::size_t at = request.find(name) + 10;
  std::string signature = request.substr(at, 64);
  for (const char c : signature)
    CHECK((std::isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f')));
  request.replace(at, 64, "...");
  return signature;
}

}  // namespace

TEST_CASE("the request is exactly this") {
  Recorder recorder;
  SECTION("signed") {
    Caller caller(recorder.server().url());
    REQUIRE(caller.rotate());
    REQUIRE(recorder.requests().size() == 1);
    std::string request = recorder.requests().front();
    takeSignature(request);
    CHECK(request ==
          "POST / HTTP/1.1\r\n"
          "Host: " +
              recorder.server().authority() + "\r\n" + userAgentLine +
              "content-type: application/x-amz-json-1.1\r\n"
              "x-amz-date: 20260115T123000Z\r\n"
              "x-amz-target: IoTSecuredTunneling.RotateTunnelAccessToken\r\n"
              "authorization: AWS4-HMAC-SHA256 "
              "Credential=AKIDEXAMPLE/20260115/us-east-1/IoTSecuredTunneling/aws4_request, "
              "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=...\r\n"
              "Content-Length: 42\r\n"
              "\r\n"
              R"({"tunnelId":"tunnel-1","clientMode":"ALL"})");
  }
  SECTION("with a session token, to a path") {
    Caller caller(settingsFor(recorder.server().url("localhost") + "/stage/v1"), direct(),
                  "session");
    REQUIRE(caller.rotate());
    REQUIRE(recorder.requests().size() == 1);
    std::string request = recorder.requests().front();
    takeSignature(request);
    CHECK(request ==
          "POST /stage/v1 HTTP/1.1\r\n"
          "Host: " +
              recorder.server().authority("localhost") + "\r\n" + userAgentLine +
              "content-type: application/x-amz-json-1.1\r\n"
              "x-amz-date: 20260115T123000Z\r\n"
              "x-amz-security-token: session\r\n"
              "x-amz-target: IoTSecuredTunneling.RotateTunnelAccessToken\r\n"
              "authorization: AWS4-HMAC-SHA256 "
              "Credential=AKIDEXAMPLE/20260115/us-east-1/IoTSecuredTunneling/aws4_request, "
              "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
              "Signature=...\r\n"
              "Content-Length: 42\r\n"
              "\r\n"
              R"({"tunnelId":"tunnel-1","clientMode":"ALL"})");
  }
  SECTION("unsigned") {
    Settings settings = settingsFor(recorder.server().url());
    settings.signRequests = false;
    Caller caller(settings);
    REQUIRE(caller.rotate());
    REQUIRE(recorder.requests().size() == 1);
    CHECK(recorder.requests().front() ==
          "POST / HTTP/1.1\r\n"
          "Host: " +
              recorder.server().authority() + "\r\n" + userAgentLine +
              "content-type: application/x-amz-json-1.1\r\n"
              "x-amz-target: IoTSecuredTunneling.RotateTunnelAccessToken\r\n"
              "Content-Length: 42\r\n"
              "\r\n"
              R"({"tunnelId":"tunnel-1","clientMode":"ALL"})");
  }
}

TEST_CASE("the host and the path that are sent are those that were signed") {
  ServedFake service;
  const std::string port = service.server().authority().substr(std::strlen("127.0.0.1"));
  // libcurl itself would write these hosts as 127.0.0.1, and take out dots, encoded ones too.
  const struct {
    const char* host;
    const char* path;
    const char* sentPath;
  } cases[] = {
      {"127.1", "", "/"},
      {"127.0.1", "/stage", "/stage"},
      {"0x7F000001", "", "/"},
      {"0x7f.0.0.1", "", "/"},
      {"017700000001", "", "/"},
      {"2130706433", "/", "/"},
      {"LOCALHOST", "", "/"},
      {"localhost", "/stage//./v1/../x", "/stage/x"},
      {"localhost", "/..", "/"},
      {"localhost", "/b/%2e%2E/%2e/c", "/b/%2E%2E/%2E/c"},
      {"localhost", "/b/%2f/~%7e/%C3%a4", "/b/%2F/~%7E/%C3%A4"},
      {"localhost", "/!\"$&'()*+,;<=>@[\\]^`{|}", "/!\"$&'()*+,;<=>@[\\]^`{|}"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.host, row.path);
    Settings settings = settingsFor("http://" + (row.host + port) + row.path);
    settings.allowHttp = true;
    Caller caller(settings);
    const RotateResult result = caller.rotate();
    INFO(describe(result));
    CHECK(result);
  }
  Recorder recorder;
  const std::string recorderPort = recorder.server().authority().substr(std::strlen("127.0.0.1"));
  for (std::size_t i = 0; i != std::size(cases); ++i) {
    CAPTURE(cases[i].host, cases[i].path);
    Settings settings = settingsFor("http://" + (cases[i].host + recorderPort) + cases[i].path);
    settings.allowHttp = true;
    Caller caller(settings);
    REQUIRE(caller.rotate());
    std::string host = cases[i].host;
    for (char& c : host)
      c = detail::toLower(c);
    const std::string begin = std::string("POST ") + cases[i].sentPath +
                              " HTTP/1.1\r\nHost: " + host + recorderPort + "\r\n";
    CHECK(recorder.requests().at(i).substr(0, begin.size()) == begin);
  }
}

TEST_CASE("the host that is sent to a proxy is the one that was signed") {
  for (const char* const authority : {"127.1:8080", "[0:0:0:0:0:0:0:1]:8080", "[::0001]",
                                      "[::ffff:127.0.0.1]", "example.com.", "127.0.0.01"}) {
    CAPTURE(authority);
    Recorder proxy;
    CurlTransportOptions options;
    options.proxy = proxy.server().url();
    options.noProxy = "-";
    Settings settings = settingsFor(std::string("http://") + authority);
    settings.allowHttp = true;
    Caller caller(settings, options);
    REQUIRE(caller.rotate());
    const std::string sent = proxy.requests().front();
    CHECK(sent.find(std::string("\r\nHost: ") + authority + "\r\n") != std::string::npos);
    CHECK(sent.find("Host:") == sent.rfind("Host:"));
  }
}

TEST_CASE("any method is sent, with a body or without, on one connection") {
  Recorder recorder;
  CurlTransport transport(direct());
  Endpoint endpoint;
  REQUIRE(detail::splitUrl(recorder.server().url(), endpoint).empty());
  const struct {
    const char* method;
    const char* body;
    const char* length;
  } cases[] = {
      {"PUT", "", "Content-Length: 0\r\n"},     {"GET", "", ""},
      {"POST", "a=b", "Content-Length: 3\r\n"}, {"GET", "", ""},
      {"POST", "", "Content-Length: 0\r\n"},    {"PUT", "body", "Content-Length: 4\r\n"},
      {"GET", "odd", "Content-Length: 3\r\n"},  {"DELETE", "", "Content-Length: 0\r\n"},
  };
  std::size_t sent = 0;
  for (const auto& row : cases) {
    CAPTURE(row.method, row.body);
    const std::string url = recorder.server().url() + "/path?query=1";
    const HttpHeader header{"Authorization: secret", "Authorization", "secret"};
    HttpRequest request;
    request.method = row.method;
    request.url = url;
    request.https = false;
    request.host = endpoint.host();
    request.port = endpoint.port;
    request.authority = endpoint.authority();
    request.target = "/path?query=1";
    request.headers = &header;
    request.headerCount = 1;
    request.body = row.body;
    HttpResponse response;
    REQUIRE(transport.send(request, response));
    CHECK(response.status == 200);
    CHECK(response.body.expose() == wholeBody);
    CHECK(recorder.requests().at(sent++) ==
          std::string(row.method) +
              " /path?query=1 HTTP/1.1\r\nHost: " + recorder.server().authority() + "\r\n" +
              userAgentLine + "Authorization: secret\r\n" + row.length + "\r\n" + row.body);
  }
  CHECK(recorder.server().connections() == 1);
}

TEST_CASE("text is sent as the UTF-8 it is, and escaped where JSON wants it") {
  Recorder recorder;
  Caller caller(recorder.server().url());
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = "tunnel-1";
  request.clientMode = ClientMode::other("FUTURE");
  request.destinationConfig.emplace();
  request.destinationConfig->thingName = "\xc3\xa9t\xc3\xa9 \xf0\x9f\x94\x91";
  request.destinationConfig->services = {"a\"b\\c\n", "/"};
  REQUIRE(rotateTunnelAccessToken(request, caller.client));
  REQUIRE(recorder.requests().size() == 1);
  const std::string sent = recorder.requests().front();
  CHECK(sent.substr(sent.find("\r\n\r\n") + 4) ==
        "{\"tunnelId\":\"tunnel-1\",\"clientMode\":\"FUTURE\",\"destinationConfig\":"
        "{\"thingName\":\"\xc3\xa9t\xc3\xa9 \xf0\x9f\x94\x91\","
        "\"services\":[\"a\\\"b\\\\c\\u000a\",\"/\"]}}");
}

TEST_CASE("a body of more than a megabyte is sent at once, without Expect") {
  Recorder recorder;
  Caller caller(recorder.server().url());
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = std::string(1'200'000, 't');
  request.clientMode = ClientMode::SOURCE;
  const auto response = rotateTunnelAccessToken(request, caller.client);
  INFO(describe(response));
  REQUIRE(response);
  REQUIRE(recorder.requests().size() == 1);
  const std::string sent = recorder.requests().front();
  CHECK(sent.find("Expect") == std::string::npos);
  CHECK(sent.substr(sent.find("\r\n\r\n") + 4) ==
        R"({"tunnelId":")" + request.tunnelId + R"(","clientMode":"SOURCE"})");
}

TEST_CASE("the next request is as if it were the first") {
  Recorder recorder;
  Caller caller(recorder.server().url());
  REQUIRE(caller.rotate());
  REQUIRE(caller.rotate(ClientMode::SOURCE, "another-tunnel"));
  REQUIRE(caller.rotate());
  const auto requests = recorder.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[2] == requests[0]);
  CHECK(requests[1].find("another-tunnel") != std::string::npos);
}

TEST_CASE("an answer is understood in every form HTTP/1 has for it") {
  const std::string body = wholeBody;
  std::string answer;
  SECTION("with a length") {
    answer =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  SECTION("in chunks, with a trailer") {
    answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + body.substr(0, 5) +
             "\r\n1d;extension=1\r\n" + body.substr(5) + "\r\n0\r\nTrailer: value\r\n\r\n";
  }
  SECTION("up to the end of the connection") {
    answer = "HTTP/1.0 200 OK\r\n\r\n" + body;
  }
  SECTION("after an interim answer") {
    answer =
        "HTTP/1.1 100 Continue\r\nx-amzn-RequestId: wrong\r\n\r\nHTTP/1.1 200 OK\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  SECTION("with folded and repeated headers") {
    answer =
        "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nX-Twice: 1\r\nX-Twice: 2\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  SECTION("byte by byte") {
    answer =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    SocketServer server([&](Connection& connection) {
      connection.readRequest();
      for (const char c : answer)
        connection.write(std::string_view(&c, 1));
    });
    Caller caller(server.url());
    const auto response = caller.rotate();
    INFO(describe(response));
    CHECK(response);
  }
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.write(answer);
  });
  Caller caller(server.url());
  const auto response = caller.rotate();
  INFO(describe(response));
  REQUIRE(response);
  REQUIRE(response->sourceAccessToken);
  CHECK(response->sourceAccessToken->expose() == "new-source");
  CHECK(response->requestId.empty());
  CHECK(response->attempts == 1);
}

TEST_CASE("the request id is found in whatever case it is written") {
  SocketServer server([](Connection& connection) {
    connection.readRequest();
    connection.answer(200, "{}", "X-AMZN-REQUESTID:  id-1 \r\n");
  });
  Caller caller(server.url());
  const auto response = caller.rotate();
  REQUIRE(response);
  CHECK(response->requestId == "id-1");
}

TEST_CASE("a User-Agent is sent, which the program can change") {
  CurlTransportOptions options = direct();
  const std::string own = std::string("secure_tunneling/") + SECURE_TUNNELING_VERSION_STRING;
  std::string expected = "\r\nUser-Agent: " + own;
  SECTION("with the name of an application") {
    options.addApplication("my gateway\r\nX-Forged: \xC3\xBC(1)!");
    expected += " app/my-gateway--X-Forged-----1-!\r\n";
  }
  SECTION("another one") {
    options.userAgent = "gateway/2.1 (Debian)";
    expected = "\r\nUser-Agent: gateway/2.1 (Debian)\r\n";
  }
  SECTION("an application without a name") {
    options.addApplication("");
    expected += "\r\n";
  }
  SECTION("none") {
    options.userAgent.clear();
    options.addApplication("gateway");
    expected.clear();
  }
  Recorder recorder;
  Caller caller(recorder.server().url(), options);
  REQUIRE(caller.rotate());
  const std::string request = recorder.requests().front();
  CAPTURE(request);
  CHECK(request.find("X-Forged:") == std::string::npos);
  if (expected.empty()) {
    CHECK(request.find("User-Agent") == std::string::npos);
  } else {
    CHECK(request.find(expected) != std::string::npos);
  }
}
