// SPDX-License-Identifier: BSL-1.0
// By hand, because a static program cannot load the tables of iconv.
#include "text_encoding.hpp"

#include <rapidjson/encodings.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "text.hpp"

namespace {

struct Alias {
  std::string_view name;
  TextEncoding encoding;
};

/// Those of Python's encodings/aliases.py.
constexpr Alias aliases[] = {
    {"cp65001", TextEncoding::Utf8},
    {"u8", TextEncoding::Utf8},
    {"utf", TextEncoding::Utf8},
    {"utf8", TextEncoding::Utf8},
    {"utf8_ucs2", TextEncoding::Utf8},
    {"utf8_ucs4", TextEncoding::Utf8},
    {"u16", TextEncoding::Utf16},
    {"utf16", TextEncoding::Utf16},
    {"unicodelittleunmarked", TextEncoding::Utf16LittleEndian},
    {"utf_16le", TextEncoding::Utf16LittleEndian},
    {"unicodebigunmarked", TextEncoding::Utf16BigEndian},
    {"utf_16be", TextEncoding::Utf16BigEndian},
    {"8859", TextEncoding::Latin1},
    {"cp819", TextEncoding::Latin1},
    {"csisolatin1", TextEncoding::Latin1},
    {"ibm819", TextEncoding::Latin1},
    {"iso8859", TextEncoding::Latin1},
    {"iso8859_1", TextEncoding::Latin1},
    {"iso_8859_1", TextEncoding::Latin1},
    {"iso_8859_1_1987", TextEncoding::Latin1},
    {"iso_ir_100", TextEncoding::Latin1},
    {"l1", TextEncoding::Latin1},
    {"latin", TextEncoding::Latin1},
    {"latin1", TextEncoding::Latin1},
    {"646", TextEncoding::Ascii},
    {"ansi_x3.4_1968", TextEncoding::Ascii},
    {"ansi_x3.4_1986", TextEncoding::Ascii},
    {"ansi_x3_4_1968", TextEncoding::Ascii},
    {"cp367", TextEncoding::Ascii},
    {"csascii", TextEncoding::Ascii},
    {"ibm367", TextEncoding::Ascii},
    {"iso646_us", TextEncoding::Ascii},
    {"iso_646.irv_1991", TextEncoding::Ascii},
    {"iso_ir_6", TextEncoding::Ascii},
    {"us", TextEncoding::Ascii},
    {"us_ascii", TextEncoding::Ascii},
    {"1252", TextEncoding::Cp1252},
    {"windows_1252", TextEncoding::Cp1252},
};

std::optional<TextEncoding> encodingOfAlias(std::string_view name) {
  const auto* const found = std::find_if(std::begin(aliases), std::end(aliases),
                                         [name](const Alias& alias) { return alias.name == name; });
  if (found == std::end(aliases)) return std::nullopt;
  return found->encoding;
}

/// A name as Python looks it up: in lower case, with one underscore for all that parts its letters,
/// digits and dots.
std::string normalized(std::string_view name) {
  std::string out;
  bool isParted = false;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) == 0 && c != '.') {
      isParted = true;
      continue;
    }
    if (isParted && !out.empty()) out += '_';
    isParted = false;
    out += static_cast<char>(std::tolower(byte));
  }
  return out;
}

void append(std::string& text, char32_t character) {
  struct Bytes {
    std::string& text;
    void Put(char c) { text += c; }
  } bytes{text};
  RAPIDJSON_NAMESPACE::UTF8<>::Encode(bytes, character);
}

using Decode = std::optional<char32_t> (*)(unsigned char);

std::optional<char32_t> decodeLatin1(unsigned char byte) {
  return byte;
}

std::optional<char32_t> decodeAscii(unsigned char byte) {
  if (byte >= 0x80) return std::nullopt;
  return byte;
}

