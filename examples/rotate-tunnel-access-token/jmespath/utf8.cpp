// SPDX-License-Identifier: BSL-1.0
#include "utf8.hpp"

namespace jmespath {

namespace {

struct Lead {
  std::size_t length;
  char32_t bits;
  /// The smallest code point of that length.
  char32_t least;
};

Lead leadOf(unsigned char byte) {
  if (byte < 0x80U) return {1, byte, 0};
  if (byte >= 0xC0U && byte < 0xE0U) return {2, byte & 0x1FU, 0x80};
  if (byte >= 0xE0U && byte < 0xF0U) return {3, byte & 0x0FU, 0x800};
  if (byte >= 0xF0U && byte < 0xF8U) return {4, byte & 0x07U, 0x10000};
  return {0, 0, 0};
}

/// The first character's length in bytes and its code point; no length where there is none.
Lead decode(std::string_view text) {
  const Lead lead = leadOf(static_cast<unsigned char>(text.front()));
  if (lead.length > text.size()) return {0, 0, 0};
  char32_t code = lead.bits;
  for (std::size_t i = 1; i < lead.length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return {0, 0, 0};
    code = code << 6U | (byte & 0x3FU);
  }
  const bool isSurrogate = code >= 0xD800 && code < 0xE000;
  if (code < lead.least || code > 0x10FFFF || isSurrogate) return {0, 0, 0};
  return {lead.length, code, lead.least};
}

}  // namespace

char32_t takeCharacter(std::string_view& text) {
  const Lead character = decode(text);
  text.remove_prefix(character.length == 0 ? 1 : character.length);
  return character.length == 0 ? U'\uFFFD' : character.bits;
}

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = decode(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void appendCharacter(std::string& out, char32_t code) {
  const auto byte = [&](char32_t bits) { out += static_cast<char>(bits); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | code >> 6U);
    byte(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0U | code >> 12U);
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  } else {
    byte(0xF0U | code >> 18U);
    byte(0x80U | (code >> 12U & 0x3FU));
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  }
}

std::size_t countCharacters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count)
    takeCharacter(text);
  return count;
}

secure_tunneling::Secret reversedCharacters(std::string_view text) {
  secure_tunneling::Secret reversed;
  reversed.append(text);
  std::size_t end = text.size();
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view from = rest;
    takeCharacter(rest);
    const std::size_t length = from.size() - rest.size();
    end -= length;
    from.copy(reversed.data() + end, length);
  }
  return reversed;
}

}  // namespace jmespath
