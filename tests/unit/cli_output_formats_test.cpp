// SPDX-License-Identifier: BSL-1.0
// How examples/rotate-tunnel-access-token prints values. What is expected is what the AWS CLI's own
// formatters, of version 2.9, print.

#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/freed_memory.hpp"
#include "table_output.hpp"
#include "text_output.hpp"
#include "yaml_output.hpp"

namespace {

struct Case {
  std::string_view json;
  std::string_view printed;
};

jmespath::Document parsed(std::string_view json) {
  jmespath::Document document;
  document.Parse<rapidjson::kParseFullPrecisionFlag>(json.data(), json.size());
  return document;
}

std::string shown(const secure_tunneling::Secret& text) {
  return std::string(text.expose());
}

const Case yamlCases[] = {
    {"{\"b\":1,\"a\":[1.0,null,true,[],{}]}",
     "a:\n"
     "- 1.0\n"
     "- null\n"
     "- true\n"
     "- []\n"
     "- {}\n"
     "b: 1\n"},
    {"[\"yes\",\"1e5\",\"0o7\",\"1_0\",\"2020-01-01\",\"1:30\",\"~\",\"a: b\",\"#\",\"\",\"- "
     "a\",\"-a\"]",
     "- yes\n"
     "- '1e5'\n"
     "- '0o7'\n"
     "- '1_0'\n"
     "- '2020-01-01'\n"
     "- 1:30\n"
     "- '~'\n"
     "- 'a: b'\n"
     "- '#'\n"
     "- ''\n"
     "- '- a'\n"
     "- -a\n"},
    {"[\"0x1F\",\".5\",\"1.e5\",\"1e\",\"+1\",\"-.inf\",\"2020-1-1 "
     "1:00:00\",\"0b2\",\"=\",\"True\",\"12e03\",\"_1\"]",
     "- '0x1F'\n"
     "- '.5'\n"
     "- '1.e5'\n"
     "- 1e\n"
     "- '+1'\n"
     "- '-.inf'\n"
     "- '2020-1-1 1:00:00'\n"
     "- 0b2\n"
     "- '='\n"
     "- 'True'\n"
     "- '12e03'\n"
     "- _1\n"},
    {"[1e20,[[\"x\"]],{\"k\":\"l\\nm\"}]",
     "- 1e+20\n"
     "- - - x\n"
     "- k: 'l\n"
     "\n"
     "    m'\n"},
    {"\"a\\u00e9\"", "\"aé\"\n"},
    {"7", "7\n"},
    {"{\"k\":\"one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
     "fifteen\"}",
     "k: one two three four five six seven eight nine ten eleven twelve thirteen fourteen\n"
     "  fifteen\n"},
    {"{\"a\":\"\\ud83d\\ude00\",\"b\":\"tab\\t\",\"c\":\"\\u4e2d\"}",
     "a: \"\\U0001F600\"\n"
     "b: \"tab\\t\"\n"
     "c: 中\n"},
    {"{\"null\":1,\"\":2,\"a b\":3}",
     "'': 2\n"
     "a b: 3\n"
     "'null': 1\n"},
    {"{}", ""},
};

const Case textCases[] = {
    {"[\"a\",1,null]", "a\t1\tNone\n"},
    {"[[\"a\",\"b\"],[\"c\"],[]]",
     "a\tb\n"
     "c\n"},
    {"{\"b\":\"x\",\"a\":[1,2],\"c\":{\"d\":true,\"e\":{\"f\":\"g\"}}}",
     "x\n"
     "A\t1\n"
     "A\t2\n"
     "C\tTrue\n"
     "E\tg\n"},
    {"[{\"a\":1},{\"b\":\"x\",\"a\":2}]",
     "1\t\n"
     "2\tx\n"},
    {"[{\"a\":1,\"l\":[\"x\"]},{\"a\":2,\"l\":[]}]",
     "1\n"
     "L\tx\n"
     "2\n"},
    {"[{\"a\":1},{\"a\":[1,\"it's\",{\"k\":null}]}]",
     "1\n"
     "[1, \"it's\", {'k': None}]\n"},
    {"[{\"a\":1},{\"a\":[\"\\u2028\\u00e9\",1e16]}]",
     "1\n"
     "['\\u2028é', 1e+16]\n"},
    {"1.50", "1.5\n"},
    {"null", "None\n"},
    {"{\"\\u00e9\":[\"x\"],\"\":[\"y\"]}",
     "\ty\n"
     "É\tx\n"},
    {"[\"x\",[\"y\"],[\"z\"]]",
     "x\n"
     "y\n"
     "z\n"},
    {"{}", ""},
};

const Case tableCases[] = {
    {"{\"a\":\"x\"}",
     "-------------------------\n"
     "|RotateTunnelAccessToken|\n"
     "+----------+------------+\n"
     "|  a       |  x         |\n"
     "+----------+------------+\n"},
    {"{\"a\":\"\\u65e5\\u672c\",\"b\":\"\\u00e9\"}",
     "-------------------------\n"
     "|RotateTunnelAccessToken|\n"
     "+------------+----------+\n"
     "|      a     |    b     |\n"
     "+------------+----------+\n"
     "|  日本      |  é      |\n"
     "+------------+----------+\n"},
    {"[\"a\",\"bc\"]",
     "-------------------------\n"
     "|RotateTunnelAccessToken|\n"
     "+-----------------------+\n"
     "|  a                    |\n"
     "|  bc                   |\n"
     "+-----------------------+\n"},
    {"[[\"a\",\"b\"],[\"ccc\",\"d\"]]",
     "-------------------------\n"
     "|RotateTunnelAccessToken|\n"
     "+-------------+---------+\n"
     "|  a          |  b      |\n"
     "|  ccc        |  d      |\n"
     "+-------------+---------+\n"},
    {"[{\"a\":1,\"l\":[\"x\"]},{\"a\":22,\"l\":[\"y\"]}]",
     "-------------------------\n"
     "|RotateTunnelAccessToken|\n"
     "+-----------------------+\n"
     "|           a           |\n"
     "+-----------------------+\n"
     "|  1                    |\n"
     "+-----------------------+\n"
     "||          l          ||\n"
     "|+---------------------+|\n"
     "||  x                  ||\n"
     "|+---------------------+|\n"
     "|RotateTunnelAccessToken|\n"
     "+-----------------------+\n"
     "|           a           |\n"
     "+-----------------------+\n"
     "|  22                   |\n"
     "+-----------------------+\n"
     "||          l          ||\n"
     "|+---------------------+|\n"
     "||  y                  ||\n"
     "|+---------------------+|\n"},
    {"[{\"a\":1},{\"b\":\"x\"}]",
     "-------------------------\n"
     "|RotateTunnelAccessToken|\n"
     "+----------+------------+\n"
     "|     a    |     b      |\n"
     "+----------+------------+\n"
     "|  1       |            |\n"
     "|          |  x         |\n"
     "+----------+------------+\n"},
    {"{\"a\":\"x\",\"n\":{\"k\":\"v\",\"m\":{\"z\":1}}}",
     "-------------------------\n"
     "|RotateTunnelAccessToken|\n"
     "+----------+------------+\n"
     "|  a       |  x         |\n"
     "+----------+------------+\n"
     "||          n          ||\n"
     "|+---------+-----------+|\n"
     "||  k      |  v        ||\n"
     "|+---------+-----------+|\n"
     "|||         m         |||\n"
     "||+--------+----------+||\n"
     "|||  z     |  1       |||\n"
     "||+--------+----------+||\n"},
    {"\"scalar\"",
     "-------------------------\n"
     "|RotateTunnelAccessToken|\n"
     "+-----------------------+\n"},
    {"[]", ""},
    {"{\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",\"b\":"
     "\"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\"}",
     "---------------------------------------------------\n"
     "|             RotateTunnelAccessToken             |\n"
     "+---+---------------------------------------------+\n"
     "|  a|  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx   |\n"
     "|  b|  yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy   |\n"
     "+---+---------------------------------------------+\n"},
    {"{\"one\":1,\"two\":2,\"three\":\"a value that makes the section wide\"}",
     "-------------------------------------------------------\n"
     "|               RotateTunnelAccessToken               |\n"
     "+-----+---------------------------------------+-------+\n"
     "| one |                 three                 |  two  |\n"
     "+-----+---------------------------------------+-------+\n"
     "|  1  |  a value that makes the section wide  |  2    |\n"
     "+-----+---------------------------------------+-------+\n"},
};

const Case colouredCase = {"{\"a\":\"x\",\"n\":[\"y\"]}",
                           "-------------------------\n"
                           "\033[0m\033[0m|RotateTunnelAccessToken|\033[0m\033[0m\n"
                           "\033[0m\033[0m+----------+------------+\033[0m\033[0m\n"
                           "\033[0m\033[0m|  \033[1m\033[34ma\033[0m       |  "
                           "\033[1m\033[34mx\033[0m         |\033[0m\033[0m\n"
                           "\033[0m\033[0m+----------+------------+\033[0m\033[0m\n"
                           "\033[0m\033[2m\033[33m|\033[0m\033[0m|          n          "
                           "|\033[0m\033[2m\033[33m|\033[0m\033[0m\n"
                           "\033[0m\033[2m\033[33m|\033[0m\033[0m+---------------------+\033["
                           "0m\033[2m\033[33m|\033[0m\033[0m\n"
                           "\033[0m\033[2m\033[33m|\033[0m\033[0m|  \033[1m\033[34my\033[0m        "
                           "          |\033[0m\033[2m\033[33m|\033[0m\033[0m\n"
                           "\033[0m\033[2m\033[33m|\033[0m\033[0m+---------------------+\033["
                           "0m\033[2m\033[33m|\033[0m\033[0m\n"
                           "\033[0m"};

}  // namespace

