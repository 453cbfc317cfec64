// SPDX-License-Identifier: BSL-1.0
// RotateCall: what of an answer is told.
#include "secure_tunneling/call/rotate_call.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/driven_call.hpp"

using namespace secure_tunneling;

TEST_CASE("secrets are masked in what the service says") {
  const std::string token = "canary-session-token-0123456789/+=";
  const std::string secret = "canary-secret-access-key";
  const struct {
    const char* what;
    std::string body;
    std::string message;
  } cases[] = {
      {"the token", R"({"message":"it was )" + token + R"("})", "it was ***"},
      {"twice", R"({"message":")" + token + token + R"( x )" + token + R"("})", "*** x ***"},
      {"the secret", R"({"message":"a )" + secret + R"( b"})", "a *** b"},
      {"both", R"({"Message":")" + secret + token + R"("})", "***"},
      {"escaped", R"({"message":"canary-session-token-0123456789\/+="})", "***"},
      {"a page", "<html>" + token + "</html>", "<html>***</html>"},
      {"truncated JSON", R"({"message":")" + token,
       "the service's answer cannot be understood: not valid JSON in UTF-8, at byte 46 of 46"},
      {"a page that is cut in it", std::string(1000, 'x') + token, std::string(1000, 'x') + "***"},
      {"a page that is cut at its beginning", std::string(1020, 'x') + token,
       std::string(1020, 'x') + "cana"},
      {"almost", R"({"message":"canary-session-token-0123456788"})", "***8"},
      {"less than twelve", R"({"message":"canary-sess session-tok"})", "canary-sess session-tok"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    giveCredentials(call, "AKID", secret, token);
    REQUIRE(call.next(start) == Step::Send);
    answer(call, 400, row.body);
    CHECK(errorOf(call).message == row.message);
  }
}

TEST_CASE("what is a secret is no reason to take a code for another one") {
  const struct {
    const char* token;
    const char* secret;
    const char* code;
    Step step;
    bool isShown;
  } cases[] = {
      {"Token", "some-secret-access-key", "ExpiredTokenException", Step::NeedCredentials, true},
      {"Expired", "x", "ExpiredTokenException", Step::NeedCredentials, true},
      {"ExpiredTokenException", "secret", "ExpiredTokenException", Step::NeedCredentials, false},
      {"", "T", "ThrottlingException", Step::Wait, true},
      {"the-ThrottlingException", "e", "ThrottlingException", Step::Wait, false},
      {"", "Service", "InternalError", Step::Wait, true},
      {"Internal", "secret", "InternalError", Step::Wait, false},
      {"x", "y", "ResourceNotFoundException", Step::Done, true},
  };
  for (const auto& row : cases) {
    CAPTURE(row.token, row.secret, row.code);
    for (const int attempts : {1, 2}) {
      Settings settings = settingsForTests();
      settings.maxAttempts = attempts;
      CallState state(settings);
      const RotateTunnelAccessTokenRequest input = rotateAll();
      Call call(state, input);
      REQUIRE(call.next(start) == Step::NeedCredentials);
      giveCredentials(call, "AKID", row.secret, row.token);
      REQUIRE(call.next(start) == Step::Send);
      answerError(call, 400, row.code);
      if (attempts == 2) {
        CHECK(call.next(start) == row.step);
      } else {
        CHECK((errorOf(call).code == row.code) == row.isShown);
      }
    }
  }
}

TEST_CASE("the signature of a request is not in what a proxy shows of it") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  const std::string authorization(headerOf(call.request(), "authorization"));
  const std::string signature = authorization.substr(authorization.size() - 64);
  answer(call, 403, "<pre>Host: h\r\nAuthorization: " + authorization + "\r\n</pre>");
  const std::string message = errorOf(call).message;
  CHECK(message == "<pre>Host: h\\x0d\\x0a\nAuthorization: " +
                       authorization.substr(0, authorization.size() - 64) +
                       "***\\x0d\\x0a\n</pre>");
}

