// SPDX-License-Identifier: BSL-1.0
// The parts of examples/rotate-tunnel-access-token. What is expected is what the AWS CLI does.

#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "argument_text.hpp"
#include "json_value.hpp"
#include "options.hpp"
#include "output.hpp"
#include "parameters.hpp"
#include "shorthand.hpp"
#include "skeleton.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "text.hpp"
#include "yaml_input.hpp"

using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;
using secure_tunneling::RotateTunnelAccessTokenResponse;
using secure_tunneling::Secret;

namespace {

struct Case {
  std::string input;
  std::string expected;
};

/// The value as Python writes it, or the error's message.
std::string shown(const Result<JsonValue>& value) {
  return value ? pythonText(*value) : value.error().message;
}

Result<Options> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "program");
  return parseOptions(static_cast<int>(words.size()), words.data());
}

Result<JsonValue> parametersOf(const std::vector<const char*>& words) {
  Result<Options> options = parse(words);
  if (!options) return std::move(options).error();
  return readParameters(*options);
}

std::string problemsOf(const std::string& inputJson) {
  const Result<JsonValue> parameters = parametersOf({"--cli-input-json", inputJson.c_str()});
  if (!parameters) return parameters.error().message;
  const Result<void> checked = checkParameters(*parameters);
  return checked ? "" : checked.error().message;
}

/// The error of a command line; empty when there is none.
std::string usageProblem(const std::vector<const char*>& words) {
  const Result<Options> options = parse(words);
  return options ? "" : options.error().message;
}

RotateTunnelAccessTokenResponse response(const char* arn, const char* source,
                                         const char* destination) {
  RotateTunnelAccessTokenResponse out;
  if (arn != nullptr) out.tunnelArn = arn;
  if (source != nullptr) out.sourceAccessToken = Secret(source);
  if (destination != nullptr) out.destinationAccessToken = Secret(destination);
  return out;
}

std::string formatted(const RotateTunnelAccessTokenResponse& response, OutputFormat outputFormat) {
  return std::string(format(response, {outputFormat, false, nullptr, {}})->expose());
}

}  // namespace

TEST_CASE("shorthand is read as the AWS CLI reads it") {
  const std::vector<Case> cases = {
      {"a=b", "{'a': 'b'}"},
      {"a=b,c=d", "{'a': 'b', 'c': 'd'}"},
      {"a=b,c", "{'a': ['b', 'c']}"},
      {"a=b,c,d=e,f=g", "{'a': ['b', 'c'], 'd': 'e', 'f': 'g'}"},
      {"a=", "{'a': ''}"},
      {"a=,b=c", "{'a': '', 'b': 'c'}"},
      {" =b", "{'': 'b'}"},
      {"a = b , c = d ", "{'a': 'b', 'c': 'd'}"},
      {"a=b c,\td=e", "{'a': 'b c', 'd': 'e'}"},
      {"a=[]", "{'a': []}"},
      {"a=[b]", "{'a': ['b']}"},
      {"a=[ b , c ],d=e", "{'a': ['b', 'c'], 'd': 'e'}"},
      {"a=[b,]", "{'a': ['b']}"},
      {"a=[,]", "{'a': ['']}"},
      {"a=[[b],[c,d]]", "{'a': [['b'], ['c', 'd']]}"},
      {"a={b=c}", "{'a': {'b': 'c'}}"},
      {"a={}", "{'a': {}}"},
      {"a={b=c,d=[e]},f=g", "{'a': {'b': 'c', 'd': ['e']}, 'f': 'g'}"},
      {"a={b=c,b=d}", "{'a': {'b': 'd'}}"},
      {"a='b,c=d'", "{'a': 'b,c=d'}"},
      {"a='it\\'s'", "{'a': \"it's\"}"},
      {"a='b\\\\',c=d", "{'a': 'b\\\\', 'c': 'd'}"},
      {"a='b\\'", "{'a': 'b\\\\'}"},
      {"a=\"b\\\"c\"", "{'a': 'b\"c'}"},
      {"a='b','c'", "{'a': ['b', 'c']}"},
      {"a=b\\,c", "{'a': 'b,c'}"},
      {"a=b\\c", "{'a': 'b\\\\c'}"},
      {"a=b=c", "{'a': 'b=c'}"},
      {"a=b[c{d", "{'a': 'b[c{d'}"},
      {"a-b_c.d#e/f:g=h", "{'a-b_c.d#e/f:g': 'h'}"},
      {"a=t\xC3\xBCnnel", "{'a': 't\xC3\xBCnnel'}"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.input);
    CHECK(shown(parseShorthand(one.input)) == one.expected);
  }
}

