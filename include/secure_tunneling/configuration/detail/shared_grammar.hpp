// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_GRAMMAR_HPP
#define SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_GRAMMAR_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "secure_tunneling/configuration/detail/shared_text.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"

/// The grammar of the shared files, as far as blanks, names and headings go.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// The kind of a section is the word in front of its name in the config file. In the credentials
/// file every section is a profile.
inline constexpr std::string_view profileSection = "profile"sv;
inline constexpr std::string_view ssoSessionSection = "sso-session"sv;
inline constexpr std::string_view servicesSection = "services"sv;

/// How many bytes the blank has that `text` begins with; 0 for none. Text that was copied from a
/// page or a document has blanks that look like the plain one: the no-break space, those of other
/// widths, a byte order mark, and the line separators of editors, which end no line here.
inline std::size_t blankSize(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  if (!text.empty() && (isBlank(text.front()) || byte(0) == '\v' || byte(0) == '\f')) return 1;
  if (byte(0) == 0xc2 && (byte(1) == 0xa0 || byte(1) == 0x85)) return 2;
  const std::uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
  const bool isSpace = (three >= 0xe28080 && three <= 0xe2808b) || three == 0xe280a8 ||
                       three == 0xe280a9 || three == 0xe280af || three == 0xe2819f ||
                       three == 0xe38080 || three == 0xefbbbf;
  return isSpace ? 3 : 0;
}
/// The same for the blank that `text` ends with.
inline std::size_t endBlankSize(std::string_view text) noexcept {
  for (std::size_t size = 1; size <= 3 && size <= text.size(); ++size) {
    if (blankSize(text.substr(text.size() - size)) == size) return size;
  }
  return 0;
}
SECURE_TUNNELING_NOINLINE inline std::string_view trimSpaces(std::string_view text) noexcept {
  while (const std::size_t size = blankSize(text))
    text.remove_prefix(size);
  while (const std::size_t size = endBlankSize(text))
    text.remove_suffix(size);
  return text;
}

/// Whether the AWS SDKs take `name` for that of a section or a property. The AWS CLI takes any.
inline bool isSharedName(std::string_view name) noexcept {
  for (const char c : name) {
    if (!isAlpha(c) && !isDigit(c) && "_-/.%@:+"sv.find(c) == std::string_view::npos) return false;
  }
  return !name.empty();
}

/// A section, once for each heading: several with the same kind and name are one.
struct SharedSection {
  /// Empty for a section that means nothing.
  std::string_view kind;
  std::string_view name;
  /// The profile that whoever wrote it may have had in mind.
  std::string_view meantFor;
  SharedFile file = SharedFile::Config;
  /// Headed `default` alone in the config file, where `profile default` takes its place.
  bool isPlainDefault = false;
  /// In its file, from 1.
  std::size_t line = 0;
};

/// A property. The views point into the text of the `SharedFiles`, which is wiped with it.
struct SharedProperty {
  /// In lower case.
  std::string_view name;
  /// Trimmed, without a comment; the lines that continue it are joined by line feeds.
  std::string_view value;
  SharedFile file = SharedFile::Config;
  /// In its file, from 1.
  std::size_t line = 0;
  std::size_t section = 0;
  /// Stands indented under the property in front, whose value is empty.
  bool isNested = false;
};

/// Takes the quotation marks and backslashes off a word, in place, as Python's `shlex.split` does:
/// the AWS CLI writes names so that have a blank. Empty for several words and for a mark that is
/// not closed; then nothing has changed.
inline std::string_view unquoteWord(char* const begin, std::size_t size) noexcept {
  constexpr char none = '\0';
  std::size_t out = 0;
  for (const bool isSure : {false, true}) {
    char quote = none;
    out = 0;
    for (std::size_t i = 0; i != size; ++i) {
      char c = begin[i];
      if (quote == none && isBlank(c)) return {};
      const bool isMark = quote == none ? c == '"' || c == '\'' : c == quote;
      if (isMark) {
        quote = quote == none ? c : none;
        continue;
      }
      if (c == '\\' && quote != '\'') {
        if (i + 1 == size) return {};
        const char next = begin[i + 1];
        if (quote == none || next == quote || next == '\\') c = begin[++i];
      }
      if (isSure) begin[out] = c;
      ++out;
    }
    if (quote != none) return {};
  }
  return {begin, out};
}

/// What a heading (the text between the brackets) says. Changes it in place.
inline SharedSection sharedSection(SharedFile file, char* begin, std::size_t size) noexcept {
  SharedSection section;
  section.file = file;
  const std::string_view heading = trimSpaces({begin, size});
  std::size_t end = 0;
  while (end != heading.size() && blankSize({heading.data() + end, heading.size() - end}) == 0)
    ++end;
  const std::string_view firstWord(heading.data(), end);
  const std::string_view rest = trimSpaces({heading.data() + end, heading.size() - end});
  const bool isLiteral = file == SharedFile::Credentials || heading == "default"sv;
  section.isPlainDefault = file == SharedFile::Config && isLiteral;
  section.name = isLiteral ? heading : unquoteWord(begin + (rest.data() - begin), rest.size());
  if (!section.name.empty()) section.kind = isLiteral ? profileSection : firstWord;
  section.meantFor = heading;
  if (equalsIgnoreCase(firstWord, profileSection)) {
    section.meantFor = isLiteral || section.name.empty() ? rest : section.name;
  }
  const auto isMark = [](char c) { return c == '"' || c == '\''; };
  std::string_view& meant = section.meantFor;
  while (!meant.empty() && isMark(meant.front()))
    meant.remove_prefix(1);
  while (!meant.empty() && isMark(meant.back()))
    meant.remove_suffix(1);
  return section;
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_GRAMMAR_HPP
