// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_TEXT_HPP
#define SECURE_TUNNELING_DETAIL_TEXT_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/compiler.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

namespace detail {

// With a plain literal g++ -Os calls strlen and a constructor wherever a string_view is expected.
using std::literals::string_view_literals::operator""sv;

// Out of line, for size: g++ -Os inlines a part of std::string wherever it appends.

SECURE_TUNNELING_NOINLINE inline void append(std::string& text, std::string_view more) {
  text.replace(text.size(), 0, more.data(), more.size());
}
SECURE_TUNNELING_NOINLINE inline void append(std::string& text, const char* more) {
  append(text, std::string_view(more));
}

/// Replaces `text` by several pieces, none of which may be part of it. Out of line: inlined
/// `append` chains are much of a small program.
SECURE_TUNNELING_NOINLINE inline void assignPieces(std::string& text,
                                                   std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces)
    size += piece.size();
  text.clear();
  text.reserve(size);
  for (const std::string_view piece : pieces)
    append(text, piece);
}

/// Replaces `text` by `form`, in which each `{}` stands for the next of `values`, none of which may
/// be part of `text`. As many are given as there are; a value too many is left out.
SECURE_TUNNELING_NOINLINE inline void assignForm(std::string& text, const char* form,
                                                 std::initializer_list<std::string_view> values) {
  std::size_t size = std::strlen(form);
  for (const std::string_view value : values)
    size += value.size();
  text.clear();
  text.reserve(size);
  for (const std::string_view value : values) {
    const char* const place = std::strstr(form, "{}");
    if (place == nullptr) break;
    append(text, {form, static_cast<std::size_t>(place - form)});
    append(text, value);
    form = place + 2;
  }
  append(text, form);
}

/// `form` with `values`, as of `assignForm`.
SECURE_TUNNELING_NOINLINE inline std::string filled(
    const char* form, std::initializer_list<std::string_view> values) {
  std::string text;
  assignForm(text, form, values);
  return text;
}

/// One string from several pieces.
SECURE_TUNNELING_NOINLINE inline std::string concat(
    std::initializer_list<std::string_view> pieces) {
  std::string text;
  assignPieces(text, pieces);
  return text;
}

/// The part of `rest` in front of `separator`, or all of it; moves `rest` behind that.
SECURE_TUNNELING_NOINLINE inline std::string_view takePart(std::string_view& rest,
                                                           char separator) noexcept {
  const void* const found =
      rest.empty() ? nullptr : std::memchr(rest.data(), separator, rest.size());
  const std::size_t size =
      found == nullptr ? rest.size()
                       : static_cast<std::size_t>(static_cast<const char*>(found) - rest.data());
  const std::string_view part(rest.data(), size);
  rest.remove_prefix(size == rest.size() ? size : size + 1);
  return part;
}

/// Up to `longest` bytes of `text`; without what `substr` has for a place that is none.
SECURE_TUNNELING_NOINLINE constexpr std::string_view headOf(std::string_view text,
                                                            std::size_t longest) noexcept {
  return {text.data(), text.size() < longest ? text.size() : longest};
}

/// `left == right`, in a third of the code.
SECURE_TUNNELING_NOINLINE inline bool equals(std::string_view left,
                                             std::string_view right) noexcept {
  return left.size() == right.size() &&
         (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0);
}

SECURE_TUNNELING_NOINLINE inline bool startsWith(std::string_view text,
                                                 std::string_view start) noexcept {
  return equals(headOf(text, start.size()), start);
}

/// Replaces `text` by up to `longest` bytes of `source`, which may not be part of it.
SECURE_TUNNELING_NOINLINE inline void assignHead(std::string& text, std::string_view source,
                                                 std::size_t longest) {
  text.assign(source.data(), source.size() < longest ? source.size() : longest);
}

/// Whether `word` is one of those in `list`, which have a space between them. A list of words is
/// one text, because a table of views has three times its size and, with addresses, needs to be
/// writable.
SECURE_TUNNELING_NOINLINE inline bool isListed(std::string_view word,
                                               std::string_view list) noexcept {
  while (!list.empty()) {
    if (equals(takePart(list, ' '), word)) return true;
  }
  return false;
}

