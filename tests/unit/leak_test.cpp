// SPDX-License-Identifier: BSL-1.0
// No secret in any error, and none in memory that was given back: every kind of failure, with
// secrets that can be recognised.
#include <string>
#include <utility>
#include <vector>

#include "secure_tunneling/rotate_tunnel_access_token.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "support/calls.hpp"
#include "support/catch.hpp"
#include "support/freed_memory.hpp"
#include "support/sha256.hpp"

using namespace secure_tunneling;

namespace {

const std::string secretKey = "canary-secret-access-key-0123456789abcdef";
const std::string sessionToken = "canary-session-token-0123456789abcdef/+==";
const std::string sourceToken = "canary-source-access-token-0123456789abcdef";
const std::string destinationToken = "canary-destination-access-token-0123456789";

/// What every secret here begins with.
constexpr const char* mark = "canary-";

const std::string tokens = R"("sourceAccessToken":")" + sourceToken +
                           R"(","destinationAccessToken":")" + destinationToken + "\"";

/// Answers every request alike. Not the scripted transport: that one keeps what it has seen.
class SameAnswer final : public HttpTransport {
 public:
  SameAnswer(int status, std::string body, std::string errorType = {})
      : status_(status), body_(std::move(body)), errorType_(std::move(errorType)) {}
  /// Fails in the middle of an answer with tokens.
  explicit SameAnswer(ErrorKind failure)
      : failure_(failure), status_(0), body_("{" + tokens + "}") {}

  Result<void> send(const HttpRequest&, HttpResponse& response) override {
    response.body.assign(body_);
    response.status = status_;
    if (!errorType_.empty()) response.headers.add("x-amzn-ErrorType", errorType_);
    if (status_ != 0) return {};
    Error error = makeError(failure_, "no answer");
    error.delivery = Delivery::Unknown;
    return error;
  }

 private:
  ErrorKind failure_ = ErrorKind::Transport;
  int status_;
  std::string body_;
  std::string errorType_;
};

struct Outcome {
  bool isSuccess = false;
  Error error;
};

Outcome rotate(SameAnswer& transport, const std::string& tokenOfSession = sessionToken,
               Settings settings = settingsForTests(),
               const RotateTunnelAccessTokenRequest& request = rotateAll()) {
  StaticCredentials credentials("AKIDEXAMPLE", secretKey, tokenOfSession);
  ManualClock clock;
  BasicClient<TestSha256> client(std::move(settings), transport, credentials, clock);
  Result<RotateTunnelAccessTokenResponse> result = rotateTunnelAccessToken(request, client);
  Outcome outcome;
  outcome.isSuccess = result.hasValue();
  if (!result) outcome.error = std::move(result).error();
  return outcome;
}

