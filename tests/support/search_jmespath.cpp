// SPDX-License-Identifier: BSL-1.0
// Applies JMESPath expressions to documents: reads lines with `[expression, document]` as JSON, and
// answers each with a line: `=` and the result, `compile:` or `search:` and the first line of why
// not.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <iostream>
#include <string>

#include "jmespath/jmespath.hpp"

namespace {

/// As RapidJSON writes it, but with integers of any size.
class BigIntegers {
 public:
  static std::string write(const jmespath::Value& value) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    put(value, writer);
    return buffer.GetString();
  }

 private:
  using Writer = rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                                   rapidjson::CrtAllocator, rapidjson::kWriteNanAndInfFlag>;

  static void put(const jmespath::Value& value, Writer& writer) {
    const std::string_view digits = jmespath::bigInteger(value);
    if (!digits.empty()) {
      writer.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
    } else if (value.IsArray()) {
      writer.StartArray();
      for (const auto& element : value.GetArray())
        put(element, writer);
      writer.EndArray();
    } else if (value.IsObject()) {
      writer.StartObject();
      for (const auto& member : value.GetObject()) {
        writer.Key(member.name.GetString(), member.name.GetStringLength());
        put(member.value, writer);
      }
      writer.EndObject();
    } else {
      value.Accept(writer);
    }
  }
};

std::string firstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string answer(const std::string& line) {
  constexpr unsigned flags = rapidjson::kParseFullPrecisionFlag | rapidjson::kParseNanAndInfFlag;
  jmespath::Document pair;
  if (pair.Parse<flags>(line.c_str()).HasParseError()) return "no JSON";
  const auto expression =
      jmespath::Expression::compile({pair[0].GetString(), pair[0].GetStringLength()});
  if (!expression) return "compile:" + firstLine(expression.error().message);
  jmespath::Document result;
  const auto searched = expression->search(pair[1], result);
  return searched ? "=" + BigIntegers::write(result) : "search:" + searched.error().message;
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line))
    std::cout << answer(line) << '\n';
}
