// SPDX-License-Identifier: BSL-1.0
#include <string>

#include "environment_output.hpp"
#include "support/catch.hpp"

TEST_CASE("a token is quoted in the output env only where a shell or systemd would change it") {
  const struct {
    std::string token;
    std::string printed;
  } cases[] = {
      {"AQGAAXNyYw_-+/==", "AQGAAXNyYw_-+/=="},
      {"", ""},
      {"two words", "\"two words\""},
      {"a\"b\\c$d`e", R"("a\"b\\c\$d\`e")"},
      {"#comment;", "\"#comment;\""},
      {"line\nend", "\"line\nend\""},
      {"\xC3\xA9", "\"\xC3\xA9\""},
  };
  for (const auto& each : cases) {
    CAPTURE(each.token);
    CHECK(printEnvironment(each.token).expose() ==
          "AWSIOT_TUNNEL_ACCESS_TOKEN=" + each.printed + "\n");
  }
}
