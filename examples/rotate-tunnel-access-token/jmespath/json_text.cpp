// SPDX-License-Identifier: BSL-1.0
#include "json_text.hpp"

#include <array>
#include <cstdio>

#include "utf8.hpp"

namespace jmespath {

namespace {

using secure_tunneling::Secret;

void appendUnit(Secret& out, unsigned unit) {
  std::array<char, 8> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), "\\u%04x", unit);
  out.append({buffer.data(), static_cast<std::size_t>(size)});
}

void appendCharacter(Secret& out, char32_t code) {
  switch (code) {
    case '"':
      return out.append("\\\"");
    case '\\':
      return out.append("\\\\");
    case '\b':
      return out.append("\\b");
    case '\f':
      return out.append("\\f");
    case '\n':
      return out.append("\\n");
    case '\r':
      return out.append("\\r");
    case '\t':
      return out.append("\\t");
    default:
      break;
  }
  if (code >= 0x20 && code < 0x7F) {
    const char c = static_cast<char>(code);
    out.append({&c, 1});
  } else if (code < 0x10000) {
    appendUnit(out, static_cast<unsigned>(code));
  } else {
    const auto above = static_cast<unsigned>(code) - 0x10000U;
    appendUnit(out, 0xD800U + (above >> 10U));
    appendUnit(out, 0xDC00U + (above & 0x3FFU));
  }
}

void appendString(Secret& out, std::string_view text) {
  out.append("\"");
  while (!text.empty())
    appendCharacter(out, takeCharacter(text));
  out.append("\"");
}

}  // namespace

void appendJson(Secret& out, const Item& item) {
  if (const auto* const boolean = item.as<bool>()) return out.append(*boolean ? "true" : "false");
  if (const auto* const number = item.as<Number>()) return out.append(number->text());
  if (const auto* const text = item.as<std::string_view>()) return appendString(out, *text);
  if (item.isNull()) return out.append("null");
  const auto* const array = item.as<Array>();
  out.append(array != nullptr ? "[" : "{");
  bool isFirst = true;
  const auto separate = [&] {
    if (!isFirst) out.append(",");
    isFirst = false;
  };
  if (array != nullptr) {
    for (const Item* const element : *array) {
      separate();
      appendJson(out, *element);
    }
  } else {
    for (const Object::Member& member : item.as<Object>()->members()) {
      separate();
      appendString(out, member.name);
      out.append(":");
      appendJson(out, *member.value);
    }
  }
  out.append(array != nullptr ? "]" : "}");
}

}  // namespace jmespath
