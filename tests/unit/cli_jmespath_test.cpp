// SPDX-License-Identifier: BSL-1.0
// JMESPath in examples/rotate-tunnel-access-token. What is expected of a query that is answered is
// what Python's jmespath gives, but where the specification decides otherwise: between a number and
// a string there is no order, which is null.

#include <string>
#include <string_view>
#include <vector>

#include "jmespath/jmespath.hpp"
#include "json_output.hpp"
#include "support/catch.hpp"
#include "support/freed_memory.hpp"

using jmespath::Document;
using jmespath::Expression;
using secure_tunneling::ErrorKind;

namespace {

struct Query {
  std::string_view expression;
  std::string_view result;
};

struct Group {
  std::string_view about;
  std::string_view document;
  std::vector<Query> queries;
};

Document parsed(std::string_view json) {
  Document document;
  document.Parse<rapidjson::kParseFullPrecisionFlag>(json.data(), json.size());
  return document;
}

/// JSON without the white space between its parts.
std::string compact(const jmespath::Value& value) {
  const secure_tunneling::Secret json = printJson(value);
  std::string out;
  bool isText = false;
  for (const char c : json.expose()) {
    if (c == '"' && (out.empty() || out.back() != '\\')) isText = !isText;
    if (isText || (c != ' ' && c != '\n')) out += c;
  }
  return out;
}

std::string answer(std::string_view expression, std::string_view document) {
  const auto compiled = Expression::compile(expression);
  if (!compiled) return compiled.error().message;
  Document result;
  const auto searched = compiled->search(parsed(document), result);
  return searched ? compact(result) : searched.error().message;
}

std::string problem(std::string_view expression) {
  const auto compiled = Expression::compile(expression);
  if (compiled) return "compiles";
  CHECK(compiled.error().kind == ErrorKind::InvalidArgument);
  return compiled.error().message;
}

std::string firstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i != count; ++i)
    out += text;
  return out;
}

