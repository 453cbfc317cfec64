// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>
#include <vector>

#include "jmespath/json.hpp"

struct SortedMember {
  std::string_view name;
  const jmespath::Value* value;
};

/// An object's members in the order of their names' code points.
std::vector<SortedMember> sortedMembers(const jmespath::Value& object);
