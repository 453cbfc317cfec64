// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "jmespath/json.hpp"
#include "secure_tunneling/secret.hpp"

/// The value as JSON, as the AWS CLI prints it: indented by four, members in their order, text as
/// it is, without a line end.
secure_tunneling::Secret printJson(const jmespath::Value& value);
