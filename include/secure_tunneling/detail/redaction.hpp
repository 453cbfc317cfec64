// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_REDACTION_HPP
#define SECURE_TUNNELING_DETAIL_REDACTION_HPP

#include <cassert>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/wipe.hpp"

/// The one rule for what may be quoted of text that a service, a proxy or an agent sent.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

constexpr bool isAlphanumeric(char c) noexcept {
  return isAlpha(c) || isDigit(c);
}
constexpr bool isVisible(char c) noexcept {
  return c > ' ' && c <= '~';
}

/// Whether `text` is a UUID, as request ids of AWS are: nothing in it needs to be masked.
SECURE_TUNNELING_NOINLINE inline bool isUuid(std::string_view text) noexcept {
  constexpr std::string_view form = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"sv;
  bool isOne = text.size() == form.size();
  for (std::size_t i = 0; isOne && i != form.size(); ++i)
    isOne = form[i] == 'h' ? hexValue(text[i]) < 16 : text[i] == '-';
  return isOne;
}

/// Text whose characters may be written by others: percent-encoded, quoted-printable, escaped as
/// in JSON or HTML, one of these inside another, and with line breaks, tags or marks in between.
class ForeignText {
 public:
  static constexpr unsigned deepest = 3;

  explicit ForeignText(std::string_view text) noexcept : end_(text.data() + text.size()) {}

  [[nodiscard]] const char* end() const noexcept { return end_; }

  /// The character at `place`, which is moved behind it. Up to `depth` encodings are undone; a
  /// blank stands for what is not in Latin-1 or only splits text, a NUL behind the end.
  SECURE_TUNNELING_NOINLINE char take(const char*& place, unsigned depth) const noexcept {
    if (place == end_) return '\0';
    if (depth == 0 || !mayEncode(*place)) return *place++;
    const char first = take(place, --depth);
    if (!mayEncode(first)) return first;
    const bool isWrapped = place != end_ && !isVisible(*place);
    const char* next = place;
    unsigned base = 16;
    unsigned digits = 2;
    if (first == '=') {
      if (isWrapped) return first;  // a line break of quoted-printable
    } else if (first != '%') {
      char c = takeVisible(next, depth);
      if (first == '\\') {
        if (c == 'u') {
          digits = 4;
        } else if (c != 'x') {
          if (isWrapped) return first;
          place = next;
          return isAlphanumeric(c) ? ' ' : c;
        }
      } else if (c == '#') {
        digits = mostDigits;
        const char* behind = next;
        if (takeVisible(behind, depth) == 'x') {
          next = behind;
        } else {
          base = 10;
        }
      } else {
        const char name = c;
        while (isAlphanumeric(c))
          c = takeVisible(next, depth);
        if (c != ';') return first;
        place = next;
        return entity(name);
      }
    }
    unsigned value = 0;
    unsigned count = 0;
    const char* last = next;
    for (; count != digits; ++count) {
      const unsigned digit = hexValue(takeVisible(next, depth));
      if (digit >= base) break;
      value = value * base + digit;
      last = next;
    }
    if (count != digits && (count == 0 || first != '&')) return first;
    place = last;
    // An entity may end with a semicolon.
    next = last;
    if (first == '&' && takeVisible(next, depth) == ';') place = next;
    return value > 0xff ? ' ' : static_cast<char>(value);
  }

  /// Where the text that says `wanted` from `begin` on ends; null where it
  /// says something else. Of each character as many encodings are undone as makes it the wanted
  /// one, up to `depth`. Marks and tags may stand in between, `marksEach` for each that was found.
  [[nodiscard]] SECURE_TUNNELING_NOINLINE const char* endOf(std::string_view wanted,
                                                            const char* begin, unsigned depth,
                                                            unsigned marksEach) const noexcept {
    unsigned marks = 0;
    for (const char* next = begin; !wanted.empty(); begin = next) {
      unsigned undone = depth;
      for (;;) {
        next = begin;
        if (take(next, undone) == wanted.front()) break;
        if (undone-- != 0) continue;
        next = begin;
        const char mark = take(next, depth);
        if (isAlphanumeric(mark) || marks-- == 0) return nullptr;
        if (mark == '<') skipTag(next);
        break;
      }
      if (undone <= depth) {
        wanted.remove_prefix(1);
        marks += marksEach;
      }
    }
    return begin;
  }

  /// Whether a quotation mark at `place` is one of JSON: a name or a value ends with it.
  [[nodiscard]] bool isJsonQuote(const char* place) const noexcept {
    if (take(place, deepest) != '"') return false;
    const char c = takeVisible(place, deepest);
    return c == ':' || c == '}' || c == ']' || (c == ',' && takeVisible(place, deepest) == '"');
  }

 private:
  static constexpr unsigned longestGap = 64;
  static constexpr unsigned mostDigits = 7;