bool isClean(const Error& error) {
  for (const std::string* text : {&error.message, &error.code, &error.requestId}) {
    if (text->find(mark) != std::string::npos) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("no error of an answer holds a secret") {
  const std::string echo = "headers: x-amz-security-token:" + sessionToken + " key " + secretKey;
  const struct {
    const char* what;
    int status;
    std::string body;
    std::string errorType;
    ErrorKind kind;
  } cases[] = {
      {"truncated answer", 200, "{" + tokens, "", ErrorKind::InvalidResponse},
      {"answer with a tail", 200, "{" + tokens + "}x", "", ErrorKind::InvalidResponse},
      {"member of the wrong type", 200, "{\"tunnelArn\":7," + tokens + "}", "",
       ErrorKind::InvalidResponse},
      {"wrapped tokens", 200, R"({"sourceAccessToken":{"value":")" + sourceToken + "\"}}", "",
       ErrorKind::InvalidResponse},
      {"list of tokens", 200, "[\"" + sourceToken + "\"]", "", ErrorKind::InvalidResponse},
      {"bare token", 200, "\"" + sourceToken + "\"", "", ErrorKind::InvalidResponse},
      {"token in bad UTF-8", 200, "{\"sourceAccessToken\":\"" + sourceToken + "\xff\"}", "",
       ErrorKind::InvalidResponse},
      {"tokens in an error", 400, "{\"__type\":\"Code\"," + tokens + "}", "", ErrorKind::Service},
      {"error of another shape", 400, "[{" + tokens + "}]", "", ErrorKind::InvalidResponse},
      {"code of the wrong type", 400, "{\"__type\":{" + tokens + "}}", "",
       ErrorKind::InvalidResponse},
      {"echo in a message", 400, R"({"__type":"Code","message":")" + echo + "\"}", "",
       ErrorKind::Service},
      {"echo in a code", 400, R"({"__type":")" + sessionToken + "\"}", "", ErrorKind::Service},
      {"echo in a header", 400, "{}", sessionToken, ErrorKind::Service},
      {"echo in a page", 503, "<html>" + echo + "</html>", "", ErrorKind::Service},
      {"echo that is cut", 502, std::string(1024 - 20, ' ') + sessionToken, "", ErrorKind::Service},
      {"refused signature", 403,
       R"({"__type":"InvalidSignatureException","message":"The canonical string should have been\n)"
       "x-amz-security-token:" +
           sessionToken + "\"}",
       "", ErrorKind::Service},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    SameAnswer transport(row.status, row.body, row.errorType);
    const Outcome outcome = rotate(transport);
    REQUIRE_FALSE(outcome.isSuccess);
    CHECK(outcome.error.kind == row.kind);
    CHECK(isClean(outcome.error));
  }
}

TEST_CASE("no error from before an answer holds a secret") {
  for (const ErrorKind kind : {ErrorKind::Transport, ErrorKind::Untrusted,
                               ErrorKind::InvalidResponse, ErrorKind::Configuration}) {
    SameAnswer transport(kind);
    const Outcome outcome = rotate(transport);
    CHECK(outcome.error.kind == kind);
    CHECK(isClean(outcome.error));
  }
  SameAnswer transport(200, "{}");
  SECTION("credentials that cannot be used") {
    const Outcome outcome = rotate(transport, sessionToken + "\r\n");
    CHECK(outcome.error.kind == ErrorKind::Credentials);
    CHECK(isClean(outcome.error));
  }
  SECTION("an endpoint with a password") {
    Settings settings = settingsForTests();
    settings.endpointUrl = "https://user:canary-password@example.com";
    const Outcome outcome = rotate(transport, sessionToken, settings);
    CHECK(outcome.error.kind == ErrorKind::Configuration);
    CHECK(isClean(outcome.error));
  }
  SECTION("a mistake in the request") {
    const Outcome outcome = rotate(transport, sessionToken, settingsForTests(), {});
    CHECK(outcome.error.kind == ErrorKind::InvalidArgument);
    CHECK(isClean(outcome.error));
  }
}

TEST_CASE("a call leaves no secret in memory that it gave back") {
  for (const std::string* secret : {&secretKey, &sessionToken, &sourceToken, &destinationToken}) {
    CAPTURE(*secret);
    SameAnswer good(200, "{" + tokens + "}");
    SameAnswer refused(400, R"({"__type":"Code","message":"text"})");
    SameAnswer cut(200, "{" + tokens);
    SameAnswer lost(ErrorKind::Transport);
    StaticCredentials credentials("AKIDEXAMPLE", secretKey, sessionToken);
    ManualClock clock;
    for (HttpTransport* const transport :
         {static_cast<HttpTransport*>(&good), static_cast<HttpTransport*>(&refused),
          static_cast<HttpTransport*>(&cut), static_cast<HttpTransport*>(&lost)}) {
      const FreedMemoryWatch watch(*secret);
      {
        BasicClient<TestSha256> client(settingsForTests(), *transport, credentials, clock);
        for (int i = 0; i != 2; ++i) {
          const auto result = rotateTunnelAccessToken(rotateAll(), client);
          CHECK(result.hasValue() == (transport == &good));
        }
      }
      CHECK(watch.leaks() == 0);
    }
  }
}
