// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace jmespath {

/// The line of UTF-8 text that has the byte at `position`, cut where it is long, and under it a
/// line with a caret below that place. Control characters are shown as spaces.
std::string excerpt(std::string_view text, std::size_t position);

}  // namespace jmespath
