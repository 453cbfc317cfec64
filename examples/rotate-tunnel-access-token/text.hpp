// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// A copy of `text` with NULs behind it: RapidJSON takes all the bytes that the first byte of a
/// character promises before it looks at them.
std::string padForRapidJson(const std::string& text);

/// Whether `text` is valid UTF-8.
bool isUtf8(const std::string& text);

/// The number of characters (not bytes) in UTF-8 text.
std::size_t characterCount(std::string_view text);

/// Two hexadecimal digits, in lower case.
std::string hexByte(unsigned char byte);

/// `text` in one line, with all made visible that steers a terminal, changes the direction of text,
/// ends a line or is not UTF-8: `\n`, `\x1b`, `\u{202e}`. What is visible already stays as it is.
std::string visible(std::string_view text);

/// The same for a message of several lines, whose line ends stay. What comes from outside has been
/// made visible before it was put into one.
std::string visibleLines(std::string_view text);

/// A line with the part of `text` around `offset`, made visible, and a line with a caret below that
/// place.
std::string pointAt(std::string_view text, std::size_t offset);
