// SPDX-License-Identifier: BSL-1.0
#include "sorted_members.hpp"

#include <algorithm>

#include "python_text.hpp"

std::vector<SortedMember> sortedMembers(const jmespath::Value& object) {
  std::vector<SortedMember> members;
  for (const auto& member : object.GetObject())
    members.push_back({stringOf(member.name), &member.value});
  // The order of UTF-8's bytes is that of the code points.
  std::stable_sort(
      members.begin(), members.end(),
      [](const SortedMember& left, const SortedMember& right) { return left.name < right.name; });
  return members;
}
