// SPDX-License-Identifier: BSL-1.0
// The YAML that --cli-input-yaml takes. What is expected is what ruamel.yaml's safe loader makes of
// it, which the AWS CLI uses.

#include <string>
#include <vector>

#include "json_value.hpp"
#include "support/catch.hpp"
#include "yaml_input.hpp"

using secure_tunneling::Result;

namespace {

struct Case {
  std::string input;
  std::string expected;
};

}  // namespace

TEST_CASE("YAML is read by the rules of YAML 1.2") {
  const std::vector<Case> cases = {
      {"", "None"},
      {"# nothing", "None"},
      {"a: b", "{'a': 'b'}"},
      {"---\na: b\n...\n", "{'a': 'b'}"},
      {"\xEF\xBB\xBF"
       "a: b\nc: d\n",
       "{'a': 'b', 'c': 'd'}"},
      {"\xEF\xBB\xBF---\na:\n- b\n", "{'a': ['b']}"},
      {"\xEF\xBB\xBF", "None"},
      {"a: [b, 'c', \"d\\ne\"]\nf:\n- g\n- {h: i}\n",
       "{'a': ['b', 'c', 'd\\ne'], 'f': ['g', {'h': 'i'}]}"},
      {"[yes, no, on, Off, y, 'true']", "['yes', 'no', 'on', 'Off', 'y', 'true']"},
      {"[true, True, FALSE, null, Null, ~, ]", "[True, True, False, None, None, None]"},
      {"a: |\n  b\n  c\nd: >\n  e\n  f\n", "{'a': 'b\\nc\\n', 'd': 'e f\\n'}"},
      {"a: &x [b]\nc: *x\n", "{'a': ['b'], 'c': ['b']}"},
      {"a: !!str 5", "{'a': '5'}"},
      {"{'<<': a, \"=\": b}", "{'<<': 'a', '=': 'b'}"},
      {"a: ! 5", "{'a': 5}"},
      {"a: t\xC3\xBCnnel \xF0\x9F\x98\x80", "{'a': 't\xC3\xBCnnel \xF0\x9F\x98\x80'}"},
      {"{\"a\": \"\\u00fc\", \"b\": 1}", "{'a': '\xC3\xBC', 'b': 1}"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.input);
    const Result<JsonValue> value = parseYaml(one.input);
    INFO((value ? "" : value.error().message));
    REQUIRE(value);
    CHECK(pythonText(*value) == one.expected);
  }
}

TEST_CASE("a plain YAML scalar has the type that YAML 1.2 gives it") {
  const auto types = std::vector<std::pair<JsonValue::Type, std::vector<const char*>>>{
      {JsonValue::Type::Number,
       {"0", "-17", "+4", "0x1F", "0o17", "0b11", "1_000", "1_", "1.5", "-.5", "1.", "1e5",
        "1.5e-3", ".5e+5", ".inf", "-.INF", ".nan"}},
      {JsonValue::Type::Boolean, {"true", "FALSE"}},
      {JsonValue::Type::Null, {"~", "null"}},
      {JsonValue::Type::Date,
       {"2001-12-14", "2001-12-14T21:59:43.10-05:00", "2001-12-14 21:59:43", "2001-1-4 1:59:43Z"}},
      {JsonValue::Type::String,
       {"-",   "+",     ".",     "_1",    "0x",          "e5",           "1e",
        "0xg", "1.2.3", "tRUE",  "12:30", "2001-12",     "abc",          "-a",
        "+.",  "nULL",  "1-2-x", "1-2-3", "20011-12-14", "2001-12-14T1", ".5e5"}},
  };
  for (const auto& [type, scalars] : types) {
    for (const char* const scalar : scalars) {
      CAPTURE(scalar);
      const Result<JsonValue> value = parseYaml(std::string("{a: ") + scalar + "}");
      REQUIRE(value);
      CHECK(value->find("a")->type == type);
    }
  }
}

TEST_CASE("a mistake in YAML is pointed at") {
  const std::vector<Case> cases = {
      {"a: b\na: c\n", "a second member \"a\" is not taken:\na: b\\na: c\\n\n      ^"},
      {"a: [b", "did not find expected ',' or ']':\na: [b\n     ^"},
      {"a: b\n--- c\n", "a second document is not taken:\na: b\\n--- c\\n\n      ^"},
      {"a: *x", "an alias of nothing that is complete is not taken:\na: *x\n   ^"},
      {"a: &x [*x]", "an alias of nothing that is complete is not taken:\na: &x [*x]\n       ^"},
      {"a: !mine b", "the tag !mine is not taken:\na: !mine b\n   ^"},
      {"<<: {a: b}", "a merge key is not taken:\n<<: {a: b}\n^"},
      {"a: <<", "a merge key is not taken:\na: <<\n   ^"},
      {"a: [b, =]", "the mark of a default value is not taken:\na: [b, =]\n       ^"},
      {"? [a]\n: b", "a name that is a list or a mapping is not taken"},
      {"\xC3\xBC: \"\\q\"", "found unknown escape character:\n\xC3\xBC: \"\\q\"\n"},
      {"a: \xFF", "invalid leading UTF-8 octet:\na: \\xff\n   ^"},
      {"a: \x1b[1m", "control characters are not allowed:\na: \\x1b[1m\n   ^"},
      {std::string(100'000, '['), "nested deeper than 200 levels is not taken"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.input.substr(0, 80));
    const Result<JsonValue> value = parseYaml(one.input);
    REQUIRE_FALSE(value);
    CHECK(value.error().message.substr(0, one.expected.size()) == one.expected);
  }
}

TEST_CASE("YAML aliases cannot stand for more than memory holds") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i != 12; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    text += name + ": &" + name + " [" + alias;
    for (int more = 0; more != 9; ++more)
      text += ", " + alias;
    text += "]\n";
  }
  const Result<JsonValue> value = parseYaml(text);
  REQUIRE_FALSE(value);
  CHECK(value.error().message.find("aliases that stand for more than 10000 values") == 0);
}
