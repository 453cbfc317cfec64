// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_TEXT_HPP
#define SECURE_TUNNELING_DETAIL_TEXT_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

namespace secure_tunneling {
inline namespace v0_1 {

// With a plain literal g++ -Os calls strlen and a constructor wherever a string_view is expected.
using std::literals::string_view_literals::operator""sv;

namespace detail {

/// Replaces `text` by several pieces, none of which may be part of it. Out of line: inlined
/// `append` chains are much of a small program.
[[gnu::noinline]] inline void assignPieces(std::string& text,
                                           std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces)
    size += piece.size();
  text.clear();
  text.reserve(size);
  for (const std::string_view piece : pieces)
    text.append(piece.data(), piece.size());
}

/// One string from several pieces.
[[gnu::noinline]] inline std::string concat(std::initializer_list<std::string_view> pieces) {
  std::string text;
  assignPieces(text, pieces);
  return text;
}

// One character after another, for size: where std::string appends more at once, g++ -Os copies a
// part of its library here.

[[gnu::noinline]] inline void append(std::string& text, std::string_view more) {
  for (const char c : more)
    text.push_back(c);
}
[[gnu::noinline]] inline void append(std::string& text, const char* more) {
  for (; *more != '\0'; ++more)
    text.push_back(*more);
}

/// The part of `rest` in front of `separator`, or all of it; moves `rest` behind that.
[[gnu::noinline]] inline std::string_view takePart(std::string_view& rest,
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

/// Whether `word` is one of those in `list`, which have a space between them. A list of words is
/// one text, because a table of views has three times its size and, with addresses, needs to be
/// writable.
[[gnu::noinline]] inline bool isListed(std::string_view word, std::string_view list) noexcept {
  while (!list.empty()) {
    if (takePart(list, ' ') == word) return true;
  }
  return false;
}

/// A number in decimal digits, without std::to_string's code size.
class Decimal {
 public:
  [[gnu::noinline]] explicit Decimal(std::uint64_t number) noexcept {
    digits_[begin_] = '\0';
    do {
      digits_[--begin_] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
  }
  [[nodiscard]] std::string_view text() const noexcept {
    return {digits_ + begin_, sizeof digits_ - 1 - begin_};
  }
  [[nodiscard]] const char* cString() const noexcept { return digits_ + begin_; }

 private:
  char digits_[21];
  std::size_t begin_ = sizeof digits_ - 1;
};

/// `text` for a message: cut to `longest` characters, what is not printable ASCII replaced, between
/// two marks.
inline std::string printable(std::string_view text, std::size_t longest, const char* mark = "") {
  std::string out;
  append(out, mark);
  for (const char c : text) {
    if (longest-- == 0) {
      append(out, "...");
      break;
    }
    out.push_back(c < ' ' || c > '~' ? '?' : c);
  }
  append(out, mark);
  return out;
}

/// The same for a value, which is between quotation marks then.
inline std::string quoted(std::string_view text) {
  return printable(text, 80, "\"");
}

}  // namespace detail
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_TEXT_HPP
