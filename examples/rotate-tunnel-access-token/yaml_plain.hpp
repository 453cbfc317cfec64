// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

/// What a plain scalar, one without quotes, is.
enum class PlainScalar : unsigned char {
  String,
  Null,
  Boolean,
  Number,
  Date,
  Mark,  ///< `<<` and `=`, which have a meaning of their own
};

/// By YAML 1.2 as the AWS CLI's library has it, where `yes` is a string and `1e5`, `0o7` and
/// `2020-01-01` are none.
PlainScalar plainScalar(std::string_view text);
