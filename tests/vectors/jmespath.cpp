// SPDX-License-Identifier: BSL-1.0
// JMESPath, the command's --query: the language's own cases.
#include "jmespath/jmespath.hpp"

#include <algorithm>

#include "vectors.hpp"

namespace {

jmespath::Value toValue(const Json& json, jmespath::Document::AllocatorType& allocator) {
  const auto string = [&](const std::string& text) {
    return jmespath::Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
  };
  switch (json.type()) {
    case Json::Type::Boolean:
      return jmespath::Value(json.isTrue());
    case Json::Type::Number:
      if (json.text().find_first_of(".eE") == std::string::npos)
        return jmespath::Value(json.integer());
      return jmespath::Value(json.number());
    case Json::Type::String:
      return string(json.text());
    case Json::Type::Array: {
      jmespath::Value array(rapidjson::kArrayType);
      for (const Json& item : json.items())
        array.PushBack(toValue(item, allocator), allocator);
      return array;
    }
    case Json::Type::Object: {
      jmespath::Value object(rapidjson::kObjectType);
      for (std::size_t i = 0; i != json.names().size(); ++i)
        object.AddMember(string(json.names()[i]), toValue(json[i], allocator), allocator);
      return object;
    }
    default:
      return {};
  }
}

void checkSearch(const Json& json, const Json& document, Case& test) {
  const auto expression = jmespath::Expression::compile(json["expression"].text());
  if (json.has("parses"))
    return test.check("compiles", expression.hasValue(),
                      expression ? "" : expression.error().message);
  const bool isRefused = json.has("error");
  const std::string& error = json["error"].text();
  if (!expression) {
    test.check("compiles", isRefused, expression.error().message);
    return;
  }
  const bool isSeenBefore =
      error == "syntax" || error == "unknown-function" || error == "invalid-arity";
  test.check("is refused when it is compiled", !isSeenBefore);
  jmespath::Document given;
  static_cast<jmespath::Value&>(given) = toValue(document, given.GetAllocator());
  jmespath::Document result;
  const auto searched = expression->search(given, result);
  test.check("is applied", searched.hasValue() != isRefused,
             searched ? "" : searched.error().message);
  // RapidJSON's comparison: as numbers, and members in any order.
  if (!isRefused)
    test.check("gives the result", result == toValue(json["result"], given.GetAllocator()));
}

void runJmespath(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "cases")) {
    Case test(report, json["id"].text() + " " + json["expression"].text());
    const auto given = static_cast<std::size_t>(json["given"].integer());
    checkSearch(json, vectors["documents"][given], test);
  }
}

const VectorTests tests("jmespath.json", runJmespath);

}  // namespace
