// SPDX-License-Identifier: BSL-1.0
#include "suggestion.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>

namespace {

/// How many characters to put in, take out or replace (in upper or lower case) to get from one
/// word to the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  const auto isSame = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  for (const char c : from) {
    std::size_t diagonal = row[0]++;
    for (std::size_t i = 0; i != to.size(); ++i) {
      const std::size_t replaced = diagonal + (isSame(c, to[i]) ? 0 : 1);
      diagonal = row[i + 1];
      row[i + 1] = std::min({replaced, diagonal + 1, row[i] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string suggestion(std::string_view word, const Names& names) {
  const std::string_view* nearest = nullptr;
  std::size_t least = 0;
  for (const std::string_view& name : names) {
    // What is much longer is not meant, and long words cost time.
    if (word.size() > 2 * name.size()) continue;
    const std::size_t steps = distance(word, name);
    if (steps * 3 > name.size() + 1 || (nearest != nullptr && steps >= least)) continue;
    nearest = &name;
    least = steps;
  }
  return nearest == nullptr ? "" : ", did you mean \"" + std::string(*nearest) + "\"?";
}

std::string listOf(const Names& names) {
  std::string list;
  for (const std::string_view& name : names) {
    if (!list.empty()) list += &name == &names.back() ? " or " : ", ";
    list += name;
  }
  return list;
}
