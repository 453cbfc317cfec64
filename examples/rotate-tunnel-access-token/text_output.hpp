// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "jmespath/json.hpp"
#include "secure_tunneling/secret.hpp"

/// A value as --output text of the AWS CLI has it: tab-separated, a line for each object, its
/// members in the order of their names. What is nested comes below, its lines beginning with the
/// name in capitals.
secure_tunneling::Secret printText(const jmespath::Value& value);
