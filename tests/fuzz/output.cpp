// SPDX-License-Identifier: BSL-1.0
// Any value is printed: as JSON and YAML that are read as the same value again, and as text and
// tables of valid UTF-8, whose lines are of one width.
//
// The texts of an input: a number, the width of the terminal and bits; the value as JSON.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "fuzz/support/fuzz.hpp"
#include "jmespath/jmespath.hpp"
#include "jmespath/width.hpp"
#include "json_output.hpp"
#include "json_value.hpp"
#include "table_output.hpp"
#include "text.hpp"
#include "text_output.hpp"
#include "yaml_input.hpp"
#include "yaml_output.hpp"

using secure_tunneling::Result;
using secure_tunneling::Secret;

namespace {

/// A value in one way only: members by name, numbers by what they are worth.
std::string normal(const JsonValue& value) {
  using Type = JsonValue::Type;
  if (value.type == Type::Number) {
    std::string text = value.text;
    for (const char* const word : {".inf", ".nan", "Infinity", "NaN"}) {
      if (text.find(word) != std::string::npos) text = word[0] == '.' ? word + 1 : word;
    }
    return std::to_string(std::strtod(text.c_str(), nullptr));
  }
  if (value.type == Type::Array) {
    std::string out = "[";
    for (const JsonValue& item : value.items)
      out.append(normal(item)).append(",");
    return out + "]";
  }
  if (value.type == Type::Object) {
    std::map<std::string, std::string> members;
    for (std::size_t i = 0; i != value.items.size(); ++i)
      members[value.names[i]] = normal(value.items[i]);
    std::string out = "{";
    for (const auto& [name, member] : members)
      out.append(name).append("=").append(member).append(",");
    return out + "}";
  }
  return pythonText(value) + " " + std::string(pythonType(value));
}

std::string shown(const Secret& text) {
  require(isUtf8(std::string(text.expose())), "what is printed is UTF-8", text.expose());
  return std::string(text.expose());
}

/// The columns of text as the AWS CLI counts them: what is ambiguous takes two.
std::size_t columnsOf(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i != text.size();) {
    const char32_t code = secure_tunneling::detail::takeCharacter(text, i);
    columns += jmespath::eastAsianWidth(code) == jmespath::EastAsianWidth::Narrow ? 1U : 2U;
  }
  return columns;
}

void requireOneWidth(const std::string& table) {
  std::string_view rest = table;
  std::size_t width = 0;
  while (!rest.empty()) {
    const std::string_view line = secure_tunneling::detail::takePart(rest, '\n');
    if (line.empty() || (line.front() != '|' && line.front() != '+' && line.front() != '-')) return;
    const std::size_t its = columnsOf(line);
    require(width == 0 || its == width, "the lines of a table are of one width", table);
    width = its;
  }
}

bool hasControls(const jmespath::Value& value) {
  if (value.IsString()) {
    const std::string text(value.GetString(), value.GetStringLength());
    return visible(text) != text;
  }
  if (value.IsArray()) return std::any_of(value.Begin(), value.End(), hasControls);
  if (!value.IsObject()) return false;
  return std::any_of(value.MemberBegin(), value.MemberEnd(), [](const auto& member) {
    return hasControls(member.name) || hasControls(member.value);
  });
}

}  // namespace

void fuzz(std::string_view input) {
  Script script(takeText(input));
  if (!script.next()) return;
  const std::size_t width = script.below(300);
  const bool colors = script.below(2) != 0;
  const std::string text(input);
  if (!isUtf8(text)) return;
  jmespath::Document parsed;
  parsed.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNanAndInfFlag>(
      padForRapidJson(text).c_str());
  if (parsed.HasParseError()) return;
  // What is printed came through a query: of several members of one name there is the last one.
  static const Result<jmespath::Expression> same = jmespath::Expression::compile("@");
  jmespath::Document document;
  if (!same->search(parsed, document)) return;
  const std::string json(printJson(document).expose());
  // A half of a surrogate pair gets through RapidJSON.
  if (!isUtf8(json)) return;
  const Result<JsonValue> value = parseJson(json);
  if (!value)
    return require(value.error().message.find("nest") != std::string::npos, "JSON is printed",
                   json);
  const std::string yaml = shown(printYaml(document));
  if (document.IsArray() || (document.IsObject() && !document.ObjectEmpty())) {
    const Result<JsonValue> again = parseYaml(yaml);
    require(again.hasValue(), "YAML is printed", yaml + (again ? "" : again.error().message));
    require(normal(*again) == normal(*value), "YAML is read as it was printed", yaml);
  } else {
    require(yaml == (document.IsObject() ? "" : json + "\n"), "a scalar is printed as JSON", yaml);
  }
  shown(printYamlStream(document));
  shown(printText(document));
  const std::string table = shown(printTable(document, colors, width));
  if (!colors && !hasControls(document)) requireOneWidth(table);
}
