// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "item.hpp"
#include "json.hpp"

namespace jmespath {

/// The item of a value that outlives `store`; null where it is nested too deeply.
const Item* toItem(const Value& value, Store& store);

/// A copy of an item that refers to nothing.
Value toValue(const Item& item, Document::AllocatorType& allocator);

}  // namespace jmespath