const std::vector<Group> groups = {
    {"fields and projections",
     "{\"a\":{\"b\":[{\"c\":1},{\"c\":null},{\"d\":2}]},\"x y\":{\"z\":[[1,[2]],3]}}",
     {
         {"a.b", "[{\"c\":1},{\"c\":null},{\"d\":2}]"},
         {"a.b[*].c", "[1]"},
         {"a.b[].d", "[2]"},
         {"a.b[1]", "{\"c\":null}"},
         {"a.b[-1].d", "2"},
         {"a.b[9]", "null"},
         {"a.*", "[[{\"c\":1},{\"c\":null},{\"d\":2}]]"},
         {"*.b", "[[{\"c\":1},{\"c\":null},{\"d\":2}]]"},
         {"\"x y\".z[]", "[1,[2],3]"},
         {"\"x y\".z[][]", "[1,2,3]"},
         {"a.b[?c].c", "[1]"},
         {"a.b[?!c]", "[{\"c\":null},{\"d\":2}]"},
         {"a.b[*].c | [0]", "1"},
         {"a.b[*][0]", "[]"},
         {"a.nosuch.b", "null"},
         {"[a.b[0].c, nosuch]", "[1,null]"},
         {"{k: a.b[0].c, n: nosuch}", "{\"k\":1,\"n\":null}"},
         {"nosuch.{k: a}", "null"},
         {"a.[b[0].c]", "[1]"},
         {"@.a.b[0]", "{\"c\":1}"},
         {"a . b \n[ 0 ]\t.c", "1"},
         {"nosuch || a.b[0].c", "1"},
         {"a && `1`", "1"},
         {"!a", "false"},
         {"!a.b", "null"},
         {"{k: a.b k2: @.nosuch}", "{\"k\":[{\"c\":1},{\"c\":null},{\"d\":2}],\"k2\":null}"},
     }},
    {"slices",
     "{\"n\":[0,1,2,3,4,5],\"l\":[[0,1,2],[3,4,5]],\"s\":\"text\"}",
     {
         {"n[1:3]", "[1,2]"},
         {"n[:-1]", "[0,1,2,3,4]"},
         {"n[-2:]", "[4,5]"},
         {"n[::2]", "[0,2,4]"},
         {"n[::-1]", "[5,4,3,2,1,0]"},
         {"n[4:1:-2]", "[4,2]"},
         {"n[9:0:-1]", "[5,4,3,2,1]"},
         {"n[-9:9]", "[0,1,2,3,4,5]"},
         {"n[3:3]", "[]"},
         {"n[:99999999999999999999]", "[0,1,2,3,4,5]"},
         {"n[-99999999999999999999::99999999999999999999]", "[0]"},
         {"n[::-99999999999999999999]", "[5]"},
         {"n[99999999999999999999]", "null"},
         {"s[0:1]", "null"},
         {"l[:1][0]", "[0]"},
         {"l[0][1:]", "[1,2]"},
     }},
    {"literals",
     "{\"a\":1}",
     {
         {"`1`", "1"},
         {"`-0`", "0"},
         {"`-0.0`", "-0.0"},
         {"`1.50`", "1.5"},
         {"`1e3`", "1000.0"},
         {"`1e16`", "1e+16"},
         {"`1e15`", "1000000000000000.0"},
         {"`1e-5`", "1e-05"},
         {"`0.0001`", "0.0001"},
         {"`123456789012345678901234567890`", "123456789012345678901234567890"},
         {"`18446744073709551615`", "18446744073709551615"},
         {"` [1, {\"k\": null}] `", "[1,{\"k\":null}]"},
         {"`foo`", "\"foo\""},
         {"`  foo bar `", "\"foo bar \""},
         {"``", "\"\""},
         {"`\"a\\`b\"`", "\"a`b\""},
         {"'it\\'s \\\\ \\n'", "\"it's \\\\\\\\ \\\\n\""},
         {"''", "\"\""},
         {"`\"\\u00e9\\ud83d\\ude00\"`", "\"é😀\""},
         {"`{\"b\":1,\"a\":2,\"b\":3}`", "{\"b\":3,\"a\":2}"},
         {"`01`", "\"01\""},
         {"`Inf`", "\"Inf\""},
     }},
    {"comparisons",
     "{\"i\":1,\"f\":1.0,\"t\":\"b\",\"n\":null,\"l\":[1,{\"k\":[2]}],\"m\":[1.0,{\"k\":[2]}],"
     "\"z\":0,\"no\":false}",
     {
         {"i == f", "true"},
         {"l == m", "true"},
         {"i == t", "false"},
         {"n == nosuch", "true"},
         {"i < `2`", "true"},
         {"i >= f", "true"},
         {"t > 'a'", "true"},
         {"t <= 'b'", "true"},
         {"i < t", "null"},
         {"n < i", "null"},
         {"no < i", "null"},
         {"z == no", "false"},
         {"`true` == `1`", "false"},
         {"`9223372036854775807` < `9223372036854775808.0`", "true"},
         {"`123456789012345678901234567890` > i", "true"},
         {"`-123456789012345678901234567890` > i", "false"},
         {"`{\"a\":1,\"b\":2}` == `{\"b\":2,\"a\":1}`", "true"},
         {"z && i", "1"},
         {"no || z", "0"},
         {"!z", "false"},
     }},
    {"functions on numbers",
     "{\"n\":[3,1.5,-2],\"big\":[9223372036854775807,1],\"e\":[]}",
     {
         {"abs(n[2])", "2"},
         {"abs(`-0.0`)", "0.0"},
         {"abs(`-9223372036854775808`)", "9223372036854775808"},
         {"avg(n)", "0.8333333333333334"},
         {"avg(e)", "null"},
         {"ceil(`1.2`)", "2"},
         {"floor(`-1.2`)", "-2"},
         {"ceil(`1e20`)", "100000000000000000000"},
         {"floor(`5`)", "5"},
         {"max(n)", "3"},
         {"min(n)", "-2"},
         {"max(e)", "null"},
         {"sum(n)", "2.5"},
         {"sum(e)", "0"},
         {"sum(big)", "9223372036854775808"},
         {"sum(`[99999999999999999999, -99999999999999999998]`)", "1"},
         {"sum(`[-99999999999999999999, -1]`)", "-100000000000000000000"},
         {"sum(`[1e3, 99999999999999999999]`)", "1e+20"},
         {"sort(n)", "[-2,1.5,3]"},
         {"to_number(`\"12\"`)", "12"},
         {"to_number(' 1_0 ')", "10"},
         {"to_number('+.5')", "0.5"},
         {"to_number('1e3')", "1000.0"},
         {"to_number('1__0')", "null"},
         {"to_number('0x10')", "null"},
         {"to_number('')", "null"},
         {"to_number('5.')", "5.0"},
         {"to_number(n)", "null"},
         {"to_number(`true`)", "null"},
     }},
    {"functions on text",
     "{\"s\":\"éa😀\",\"w\":[\"b\",\"é\",\"a\",\"B\"],\"e\":[]}",
     {
         {"length(s)", "3"},
         {"reverse(s)", "\"😀aé\""},
         {"contains(s, 'a')", "true"},
         {"starts_with(s, 'é')", "true"},
         {"ends_with(s, 'aa')", "false"},
         {"join('-', w)", "\"b-é-a-B\""},
         {"join('-', e)", "\"\""},
         {"sort(w)", "[\"B\",\"a\",\"b\",\"é\"]"},
         {"max(w)", "\"é\""},
         {"min(w)", "\"B\""},
         {"to_string(s)", "\"éa😀\""},
         {"to_string(`\"x\"`)", "\"x\""},
         {"to_string(`{\"é\":[1.0,null,true,\"\\u007f\\n\"]}`)",
          "\"{\\\"\\\\u00e9\\\":[1.0,null,true,\\\"\\\\u007f\\\\n\\\"]}\""},
         {"type(s)", "\"string\""},
         {"type(nosuch)", "\"null\""},
         {"type(w)", "\"array\""},
         {"to_array(s)", "[\"éa😀\"]"},
         {"to_array(w)", "[\"b\",\"é\",\"a\",\"B\"]"},
     }},
    {"functions on lists and objects",
     "{\"p\":[{\"k\":2,\"v\":\"x\"},{\"k\":1,\"v\":\"y\"},{\"k\":2,\"v\":\"z\"},{\"k\":1.0,\"v\":"
     "\"w\"}],\"o\":{\"b\":1,\"a\":2}}",
     {
         {"keys(o)", "[\"b\",\"a\"]"},
         {"values(o)", "[1,2]"},
         {"length(o)", "2"},
         {"length(p)", "4"},
         {"merge(o, `{\"c\":3,\"b\":9}`)", "{\"b\":9,\"a\":2,\"c\":3}"},
         {"not_null(nosuch, o.a)", "2"},
         {"map(&k, p)", "[2,1,2,1.0]"},
         {"map(&nosuch, p)", "[null,null,null,null]"},
         {"sort_by(p, &k)[].v", "[\"y\",\"w\",\"x\",\"z\"]"},
         {"sort_by(p, &v)[].v", "[\"w\",\"x\",\"y\",\"z\"]"},
         {"max_by(p, &k).v", "\"x\""},
         {"min_by(p, &k).v", "\"y\""},
         {"max_by(`[]`, &k)", "null"},
         {"sort_by(`[]`, &k)", "[]"},
         {"reverse(p)[0].v", "\"w\""},
         {"contains(p[].k, `1`)", "true"},
         {"p[?k==`2`] | length(@)", "2"},
         {"p[*].[k,v] | [0]", "[2,\"x\"]"},
         {"o.length(@)", "2"},
     }},
};

}  // namespace

