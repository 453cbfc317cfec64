// SPDX-License-Identifier: BSL-1.0
// Expected bodies are those of Python's json.dumps without blanks and with ensure_ascii off.
#include "secure_tunneling/protocol/aws_json.hpp"

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

using namespace std::string_literals;

// What each shows of UTF-8 that is not.
const std::string invalidUtf8[] = {
    "\xff",
    "a\xc3",
    "\x80",
    "\xc0\xaf",
    "\xc1\xbf",
    "\xe0\x80\xaf",
    "\xe2\x82",
    "\xed\xa0\x80",
    "\xed\xbf\xbf",
    "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80",
    "\xf0\x80\x80\xaf",
    "\xf8\x88\x80\x80\x80",
    "\xc3\xc3\xbc",
    "a\xe2\x82z",
};

RotateTunnelAccessTokenRequest requestOf(std::string tunnelId, ClientMode mode) {
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = std::move(tunnelId);
  request.clientMode = mode;
  return request;
}

std::string serialized(const RotateTunnelAccessTokenRequest& request) {
  std::string body = "what an earlier call left";
  const Result<void> result = serializeRequest(request, body);
  return result ? body : "error: " + result.error().message;
}

Result<RotateTunnelAccessTokenResponse> parsedResponse(std::string_view body) {
  HttpResponse response;
  response.status = 200;
  response.headers.add("x-amzn-RequestId", "request");
  response.body.assign(body);
  Result<RotateTunnelAccessTokenResponse> result = parseResponse(response);
  CHECK(response.body.empty());
  return result;
}

std::string shown(const std::optional<Secret>& secret) {
  return secret ? std::string(secret->expose()) : "(none)";
}

struct ErrorAnswer {
  int status = 400;
  std::string body;
  std::vector<std::pair<const char*, std::string>> headers;
};

Error errorOf(const ErrorAnswer& answer) {
  HttpResponse response;
  response.status = answer.status;
  for (const auto& header : answer.headers)
    response.headers.add(header.first, header.second);
  response.body.assign(answer.body);
  Error error = parseErrorResponse(response);
  CHECK(response.body.empty());
  CHECK(error.delivery == Delivery::Answered);
  CHECK(error.httpStatus == answer.status);
  return error;
}

/// `levels` arrays in each other.
std::string nestedArrays(int levels) {
  const auto size = static_cast<std::size_t>(levels);
  return std::string(size, '[') + std::string(size, ']');
}

}  // namespace

TEST_CASE("a request is written as JSON without what is not set") {
  CHECK(serialized(requestOf("abc", ClientMode::ALL)) ==
        R"({"tunnelId":"abc","clientMode":"ALL"})");
  CHECK(serialized(requestOf("abc", ClientMode::other("NEW_MODE"))) ==
        R"({"tunnelId":"abc","clientMode":"NEW_MODE"})");

  RotateTunnelAccessTokenRequest request = requestOf("t", ClientMode::DESTINATION);
  request.destinationConfig.emplace();
  request.destinationConfig->services = {"SSH"};
  CHECK(serialized(request) ==
        R"({"tunnelId":"t","clientMode":"DESTINATION","destinationConfig":{"services":["SSH"]}})");
  request.destinationConfig->thingName = "thing";
  request.destinationConfig->services = {"SSH", "VNC"};
  CHECK(serialized(request) == R"({"tunnelId":"t","clientMode":"DESTINATION","destinationConfig":)"
                               R"({"thingName":"thing","services":["SSH","VNC"]}})");
  // The service does not take this, and says so.
  request.clientMode = ClientMode::SOURCE;
  CHECK(serialized(request).find("\"SOURCE\"") != std::string::npos);
}

