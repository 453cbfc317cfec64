// SPDX-License-Identifier: BSL-1.0
// The encodings that the command reads text in. What is expected is what Python does: it made the
// tables here, by codecs.lookup() and bytes.decode().

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "text_encoding.hpp"

using namespace std::string_literals;

namespace {

/// The name of the encoding that is found; empty where there is none.
std::string found(std::string_view name) {
  const std::optional<TextEncoding> encoding = textEncoding(name);
  return encoding ? std::string(textEncodings()[static_cast<std::size_t>(*encoding)]) : "";
}

std::optional<std::string> decoded(std::string_view encoding, const std::string& bytes) {
  return toUtf8(bytes, textEncoding(encoding).value());
}

}  // namespace

TEST_CASE("encodings of text have the names that Python knows, and no others") {
  struct Name {
    const char* name;
    const char* encoding;  ///< empty where it is the name of none of them
  };
  const std::vector<Name> names = {
      {"UTF8", "utf-8"},
      {"u8", "utf-8"},
      {"utf", "utf-8"},
      {"utf-8", "utf-8"},
      {"utf_8", "utf-8"},
      {"utf8_ucs2", "utf-8"},
      {"utf8-ucs4", "utf-8"},
      {"cp65001", "utf-8"},
      {"utf 8", "utf-8"},
      {" utf-8 ", "utf-8"},
      {"utf--8", "utf-8"},
      {"-utf8", "utf-8"},
      {"utf!8", "utf-8"},
      {"utf-8-sig", "utf-8-sig"},
      {"UTF_8_SIG", "utf-8-sig"},
      {"utf-16", "utf-16"},
      {"UTF16", "utf-16"},
      {"u16", "utf-16"},
      {"utf-16-le", "utf-16-le"},
      {"utf-16le", "utf-16-le"},
      {"UTF_16LE", "utf-16-le"},
      {"UnicodeLittleUnmarked", "utf-16-le"},
      {"utf-16-be", "utf-16-be"},
      {"utf-16be", "utf-16-be"},
      {"unicodebigunmarked", "utf-16-be"},
      {"latin-1", "latin-1"},
      {"latin_1", "latin-1"},
      {"latin1", "latin-1"},
      {"latin", "latin-1"},
      {"l1", "latin-1"},
      {"8859", "latin-1"},
      {"iso8859", "latin-1"},
      {"iso8859-1", "latin-1"},
      {"iso8859.1", "latin-1"},
      {"ISO-8859-1", "latin-1"},
      {"iso-8859-1:1987", "latin-1"},
      {"iso-ir-100", "latin-1"},
      {"cp819", "latin-1"},
      {"ibm819", "latin-1"},
      {"csisolatin1", "latin-1"},
      {"ascii", "ascii"},
      {"us", "ascii"},
      {"us-ascii", "ascii"},
      {"646", "ascii"},
      {"iso646-us", "ascii"},
      {"iso_646.irv:1991", "ascii"},
      {"ANSI_X3.4-1968", "ascii"},
      {"ansi_x3.4_1986", "ascii"},
      {"ansi_x3_4_1968", "ascii"},
      {"cp367", "ascii"},
      {"ibm367", "ascii"},
      {"csascii", "ascii"},
      {"iso-ir-6", "ascii"},
      {"us.ascii", "ascii"},
      {"cp1252", "cp1252"},
      {"1252", "cp1252"},
      {"windows-1252", "cp1252"},
      {"windows_1252", "cp1252"},
      {" ", ""},
      {"-", ""},
      {"_", ""},
      {"/", ""},
      {".", ""},
      {"ucs2", ""},
      {"utf-8//IGNORE", ""},
      {"utf-8//TRANSLIT", ""},
      {"utf8sig", ""},
      {"utf8-sig", ""},
      {"utf.8", ""},
      {".utf8", ""},
      {"utf16le", ""},
      {"utf16-le", ""},
      {"latin.1", ""},
      {"usascii", ""},
      {"windows1252", ""},
      {"ansi_x3_4_1986", ""},
      {"iso_646_irv_1991", ""},
      {"klingon", ""},
      {"u", ""},
      {"cp1258", ""},
      {"cp437", ""},
      {"iso-8859-15", ""},
      {"utf-32", ""},
      {"utf-7", ""},
  };
  for (const Name& each : names) {
    CAPTURE(each.name);
    CHECK(found(each.name) == each.encoding);
  }
}

