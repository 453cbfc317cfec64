// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "item.hpp"
#include "secure_tunneling/secret.hpp"

namespace jmespath {

/// Appends an item as JSON without white space, in ASCII alone, as `to_string` gives it.
void appendJson(secure_tunneling::Secret& out, const Item& item);

}  // namespace jmespath