TEST_CASE("characters of a request") {
  const struct {
    std::string text;
    std::string json;
  } cases[] = {
      {"a\"b\\c/d", R"(a\"b\\c/d)"},
      {"\b\f\n\r\t", R"(\u0008\u000c\u000a\u000d\u0009)"},
      {"\x01\x0f\x10\x1f", R"(\u0001\u000f\u0010\u001f)"},
      {"a\0b"s, "a\\u0000b"},
      {"\x7f", "\x7f"},
      {"\xe2\x80\xa8", "\xe2\x80\xa8"},
      {"\xc3\xbc\xe2\x82\xac\xf0\x9d\x84\x9e", "\xc3\xbc\xe2\x82\xac\xf0\x9d\x84\x9e"},
      {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
      {std::string(5000, 'x'), std::string(5000, 'x')},
  };
  for (const auto& row : cases) {
    CAPTURE(row.json);
    CHECK(serialized(requestOf(row.text, ClientMode::ALL)) ==
          R"({"tunnelId":")" + row.json + R"(","clientMode":"ALL"})");
    RotateTunnelAccessTokenRequest request = requestOf("t", ClientMode::ALL);
    request.destinationConfig.emplace();
    request.destinationConfig->thingName = row.text;
    request.destinationConfig->services = {row.text, row.text};
    CHECK(serialized(request) ==
          R"({"tunnelId":"t","clientMode":"ALL","destinationConfig":{"thingName":")" + row.json +
              R"(","services":[")" + row.json + R"(",")" + row.json + R"("]}})");
  }
}

TEST_CASE("mistakes in a request are named") {
  const auto refused = [](const RotateTunnelAccessTokenRequest& request) {
    std::string body;
    const Result<void> result = serializeRequest(request, body);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::InvalidArgument);
    CHECK(result.error().delivery == Delivery::NotSent);
    return result.error().message;
  };
  const char* const required = ": required, at least one character";
  const char* const notUtf8 = ": not valid UTF-8";
  CHECK(refused(requestOf("", ClientMode::ALL)) == "tunnelId"s + required);
  CHECK(refused(requestOf("t", ClientMode())) == "clientMode"s + required);

  RotateTunnelAccessTokenRequest request = requestOf("t", ClientMode::ALL);
  request.destinationConfig.emplace();
  CHECK(refused(request) == "destinationConfig.services: required, at least one service");
  request.destinationConfig->services = {""};
  CHECK(refused(request) == "destinationConfig.services"s + required);
  request.destinationConfig->services = {"SSH", ""};
  CHECK(refused(request) == "destinationConfig.services"s + required);
  request.destinationConfig->services = {"SSH"};
  request.destinationConfig->thingName = "";
  CHECK(refused(request) == "destinationConfig.thingName"s + required);

  for (const std::string& text : invalidUtf8) {
    CAPTURE(text);
    CHECK(refused(requestOf(text, ClientMode::ALL)) == "tunnelId"s + notUtf8);
    CHECK(refused(requestOf("t", ClientMode::other(text))) == "clientMode"s + notUtf8);
    request.destinationConfig->thingName = text;
    request.destinationConfig->services = {"SSH"};
    CHECK(refused(request) == "destinationConfig.thingName"s + notUtf8);
    request.destinationConfig->thingName.reset();
    request.destinationConfig->services = {"SSH", text};
    CHECK(refused(request) == "destinationConfig.services"s + notUtf8);
  }
}