TEST_CASE("behind @= a word in shorthand is what a file has") {
  const auto load = [](const std::string& value) -> Result<ArgumentText> {
    if (value == "no") return makeError(ErrorKind::InvalidArgument, "there is no such file");
    return ArgumentText{"<" + value + ">", value == "bytes"};
  };
  const std::vector<Case> cases = {
      {"a@=b", "{'a': '<b>'}"},
      {"a@=b,c=d", "{'a': '<b>', 'c': 'd'}"},
      {"a=b,c@=d", "{'a': 'b', 'c': '<d>'}"},
      {"a@=b,c,d=e", "{'a': ['<b>', '<c>'], 'd': 'e'}"},
      {"a @ = b , 'c,' ", "{'a': ['<b>', '<c,>']}"},
      {"a@=[ b , \"c\" ],d=[e]", "{'a': ['<b>', '<c>'], 'd': ['e']}"},
      {"a@={b=c,d@=e},f=g", "{'a': {'b': 'c', 'd': '<e>'}, 'f': 'g'}"},
      {"a@=[{b=c},d]", "{'a': [{'b': 'c'}, 'd']}"},
      {"a@=b=c", "{'a': '<b=c>'}"},
      {"a@=", "{'a': ''}"},
      {"a=@b", "{'a': '@b'}"},
      {"a@=bytes", "{'a': b'<bytes>'}"},
      {"a@=no,b=c", "there is no such file"},
      {"a@=b,no,c=d", "there is no such file"},
      {"a@=b,c,no", "there is no such file"},
      {"a@", "Expected: '=', received: 'EOF' for input:\na@\n  ^"},
      {"a@@=b", "Expected: '=', received: '@' for input:\na@@=b\n  ^"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.input);
    CHECK(shown(parseShorthand(one.input, load)) == one.expected);
  }
  // The AWS CLI's status is then not that of a wrong usage.
  CHECK(parseShorthand("a@=no", load).error().kind == ErrorKind::Configuration);
}

TEST_CASE("a mistake in shorthand is pointed at") {
  const std::vector<Case> cases = {
      {"", "Expected: '=', received: 'EOF' for input:\n\n^"},
      {"a", "Expected: '=', received: 'EOF' for input:\na\n ^"},
      {",a=b", "Expected: '=', received: ',' for input:\n,a=b\n^"},
      {"a b=c", "Expected: '=', received: 'b' for input:\na b=c\n  ^"},
      {"a=b,", "Expected: 'a value', received: 'EOF' for input:\na=b,\n    ^"},
      {"a=b,c,", "Expected: 'a value', received: 'EOF' for input:\na=b,c,\n      ^"},
      {"a=[b", "Expected: ',', received: 'EOF' for input:\na=[b\n    ^"},
      {"a={b", "Expected: '=', received: 'EOF' for input:\na={b\n    ^"},
      {"a={b=c", "Expected: ',', received: 'EOF' for input:\na={b=c\n      ^"},
      {"a='b", "Expected: 'a closing '', received: ''' for input:\na='b\n  ^"},
      {"a=\"b", "Expected: 'a closing \"', received: '\"' for input:\na=\"b\n  ^"},
      {"a='b'c", "Expected: ',', received: 'c' for input:\na='b'c\n     ^"},
      {"a=b]", "Expected: ',', received: ']' for input:\na=b]\n   ^"},
      {"a=b,\nc==d,\ne=f",
       "Expected: ',', received: '=' for input:\na=b,\\nc==d,\\ne=f\n        ^"},
      {"\xC3\xBC=b", "Expected: '=', received: '\xC3\xBC' for input:\n\xC3\xBC=b\n^"},
      {"a='\xC3\xBC'b", "Expected: ',', received: 'b' for input:\na='\xC3\xBC'b\n     ^"},
      {"a=\xF0\x9F\x98\x80",
       "Expected: ',', received: '\xF0\x9F\x98\x80' for input:\na=\xF0\x9F\x98\x80\n  ^"},
      {"a=b,a=c",
       "Second instance of key \"a\" encountered for input:\na=b,a=c\n    ^\n"
       "This is often because there is a preceding \",\" instead of a space."},
  };
  for (const Case& one : cases) {
    CAPTURE(one.input);
    const Result<JsonValue> value = parseShorthand(one.input);
    REQUIRE_FALSE(value);
    CHECK(value.error().message == one.expected);
    CHECK(value.error().kind == ErrorKind::InvalidArgument);
  }
}