TEST_CASE("A query gives what Python's jmespath gives") {
  for (const Group& group : groups) {
    INFO(group.about);
    for (const Query& query : group.queries) {
      INFO(query.expression);
      CHECK(answer(query.expression, group.document) == query.result);
    }
  }
}

TEST_CASE("A query that is no expression is refused before it is applied, with the place") {
  CHECK(problem("[tunnelArn") ==
        "expected \",\" or \"]\", found the end of the expression, at column 11:\n"
        "[tunnelArn\n"
        "          ^");
  CHECK(problem("a.b.`1`") ==
        "expected a name, \"*\", \"[\" or \"{\" after \".\", found \"`1`\", at column 5:\n"
        "a.b.`1`\n"
        "    ^");
  CHECK(problem("a |\n\u65e5") ==
        "unexpected character, at column 5:\n"
        "\u65e5\n"
        "^");
  CHECK(problem("'\u65e5\u672c' x") ==
        "expected an operator or the end, found \"x\", at column 6:\n"
        "'\u65e5\u672c' x\n"
        "       ^");
  const Query queries[] = {
      {"", "expected an expression, found the end of the expression, at column 1:"},
      {"'abc", "unclosed ', at column 1:"},
      {"`[1]", "unclosed `, at column 1:"},
      {"a = b", "\"=\" is no operator, \"==\" compares, at column 3:"},
      {"a-b", "expected a digit after \"-\", at column 2:"},
      {"a#b", "unexpected character, at column 2:"},
      {"a b", "expected an operator or the end, found \"b\", at column 3:"},
      {"a[b]", "expected a number, \":\" or \"*\" after \"[\", found \"b\", at column 3:"},
      {"a[1:2:3:4]", "expected \"]\" at the end of the slice, found \":\", at column 8:"},
      {"a[1:2 3]", "expected \"]\" at the end of the slice, found \"3\", at column 7:"},
      {"a[::0]", "the step of a slice may not be 0, at column 5:"},
      {"a[*", "expected \"]\", found the end of the expression, at column 4:"},
      {"a[?b", "expected \"]\", found the end of the expression, at column 5:"},
      {"{a}", "expected \":\", found \"}\", at column 3:"},
      {"{a: b,}", "expected a name, found \"}\", at column 7:"},
      {"{a: b", "expected \",\" or \"}\", found the end of the expression, at column 6:"},
      {"(a", "expected \")\", found the end of the expression, at column 3:"},
      {"a[*]b", "expected an operator or the end, found \"b\", at column 5:"},
      {"a !b", "expected an operator or the end, found \"!\", at column 3:"},
      {"\"length\"(@)", "the name of a function may not stand in quotes, at column 1:"},
      {"@(a)", "expected the name of a function before \"(\", at column 2:"},
      {"&a", "\"&\" may stand only before an argument of a function, at column 1:"},
      {"[a, &b]", "\"&\" may stand only before an argument of a function, at column 5:"},
      {"\"a\\q\"",
       "the name in quotes is no JSON string: Invalid escape character in string., at column 1:"},
      {"`\"\\udc00\"`",
       "the literal is not understood: a surrogate is half a character, at column 1:"},
      {"`1e400`",
       "the literal is not understood: Number too big to be stored in double., at column 1:"},
  };
  for (const Query& query : queries) {
    INFO(query.expression);
    CHECK(firstLine(problem(query.expression)) == query.result);
  }
  CHECK(problem("a\xff") == "it is not valid UTF-8");
}