std::optional<char32_t> decodeCp1252(unsigned char byte) {
  // Of the bytes from 0x80; 0 where there is no character.
  constexpr char32_t others[] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                 0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
  if (byte < 0x80 || byte >= 0xA0) return byte;
  const char32_t character = others[byte - 0x80];
  if (character == 0) return std::nullopt;
  return character;
}

std::optional<std::string> fromBytes(std::string_view bytes, Decode decode) {
  std::string text;
  for (const char byte : bytes) {
    const std::optional<char32_t> character = decode(static_cast<unsigned char>(byte));
    if (!character) return std::nullopt;
    append(text, *character);
  }
  return text;
}

bool isHighSurrogate(char32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool isLowSurrogate(char32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

std::optional<std::string> fromUtf16(std::string_view bytes, bool isBigEndian) {
  if (bytes.size() % 2 != 0) return std::nullopt;
  const auto unitAt = [bytes, isBigEndian](std::size_t at) -> char32_t {
    const unsigned first = static_cast<unsigned char>(bytes[at]);
    const unsigned second = static_cast<unsigned char>(bytes[at + 1]);
    return isBigEndian ? first << 8U | second : second << 8U | first;
  };
  std::string text;
  for (std::size_t at = 0; at != bytes.size(); at += 2) {
    char32_t character = unitAt(at);
    if (isLowSurrogate(character)) return std::nullopt;
    if (isHighSurrogate(character)) {
      at += 2;
      if (at == bytes.size() || !isLowSurrogate(unitAt(at))) return std::nullopt;
      character = 0x10000 + ((character - 0xD800) << 10U) + (unitAt(at) - 0xDC00);
    }
    append(text, character);
  }
  return text;
}

bool takeMark(std::string_view& bytes, std::string_view mark) {
  const bool isThere = bytes.substr(0, mark.size()) == mark;
  if (isThere) bytes.remove_prefix(mark.size());
  return isThere;
}

std::optional<std::string> fromMarkedUtf16(std::string_view bytes) {
  if (takeMark(bytes, "\xFE\xFF")) return fromUtf16(bytes, true);
  if (bytes.empty() || takeMark(bytes, "\xFF\xFE")) return fromUtf16(bytes, false);
  // As Python has it of a file, whose order of bytes would be a guess.
  return std::nullopt;
}

}  // namespace

Names textEncodings() {
  return {"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "ascii", "cp1252"};
}

std::optional<TextEncoding> textEncoding(std::string_view name) {
  const std::string wanted = normalized(name);
  std::string undotted = wanted;
  std::replace(undotted.begin(), undotted.end(), '.', '_');
  for (const std::string& each : {wanted, undotted}) {
    const std::optional<TextEncoding> encoding = encodingOfAlias(each);
    if (encoding) return encoding;
  }
  const Names names = textEncodings();
  const auto found = std::find_if(names.begin(), names.end(), [&wanted](std::string_view each) {
    return normalized(each) == wanted;
  });
  if (found == names.end()) return std::nullopt;
  return static_cast<TextEncoding>(found - names.begin());
}

std::optional<std::string> toUtf8(std::string bytes, TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::Utf16:
      return fromMarkedUtf16(bytes);
    case TextEncoding::Utf16LittleEndian:
      return fromUtf16(bytes, false);
    case TextEncoding::Utf16BigEndian:
      return fromUtf16(bytes, true);
    case TextEncoding::Latin1:
      return fromBytes(bytes, decodeLatin1);
    case TextEncoding::Ascii:
      return fromBytes(bytes, decodeAscii);
    case TextEncoding::Cp1252:
      return fromBytes(bytes, decodeCp1252);
    case TextEncoding::Utf8:
    case TextEncoding::Utf8WithMark:
      break;
  }
  if (!isUtf8(bytes)) return std::nullopt;
  std::string_view text = bytes;
  if (encoding == TextEncoding::Utf8WithMark && takeMark(text, "\xEF\xBB\xBF"))
    return std::string(text);
  return bytes;
}
