// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "jmespath/json.hpp"
#include "secure_tunneling/secret.hpp"

/// Whether the AWS CLI prints a value in one piece: all but lists and objects.
bool isScalar(const jmespath::Value& value);

/// The value as Python's str() writes it, which is what --output text and table show: text as it
/// is, `None`, `True`, `inf`, and lists and objects as `{'a': [1, None]}`.
secure_tunneling::Secret pythonStr(const jmespath::Value& value);

/// The characters of a string value.
std::string_view stringOf(const jmespath::Value& value);
