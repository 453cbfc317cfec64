// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "secure_tunneling/secret.hpp"

namespace jmespath {

/// Takes the first character off UTF-8 text that is not empty, and gives its code point. A byte
/// that begins no valid character is taken alone, as U+FFFD.
char32_t takeCharacter(std::string_view& text);

[[nodiscard]] bool isUtf8(std::string_view text);
/// Appends a code point.
void appendCharacter(std::string& out, char32_t code);

/// Code points.
[[nodiscard]] std::size_t countCharacters(std::string_view text);
/// The code points from the last to the first.
[[nodiscard]] secure_tunneling::Secret reversedCharacters(std::string_view text);

}  // namespace jmespath