/// A number in decimal digits, without std::to_string's code size.
class Decimal {
 public:
  SECURE_TUNNELING_NOINLINE explicit Decimal(std::uint64_t number) noexcept {
    do {
      digits_[--begin_] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
  }
  [[nodiscard]] std::string_view text() const noexcept {
    return {digits_ + begin_, sizeof digits_ - begin_};
  }

 private:
  char digits_[20];
  std::size_t begin_ = sizeof digits_;
};

/// Appends a number in decimal digits.
SECURE_TUNNELING_NOINLINE inline void appendDecimal(std::string& text, std::size_t number) {
  if (number >= 10) appendDecimal(text, number / 10);
  text.push_back(static_cast<char>('0' + number % 10));
}

inline constexpr std::uint32_t noCharacter = 0xFFFFFFFF;

/// The character of UTF-8 at `begin`, which is moved behind it; `noCharacter`, and one byte
/// further, where there is none.
SECURE_TUNNELING_NOINLINE inline std::uint32_t takeCharacter(std::string_view text,
                                                             std::size_t& begin) noexcept {
  std::size_t i = begin;
  const auto first = static_cast<unsigned char>(text[i++]);
  begin = i;
  if (first < 0x80) return first;
  if (first < 0xC2 || first > 0xF4) return noCharacter;
  const int more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  std::uint32_t character = first & (0x3FU >> more);
  for (int left = more; left != 0; --left) {
    if (i == text.size() || (text[i] & 0xC0) != 0x80) return noCharacter;
    character = character << 6 | (text[i++] & 0x3F);
  }
  const bool isTooLong = character >> (5 * more + 1) == 0;
  const bool isSurrogate = character >> 11 == 0xD800 >> 11;
  if (isTooLong || isSurrogate || character > 0x10FFFF) return noCharacter;
  begin = i;
  return character;
}

/// Whether a terminal or a log makes more of a character than a mark in its line: it is a control
/// (C0, DEL, C1), ends a line, sets the direction of writing, or is none.
constexpr bool isSteering(std::uint32_t character) noexcept {
  return character < 0x20 || (character >= 0x7F && character < 0xA0) || character == 0x61C ||
         character == 0x200E || character == 0x200F ||
         (character >= 0x2028 && character <= 0x202E) ||
         (character >= 0x2066 && character <= 0x2069) || character == noCharacter;
}

/// Appends `text` with the bytes of what is steering, and those that are not UTF-8, as `\xHH`. With
/// `keepsLines` a line feed then still ends its line.
SECURE_TUNNELING_NOINLINE inline void appendVisible(std::string& out, std::string_view text,
                                                    bool keepsLines = false) {
  for (std::size_t i = 0; i != text.size();) {
    const std::size_t begin = i;
    const std::uint32_t character = takeCharacter(text, i);
    const std::string_view bytes(text.data() + begin, i - begin);
    if (!isSteering(character)) {
      append(out, bytes);
      continue;
    }
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      const char escaped[] = {'\\', 'x', "0123456789abcdef"[byte >> 4],
                              "0123456789abcdef"[byte & 15]};
      append(out, {escaped, sizeof escaped});
    }
    if (keepsLines && character == '\n') append(out, "\n"sv);
  }
}

/// `appendVisible` for all of a text.
SECURE_TUNNELING_NOINLINE inline void makeVisible(std::string& text, bool keepsLines = false) {
  std::string visible;
  appendVisible(visible, text, keepsLines);
  text = visible;
}

/// `text` for a message: cut to `longest` bytes, as of `appendVisible`, between two marks.
inline std::string printable(std::string_view text, std::size_t longest, const char* mark = "") {
  std::string out;
  append(out, mark);
  appendVisible(out, headOf(text, longest));
  if (longest < text.size()) append(out, "...");
  append(out, mark);
  return out;
}

/// The same for a value, which is between quotation marks then.
inline std::string quoted(std::string_view text) {
  return printable(text, 80, "\"");
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_TEXT_HPP