TEST_CASE("A call that can never work is refused before it is applied") {
  const Query queries[] = {
      {"lenght(@)", "unknown function \"lenght()\", did you mean \"length()\"?, at column 1:"},
      {"a.nothing_like_it(@)", "unknown function \"nothing_like_it()\", at column 3:"},
      {"nosuch && length(@, @)", "length() takes 1 argument, not 2, at column 11:"},
      {"not_null()", "not_null() takes at least 1 argument, not 0, at column 1:"},
      {"join(',')", "join() takes 2 arguments, not 1, at column 1:"},
      {"length(`5`)",
       "length(): argument 1 is number, expected string, array or object, at column 8:"},
      {"abs(a == b)", "abs(): argument 1 is boolean, expected number, at column 7:"},
      {"sum([a, b])", "compiles"},
      {"abs(a | keys(@))", "abs(): argument 1 is array, expected number, at column 7:"},
      {"sort_by(a, b)",
       "sort_by(): argument 2 is a value, expected expression (\"&\" before it), at column 12:"},
      {"length(&a)",
       "length(): argument 1 is expression (\"&\" before it), expected string, array or object, "
       "at column 8:"},
      {"sum(`[1, \"a\"]`)",
       "sum(): argument 1 is an array with a string, expected an array of numbers, at column 5:"},
      {"contains('a', `1`)",
       "contains(): argument 2 is number, expected string, as argument 1 is one, at column 1:"},
      {"sort_by(`[{\"k\":1},{\"k\":\"x\"}]`, &k)",
       "sort_by(): the expression gives string, expected number, at column 1:"},
  };
  for (const Query& query : queries) {
    INFO(query.expression);
    CHECK(firstLine(problem(query.expression)) == query.result);
  }
}