TEST_CASE("deep nesting is refused, in shorthand and in JSON") {
  for (const char bracket : {'[', '{'}) {
    const std::string deep = bracket == '[' ? std::string(100'000, '[') : [] {
      std::string text;
      for (int i = 0; i != 10'000; ++i)
        text += "{a=";
      return text;
    }();
    CHECK(shown(parseShorthand("a=" + deep)).find("Nested deeper than 200 levels") == 0);
  }
  CHECK(shown(parseJson(std::string(100'000, '['))).find("Nested deeper than 200 levels") == 0);
}

TEST_CASE("JSON keeps its order, and the last of several members of one name") {
  const std::vector<Case> cases = {
      {R"({})", "{}"},
      {R"({"b":1,"a":[true,false,null,"x"],"c":{}})",
       "{'b': 1, 'a': [True, False, None, 'x'], 'c': {}}"},
      {R"({"a":1,"b":2,"a":3})", "{'a': 3, 'b': 2}"},
      {R"({"a":{"b":1},"a":{"c":2}})", "{'a': {'c': 2}}"},
      {R"([NaN,-Infinity,1.50,-0,12345678901234567890123])",
       "[NaN, -Infinity, 1.50, -0, 12345678901234567890123]"},
      {R"(["\u00e9\ud83d\ude00\n\\"])", "['\xC3\xA9\xF0\x9F\x98\x80\\n\\\\']"},
      {" \t\r\n[1] ", "[1]"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.input);
    CHECK(shown(parseJson(one.input)) == one.expected);
  }
}

TEST_CASE("a mistake in JSON is told in Python's words") {
  const std::vector<Case> cases = {
      {R"({"a":["b"])", "Expecting ',' delimiter: line 1 column 11 (char 10)"},
      {R"({"a":1 /* c */})", "Expecting ',' delimiter: line 1 column 8 (char 7)"},
      {"[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"},
      {"[1.]", "Expecting ',' delimiter: line 1 column 3 (char 2)"},
      {"[1e+]", "Expecting ',' delimiter: line 1 column 3 (char 2)"},
      {"{a:1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"},
      {R"({"a":1,})",
       "Expecting property name enclosed in double quotes: line 1 column 8 (char 7)"},
      {R"({"a" 1})", "Expecting ':' delimiter: line 1 column 6 (char 5)"},
      {R"({"a":})", "Expecting value: line 1 column 6 (char 5)"},
      {"", "Expecting value: line 1 column 1 (char 0)"},
      {"hello", "Expecting value: line 1 column 1 (char 0)"},
      {"[1,]", "Expecting value: line 1 column 4 (char 3)"},
      {"[tru]", "Expecting value: line 1 column 2 (char 1)"},
      {"[-]", "Expecting value: line 1 column 2 (char 1)"},
      {"{}x", "Extra data: line 1 column 3 (char 2)"},
      {"[\"a\tb\"]", "Invalid control character at: line 1 column 4 (char 3)"},
      {R"(["a\qb"])", "Invalid \\escape: line 1 column 4 (char 3)"},
      {R"(["\u12g4"])", "Invalid \\uXXXX escape: line 1 column 4 (char 3)"},
      {"[\n \"\xC3\xBC\" 1]", "Expecting ',' delimiter: line 2 column 6 (char 7)"},
      {"[\"\xFF\"]", "Invalid UTF-8: line 1 column 3 (char 2)"},
      {std::string("[1]\0[2]", 7), "Extra data: line 1 column 4 (char 3)"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.input);
    const Result<JsonValue> value = parseJson(one.input);
    REQUIRE_FALSE(value);
    const std::string& message = value.error().message;
    CHECK(message.substr(0, message.find('\n')) == one.expected);
  }
  CHECK(parseJson("[\n \"\xC3\xBC\" 1]").error().message ==
        "Expecting ',' delimiter: line 2 column 6 (char 7)\n[\\n \"\xC3\xBC\" 1]\n        ^");
}

TEST_CASE("a character that is cut short is found, and nothing behind the text is read") {
  for (const char* const cut : {"\xC3", "\xE2", "\xE2\x82", "\xF0", "\xF0\x9F\x98"}) {
    CHECK_FALSE(isUtf8(cut));
    CHECK_FALSE(parseJson(std::string("[\"0123456789abcdef0123456789") + cut));
  }
  CHECK(isUtf8(std::string("\0\xF0\x9F\x98\x80", 5)));
}

TEST_CASE("parameters are checked all at once, in botocore's words") {
  CHECK(problemsOf(R"({"tunnelId":"a","clientMode":"NEW"})").empty());
  CHECK(problemsOf("{}") ==
        "Parameter validation failed:\n"
        "Missing required parameter in input: \"tunnelId\"\n"
        "Missing required parameter in input: \"clientMode\"");
  CHECK(
      problemsOf(R"({"tunnelId":7,"clientMode":[],"destinationConfig":{"services":"a"},"q":0})") ==
      "Parameter validation failed:\n"
      "Unknown parameter in input: \"q\", must be one of: tunnelId, clientMode, "
      "destinationConfig\n"
      "Invalid type for parameter tunnelId, value: 7, type: <class 'int'>, valid types: "
      "<class 'str'>\n"
      "Invalid type for parameter clientMode, value: [], type: <class 'list'>, valid types: "
      "<class 'str'>\n"
      "Invalid type for parameter destinationConfig.services, value: a, type: <class 'str'>, "
      "valid types: <class 'list'>, <class 'tuple'>");
  CHECK(problemsOf(R"({"clientMode":true,"tunnelId":1.5,"destinationConfig":null})") ==
        "Parameter validation failed:\n"
        "Invalid type for parameter clientMode, value: True, type: <class 'bool'>, valid types: "
        "<class 'str'>\n"
        "Invalid type for parameter tunnelId, value: 1.5, type: <class 'float'>, valid types: "
        "<class 'str'>\n"
        "Invalid type for parameter destinationConfig, value: None, type: <class 'NoneType'>, "
        "valid types: <class 'dict'>");
  CHECK(problemsOf(R"({"tunnelId":"a","clientMode":"ALL","destinationConfig":)"
                   R"({"thingName":"","services":["",{"a":"b"}],"x":1}})") ==
        "Parameter validation failed:\n"
        "Unknown parameter in destinationConfig: \"x\", must be one of: thingName, services\n"
        "Invalid length for parameter destinationConfig.thingName, value: 0, valid min length: 1\n"
        "Invalid length for parameter destinationConfig.services[0], value: 0, valid min length: "
        "1\n"
        "Invalid type for parameter destinationConfig.services[1], value: {'a': 'b'}, type: "
        "<class 'dict'>, valid types: <class 'str'>");
  CHECK(problemsOf("[]") ==
        "Error parsing parameter '--cli-input-json': Invalid type: expecting map, received "
        "<class 'list'>");
}

TEST_CASE("an option of its own replaces a member of --cli-input-json") {
  const char* const input = R"({"clientMode":"SOURCE","tunnelId":"j",)"
                            R"("destinationConfig":{"thingName":"t","services":["s"]}})";
  CHECK(shown(parametersOf({"--tunnel-id", "c", "--cli-input-json", input, "--destination-config",
                            "services=z"})) ==
        "{'tunnelId': 'c', 'destinationConfig': {'services': ['z']}, 'clientMode': 'SOURCE'}");
}

TEST_CASE("the option --destination-config takes JSON or shorthand") {
  const auto config = [](const char* text) {
    const Result<JsonValue> parameters =
        parametersOf({"--tunnel-id", "a", "--client-mode", "ALL", "--destination-config", text});
    return parameters ? pythonText(*parameters->find("destinationConfig"))
                      : parameters.error().message;
  };
  CHECK(config("thingName=x,services=a,b") == "{'thingName': 'x', 'services': ['a', 'b']}");
  CHECK(config("services=a") == "{'services': ['a']}");
  CHECK(config("services={a=b}") == "{'services': [{'a': 'b'}]}");
  CHECK(config(" {\"services\":\"a\"}") == "{'services': 'a'}");
  CHECK(config("[1]") ==
        "Error parsing parameter '--destination-config': Invalid JSON, expected an "
        "object:\n[1]\n^");
  CHECK(config("{") ==
        "Error parsing parameter '--destination-config': Invalid JSON: Expecting property name "
        "enclosed in double quotes: line 1 column 2 (char 1)\n{\n ^");
}

TEST_CASE("an endpoint URL without a scheme is named without what may be secret in it") {
  const Case cases[] = {{"example.com/dev", " \"example.com/dev\""},
                        {"example.com/dev?key=canary", " \"example.com/dev\""},
                        {"canary@example.com", ""},
                        {"//user:canary@example.com", ""}};
  for (const Case& one : cases) {
    CAPTURE(one.input);
    CHECK(usageProblem(
              {"--tunnel-id", "a", "--client-mode", "ALL", "--endpoint-url", one.input.c_str()}) ==
          "Bad value for --endpoint-url" + one.expected +
              ": scheme is missing.  Must be of the form http://<hostname>/ or "
              "https://<hostname>/");
  }
}

TEST_CASE("the request is made of the parameters") {
  const Result<JsonValue> parameters =
      parametersOf({"--tunnel-id", "a", "--client-mode", "ALL", "--destination-config",
                    "thingName=t,services=x,y"});
  REQUIRE(parameters);
  const auto request = toRequest(*parameters);
  CHECK(request.tunnelId == "a");
  CHECK(request.clientMode == secure_tunneling::ClientMode::ALL);
  REQUIRE(request.destinationConfig);
  CHECK(request.destinationConfig->thingName == "t");
  CHECK(request.destinationConfig->services == std::vector<std::string>{"x", "y"});
}

TEST_CASE("only --client-mode is held to the modes that are known") {
  const std::vector<Case> cases = {{"all", ", did you mean \"ALL\"?"},
                                   {" ALL", ", did you mean \"ALL\"?"},
                                   {"SUORCE", ", did you mean \"SOURCE\"?"},
                                   {"NOPE", ""},
                                   {"", ""}};
  for (const Case& one : cases) {
    const Result<Options> options = parse({"--tunnel-id", "a", "--client-mode", one.input.c_str()});
    REQUIRE(options);
    const Result<void> checked = checkClientMode(*options, *readParameters(*options));
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message == "Invalid value for --client-mode: \"" + one.input +
                                         "\" is not SOURCE, DESTINATION or ALL" + one.expected);
  }
  const Result<Options> options =
      parse({"--cli-input-json", R"({"tunnelId":"a","clientMode":"NEW"})"});
  REQUIRE(options);
  CHECK(checkClientMode(*options, *readParameters(*options)));
}

TEST_CASE("a value may come from a file") {
  TestEnvironment environment;
  const std::string path = environment.write("value", "a\r\nb\rc\n");
  environment.set("CLI_PARTS_TEST_FILE", path);
  for (const std::string& name :
       {path, std::string("$CLI_PARTS_TEST_FILE"), std::string("${CLI_PARTS_TEST_FILE}")}) {
    const auto loaded = loadArgument("--x", "file://" + name);
    REQUIRE(loaded);
    CHECK(loaded->text == "a\nb\nc\n");
    CHECK_FALSE(loaded->isBytes);
  }
  environment.write("value", "\xFF\r\n");
  const auto binary = loadArgument("--x", "file://" + path);
  REQUIRE_FALSE(binary);
  CHECK(binary.error().message.find("text contents could not be decoded") != std::string::npos);
  const auto bytes = loadArgument("--x", "fileb://" + path);
  REQUIRE(bytes);
  CHECK(bytes->isBytes);
  CHECK(bytes->text == "\xFF\r\n");
  std::remove(path.c_str());
  CHECK(loadArgument("--x", "file://" + path).error().message ==
        "Error parsing parameter '--x': Unable to load paramfile file://" + path +
            ": [Errno 2] No such file or directory: '" + path + "'");
  CHECK(loadArgument("--x", "@" + path)->text == "@" + path);
}

TEST_CASE("a file of a value is in the encoding that a variable names") {
  struct Encoded {
    const char* encoding;
    std::string bytes;
    std::string text;  ///< empty where the file is not in that encoding
  };
  const std::string mark = "\xEF\xBB\xBF";
  const std::vector<Encoded> cases = {
      {"", "\xC3\xBC", "\xC3\xBC"},
      {"UTF-8", "\xC3\xBC", "\xC3\xBC"},
      {"utf_8", mark + "a", mark + "a"},
      {"U8", "\xFC", ""},
      {"utf-8-sig", mark + "\xC3\xBC", "\xC3\xBC"},
      {"iso-8859-1", "\xFC\r\n", "\xC3\xBC\n"},
      {"646", "\xC3\xBC", ""},
      {"1252", "\x80", "\xE2\x82\xAC"},
      {"utf-16", std::string("\xFF\xFE\xFC\0\r\0\n\0", 8), "\xC3\xBC\n"},
      {"utf-16", std::string("\xFF\xFE\xFC", 3), ""},
      {"latin-1", std::string(10'000, '\xFC'),
       []() {
         std::string text;
         for (int i = 0; i != 10'000; ++i)
           text += "\xC3\xBC";
         return text;
       }()},
  };
  TestEnvironment environment;
  for (const Encoded& one : cases) {
    CAPTURE(one.encoding, one.bytes);
    environment.set("AWS_CLI_FILE_ENCODING", one.encoding);
    const auto loaded = loadArgument("--x", "file://" + environment.write("value", one.bytes));
    REQUIRE(loaded.hasValue() != one.text.empty());
    if (loaded) {
      CHECK(loaded->text == one.text);
    } else {
      CHECK(loaded.error().kind == ErrorKind::InvalidArgument);
      CHECK(loaded.error().message.find("could not be decoded") != std::string::npos);
    }
  }
  environment.set("AWS_CLI_FILE_ENCODING", "klingon\x1b");
  const std::string path = environment.write("value", "a");
  CHECK(loadArgument("--x", "fileb://" + path)->text == "a");
  const auto unknown = loadArgument("--x", "file://" + path);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::Configuration);
  CHECK(unknown.error().message ==
        "Error parsing parameter '--x': AWS_CLI_FILE_ENCODING is \"klingon\\x1b\": expected utf-8, "
        "utf-8-sig, utf-16, utf-16-le, utf-16-be, latin-1, ascii or cp1252");
}

TEST_CASE("a file of a value has 16 MiB at most") {
  TestEnvironment environment;
  const std::string path = environment.write("value", "");
  constexpr std::size_t most = 16 * 1024 * 1024;
  REQUIRE(truncate(path.c_str(), static_cast<off_t>(most)) == 0);
  const auto loaded = loadArgument("--x", "fileb://" + path);
  REQUIRE(loaded);
  CHECK(loaded->text.size() == most);
  REQUIRE(truncate(path.c_str(), static_cast<off_t>(most + 1)) == 0);
  for (const std::string& name : {path, std::string("/dev/zero")}) {
    for (const char* const prefix : {"file://", "fileb://"}) {
      const std::string value = prefix + name;
      const auto refused = loadArgument("--x", value);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().kind == ErrorKind::InvalidArgument);
      CHECK(refused.error().message == "Error parsing parameter '--x': Unable to load paramfile " +
                                           value + ": more than 16 MiB: '" + name + "'");
    }
  }
}

TEST_CASE("options are read by the rules of the AWS CLI") {
  SECTION("the last of several counts, and = is as good as a word") {
    const Result<Options> options =
        parse({"--tunnel-id=a", "--tunnel-id", "b", "--client-mode=", "--region=-x", "--output",
               "json", "--output=text"});
    REQUIRE(options);
    CHECK(options->tunnelId == "b");
    CHECK(options->clientMode == "");
    CHECK(options->region == "-x");
    CHECK(options->output == OutputFormat::Text);
  }
  SECTION("what may be a value") {
    for (const char* const value : {"-5", "-1.5", "-.5", "-", "", "-a b", "--a b", "{}", "[a,b]"}) {
      CAPTURE(value);
      const Result<Options> options = parse({"--tunnel-id", value, "--client-mode", "ALL"});
      REQUIRE(options);
      CHECK(options->tunnelId == value);
    }
    for (const char* const value : {"-abc", "--abc", "--", "-5a"}) {
      CAPTURE(value);
      CHECK(usageProblem({"--client-mode", "ALL", "--tunnel-id", value})
                .find("--tunnel-id: expected one argument") != std::string::npos);
    }
  }
  SECTION("abbreviations, where it is clear which option is meant") {
    const Result<Options> options =
        parse({"--t", "a", "--client", "ALL", "--de", "--dest", "services=a", "--reg=r"});
    // "--de" is --debug: options of all commands go first.
    REQUIRE(options);
    CHECK(options->tunnelId == "a");
    CHECK(options->debug);
    CHECK(options->destinationConfig == "services=a");
    CHECK(options->region == "r");
    CHECK(usageProblem({"--no"}) ==
          "rotate-tunnel-access-token: error: ambiguous option: --no could match --no-verify-ssl, "
          "--no-paginate, --no-sign-request, --no-cli-pager, --no-cli-auto-prompt");
  }
  SECTION("what is missing or unknown is named") {
    CHECK(usageProblem({}) ==
          "rotate-tunnel-access-token: error: the following arguments are required: --tunnel-id, "
          "--client-mode");
    CHECK(usageProblem({"--tunel-id=a", "--client-mode", "ALL"}) ==
          "rotate-tunnel-access-token: error: the following arguments are required: --tunnel-id; "
          "--tunel-id=a is unknown, did you mean \"--tunnel-id\"?");
    CHECK(usageProblem({"--nothing-like-it", "a", "--client-mode", "ALL"}) ==
          "rotate-tunnel-access-token: error: the following arguments are required: --tunnel-id");
    // Only the plain word makes up for required options.
    CHECK_FALSE(usageProblem({"--cli-input-json={}"}).empty());
    CHECK_FALSE(usageProblem({"--cli-input-j", "{}"}).empty());
    CHECK(usageProblem({"--cli-input-json", "{}"}).empty());
    const std::vector<std::pair<std::vector<const char*>, std::string>> cases = {
        {{"--nope", "1", "--zap"}, "Unknown options: --nope, --zap, 1"},
        {{"--nope=1"}, "Unknown options: --nope=1"},
        {{"stray", "words"}, "Unknown options: words, stray"},
        {{"--", "--output", "text"}, "Unknown options: text, --output"},
        {{""}, ""},
        {{"--"}, ""},
        {{"--debug=1"},
         "rotate-tunnel-access-token: error: argument --debug: ignored explicit argument '1'"},
        {{"--output", "tabel"},
         "rotate-tunnel-access-token: error: argument --output: \"tabel\" is not json, text, "
         "table, yaml, yaml-stream, off or env, did you mean \"table\"?"},
        {{"--color", "maybe"},
         "rotate-tunnel-access-token: error: argument --color: \"maybe\" is not auto, on or off"},
        {{"--cli-binary-format", "hex"},
         "rotate-tunnel-access-token: error: argument --cli-binary-format: \"hex\" is not base64 "
         "or raw-in-base64-out"},
        {{"--cli-error-format", "json"},
         "rotate-tunnel-access-token: error: argument --cli-error-format: \"json\" is not enhanced "
         "or legacy"},
        {{"--cli-error-format", "legacy", "--cli-error-format=enhanced"}, ""},
        {{"--no-paginate", "--no-cli-pager", "--no-cli-auto-prompt", "--cli-binary-format",
          "base64", "--color", "on"},
         ""},
        {{"--cli-auto-prompt"},
         "--cli-auto-prompt: this program asks nothing, give the options themselves"},
        {{"--regoin", "x"}, "Unknown options: --regoin, x, did you mean \"--region\"?"},
        {{"words", "help"}, "Unknown options: help, words"},
    };
    for (const auto& [words, expected] : cases) {
      std::vector<const char*> all = {"--tunnel-id", "a", "--client-mode", "ALL"};
      all.insert(all.end(), words.begin(), words.end());
      CHECK(usageProblem(all) == expected);
    }
  }
  SECTION("the skeleton") {
    CHECK(parse({"--generate-cli-skeleton"})->skeleton == Skeleton::Input);
    CHECK(parse({"--generate-cli-skeleton", "--debug"})->skeleton == Skeleton::Input);
    CHECK(parse({"--generate-cli-skeleton", "output"})->skeleton == Skeleton::Output);
    CHECK(parse({"--generate-cli-skeleton", "yaml-input"})->skeleton == Skeleton::YamlInput);
    CHECK_FALSE(parse({"--generate-cli-skeleton", ""}));
    CHECK_FALSE(parse({"--generate-cli-skeleton", "INPUT"}));
  }
  SECTION("timeouts are Python's integers, in seconds") {
    const auto timeout = [](const char* text) {
      const std::string word = std::string("--cli-read-timeout=") + text;
      Result<Options> options = parse({"--tunnel-id=a", "--client-mode=b", word.c_str()});
      return options ? std::to_string(options->readTimeoutMs) : options.error().message;
    };
    CHECK(timeout("5") == "5000");
    CHECK(timeout(" +5\t") == "5000");
    CHECK(timeout("0") == "0");
    CHECK(timeout("1_0") == "10000");
    CHECK(timeout("_1").find("is no whole number") != std::string::npos);
    CHECK(timeout("1__0").find("is no whole number") != std::string::npos);
    CHECK(timeout("99999999999999999999") == "2147483000");
    CHECK(timeout("") == "argument --cli-read-timeout: \"\" is no whole number of seconds");
    CHECK(timeout("1.5") == "argument --cli-read-timeout: \"1.5\" is no whole number of seconds");
    CHECK(timeout("+-5") == "argument --cli-read-timeout: \"+-5\" is no whole number of seconds");
    CHECK(timeout("-1") ==
          "Attempted to set read timeout to -1, but the timeout cannot be set to a value less than "
          "or equal to 0.");
  }
  SECTION("--help and --version need nothing else") {
    const Result<Options> help = parse({"--help"});
    REQUIRE(help);
    for (const char* const name :
         {"--tunnel-id", "--destination-config", "--cli-connect-timeout"}) {
      CHECK(help->information.find(name) != std::string::npos);
    }
    CHECK(parse({"help"})->information == help->information);
    CHECK(parse({"--tunnel-id", "a", "--client-mode", "ALL", "help", "--nope"})->information ==
          help->information);
    CHECK_FALSE(parse({"--tunnel-id", "a", "help"}));
    CHECK(parse({"help", "--debug"})->information == help->information);
    CHECK(parse({"--version"})->information.find("secure_tunneling ") != std::string::npos);
  }
}

TEST_CASE("the output is the AWS CLI's, byte for byte") {
  const auto all = response("arn:x", "s", "d");
  CHECK(formatted(all, OutputFormat::Json) ==
        "{\n    \"tunnelArn\": \"arn:x\",\n    \"sourceAccessToken\": \"s\",\n"
        "    \"destinationAccessToken\": \"d\"\n}\n");
  CHECK(formatted(all, OutputFormat::Text) == "d\ts\tarn:x\n");
  CHECK(formatted(all, OutputFormat::Yaml) ==
        "destinationAccessToken: d\nsourceAccessToken: s\ntunnelArn: arn:x\n");
  CHECK(formatted(all, OutputFormat::YamlStream) ==
        "- destinationAccessToken: d\n  sourceAccessToken: s\n  tunnelArn: arn:x\n");
  CHECK(formatted(all, OutputFormat::Off).empty());

  const auto some = response(nullptr, nullptr, "d");
  CHECK(formatted(some, OutputFormat::Json) == "{\n    \"destinationAccessToken\": \"d\"\n}\n");
  CHECK(formatted(some, OutputFormat::Text) == "d\n");

  CHECK(formatted(response("", nullptr, nullptr), OutputFormat::Text) == "\n");
  for (const OutputFormat each : {OutputFormat::Json, OutputFormat::Text, OutputFormat::Table,
                                  OutputFormat::Yaml, OutputFormat::YamlStream}) {
    CHECK(formatted(response(nullptr, nullptr, nullptr), each).empty());
  }

  CHECK(formatted(response("\"\\/\b\f\n\r\t\x01\x1b\x7f\xC3\xBC\xE2\x80\xA8", nullptr, nullptr),
                  OutputFormat::Json) ==
        "{\n    \"tunnelArn\": "
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001b\x7f\xC3\xBC\xE2\x80\xA8\"\n}\n");
  CHECK(formatted(outputSkeleton(), OutputFormat::Text) ==
        "destinationAccessToken\tsourceAccessToken\ttunnelArn\n");
}

TEST_CASE("a query is made of the response before it is printed") {
  // What the AWS CLI prints for --query on an answer with an ARN and a source token.
  const std::vector<Case> cases = {
      {"tunnelArn", "\"arn:x\"\n"},
      {"nothing", "null\n"},
      {"`[]`", "[]\n"},
      {"`{}`", ""},
      {"[tunnelArn, `[]`, `{}`, `true`, `1.50`, `1e3`, `-7`]",
       "[\n    \"arn:x\",\n    [],\n    {},\n    true,\n    1.5,\n    1000.0,\n    -7\n]\n"},
      {"{a: {b: sourceAccessToken}}", "{\n    \"a\": {\n        \"b\": \"s\"\n    }\n}\n"},
      {"`123456789012345678901234567890`", "123456789012345678901234567890\n"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.input);
    const auto query = jmespath::Expression::compile(one.input);
    REQUIRE(query);
    const auto text =
        format(response("arn:x", "s", nullptr), {OutputFormat::Json, false, &*query, {}});
    REQUIRE(text);
    CHECK(text->expose() == one.expected);
  }
  const auto query = jmespath::Expression::compile("length(destinationAccessToken)");
  REQUIRE(query);
  CHECK_FALSE(format(sampleResponse("SOURCE"), {OutputFormat::Json, false, &*query, {}}));
  CHECK(format(sampleResponse("ALL"), {OutputFormat::Json, false, &*query, {}}));
}

TEST_CASE("the input skeleton is valid input once it is filled in") {
  const Result<JsonValue> skeleton = GENERATE(true, false)
                                         ? parseJson(std::string(inputSkeleton))
                                         : parseYaml(std::string(yamlInputSkeleton));
  REQUIRE(skeleton);
  CHECK(pythonText(*skeleton) ==
        "{'tunnelId': '', 'clientMode': 'SOURCE', 'destinationConfig': {'thingName': '', "
        "'services': ['']}}");
}
