// SPDX-License-Identifier: BSL-1.0
// What the command makes of text from outside before it gets to a terminal.

#include <string>
#include <vector>

#include "argument_text.hpp"
#include "json_value.hpp"
#include "options.hpp"
#include "parameters.hpp"
#include "shorthand.hpp"
#include "support/catch.hpp"
#include "text.hpp"

namespace {

struct Case {
  std::string text;
  std::string expected;
};

/// A character in UTF-8.
std::string utf8(char32_t code) {
  const auto continuation = [code](unsigned shift) {
    return static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0U | (code >> 6U)), continuation(0)};
  if (code < 0x10000) {
    return {static_cast<char>(0xE0U | (code >> 12U)), continuation(6), continuation(0)};
  }
  return {static_cast<char>(0xF0U | (code >> 18U)), continuation(12), continuation(6),
          continuation(0)};
}

}  // namespace

TEST_CASE("what steers a terminal or ends a line is made visible") {
  const std::vector<Case> cases = {
      {"plain \\ 'text'", "plain \\ 'text'"},
      {"a\tb", "a\tb"},
      {"a\r\nb", "a\\r\\nb"},
      {"\x1b[2J\x07\x7f", "\\x1b[2J\\x07\\x7f"},
      {std::string("a\0b", 3), "a\\x00b"},
      {"\xC2\x9B"
       "1m",
       "\\u{009b}1m"},
      {"\x9B"
       "1m",
       "\\x9b1m"},
      {"\xC2\x85", "\\u{0085}"},
      {"a\xE2\x80\xAE"
       "b",
       "a\\u{202e}b"},
      {"\xF3\xA0\x81\x81", "\\u{0e0041}"},
      {"t\xC3\xBCr \xE2\x82\xAC \xF0\x9F\x98\x80", "t\xC3\xBCr \xE2\x82\xAC \xF0\x9F\x98\x80"},
      {"\xC0\x8A", "\\xc0\\x8a"},
      {"\xE0\x80\x8A", "\\xe0\\x80\\x8a"},
      {"\xED\xA0\x80", "\\xed\\xa0\\x80"},
      {"\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
      {"\xE2\x82", "\\xe2\\x82"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.expected);
    CHECK(visible(one.text) == one.expected);
    CHECK(visible(visible(one.text)) == one.expected);
  }
  CHECK(visibleLines("a\nb\r\xC2\x85") == "a\nb\\r\\u{0085}");
}

TEST_CASE("no character from outside is printed that has a direction or no look of its own") {
  for (const auto& [first, last] : std::vector<std::pair<char32_t, char32_t>>{{0x00, 0x08},
                                                                              {0x0A, 0x1F},
                                                                              {0x7F, 0x9F},
                                                                              {0x61C, 0x61C},
                                                                              {0x200B, 0x200F},
                                                                              {0x2028, 0x202E},
                                                                              {0x2060, 0x206F},
                                                                              {0xFEFF, 0xFEFF}}) {
    for (char32_t code = first; code <= last; ++code) {
      CAPTURE(static_cast<unsigned>(code));
      CHECK(visible(utf8(code)).front() == '\\');
    }
  }
}

TEST_CASE("a place in a text is shown in one line with a caret below it") {
  CHECK(pointAt("abc", 1) == "abc\n ^");
  CHECK(pointAt("abc", 3) == "abc\n   ^");
  CHECK(pointAt("", 0) == "\n^");
  CHECK(pointAt("a\n\xC3\xBC!", 4) == "a\\n\xC3\xBC!\n    ^");
  const std::string longText(1000, 'x');
  CHECK(pointAt(longText, 500) ==
        "..." + std::string(100, 'x') + "...\n" + std::string(63, ' ') + "^");
  // Nothing is cut inside a character.
  std::string wide;
  for (int i = 0; i != 500; ++i)
    wide += "\xE2\x82\xAC";
  CHECK(pointAt(wide, 750).find("\\x") == std::string::npos);
}

TEST_CASE("a message that quotes the command line has the lines of its own only") {
  const std::string hostile = "x\nforged: \x1b[1m\xC2\x9B\xE2\x80\xA8\xE2\x80\xAE\x9B\r";
  const auto lines = [](const std::string& message) {
    return std::count(message.begin(), message.end(), '\n');
  };
  const std::vector<std::vector<std::string>> commandLines = {
      {hostile},
      {"--" + hostile},
      {"--debug=" + hostile},
      {"--no" + hostile},
      {"--generate-cli-skeleton", hostile},
      {"--output", hostile},
      {"--endpoint-url", hostile},
      {"--cli-read-timeout", hostile},
      {"--cli-connect-timeout", "-7\n"},
      {"--client-mode", hostile},
      {"--tunnel-id", "file:///nonexistent/" + hostile},
      {"--destination-config", "[" + hostile},
      {"--destination-config", "{" + hostile},
      {"--destination-config", "{\"" + hostile + "\"}"},
      {"--destination-config", "a" + hostile},
      {"--destination-config", "a='" + hostile},
      {"--destination-config", "a=b\xE2\x80\xAE,c='d'" + hostile},
      {"--destination-config", R"({"services":["s"],"\u009b\n\u202e":1})"},
      {"--destination-config", R"({"services":{"\u2028\u001b":"\u2029\u202d"}})"},
      {"--cli-input-json", hostile},
      {"--cli-input-json", R"({"\u0085\r\u0007":["\n\u2066"]})"},
  };
  for (const std::vector<std::string>& words : commandLines) {
    std::vector<const char*> all = {"program", "--tunnel-id", "t", "--client-mode", "ALL"};
    for (const std::string& word : words)
      all.push_back(word.c_str());
    CAPTURE(words);
    std::string message;
    const auto take = [&message](const auto& result) {
      if (!result && message.empty()) message = result.error().message;
      return result.operator bool();
    };
    const auto options = parseOptions(static_cast<int>(all.size()), all.data());
    if (take(options)) {
      const auto parameters = readParameters(*options);
      if (take(parameters) && take(checkParameters(*parameters)))
        take(checkClientMode(*options, *parameters));
    }
    CHECK_FALSE(message.empty());
    CHECK(visibleLines(message) == message);
    CHECK(lines(message) <= (message.find("Parameter validation failed") == 0 ? 4 : 3));
    CHECK(message.find("\nforged") == std::string::npos);
  }
}

TEST_CASE("input of many members is read in linear time") {
  // Each takes well under a second; by comparing every member with each other it took many.
  constexpr int count = 100'000;
  std::string json = "{";
  std::string shorthand;
  std::string words = "a=";
  std::string commas = "a=";
  for (int i = 0; i != count; ++i) {
    const std::string name = "m" + std::to_string(i);
    json.append(i == 0 ? "" : ",").append("\"" + name + "\":1");
    shorthand.append(i == 0 ? "" : ",").append(name + "=v");
    words.append(i == 0 ? "" : ",").append(name);
    commas.append("\\,");
  }
  json += "}";
  const auto object = parseJson(json);
  REQUIRE(object);
  CHECK(object->items.size() == count);
  CHECK(object->find("m99999") == &object->items.back());
  const auto keyed = parseShorthand(shorthand);
  REQUIRE(keyed);
  CHECK(keyed->items.size() == count);
  CHECK(parseShorthand("a={" + shorthand + "}")->find("a")->items.size() == count);
  CHECK(parseShorthand(words)->find("a")->items.size() == count);
  CHECK(parseShorthand(commas)->find("a")->text == std::string(count, ','));
  const auto path = loadArgument("--x", "file://" + std::string(1'000'000, '$'));
  CHECK_FALSE(path);
}
