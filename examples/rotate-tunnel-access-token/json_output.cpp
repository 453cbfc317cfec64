// SPDX-License-Identifier: BSL-1.0
#include "json_output.hpp"

#include <string>
#include <string_view>

#include "jmespath/number.hpp"
#include "text.hpp"

using jmespath::Value;
using secure_tunneling::Secret;

namespace {

/// By hand and not by RapidJSON, whose escapes have their hexadecimal digits in upper case and
/// whose numbers are not Python's.
void appendString(Secret& out, const Value& string) {
  const std::string_view text(string.GetString(), string.GetStringLength());
  out.append("\"");
  for (const char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view plain = "\"\\\b\f\n\r\t";
    constexpr std::string_view escaped = "\"\\bfnrt";
    const std::size_t place = plain.find(c);
    if (place != std::string_view::npos) {
      out.append("\\");
      out.append(escaped.substr(place, 1));
    } else if (byte >= 0x20) {
      out.append(std::string_view(&c, 1));
    } else {
      out.append("\\u00");
      out.append(hexByte(byte));
    }
  }
  out.append("\"");
}

std::string numberText(const Value& number) {
  if (number.IsInt64()) return std::to_string(number.GetInt64());
  if (number.IsUint64()) return std::to_string(number.GetUint64());
  return jmespath::Number(number.GetDouble()).text();
}

void appendNewLine(Secret& out, std::size_t nesting) {
  out.append("\n");
  out.append(std::string(4 * nesting, ' '));
}

void appendValue(Secret& out, const Value& value, std::size_t nesting);

template <class Container, class AppendItem>
void appendContainer(Secret& out, const Container& items, std::string_view brackets,
                     std::size_t nesting, const AppendItem& appendItem) {
  out.append(brackets.substr(0, 1));
  bool isFirst = true;
  for (const auto& item : items) {
    if (!isFirst) out.append(",");
    isFirst = false;
    appendNewLine(out, nesting + 1);
    appendItem(item);
  }
  if (!isFirst) appendNewLine(out, nesting);
  out.append(brackets.substr(1, 1));
}

void appendValue(Secret& out, const Value& value, std::size_t nesting) {
  if (const std::string_view digits = jmespath::bigInteger(value); !digits.empty()) {
    out.append(digits);
  } else if (value.IsObject()) {
    appendContainer(out, value.GetObject(), "{}", nesting, [&](const auto& member) {
      appendString(out, member.name);
      out.append(": ");
      appendValue(out, member.value, nesting + 1);
    });
  } else if (value.IsArray()) {
    appendContainer(out, value.GetArray(), "[]", nesting,
                    [&](const Value& item) { appendValue(out, item, nesting + 1); });
  } else if (value.IsString()) {
    appendString(out, value);
  } else if (value.IsNumber()) {
    out.append(numberText(value));
  } else {
    out.append(value.IsNull() ? "null" : value.GetBool() ? "true" : "false");
  }
}

}  // namespace

Secret printJson(const Value& value) {
  Secret out;
  appendValue(out, value, 0);
  return out;
}
