// SPDX-License-Identifier: BSL-1.0
// No secret stays in memory that outlives its use, and none is in an error.
#include <string>
#include <string_view>

#include "support/caller.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::string_view sessionTokenOfCall = "canary-session-token";
constexpr std::string_view tokensBody =
    R"({"sourceAccessToken":"canary-source","destinationAccessToken":"canary-destination"})";

using Call = RotateCall<OpensslSha256>;

/// All that `secret` has room for.
std::string_view wholeBuffer(Secret& secret) {
  return {secret.data(), secret.capacity()};
}

void checkNoCanary(const RotateResult& response) {
  REQUIRE_FALSE(response);
  const Error& error = response.error();
  INFO(describe(response));
  CHECK(describe(response).find("canary") == std::string::npos);
  CHECK(error.code.find("canary") == std::string::npos);
  CHECK(error.requestId.find("canary") == std::string::npos);
  CHECK_FALSE(error.message.empty());
}

}  // namespace

TEST_CASE("the buffers of a call hold no secret after it") {
  int status = 200;
  std::string body(tokensBody);
  SECTION("an answer") {}
  SECTION("an answer that cannot be understood") {
    body.pop_back();
  }
  SECTION("an error") {
    status = 400;
  }
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    connection.answer(status, body);
  });
  CurlTransport transport(direct());
  StaticCredentials credentials("AKIDEXAMPLE", ServedFake::secretAccessKey, sessionTokenOfCall);
  ManualClock clock;
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = ServedFake::tunnel;
  request.clientMode = ClientMode::ALL;
  ClientState<OpensslSha256> state(settingsFor(server.url()));
  {
    Call call(state, request);
    REQUIRE(call.next(clock.now()) == Call::Step::NeedCredentials);
    call.onCredentials(credentials.retrieve(call.credentialsQuery(), call.credentials()));
    REQUIRE(call.next(clock.now()) == Call::Step::Send);
    REQUIRE(transport.send(call.request(), call.response()));
    CHECK(wholeBuffer(detail::sharedBy(state).exchange.response.body).find("canary-source") !=
          std::string_view::npos);
    CHECK(wholeBuffer(detail::sharedBy(state).exchange.headerLines).find(sessionTokenOfCall) !=
          std::string_view::npos);
    call.onSent({}, clock.now());
    REQUIRE(call.next(clock.now()) == Call::Step::Done);
    CHECK(call.takeResult().hasValue() == (status == 200 && body == tokensBody));
    CHECK(wholeBuffer(detail::sharedBy(state).exchange.response.body).find("canary") ==
          std::string_view::npos);
  }
  CHECK(wholeBuffer(detail::sharedBy(state).exchange.response.body).find("canary") ==
        std::string_view::npos);
  CHECK(wholeBuffer(detail::sharedBy(state).exchange.headerLines).find("canary") ==
        std::string_view::npos);
  CHECK(wholeBuffer(detail::sharedBy(state).exchange.headerLines).find("Signature=") ==
        std::string_view::npos);
}

TEST_CASE("half an answer is wiped, too") {
  SocketServer server([](Connection& connection) {
    connection.readRequest();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(tokensBody));
  });
  CurlTransport transport(direct());
  RecordedRequest request;
  request.url = server.url();
  HttpResponse response;
  REQUIRE_FALSE(transport.send(request.view(), response));
  REQUIRE(response.body.data() != nullptr);
  CHECK(wholeBuffer(response.body).find("canary") == std::string_view::npos);
}

TEST_CASE("no secret is in an error, whatever the server says") {
  SocketServer::Script script;
  SECTION("a reset") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.reset();
    };
  }
  SECTION("half an answer with tokens") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(tokensBody));
    };
  }
  SECTION("tokens in a body that is no JSON") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.answer(200, std::string(tokensBody) + "}");
    };
  }
  SECTION("tokens of the wrong type") {
    script = [](Connection& connection) {
      connection.readRequest();
      connection.answer(200, R"({"sourceAccessToken":["canary-source"]})");
    };
  }
  SECTION("the request, echoed in a message") {
    script = [](Connection& connection) {
      const RecordedRequest request = parseRequest(connection.readRequest());
      connection.answer(403, R"({"message":"The canonical string should have been ')" +
                                 request.header("x-amz-security-token").value_or("none") +
                                 R"('","__type":"InvalidSignatureException"})");
    };
  }
  SECTION("the request, echoed in a page") {
    script = [](Connection& connection) {
      const std::string request = connection.readRequest();
      connection.answer(502, "<html><pre>" + request + "</pre></html>");
    };
  }
  SECTION("the request, echoed as garbage") {
    script = [](Connection& connection) { connection.write(connection.readRequest()); };
  }
  SocketServer server(script);
  Caller caller(settingsFor(server.url()), direct(), sessionTokenOfCall);
  checkNoCanary(caller.rotate());
}