TEST_CASE("a page tells no new access token") {
  const std::string json = R"({"tunnelArn":"a","sourceAccessToken":"canary-token"})";
  const struct {
    std::string page;
    std::string message;
  } cases[] = {
      {")]}',\n" + json, ")]}',\\x0a\n***"},
      {"while(1);" + json, "***"},
      {"event: data\ndata: " + json, "event: data\\x0a\ndata: ***"},
      {"3a\r\n" + json, "3a\\x0d\\x0a\n***"},
      {std::string("\0 ", 2) + json, "the service's answer cannot be understood"},
      {"\xef\xbb\xbf"
       "upstream said " +
           json,
       "\xef\xbb\xbf"
       "upstream said ***"},
      {R"(said {\"sourceAccessToken\": \"canary-token\"})", "said ***"},
      {"<p>{&quot;accessToken&quot; :&quot;canary-token&quot;}", "***"},
      {"<p> %7B%22token%22%3A%22canary-token", "<p> ***"},
      {R"(ken":"canary-token"})", "***"},
      {R"(canary-token","destinationAccessToken":"canary)", "***"},
      {R"(said: canary-token" })", "said: ***"},
      {R"(said: ["canary-token" ])", "said: ***"},
      {"<a><sourceAccessToken>canary-token</sourceAccessToken></a>", "***"},
      {"so: destinationAccessToken=canary-token", "so: ***"},
      {"{'a': 1, 'sourceAccessToken': 'canary-token'}",
       "the service's answer cannot be understood"},
      {"no iot:RotateTunnelAccessToken for \"you\", by \"policy\"",
       "no iot:RotateTunnelAccessToken for \"you\", by \"policy\""},
      {"<p class=\"a\" id=\"b\">Your access token is over</p>",
       "<p class=\"a\" id=\"b\">Your access token is over</p>"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.page);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    driveToSend(call);
    answer(call, 400, row.page);
    const std::string message = errorOf(call).message;
    CHECK(message.substr(0, row.message.size()) == row.message);
    CHECK(message.find("canary") == std::string::npos);
  }
}

TEST_CASE("what a service says does not steer a terminal and is of a bounded size") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  driveToSend(call);
  call.response().headers.add("x-amzn-requestid", "id\x9b" + std::string(300, 'i'));
  call.response().headers.add("x-amzn-errortype",
                              "Co\x1b"
                              "de" +
                                  std::string(300, 'c'));
  const std::string body = R"({"message":"a\nb\u202ec)" + std::string(1'000'000, 'm') + "\"}";
  answer(call, 400, body);
  const Error error = errorOf(call);
  CHECK(error.requestId == "id\\x9b" + std::string(253, 'i'));
  CHECK(error.code ==
        "Co\\x1b"
        "de" +
            std::string(251, 'c'));
  CHECK(error.message.substr(0, 20) == R"(a\x0ab\xe2\x80\xaecm)");
  CHECK(error.message.size() < 2100);
}

TEST_CASE("secrets are masked wherever a service may put them") {
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  REQUIRE(call.next(start) == Step::NeedCredentials);
  giveCredentials(call, "AKID", "secret-access-key", "session-token");
  REQUIRE(call.next(start) == Step::Send);
  call.response().headers.add("x-amzn-requestid", "id session-token");
  answerError(call, 400, "Code-session-token");
  const Error error = errorOf(call);
  CHECK(error.requestId == "id ***");
  CHECK(error.code == "Code-***");
}

TEST_CASE("a secret in the id of an answer is masked, whatever the answer") {
  for (const char* const body : {goodBody, "not JSON"}) {
    CAPTURE(body);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    giveCredentials(call, "AKID", "secret-access-key", "session-token");
    REQUIRE(call.next(start) == Step::Send);
    call.response().headers.add("x-amzn-requestid", "id session-token");
    answer(call, 200, body);
    const Result<RotateTunnelAccessTokenResponse> result = call.takeResult();
    CHECK((result ? result->requestId : result.error().requestId) == "id ***");
  }
}

TEST_CASE("a new access token in the id of an answer is masked") {
  for (const char* const token : {"new-source-token", "new-destination-token"}) {
    CAPTURE(token);
    CallState state(settingsForTests());
    Call call(state, rotateAll());
    driveToSend(call);
    call.response().headers.add("x-amzn-requestid", std::string("id ") + token);
    answer(call, 200,
           R"({"sourceAccessToken":"new-source-token",)"
           R"("destinationAccessToken":"new-destination-token"})");
    const Result<RotateTunnelAccessTokenResponse> result = call.takeResult();
    REQUIRE(result);
    CHECK(result->requestId == "id ***");
  }
}

TEST_CASE("masking ends, whatever the secret") {
  for (const char* const token : {"*", "**", "***", "****", "a"}) {
    CAPTURE(token);
    CallState state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    Call call(state, input);
    REQUIRE(call.next(start) == Step::NeedCredentials);
    giveCredentials(call, "AKID", "secret", token);
    REQUIRE(call.next(start) == Step::Send);
    answer(call, 400, R"({"message":"******** a ********"})");
    CHECK(errorOf(call).message.size() < 100);
  }
}
