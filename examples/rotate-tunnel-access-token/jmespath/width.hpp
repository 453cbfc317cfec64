// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string_view>

namespace jmespath {

/// Unicode's East Asian Width, as far as it matters here: `Ambiguous` is as wide as two in the
/// fonts of East Asia alone.
enum class EastAsianWidth : unsigned char { Narrow, Ambiguous, Wide };

EastAsianWidth eastAsianWidth(char32_t code);

/// The columns that UTF-8 text takes on a terminal; what is ambiguous takes one.
std::size_t widthOf(std::string_view text);

}  // namespace jmespath