TEST_CASE("a response is understood whatever else it has") {
  const struct {
    const char* what;
    std::string body;
    std::string arn;
    std::string source;
    std::string destination;
  } cases[] = {
      {"all members", R"({"tunnelArn":"arn","sourceAccessToken":"s","destinationAccessToken":"d"})",
       "arn", "s", "d"},
      {"another order", R"({"destinationAccessToken":"d","tunnelArn":"arn"})", "arn", "(none)",
       "d"},
      {"no members", "{}", "(none)", "(none)", "(none)"},
      {"blanks", " \t\r\n{ \"tunnelArn\" :\n\"arn\" } \r\n", "arn", "(none)", "(none)"},
      {"null", R"({"tunnelArn":null,"sourceAccessToken":null,"destinationAccessToken":"d"})",
       "(none)", "(none)", "d"},
      {"empty strings", R"({"tunnelArn":"","sourceAccessToken":""})", "", "", "(none)"},
      {"unknown members",
       R"({"a":1,"b":-2.5e300,"c":[{"tunnelArn":"x"},[]],"d":{"sourceAccessToken":"x"},"e":true,)"
       R"("f":null,"tunnelArn":"arn","g":"x"})",
       "arn", "(none)", "(none)"},
      {"numbers of all kinds",
       R"({"a":0,"b":-0,"c":-0.0,"d":10.05,"e":1e5,"f":1E+5,"g":-1.5e-05,"h":1e99,"i":0e0,)"
       R"("j":123456789012345678901234567890,"k":1e400,"l":-1E+99999999999,"tunnelArn":"arn"})",
       "arn", "(none)", "(none)"},
      {"names in another case", R"({"TunnelArn":"x","tunnelarn":"x","tunnelArn ":"x"})", "(none)",
       "(none)", "(none)"},
      {"an escaped name", R"({"tunnel\u0041rn":"arn"})", "arn", "(none)", "(none)"},
      {"escapes", R"({"tunnelArn":"\"\\\/\b\f\n\r\t\u00fc\ud834\udd1e"})",
       "\"\\/\b\f\n\r\t\xc3\xbc\xf0\x9d\x84\x9e", "(none)", "(none)"},
      {"escapes of one byte to four",
       R"({"tunnelArn":"\u007f\u0080\u07ff\u0800\uffff\ud800\udc00\udbff\udfff"})",
       "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "(none)",
       "(none)"},
      {"characters beyond ASCII", "{\"tunnelArn\":\"\xc3\xbc\xed\x9f\xbf\xf0\x9d\x84\x9e\"}",
       "\xc3\xbc\xed\x9f\xbf\xf0\x9d\x84\x9e", "(none)", "(none)"},
      {"an escaped NUL", R"({"tunnelArn":"a\u0000b","sourceAccessToken":"s\u0000t"})", "a\0b"s,
       "s\0t"s, "(none)"},
      {"the last of several", R"({"tunnelArn":"first","tunnelArn":"last"})", "last", "(none)",
       "(none)"},
      {"null after a string", R"({"tunnelArn":"first","tunnelArn":null})", "(none)", "(none)",
       "(none)"},
      {"a string after another type", R"({"tunnelArn":7,"tunnelArn":"last"})", "last", "(none)",
       "(none)"},
      {"a long token", R"({"sourceAccessToken":")" + std::string(20'000, 't') + "\"}", "(none)",
       std::string(20'000, 't'), "(none)"},
      {"deep enough",
       R"({"x":)" + nestedArrays(detail::maxJsonDepth - 1) + R"(,"tunnelArn":"arn"})", "arn",
       "(none)", "(none)"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    const Result<RotateTunnelAccessTokenResponse> result = parsedResponse(row.body);
    REQUIRE(result);
    CHECK(result->tunnelArn.value_or("(none)") == row.arn);
    CHECK(shown(result->sourceAccessToken) == row.source);
    CHECK(shown(result->destinationAccessToken) == row.destination);
    CHECK(result->requestId == "request");
  }
}

