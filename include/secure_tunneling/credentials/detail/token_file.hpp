// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_TOKEN_FILE_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_TOKEN_FILE_HPP

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/credentials/detail/secret_file.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/time.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/secret.hpp"

/// Files of JSON in which the AWS tools keep tokens.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

struct JsonText {
  std::string_view name;
  std::string_view value;
};

/// Appends a JSON object of strings, which are valid UTF-8; those without a character are left out,
/// and not all are.
inline void writeJsonTexts(std::initializer_list<JsonText> texts, Secret& out) {
  char separator = '{';
  for (const JsonText& text : texts) {
    if (text.value.empty()) continue;
    appendCharacter(out, separator);
    appendJsonString(out, text.name);
    appendCharacter(out, ':');
    appendJsonString(out, text.value);
    separator = ',';
  }
  appendCharacter(out, '}');
}

/// Replaces the string `name` in the object `parent` of a JSON text by `value`, and leaves all else
/// as it is written. An empty `parent` is the text's own object. The string is there.
inline void replaceJsonText(Secret& text, std::string_view parent, std::string_view name,
                            std::string_view value) {
  Secret parsed = text.copy();
  StringMembers members(name);
  members.parent = parent;
  std::string problem;
  collectMembers(parsed, members, problem);
  assert(problem.empty() && members[0].found);
  // Read in place, so that it begins where it began.
  const auto begin = static_cast<std::size_t>(members[0].text.data() - parsed.expose().data());
  const std::string_view before = text.expose();
  std::size_t end = begin;
  while (before[end] != '"')
    end += before[end] == '\\' ? 2U : 1U;
  Secret after;
  after.reserve(before.size() + value.size());
  after.append({before.data(), begin - 1});
  appendJsonString(after, value);
  after.append({before.data() + end + 1, before.size() - end - 1});
  text = std::move(after);
}

/// `2026-01-15T12:30:00Z`, in whole seconds.
inline std::string formatIsoDate(std::int64_t unixMs) {
  const AmzDate date = formatAmzDate(unixMs);
  const std::string_view text = date.view();
  return filled("{}-{}-{}:{}:{}", {text.substr(0, 4), text.substr(4, 2), text.substr(6, 5),
                                   text.substr(11, 2), text.substr(13)});
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_TOKEN_FILE_HPP
