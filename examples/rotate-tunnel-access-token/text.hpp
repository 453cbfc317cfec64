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

/// `text` with control characters but tabs and line ends made visible, so that what a service says
/// cannot steer a terminal.
std::string printable(std::string_view text);
