// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

/// Whether a plain scalar, one without quotes, is read as a string: by YAML 1.2 as the AWS CLI's
/// library has it, where `yes` is a string and `1e5`, `0o7` and `2020-01-01` are none.
bool isPlainString(std::string_view text);