  static bool mayEncode(char c) noexcept { return c == '%' || c == '=' || c == '\\' || c == '&'; }
  /// What `&amp;` is, by its first letter, of those that tokens and JSON may hold.
  static char entity(char name) noexcept {
    const char* const found = std::strchr("a&l<g>q\"p+s/e=c:", name);
    return isAlphanumeric(name) && found != nullptr ? found[1] : ' ';
  }
  void skipTag(const char*& place) const noexcept {
    const char* next = place;
    for (unsigned i = 0; i != longestGap; ++i) {
      if (take(next, deepest) == '>') {
        place = next;
        return;
      }
    }
  }
  /// The next character that is more than a gap.
  SECURE_TUNNELING_NOINLINE char takeVisible(const char*& place, unsigned depth) const noexcept {
    char c = ' ';
    for (unsigned i = 0; i != longestGap && !isVisible(c); ++i)
      c = take(place, depth);
    return c;
  }

  const char* end_;
};

/// Masks secrets in foreign text. Keeps references to them.
///
/// Masked are pieces of `enough` or more characters, as they are or as `ForeignText` reads them,
/// and secrets of `least` to 11 characters as a whole; shorter ones are words as good as any. And
/// what nobody here can know: from a mark on that is as of a member of a JSON object, or from the
/// name of a client access token, all the rest. Base64 of a secret is not found, nor what is
/// written backwards or in another order. The time is that of the product of both lengths: cut the
/// text first, which can bring nothing out.
class Redactor {
 public:
  static constexpr std::size_t enough = 12;
  static constexpr std::size_t least = 8;
  /// More of a message need not be told.
  static constexpr std::size_t longestMessage = 2048;

  Redactor() noexcept = default;
  Redactor(std::initializer_list<std::string_view> secrets) noexcept {
    for (const std::string_view secret : secrets)
      add(secret);
  }
  SECURE_TUNNELING_NOINLINE void add(std::string_view secret) noexcept {
    if (secret.size() < least) return;
    assert(count_ != most);
    secrets_[count_++] = secret;
  }

  /// Masks `text` in place, without asking for memory, and wipes what it cuts off.
  SECURE_TUNNELING_NOINLINE void mask(std::string& text) const noexcept {
    const ForeignText foreign(text);
    // Closes up in place, never overtaking what is still to be read.
    char* out = text.data();
    const char* end = out;  // of what is masked
    unsigned stars = 0;
    for (const char* in = out; in != foreign.end(); ++in) {
      const bool isRest = mayPrecedeToken(foreign, in);
      const char* const found = isRest ? foreign.end() : endOfSecret(foreign, in);
      // It may also end a value that began in front of the text.
      while (isRest && in >= end && out != text.data() && !isBlank(out[-1]))
        --out;
      if (found > end) {
        if (in > end || isRest) stars = 0;
        end = found;
      }
      if (in >= end) {
        *out++ = *in;
      } else if (stars++ < 3) {
        *out++ = '*';
      }
    }
    wipe(out, static_cast<std::size_t>(foreign.end() - out));
    text.resize(static_cast<std::size_t>(out - text.data()));
  }
  /// Whether a piece of a secret is in `text`, which is short.
  [[nodiscard]] bool isIn(std::string_view text) const noexcept {
    const ForeignText foreign(text);
    for (const char* in = text.data(); in != foreign.end(); ++in) {
      if (endOfSecret(foreign, in) != nullptr) return true;
    }
    return false;
  }

  /// The first `longest` bytes of `text` so that they can be told.
  [[nodiscard]] std::string quote(std::string_view text, std::size_t longest) const {
    std::string told(headOf(text, longest));
    mask(told);
    makeVisible(told);
    if (longest < text.size()) append(told, "...");
    return told;
  }

 private:
  static constexpr std::size_t most = 8;

  /// Whether a name or a mark is at `begin` behind which new access tokens are.
  [[nodiscard]] static bool mayPrecedeToken(const ForeignText& text, const char* begin) noexcept {
    return text.isJsonQuote(begin) ||
           endOfPiece(text, begin, "sourceAccessToken\1destinationAccessToken"sv, 0) != nullptr;
  }
  /// Where a piece of a secret that begins at `begin` ends; null where there is none.
  [[nodiscard]] SECURE_TUNNELING_NOINLINE const char* endOfSecret(
      const ForeignText& text, const char* begin) const noexcept {
    const char* end = nullptr;
    for (std::size_t i = 0; i != count_ && end == nullptr; ++i)
      end = endOfPiece(text, begin, secrets_[i], 8);
    return end;
  }
  SECURE_TUNNELING_NOINLINE static const char* endOfPiece(const ForeignText& text,
                                                          const char* begin,
                                                          std::string_view secret,
                                                          unsigned marksEach) noexcept {
    const std::size_t size = secret.size() < enough ? secret.size() : enough;
    const char* const last = secret.data() + secret.size() - size;
    const char* seen = nullptr;
    for (unsigned depth = 0; depth <= ForeignText::deepest; ++depth) {
      const char* next = begin;
      const char first = text.take(next, depth);
      if (next == seen) break;
      seen = next;
      for (const char* piece = secret.data();; ++piece) {
        const void* const found =
            std::memchr(piece, first, static_cast<std::size_t>(last + 1 - piece));
        if (found == nullptr) break;
        piece = static_cast<const char*>(found);
        for (unsigned undone = 0; undone <= ForeignText::deepest; ++undone) {
          const char* const end = text.endOf({piece, size}, begin, undone, marksEach);
          if (end != nullptr) return end;
        }
      }
    }
    return nullptr;
  }

  std::string_view secrets_[most];
  std::size_t count_ = 0;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_REDACTION_HPP
