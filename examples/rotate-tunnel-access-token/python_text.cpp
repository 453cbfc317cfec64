// SPDX-License-Identifier: BSL-1.0
#include "python_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "jmespath/utf8.hpp"

using jmespath::Value;
using secure_tunneling::Secret;

namespace {

void appendEscape(Secret& out, const char* format, char32_t code) {
  std::array<char, 12> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), format, static_cast<unsigned>(code));
  out.append({buffer.data(), static_cast<std::size_t>(size)});
}

/// Whether Python's repr() shows a character: none of control, format and private use, and no space
/// but the usual one.
bool isPrintable(char32_t code) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  constexpr std::array<Range, 16> hidden = {{{0, 0x1F},
                                             {0x7F, 0xA0},
                                             {0xAD, 0xAD},
                                             {0x600, 0x605},
                                             {0x61C, 0x61C},
                                             {0x6DD, 0x6DD},
                                             {0x1680, 0x1680},
                                             {0x180E, 0x180E},
                                             {0x2000, 0x200F},
                                             {0x2028, 0x202F},
                                             {0x205F, 0x206F},
                                             {0x3000, 0x3000},
                                             {0xE000, 0xF8FF},
                                             {0xFEFF, 0xFEFF},
                                             {0xFFF0, 0xFFFB},
                                             {0xE0000, 0x10FFFF}}};
  return std::none_of(hidden.begin(), hidden.end(), [&](const Range& range) {
    // Variation selectors are marks.
    const bool isMark = code >= 0xE0100 && code <= 0xE01EF;
    return !isMark && code >= range.first && code <= range.last;
  });
}

/// Where there is a single quote and no double one the text stands in double quotes.
void appendQuoted(Secret& out, std::string_view text) {
  const bool isDouble =
      text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const std::string_view quote = isDouble ? "\"" : "'";
  out.append(quote);
  while (!text.empty()) {
    const std::string_view from = text;
    const char32_t code = jmespath::takeCharacter(text);
    if (code == '\n') {
      out.append("\\n");
    } else if (code == '\r') {
      out.append("\\r");
    } else if (code == '\t') {
      out.append("\\t");
    } else if (!isPrintable(code)) {
      appendEscape(out, code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
    } else {
      if (code == '\\' || code == static_cast<unsigned char>(quote.front())) out.append("\\");
      out.append(from.substr(0, from.size() - text.size()));
    }
  }
  out.append(quote);
}

void appendRepr(Secret& out, const Value& value);

void appendStr(Secret& out, const Value& value) {
  if (value.IsString()) return out.append(stringOf(value));
  if (value.IsDouble() && std::isnan(value.GetDouble())) return out.append("nan");
  if (value.IsDouble() && std::isinf(value.GetDouble()))
    return out.append(value.GetDouble() < 0 ? "-inf" : "inf");
  const std::string number = jmespath::spelledNumber(value);
  if (!number.empty()) return out.append(number);
  if (value.IsNull()) return out.append("None");
  if (value.IsBool()) return out.append(value.GetBool() ? "True" : "False");
  bool isFirst = true;
  const auto separate = [&] {
    if (!isFirst) out.append(", ");
    isFirst = false;
  };
  if (value.IsArray()) {
    out.append("[");
    for (const Value& element : value.GetArray()) {
      separate();
      appendRepr(out, element);
    }
    return out.append("]");
  }
  out.append("{");
  for (const auto& member : value.GetObject()) {
    separate();
    appendQuoted(out, stringOf(member.name));
    out.append(": ");
    appendRepr(out, member.value);
  }
  out.append("}");
}

void appendRepr(Secret& out, const Value& value) {
  if (value.IsString()) return appendQuoted(out, stringOf(value));
  appendStr(out, value);
}

}  // namespace

bool isScalar(const Value& value) {
  return !value.IsArray() && (!value.IsObject() || !jmespath::bigInteger(value).empty());
}

Secret pythonStr(const Value& value) {
  Secret out;
  appendStr(out, value);
  return out;
}

std::string_view stringOf(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}
