// SPDX-License-Identifier: BSL-1.0
#include "excerpt.hpp"

#include <algorithm>

#include "utf8.hpp"
#include "width.hpp"

namespace jmespath {

namespace {

/// How many characters are shown on each side of the place.
constexpr std::size_t reach = 60;

bool continuesCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::string shown(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view from = text;
    const char32_t code = takeCharacter(text);
    if (code < 0x20 || (code >= 0x7F && code < 0xA0)) {
      out += ' ';
    } else {
      out += from.substr(0, from.size() - text.size());
    }
  }
  return out;
}

}  // namespace

std::string excerpt(std::string_view text, std::size_t position) {
  position = std::min(position, text.size());
  const std::size_t lineBegin = text.rfind('\n', position == 0 ? 0 : position - 1);
  const std::size_t begin =
      position == 0 || lineBegin == std::string_view::npos ? 0 : lineBegin + 1;
  const std::size_t end = std::min(text.find('\n', position), text.size());
  std::string_view before = text.substr(begin, position - begin);
  std::string_view after = text.substr(position, end - position);
  std::string_view cutBefore;
  std::string_view cutAfter;
  if (before.size() > reach) {
    std::size_t from = before.size() - reach;
    while (continuesCharacter(before[from]))
      ++from;
    before.remove_prefix(from);
    cutBefore = "...";
  }
  if (after.size() > reach) {
    std::size_t to = reach;
    while (continuesCharacter(after[to]))
      --to;
    after = after.substr(0, to);
    cutAfter = "...";
  }
  const std::string left = std::string(cutBefore) + shown(before);
  return left + shown(after) + std::string(cutAfter) + '\n' + std::string(widthOf(left), ' ') + '^';
}

}  // namespace jmespath