TEST_CASE("text is read in its encoding, or refused") {
  struct Encoded {
    const char* encoding;
    std::string bytes;
    /// Nothing where the bytes are not in the encoding.
    std::optional<std::string> text;
  };
  const std::vector<Encoded> cases = {
      {"utf-8", ""s, ""s},
      {"utf-8", "\xC3\xBC\x00"s, "\xC3\xBC\x00"s},
      {"utf-8", "\xEF\xBB\xBFz"s, "\xEF\xBB\xBFz"s},
      {"utf-8", "\xFC"s, std::nullopt},
      {"utf-8", "\xED\xA0\x80"s, std::nullopt},
      {"utf-8", "\xE2\x82"s, std::nullopt},
      {"utf-8", "\xC0\x80"s, std::nullopt},
      {"utf-8", "\xF4\x90\x80\x80"s, std::nullopt},
      {"utf-8-sig", ""s, ""s},
      {"utf-8-sig", "\xEF\xBB\xBF"s, ""s},
      {"utf-8-sig", "\xEF\xBB\xBF\xEF\xBB\xBFz"s, "\xEF\xBB\xBFz"s},
      {"utf-8-sig", "z"s, "z"s},
      {"utf-8-sig", "z\xEF\xBB\xBF"s, "z\xEF\xBB\xBF"s},
      {"utf-8-sig", "\xEF\xBB\xBF\xFC"s, std::nullopt},
      {"utf-8-sig", "\xEF\xBB"s, std::nullopt},
      {"utf-16", ""s, ""s},
      {"utf-16", "\xFF\xFE"s, ""s},
      {"utf-16", "\xFF\xFE\xFC\x00"s, "\xC3\xBC"s},
      {"utf-16", "\xFE\xFF\x00\xFC"s, "\xC3\xBC"s},
      {"utf-16", "\xFC\x00"s, std::nullopt},
      {"utf-16", "\xFF\xFE\xFF\xFEz\x00"s, "\xEF\xBB\xBFz"s},
      {"utf-16", "\xFF\xFE\xFC"s, std::nullopt},
      {"utf-16", "\xFF"s, std::nullopt},
      {"utf-16", "\xFF\xFE=\xD8\x00\xDE"s, "\xF0\x9F\x98\x80"s},
      {"utf-16", "\xFE\xFF\xD8=\xDE\x00"s, "\xF0\x9F\x98\x80"s},
      {"utf-16", "\xFE\xFF\xD8="s, std::nullopt},
      {"utf-16-le", "\xFF\xFEz\x00"s, "\xEF\xBB\xBFz"s},
      {"utf-16-le", "z\x00\x00\x00\xAC "s, "z\x00\xE2\x82\xAC"s},
      {"utf-16-le", "\xFF\xDB\xFF\xDF"s, "\xF4\x8F\xBF\xBF"s},
      {"utf-16-le", "\x00\xD8\x00\xDC"s, "\xF0\x90\x80\x80"s},
      {"utf-16-le", "\xFF\xFF\xFF\xD7\x00\xE0"s, "\xEF\xBF\xBF\xED\x9F\xBF\xEE\x80\x80"s},
      {"utf-16-le", "\x00\xDC"s, std::nullopt},
      {"utf-16-le", "\x00\xD8z\x00"s, std::nullopt},
      {"utf-16-le", "\x00\xD8\x00\xD8\x00\xDC"s, std::nullopt},
      {"utf-16-le", "z\x00\x00\xD8"s, std::nullopt},
      {"utf-16-le", "\x00\xD8\x00"s, std::nullopt},
      {"utf-16-le", "z"s, std::nullopt},
      {"utf-16-be", "\x00\xFC \xAC"s, "\xC3\xBC\xE2\x82\xAC"s},
      {"utf-16-be", "\xFE\xFF\x00z"s, "\xEF\xBB\xBFz"s},
      {"utf-16-be", "\xD8=\xDE\x00"s, "\xF0\x9F\x98\x80"s},
      {"utf-16-be", "\xDE\x00\xD8="s, std::nullopt},
      {"utf-16-be", "\x00z\x00"s, std::nullopt},
      {"latin-1", ""s, ""s},
      {"latin-1", "z\x00\x7F\x80\x9F\xA0\xFF"s, "z\x00\x7F\xC2\x80\xC2\x9F\xC2\xA0\xC3\xBF"s},
      {"ascii", "\x00z\x7F"s, "\x00z\x7F"s},
      {"ascii", "z\x80"s, std::nullopt},
      {"ascii", "\xC3\xBC"s, std::nullopt},
      {"cp1252", "z\x00\x80\xFF"s, "z\x00\xE2\x82\xAC\xC3\xBF"s},
      {"cp1252", "z\x81"s, std::nullopt}};
  for (const Encoded& each : cases) {
    CAPTURE(each.encoding, each.bytes);
    CHECK(decoded(each.encoding, each.bytes) == each.text);
  }
}

TEST_CASE("every byte is read in the encodings of one byte") {
  // Of the bytes that are other characters in cp1252 than in latin-1, which are those from 0x80;
  // empty where there is no character.
  const std::vector<std::string> others = {"\xE2\x82\xAC",
                                           "",
                                           "\xE2\x80\x9A",
                                           "\xC6\x92",
                                           "\xE2\x80\x9E",
                                           "\xE2\x80\xA6",
                                           "\xE2\x80\xA0",
                                           "\xE2\x80\xA1",
                                           "\xCB\x86",
                                           "\xE2\x80\xB0",
                                           "\xC5\xA0",
                                           "\xE2\x80\xB9",
                                           "\xC5\x92",
                                           "",
                                           "\xC5\xBD",
                                           "",
                                           "",
                                           "\xE2\x80\x98",
                                           "\xE2\x80\x99",
                                           "\xE2\x80\x9C",
                                           "\xE2\x80\x9D",
                                           "\xE2\x80\xA2",
                                           "\xE2\x80\x93",
                                           "\xE2\x80\x94",
                                           "\xCB\x9C",
                                           "\xE2\x84\xA2",
                                           "\xC5\xA1",
                                           "\xE2\x80\xBA",
                                           "\xC5\x93",
                                           "",
                                           "\xC5\xBE",
                                           "\xC5\xB8"};
  for (int value = 0; value != 256; ++value) {
    CAPTURE(value);
    const std::string byte(1, static_cast<char>(value));
    const bool isAscii = value < 0x80;
    const std::string latin1 = isAscii ? byte
                                       : std::string{static_cast<char>(0xC0 | (value >> 6)),
                                                     static_cast<char>(0x80 | (value & 0x3F))};
    const std::string cp1252 =
        isAscii || value >= 0xA0 ? latin1 : others[static_cast<std::size_t>(value - 0x80)];
    CHECK(decoded("latin-1", byte) == latin1);
    CHECK(decoded("ascii", byte) == (isAscii ? std::optional(byte) : std::nullopt));
    CHECK(decoded("cp1252", byte) == (cp1252.empty() ? std::nullopt : std::optional(cp1252)));
  }
}