TEST_CASE("a response that cannot be understood is an error that says why") {
  const struct {
    const char* what;
    std::string body;
    const char* problem;
  } cases[] = {
      {"nothing", "", "the body is empty"},
      {"blanks", " \n", "not valid JSON"},
      {"HTML", "<html>canary</html>", "HTML or XML, not valid JSON in UTF-8, at byte 0 of 19"},
      {"HTML behind a mark and a line", "\xef\xbb\xbf\r\n<!DOCTYPE html>canary",
       "HTML or XML, not valid JSON"},
      {"gzip", std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\5\0", 14),
       "compressed, not valid JSON in UTF-8, at byte 0 of 14"},
      {"a string", "\"canary\"", "expected a JSON object"},
      {"null", "null", "expected a JSON object"},
      {"an array", R"(["canary"])", "expected a JSON object"},
      {"an array of objects", R"([{"sourceAccessToken":"canary"}])", "expected a JSON object"},
      {"a number", "1", "expected a JSON object"},
      {"truncated in a string", R"({"sourceAccessToken":"canary)", "not valid JSON"},
      {"truncated behind a string", R"({"sourceAccessToken":"canary")", "not valid JSON"},
      {"two texts", R"({"sourceAccessToken":"canary"}{})", "not valid JSON"},
      {"text behind it", R"({"sourceAccessToken":"canary"} x)", "not valid JSON"},
      {"a NUL behind it", "{\"sourceAccessToken\":\"canary\"}\0"s, "not valid JSON"},
      {"a NUL in it", "{\"sourceAccessToken\":\0\"canary\"}"s, "not valid JSON"},
      {"a NUL in a string", "{\"sourceAccessToken\":\"can\0ary\"}"s, "not valid JSON"},
      {"a NUL first", "\0{}"s, "not valid JSON"},
      {"a byte order mark", "\xef\xbb\xbf{}", "not valid JSON"},
      {"UTF-16", "{\0}\0"s, "not valid JSON"},
      {"single quotes", "{'sourceAccessToken':'canary'}", "not valid JSON"},
      {"a comma too many", R"({"sourceAccessToken":"canary",})", "not valid JSON"},
      {"NaN", R"({"x":NaN})", "not valid JSON"},
      {"no digit", R"({"x":-})", "not valid JSON"},
      {"a plus sign", R"({"x":+1})", "not valid JSON"},
      {"a zero too many", R"({"x":01})", "not valid JSON"},
      {"no digit in front of a point", R"({"x":.5})", "not valid JSON"},
      {"no digit behind a point", R"({"x":1.})", "not valid JSON"},
      {"no digit behind a point, but an exponent", R"({"x":1.e5})", "not valid JSON"},
      {"no digit in an exponent", R"({"x":1e})", "not valid JSON"},
      {"no digit behind a sign", R"({"x":1E+})", "not valid JSON"},
      {"hexadecimal digits", R"({"x":0x10})", "not valid JSON"},
      {"truncated in a number", R"({"x":-12.5e)", "not valid JSON"},
      {"a comment", "{}// canary", "not valid JSON"},
      {"a control character", "{\"tunnelArn\":\"a\nb\"}", "not valid JSON"},
      {"a lone high surrogate", R"({"tunnelArn":"\ud834"})", "not valid JSON"},
      {"a high surrogate and a letter", R"({"tunnelArn":"\ud834x"})", "not valid JSON"},
      {"a lone low surrogate", R"({"tunnelArn":"\udd1e"})", "not valid JSON"},
      {"a lone surrogate in a member that is skipped", R"({"x":["\udd1e"]})", "not valid JSON"},
      {"nested too deeply", R"({"x":)" + nestedArrays(detail::maxJsonDepth) + "}",
       "JSON nested too deeply"},
      {"nested far too deeply", R"({"x":)" + std::string(50'000, '['), "JSON nested too deeply"},
      {"objects nested too deeply",
       []() {
         std::string body;
         for (int i = 0; i != 1000; ++i)
           body += R"({"x":)";
         return body;
       }(),
       "JSON nested too deeply"},
      {"a number for a token", R"({"sourceAccessToken":17})",
       "sourceAccessToken: expected a string, found a number"},
      {"a boolean for a token", R"({"destinationAccessToken":true})",
       "destinationAccessToken: expected a string, found a boolean"},
      {"an object for an ARN", R"({"tunnelArn":{"x":"canary"}})",
       "tunnelArn: expected a string, found an object"},
      {"an array for a token", R"({"tunnelArn":"a","sourceAccessToken":["canary"]})",
       "sourceAccessToken: expected a string, found an array"},
      {"another type after a string", R"({"tunnelArn":"first","tunnelArn":7})",
       "tunnelArn: expected a string, found a number"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    const Result<RotateTunnelAccessTokenResponse> result = parsedResponse(row.body);
    REQUIRE_FALSE(result);
    const Error& error = result.error();
    CHECK(error.kind == ErrorKind::InvalidResponse);
    CHECK(error.delivery == Delivery::Answered);
    CHECK(error.httpStatus == 200);
    CHECK(error.requestId == "request");
    CHECK(error.message.find("the service's answer cannot be understood: "s + row.problem) == 0);
    CHECK(error.message.find("canary") == std::string::npos);
    CHECK(error.message.find('\n') == std::string::npos);
  }
  for (const std::string& text : invalidUtf8) {
    CAPTURE(text);
    CHECK_FALSE(parsedResponse("{\"tunnelArn\":\"" + text + "\"}"));
    CHECK_FALSE(parsedResponse("{\"unknown\":\"" + text + "\"}"));
    CHECK_FALSE(parsedResponse("{\"" + text + "\":1}"));
  }
}

TEST_CASE("a body that is not JSON says where") {
  CHECK(parsedResponse(R"({"a":1,})").error().message ==
        "the service's answer cannot be understood: not valid JSON in UTF-8, at byte 7 of 8");
  CHECK(parsedResponse(R"({"tunnelArn":tru            })").error().message ==
        "the service's answer cannot be understood: not valid JSON in UTF-8, at byte 16 of 29");
}

TEST_CASE("the code of an error is the header's, then code's, then __type's") {
  const struct {
    const char* what;
    ErrorAnswer answer;
    const char* code;
  } cases[] = {
      {"__type", {400, R"({"__type":"A"})", {}}, "A"},
      {"code", {400, R"({"code":"A"})", {}}, "A"},
      {"code before __type", {400, R"({"__type":"B","code":"A"})", {}}, "A"},
      {"header before both",
       {400, R"({"__type":"C","code":"B"})", {{"X-Amzn-ErrorType", "A"}}},
       "A"},
      {"header alone", {500, "", {{"x-amzn-errortype", "A"}}}, "A"},
      {"header and a page", {500, "<html>", {{"x-amzn-errortype", "A"}}}, "A"},
      {"empty header", {400, R"({"__type":"A"})", {{"x-amzn-errortype", ""}}}, "A"},
      {"namespace", {400, R"({"__type":"com.amazon#A"})", {}}, "A"},
      {"URI", {400, R"({"__type":"A:http://x/#y"})", {}}, "A"},
      {"namespace and URI", {400, "", {{"x-amzn-errortype", "com.amazon#A:http://x/#y"}}}, "A"},
      {"blanks", {400, R"({"__type":" A "})", {}}, "A"},
      {"two hashes", {400, R"({"__type":"a#b#A"})", {}}, "b#A"},
      {"nothing left", {400, R"({"__type":":x"})", {}}, ""},
      {"none", {400, "{}", {}}, ""},
      {"null", {400, R"({"__type":null})", {}}, ""},
      {"null code", {400, R"({"__type":"A","code":null})", {}}, "A"},
      {"code of another type", {400, R"({"__type":"A","code":7})", {}}, "A"},
      {"nested", {400, R"({"x":{"__type":"B"},"__type":"A"})", {}}, "A"},
      {"redirect", {302, R"({"__type":"A"})", {}}, "A"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    const Error error = errorOf(row.answer);
    CHECK(error.kind == ErrorKind::Service);
    CHECK(error.code == row.code);
  }
}

TEST_CASE("the message of an error is text in any of its spellings, or none") {
  const struct {
    const char* what;
    std::string body;
    std::string message;
  } cases[] = {
      {"message", R"({"message":"text"})", "text"},
      {"Message", R"({"Message":"text"})", "text"},
      {"both", R"({"Message":"other","message":"text"})", "text"},
      {"null and Message", R"({"message":null,"Message":"text"})", "text"},
      {"none", R"({"__type":"A"})", ""},
      {"null", R"({"__type":"A","message":null})", ""},
      {"another type", R"({"__type":"A","message":{"x":1}})", ""},
      {"beyond ASCII", R"({"message":"\u00fc"})", "\xc3\xbc"},
      {"a page", "<html>503</html>", "<html>503</html>"},
      {"truncated", R"({"sourceAccessToken":"canary)",
       "the service's answer cannot be understood: not valid JSON in UTF-8, at byte 28 of 28"},
      {"a truncated list", R"([{"sourceAccessToken":"canary")",
       "the service's answer cannot be understood: not valid JSON in UTF-8, at byte 30 of 30"},
      {"a truncated string", R"("canary)",
       "the service's answer cannot be understood: not valid JSON in UTF-8, at byte 7 of 7"},
      {"behind a byte order mark",
       "\xef\xbb\xbf"
       R"({"sourceAccessToken":"canary"})",
       "the service's answer cannot be understood: not valid JSON in UTF-8, at byte 0 of 33"},
      {"a long page", std::string(5000, 'x'), std::string(1024, 'x')},
      {"a page that colours a terminal", "\x1b[31m503\t\r\n\x07", "\x1b[31m503\t\r\n\x07"},
      // gzip of "<html>canary</html>"; 16 bits each; the first bytes of a zlib stream.
      {"a compressed page",
       std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\xb3\xc9\x28\xc9\xcd\xb1\x4b\x4e\xcc", 20),
       "the service's answer cannot be understood: compressed, not valid JSON in UTF-8, at byte 0 "
       "of 20"},
      {"a page in UTF-16", std::string("<\0c\0a\0n\0a\0r\0y\0>\0", 16),
       "the service's answer cannot be understood: HTML or XML, not valid JSON in UTF-8, at byte 0 "
       "of 16"},
      {"a page that is compressed behind a few characters",
       "x\x9c\xb3\xc9(\xc9\xcd\xb1K\x01"
       "canary",
       "the service's answer cannot be understood: not valid JSON in UTF-8, at byte 0 of 16"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    const Error error = errorOf({503, row.body, {}});
    CHECK(error.kind == ErrorKind::Service);
    CHECK(error.message == row.message);
  }
}

TEST_CASE("errors of another shape cannot be understood") {
  for (const char* const body : {"[]", "null", "7", "\"text\"", R"({"__type":7})",
                                 R"({"__type":{"x":1},"message":"text"})"}) {
    CAPTURE(body);
    const Error error = errorOf({400, body, {}});
    CHECK(error.kind == ErrorKind::InvalidResponse);
    CHECK(error.message.find("the service's answer cannot be understood: ") == 0);
  }
}

TEST_CASE("an answer with neither a code nor a message is told by its status") {
  for (const char* const body : {"", "{}", R"({"message":null})", R"({"message":""})"}) {
    CAPTURE(body);
    const Error error = errorOf({502, body, {}});
    CHECK(error.kind == ErrorKind::Service);
    CHECK(error.code.empty());
    CHECK(error.message == "no reason given: HTTP status 502");
    CHECK(errorOf({400, body, {{"x-amzn-errortype", "A"}}}).message.empty());
  }
  CHECK(errorOf({307, "", {}}).message == "no reason given: HTTP status 307");
}

TEST_CASE("the request id is found in any case, also of an answer that cannot be read") {
  CHECK(errorOf({400, "{}", {{"X-AMZN-REQUESTID", "id"}}}).requestId == "id");
  CHECK(errorOf({400, "[]", {{"x-amzn-RequestId", "id"}}}).requestId == "id");
  CHECK(errorOf({400, "{}", {}}).requestId.empty());
}

TEST_CASE("how long the service asks to wait") {
  using Headers = std::vector<std::pair<const char*, std::string>>;
  const struct {
    Headers headers;
    std::int64_t milliseconds;  // -1: nothing is asked
  } cases[] = {
      {{}, -1},
      {{{"Retry-After", "2"}}, 2000},
      {{{"retry-after", "0"}}, 0},
      {{{"Retry-After", "999999999"}}, 999'999'999'000},
      {{{"Retry-After", "9999999999"}}, -1},
      {{{"Retry-After", "99999999999999999999999"}}, -1},
      {{{"Retry-After", "-1"}}, -1},
      {{{"Retry-After", "1.5"}}, -1},
      {{{"Retry-After", "soon"}}, -1},
      {{{"Retry-After", ""}}, -1},
      {{{"Retry-After", "Thu, 01 Jan 2026 00:00:00 GMT"}}, -1},
      {{{"x-amz-retry-after", "1500"}}, 1500},
      {{{"x-amz-retry-after", "1500"}, {"Retry-After", "7"}}, 1500},
      {{{"x-amz-retry-after", "+7"}}, -1},
      {{{"x-amz-retry-after", " 7 "}}, 7},
  };
  for (const auto& row : cases) {
    CAPTURE(row.headers.empty() ? "" : row.headers[0].second);
    CHECK(errorOf({503, "{}", row.headers}).retryAfterMs.value_or(-1) == row.milliseconds);
  }
}
