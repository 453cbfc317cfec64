// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "item.hpp"

namespace jmespath {

/// Reads JSON, with `NaN` and `Infinity` besides, as Python does. Null, with the `reason`, where it
/// is none or is nested too deeply.
const Item* parseJson(const std::string& text, Store& store, std::string& reason);

/// Reads what is between backticks: JSON, or, where it is none, a string without its quotes
/// (`foo` is "foo"), as before JEP-12.
const Item* parseLiteral(const std::string& text, Store& store, std::string& reason);

}  // namespace jmespath
