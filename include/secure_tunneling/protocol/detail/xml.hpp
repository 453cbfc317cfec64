// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_PROTOCOL_DETAIL_XML_HPP
#define SECURE_TUNNELING_PROTOCOL_DETAIL_XML_HPP

#include <cstddef>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/protocol/detail/json.hpp"
#include "secure_tunneling/secret.hpp"

/// The little XML that STS answers with. By hand: no XML library is needed by anything else here,
/// and a document of five elements is no reason to ask every user for one.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// An element with nothing but text in it that is wanted.
struct XmlElement {
  /// Name of the element around it.
  std::string_view parent;
  std::string_view name;
  /// Where it stands in the document, for `decodeXmlText`; the last one counts.
  std::string_view text = {};
};

/// What begins like a tag and is none: comments, instructions to programs, and text as it is.
struct XmlMarkup {
  std::string_view begin;
  std::string_view end;
};
inline constexpr XmlMarkup xmlMarkups[] = {
    {"<![CDATA["sv, "]]>"sv}, {"<!--"sv, "-->"sv}, {"<?"sv, "?>"sv}};

/// The one that `text` begins with; null where that is none.
inline const XmlMarkup* xmlMarkup(std::string_view text) noexcept {
  for (const XmlMarkup& each : xmlMarkups) {
    if (startsWith(text, each.begin)) return &each;
  }
  return nullptr;
}

/// Goes through a document tag by tag. No DTD; attributes are passed over, and so are prefixes of
/// names, which stand for a namespace.
class XmlScanner {
 public:
  explicit XmlScanner(std::string_view document) noexcept : rest_(document) {}

  /// Fills `elements`. False for what is no XML document of at most `maxDepth` levels.
  [[nodiscard]] bool collect(XmlElement* elements, std::size_t count) noexcept {
    std::string_view text;
    bool wasStart = false;
    bool sawRoot = false;
    while (nextTag(text)) {
      if (depth_ == 0 && !trimBlanks(text).empty()) return false;
      if (isStart_) {
        if (depth_ == maxDepth || (depth_ == 0 && sawRoot)) return false;
        open_[depth_++] = name_;
        sawRoot = true;
        if (isEmpty_) --depth_;
      } else {
        if (depth_ == 0 || open_[depth_ - 1] != name_) return false;
        --depth_;
        for (std::size_t i = 0; wasStart && depth_ != 0 && i != count; ++i) {
          if (elements[i].name == name_ && elements[i].parent == open_[depth_ - 1]) {
            elements[i].text = text;
          }
        }
      }
      wasStart = isStart_ && !isEmpty_;
    }
    return sawRoot && depth_ == 0 && trimBlanks(rest_).empty();
  }

 private:
  static constexpr std::size_t maxDepth = 16;

  /// Moves behind the next tag; `text` is what stood in front of it, comments and the like
  /// included. False when there is none.
  bool nextTag(std::string_view& text) noexcept {
    const char* begin = rest_.data();
    for (;;) {
      const std::size_t open = rest_.find('<');
      const std::size_t end = endOfTag(open);
      if (end == std::string_view::npos) return false;
      text = {begin, static_cast<std::size_t>(rest_.data() + open - begin)};
      std::string_view tag = rest_.substr(open + 1, end - open - 1);
      const bool isPassedOver = xmlMarkup(rest_.substr(open)) != nullptr;
      rest_.remove_prefix(end + 1);
      if (isPassedOver) {
        if (depth_ == 0) {
          if (!trimBlanks(text).empty()) return false;
          begin = rest_.data();
        }
        continue;
      }
      isStart_ = !startsWith(tag, "/"sv);
      if (!isStart_) tag.remove_prefix(1);
      isEmpty_ = isStart_ && !tag.empty() && tag.back() == '/';
      name_ = tag.substr(0, tag.find_first_of(" \t\r\n/"sv));
      name_.remove_prefix(name_.find(':') + 1);
      return !name_.empty() && name_.front() != '!';
    }
  }
  /// A ">" ends a tag, but not in an attribute's value.
  [[nodiscard]] std::size_t endOfTag(std::size_t begin) const noexcept {
    if (begin == std::string_view::npos) return begin;
    if (const XmlMarkup* const markup = xmlMarkup(rest_.substr(begin))) {
      const std::size_t end = rest_.find(markup->end, begin + markup->begin.size());
      return end == std::string_view::npos ? end : end + markup->end.size() - 1;
    }
    char quote = '\0';
    for (std::size_t i = begin + 1; i != rest_.size(); ++i) {
      const char c = rest_[i];
      if (quote == '\0' && c == '>') return i;
      if (quote == '\0' && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = '\0';
      }
    }
    return std::string_view::npos;
  }

  std::string_view rest_;
  std::string_view name_;
  bool isStart_ = false;
  bool isEmpty_ = false;
  std::string_view open_[maxDepth];
  std::size_t depth_ = 0;
};

/// The character that an entity (without "&" and ";") stands for; 0 for one that is not understood.
inline unsigned xmlEntity(std::string_view name) noexcept {
  constexpr struct {
    std::string_view name;
    char c;
  } named[] = {{"amp"sv, '&'}, {"lt"sv, '<'}, {"gt"sv, '>'}, {"quot"sv, '"'}, {"apos"sv, '\''}};
  for (const auto& entity : named) {
    if (entity.name == name) return static_cast<unsigned char>(entity.c);
  }
  const bool isHex = startsWith(name, "#x"sv);
  if (!startsWith(name, "#"sv)) return 0;
  const unsigned base = isHex ? 16 : 10;
  unsigned number = 0;
  for (const char c : name.substr(isHex ? 2 : 1)) {
    const unsigned digit = hexValue(c);
    number = number * base + digit;
    if (digit >= base || number > 0x10FFFF) return 0;
  }
  return number >> 11 == 0xD800 >> 11 ? 0 : number;
}

/// Where `JsonEncoding` writes a character.
struct SecretOutput {
  Secret& text;
  void Put(char c) { appendCharacter(text, c); }
};

/// `text` with its entities made characters, and without comments; empty where an entity is not
/// understood.
inline void decodeXmlText(std::string_view text, Secret& out) {
  out.clear();
  out.reserve(text.size());
  SecretOutput output{out};
  while (!text.empty()) {
    const std::size_t special = text.find_first_of("&<"sv);
    out.append(text.substr(0, special));
    if (special == std::string_view::npos) return;
    text.remove_prefix(special);
    if (text.front() == '&') {
      const std::size_t end = text.find(';');
      const unsigned character =
          end == std::string_view::npos ? 0 : xmlEntity(text.substr(1, end - 1));
      if (character == 0) return out.clear();
      JsonEncoding::Encode(output, character);
      text.remove_prefix(end + 1);
      continue;
    }
    const XmlMarkup* const markup = xmlMarkup(text);
    if (markup == nullptr) return out.clear();
    text.remove_prefix(markup->begin.size());
    const std::size_t end = text.find(markup->end);
    if (end == std::string_view::npos) return out.clear();
    if (markup == xmlMarkups) out.append(text.substr(0, end));
    text.remove_prefix(end + markup->end.size());
  }
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_PROTOCOL_DETAIL_XML_HPP
