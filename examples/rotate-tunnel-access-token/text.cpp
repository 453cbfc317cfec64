// SPDX-License-Identifier: BSL-1.0
#include "text.hpp"

#include <rapidjson/reader.h>

#include <algorithm>

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

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 && byte != 0x7f) || c == '\n' || c == '\t') {
      out += c;
    } else {
      out.append("\\x").append(hexByte(byte));
    }
  }
  return out;
}
