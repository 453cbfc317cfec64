// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/seams/http_transport.hpp"

#include <string>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

/// What `find` gives, or "(none)".
std::string found(const HttpHeaders& headers, std::string_view name) {
  return std::string(headers.find(name).value_or("(none)"));
}

}  // namespace

TEST_CASE("response headers are found by name") {
  HttpHeaders headers;
  headers.add("Date", "Thu, 01 Jan 2026 00:00:00 GMT");
  headers.add("X-Amzn-RequestId", "first");
  headers.add("x-amzn-requestid", "second");
  headers.addLine("Server: a: b\r\n");
  headers.addLine("X-Blanks: \t  padded \t \r\n");
  headers.addLine("X-Tight:tight");
  headers.addLine("X-Empty:\r\n");
  headers.addLine("X-No-Colon");
  headers.addLine("HTTP/1.1 200 OK\r\n");
  headers.addLine("");
  headers.addLine("\r\n");
  headers.add("Last", "line");

  const struct {
    const char* name;
    const char* value;
  } cases[] = {
      {"date", "Thu, 01 Jan 2026 00:00:00 GMT"},
      {"DATE", "Thu, 01 Jan 2026 00:00:00 GMT"},
      {"x-amzn-requestid", "first"},
      {"server", "a: b"},
      {"x-blanks", "padded"},
      {"x-tight", "tight"},
      {"x-empty", ""},
      {"x-no-colon", "(none)"},
      {"last", "line"},
      {"x-amzn", "(none)"},
      {"requestid", "(none)"},
      {"x-amzn-requestid2", "(none)"},
      {"dat", "(none)"},
      {"date:", "(none)"},
      {"http/1.1 200 ok", "(none)"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    CHECK(found(headers, row.name) == row.value);
  }
}

TEST_CASE("headers without fields") {
  HttpHeaders headers;
  CHECK(found(headers, "date") == "(none)");
  headers.add("Date", "x");
  CHECK(headers.size() != 0);
  headers.clear();
  CHECK(headers.size() == 0);
  CHECK(found(headers, "date") == "(none)");
}

TEST_CASE("a line break in a header ends the field") {
  HttpHeaders headers;
  headers.add("X-A", "value\nX-B: other");
  CHECK(found(headers, "x-a") == "value");
  headers.add("Date", "x");
  CHECK(found(headers, "date") == "x");
}

TEST_CASE("clearing a response wipes its body and keeps the buffer") {
  HttpResponse response;
  response.status = 200;
  response.headers.add("Date", "x");
  response.body.assign("token");
  const char* const body = response.body.data();
  response.clear();
  CHECK(response.status == 0);
  CHECK(response.headers.size() == 0);
  CHECK(response.body.empty());
  CHECK(response.body.data() == body);
  CHECK(std::string(body, 5) == std::string(5, '\0'));
}