TEST_CASE("YAML is printed as the AWS CLI prints it") {
  for (const Case& test : yamlCases)
    CHECK(shown(printYaml(parsed(test.json))) == test.printed);
}

TEST_CASE("A YAML stream has one page") {
  CHECK(shown(printYamlStream(parsed(R"({"b":[1],"a":"x"})"))) == "- a: x\n  b:\n  - 1\n");
  CHECK(shown(printYamlStream(parsed("null"))) == "- null\n");
  CHECK(shown(printYamlStream(parsed("{}"))).empty());
}

TEST_CASE("Text is printed as the AWS CLI prints it") {
  for (const Case& test : textCases)
    CHECK(shown(printText(parsed(test.json))) == test.printed);
}

TEST_CASE("A table is drawn as the AWS CLI draws it") {
  for (const Case& test : tableCases)
    CHECK(shown(printTable(parsed(test.json), false, 80)) == test.printed);
  CHECK(shown(printTable(parsed(colouredCase.json), true, 80)) == colouredCase.printed);
}

TEST_CASE("A table that the AWS CLI fails at is drawn") {
  CHECK(shown(printTable(parsed(R"([["a"],["b","c"]])"), false, 80)) ==
        "-------------------------\n"
        "|RotateTunnelAccessToken|\n"
        "+----------+------------+\n"
        "|  a       |            |\n"
        "|  b       |  c         |\n"
        "+----------+------------+\n");
  CHECK(shown(printText(parsed(R"([{"a":1},"b"])"))) == "1\nb\n");
}

TEST_CASE("What is printed is wiped") {
  const std::string_view token = "AQGAAXtoken-that-is-secret";
  const std::string json = R"({"token":["AQGAAXtoken-that-is-secret"]})";
  const jmespath::Document document = parsed(json);
  const FreedMemoryWatch watch(token);
  printYaml(document);
  printText(document);
  printTable(document, true, 80);
  CHECK(watch.leaks() == 0);
}
