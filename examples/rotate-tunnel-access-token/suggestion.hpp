// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

using Names = std::vector<std::string_view>;

/// `, did you mean "NAME"?` for the name that a misspelt word is closest to; empty when none of
/// them is close.
std::string suggestion(std::string_view word, const Names& names);

/// `json, text or table`.
std::string listOf(const Names& names);
