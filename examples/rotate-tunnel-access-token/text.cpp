// SPDX-License-Identifier: BSL-1.0
#include "text.hpp"

#include <rapidjson/reader.h>

#include <algorithm>
#include <optional>

std::string padForRapidJson(const std::string& text) {
  return text + std::string(3, '\0');
}

bool isUtf8(const std::string& text) {
  struct Nowhere {
    void Put(char) {}
  } nowhere;
  const std::string padded = padForRapidJson(text);
  RAPIDJSON_NAMESPACE::StringStream stream(padded.c_str());
  while (stream.Tell() != text.size()) {
    if (!RAPIDJSON_NAMESPACE::UTF8<>::Validate(stream, nowhere)) return false;
  }
  return true;
}

std::size_t characterCount(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string hexByte(unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[byte >> 4U], digits[byte & 0xFU]};
}

namespace {

/// The character that `text` begins with; nothing where that is not UTF-8.
std::optional<char32_t> firstCharacter(std::string_view text, std::size_t& size) {
  const auto first = static_cast<unsigned char>(text.front());
  size = 1;
  if (first < 0x80) return first;
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 0 || first > 0xF4 || text.size() < length) return std::nullopt;
  char32_t code = first & (0x7FU >> length);
  for (std::size_t i = 1; i != length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return std::nullopt;
    code = (code << 6U) | (byte & 0x3FU);
  }
  const bool isOverlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (isOverlong || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return std::nullopt;
  size = length;
  return code;
}

/// Whether a character steers a terminal, changes the direction of what follows, ends a line or
/// cannot be seen.
bool isHidden(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0x61C ||
         (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
         (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE0FFF);
}

std::string visibleBut(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t size = 1;
    const std::optional<char32_t> code = firstCharacter(text, size);
    if (!code) {
      out.append("\\x").append(hexByte(static_cast<unsigned char>(text.front())));
    } else if (!isHidden(*code) || kept.find(text.front()) != kept.npos) {
      out.append(text.substr(0, size));
    } else if (*code == '\n' || *code == '\r') {
      out.append(*code == '\n' ? "\\n" : "\\r");
    } else if (*code < 0x80) {
      out.append("\\x").append(hexByte(static_cast<unsigned char>(*code)));
    } else {
      out.append("\\u{");
      for (unsigned shift = *code > 0xFFFF ? 16 : 8; shift != 0; shift -= 8)
        out.append(hexByte(static_cast<unsigned char>((*code >> shift) & 0xFFU)));
      out.append(hexByte(static_cast<unsigned char>(*code & 0xFFU))).append("}");
    }
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace

std::string visible(std::string_view text) {
  return visibleBut(text, "\t");
}

std::string visibleLines(std::string_view text) {
  return visibleBut(text, "\t\n");
}

std::string pointAt(std::string_view text, std::size_t offset) {
  constexpr std::size_t mostBefore = 60;
  constexpr std::size_t mostBehind = 40;
  const auto isInside = [text](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t begin = offset > mostBefore ? offset - mostBefore : 0;
  std::size_t end = std::min(offset + mostBehind, text.size());
  while (begin != offset && isInside(begin))
    ++begin;
  while (end != offset && isInside(end))
    --end;
  const std::string before =
      (begin == 0 ? "" : "...") + visible(text.substr(begin, offset - begin));
  return before + visible(text.substr(offset, end - offset)) + (end == text.size() ? "" : "...") +
         "\n" + std::string(characterCount(before), ' ') + "^";
}