TEST_CASE("A query that does not suit the document says so, without a value") {
  const std::string_view document = R"({"s":"secret","n":[1,"secret"],"i":5})";
  CHECK(answer("length(i)", document) ==
        "length(): argument 1 is number, expected string, array or object");
  CHECK(answer("sort(n)", document) ==
        "sort(): argument 1 is an array with a string, expected an array of numbers");
  CHECK(answer("max_by(n, &@)", document) ==
        "max_by(): the expression gives string, expected number");
  CHECK(answer("contains(s, i)", document) ==
        "contains(): argument 2 is number, expected string, as argument 1 is one");
  CHECK(answer("merge(@, i)", document) == "merge(): argument 2 is number, expected object");
}

TEST_CASE("What is nested too deeply is refused, and what is long is not") {
  constexpr std::size_t many = 100000;
  const std::string tooDeep = "nested deeper than 500 levels, at column ";
  for (const std::string_view opening : {"(", "[", "!", "{a:", "abs(", "a[?", "*."}) {
    INFO(opening);
    CHECK(firstLine(problem(repeated(opening, many))).substr(0, tooDeep.size()) == tooDeep);
  }
  CHECK(firstLine(problem("a" + repeated("[*]", many))).substr(0, tooDeep.size()) == tooDeep);
  CHECK(firstLine(problem("`" + repeated("[", many) + repeated("]", many) + "`")) ==
        "the literal is not understood: nested deeper than 500 levels, at column 1:");
  CHECK(problem(repeated("(", 400) + "a" + repeated(")", 400)) == "compiles");

  const std::string_view document = R"({"a":1})";
  CHECK(answer("@" + repeated(" | @", many), document) == document);
  CHECK(answer("a" + repeated(" || a", many), document) == "1");
  CHECK(answer("@" + repeated("[]", many), "[1]") == "[1]");
  CHECK(answer("[@]" + repeated(" | [@]", many), document) ==
        "the result is nested deeper than 500 levels");
  CHECK(answer("@", repeated("[", 600) + repeated("]", 600)) ==
        "the document is nested deeper than 500 levels");
}

TEST_CASE("The place in a long expression is shown with what is around it") {
  const std::string message = problem(repeated("a.", 1000) + "#" + repeated(".b", 1000));
  const std::string around = "..." + repeated("a.", 30);
  CHECK(message.find("\n" + around + "#.b") != std::string::npos);
  CHECK(message.size() < 300);
  CHECK(message.substr(message.rfind('\n')) == "\n" + std::string(around.size(), ' ') + "^");
}

TEST_CASE("An expression answers for many documents, and texts made on the way are wiped") {
  const auto expression = Expression::compile("join('-', [a, reverse(b)]) | {joined: @}");
  REQUIRE(expression);
  const Document first = parsed(R"({"a":"one token that is secret","b":"nekot"})");
  const Document second = parsed(R"({"a":"x","b":"yz"})");
  const FreedMemoryWatch watch("one token that is secret-token");
  Document result;
  REQUIRE(expression->search(first, result));
  CHECK(result["joined"] == "one token that is secret-token");
  REQUIRE(expression->search(second, result));
  CHECK(result["joined"] == "x-zy");
  CHECK(watch.leaks() == 0);
}
