// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "suggestion.hpp"

/// `Utf16` has to begin with a byte order mark.
enum class TextEncoding : unsigned char {
  Utf8,
  Utf8WithMark,
  Utf16,
  Utf16LittleEndian,
  Utf16BigEndian,
  Latin1,
  Ascii,
  Cp1252
};

/// The names of the encodings, in the order of the enumeration.
Names textEncodings();

/// The encoding that Python has under a name or an alias, which it spells in many ways: `UTF-8`,
/// `utf_8`, `u8`.
std::optional<TextEncoding> textEncoding(std::string_view name);

/// `bytes` as UTF-8, without the mark that the encoding begins with; nothing where they are not in
/// the encoding.
std::optional<std::string> toUtf8(std::string bytes, TextEncoding encoding);
