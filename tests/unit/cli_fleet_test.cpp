// SPDX-License-Identifier: BSL-1.0
// The parts of the program for fleets.
#include <string>
#include <vector>

#include "fleet_options.hpp"
#include "progress_bar.hpp"
#include "support/catch.hpp"
#include "tunnel_list.hpp"

using secure_tunneling::ClientMode;
using secure_tunneling::Result;

namespace {

Result<ProgramOptions> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "rotate-fleet");
  return parseFleetOptions(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("fleet list: ids, modes, comments and blank lines") {
  const auto list = readTunnelList(
      "\xEF\xBB\xBFone\n\n  two\tsource  \r\n# three\nfour ALL# all of it\nfive   destination",
      ClientMode::DESTINATION);
  REQUIRE(list);
  REQUIRE(list->requests.size() == 4);
  const struct {
    std::string id;
    ClientMode mode;
    std::size_t line;
  } expected[] = {{"one", ClientMode::DESTINATION, 1},
                  {"two", ClientMode::SOURCE, 3},
                  {"four", ClientMode::ALL, 5},
                  {"five", ClientMode::DESTINATION, 6}};
  for (std::size_t i = 0; i != 4; ++i) {
    CHECK(list->requests[i].tunnelId == expected[i].id);
    CHECK(list->requests[i].clientMode == expected[i].mode);
    CHECK(list->lines[i] == expected[i].line);
  }
}

TEST_CASE("fleet list: a line that is wrong is told with its number") {
  const struct {
    std::string text;
    std::string problem;
  } cases[] = {
      {"a", "line 1: no mode, and --client-mode is not given"},
      {"a all\nb sauce",
       "line 2: \"sauce\" is not SOURCE, DESTINATION or ALL, did you mean "
       "\"SOURCE\"?"},
      {"a all b", "line 1: expected a tunnel's id and a mode, and nothing behind"},
      {"arn:aws:iot:x:1:tunnel/a all",
       "line 1: \"arn:aws:iot:x:1:tunnel/a\" is no tunnel's id: expected up to 128 letters, digits "
       "and characters of _-+=:"},
      {std::string(129, 'a') + " all",
       "line 1: \"" + std::string(129, 'a') +
           "\" is no tunnel's id: expected up to 128 letters, digits and characters of _-+=:"},
      {"a all\n\na source",
       "line 3: tunnel a stands on line 1 already: the second rotation of a "
       "side takes away the token of the first"},
      {"a source\na all",
       "line 2: tunnel a stands on line 1 already: the second rotation of a "
       "side takes away the token of the first"},
      {"a destination\na source\na all",
       "line 3: tunnel a stands on line 2 already: the second rotation of a side takes away the "
       "token of the first"},
      {"\x1b[31m all",
       "line 1: \"\\x1b[31m\" is no tunnel's id: expected up to 128 letters, "
       "digits and characters of _-+=:"},
  };
  for (const auto& each : cases) {
    const auto list = readTunnelList(each.text, {});
    INFO(each.text);
    REQUIRE_FALSE(list);
    CHECK(list.error().message == each.problem);
  }
  std::string many;
  for (int i = 0; i != 25; ++i)
    many += "a/b\n";
  const auto list = readTunnelList(many, ClientMode::ALL);
  REQUIRE_FALSE(list);
  CHECK(list.error().message.find("line 20: ") != std::string::npos);
  CHECK(list.error().message.find("line 21: ") == std::string::npos);
  CHECK(list.error().message.find("\nand 5 lines more") != std::string::npos);
}

TEST_CASE("fleet options: what is given") {
  const auto options = parse({"--results", "r", "--client-mode", "all", "--parallel", "7",
                              "--timeout", "90", "--region", "eu-west-1", "-"});
  REQUIRE(options);
  CHECK(options->resultsFile == "r");
  CHECK(options->clientMode == ClientMode::ALL);
  CHECK(options->parallel == 7);
  CHECK(options->timeoutMs == 90'000);
  CHECK(options->call.region == std::optional<std::string>("eu-west-1"));
  CHECK(options->listFile == "-");
  const auto usual = parse({"--results=r", "list"});
  REQUIRE(usual);
  CHECK(usual->parallel == 32);
  CHECK(usual->timeoutMs == 0);
  CHECK(usual->clientMode.name().empty());
}

TEST_CASE("fleet options: what is wrong") {
  const struct {
    std::vector<const char*> words;
    const char* problem;
  } cases[] = {
      {{"list"}, "--results FILE is required"},
      {{"--results", "r"}, "no list of tunnels"},
      {{"--results", "r", "a", "b"}, "one list of tunnels is enough: b"},
      {{"--results", "r", "--parallel", "0", "a"}, "--parallel \"0\": expected a whole number"},
      {{"--results", "r", "--parallel", "1001", "a"}, "from 1 to 1000"},
      {{"--results", "r", "--timeout", "1.5", "a"}, "--timeout \"1.5\": expected a whole number"},
      {{"--results", "r", "--client-mode", "SRC", "a"}, "--client-mode \"SRC\" is not "},
      {{"--results", "r", "--paralel", "3"}, "unknown: --paralel"},
  };
  for (const auto& each : cases) {
    const auto options = parse(each.words);
    INFO(each.problem);
    REQUIRE_FALSE(options);
    CHECK(options.error().message.find(each.problem) != std::string::npos);
  }
}

TEST_CASE("fleet progress: a line") {
  CHECK(progressLine(0, 10, 0) == "[..............................] 0 of 10");
  CHECK(progressLine(5, 10, 1) == "[###############...............] 5 of 10, 1 failed");
  CHECK(progressLine(10, 10, 0) == "[##############################] 10 of 10");
}
