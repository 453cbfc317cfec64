// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "json_value.hpp"
#include "secure_tunneling/result.hpp"

/// Parses one YAML document, behind a byte order mark or not. What plain scalars are goes by
/// YAML 1.2: `yes` is a string, `true` is not. Two members of one name, tags of one's own and merge
/// keys (`<<`) are refused. The error says what is wrong and points at it.
secure_tunneling::Result<JsonValue> parseYaml(std::string_view text);
