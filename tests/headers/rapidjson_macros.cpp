// SPDX-License-Identifier: BSL-1.0
// Answers that are no JSON, in a program with settings of its own for RapidJSON: they give the
// errors that they always give. Fails where one is another, or where something is thrown.
#include "secure_tunneling/protocol/aws_json.hpp"

namespace st = secure_tunneling;

namespace {

int test() {
  const std::string_view bodies[] = {
      "{\"tunnelArn\":",
      "{\"tunnelArn\":\"a\"",
      "{]",
      "[1,]",
      "{\"a\":01}",
      "{\"a\":1e}",
      "\"\\x\"",
      "\"\\ud800\"",
      "\"\\udc00\"",
      "{\"sourceAccessToken\":\"\xff\"}",
      "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]",
      "",
      "{} {}",
      "nul",
      "{\"a\":1e999}x",
  };
  for (const std::string_view body : bodies) {
    st::HttpResponse response;
    response.status = 200;
    response.body.assign(body);
    const auto read = st::parseResponse(response);
    if (read || read.error().kind != st::ErrorKind::InvalidResponse) return 1;
    response.status = 502;
    response.body.assign(body);
    const st::Error error = st::parseErrorResponse(response);
    if (error.kind != st::ErrorKind::Service || error.httpStatus != 502) return 2;
  }
  st::HttpResponse response;
  response.body.assign(R"({"sourceAccessToken":"a\u00e9","other":[1.5e3,-0,true,null,{}]})");
  const auto read = st::parseResponse(response);
  return read && read->sourceAccessToken->expose() == "a\xc3\xa9" ? 0 : 3;
}

}  // namespace

int main() {
  try {
    return test();
  } catch (...) {
    return 4;
  }
}
