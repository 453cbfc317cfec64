// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_PROTOCOL_DETAIL_XML_HPP
#define SECURE_TUNNELING_PROTOCOL_DETAIL_XML_HPP

#include <cstddef>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/text.hpp"
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
  /// Where it stands in the document, entities as they are; the last one counts.
  std::string_view text = {};
};

/// Goes through a document tag by tag. No DTD and no CDATA; attributes are passed over.
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

  /// Moves behind the next tag; `text` is what stood in front of it. False when there is none.
  bool nextTag(std::string_view& text) noexcept {
    for (;;) {
      const std::size_t begin = rest_.find('<');
      const std::size_t end = endOfTag(begin);
      if (end == std::string_view::npos) return false;
      text = rest_.substr(0, begin);
      std::string_view tag = rest_.substr(begin + 1, end - begin - 1);
      rest_.remove_prefix(end + 1);
      if (startsWith(tag, "?"sv) || startsWith(tag, "!--"sv)) continue;
      isStart_ = !startsWith(tag, "/"sv);
      if (!isStart_) tag.remove_prefix(1);
      isEmpty_ = isStart_ && !tag.empty() && tag.back() == '/';
      name_ = tag.substr(0, tag.find_first_of(" \t\r\n/"sv));
      return !name_.empty() && name_.front() != '!';
    }
  }
  /// A ">" ends a tag, but not in an attribute's value.
  [[nodiscard]] std::size_t endOfTag(std::size_t begin) const noexcept {
    if (begin == std::string_view::npos) return begin;
    if (startsWith(rest_.substr(begin), "<!--"sv)) {
      const std::size_t end = rest_.find("-->"sv, begin + 4);
      return end == std::string_view::npos ? end : end + 2;
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
/// Those that are written by number are ASCII here.
inline char xmlEntity(std::string_view name) noexcept {
  constexpr struct {
    std::string_view name;
    char c;
  } named[] = {{"amp"sv, '&'}, {"lt"sv, '<'}, {"gt"sv, '>'}, {"quot"sv, '"'}, {"apos"sv, '\''}};
  for (const auto& entity : named) {
    if (entity.name == name) return entity.c;
  }
  const bool isHex = startsWith(name, "#x"sv);
  if (!startsWith(name, "#"sv) || name.size() > 6) return '\0';
  const unsigned base = isHex ? 16 : 10;
  unsigned number = 0;
  for (const char c : name.substr(isHex ? 2 : 1)) {
    const unsigned digit = hexValue(c);
    if (digit >= base) return '\0';
    number = number * base + digit;
  }
  return number < 0x7f ? static_cast<char>(number) : '\0';
}

/// `text` with its entities made characters; empty where one is not understood.
inline void decodeXmlText(std::string_view text, Secret& out) {
  out.clear();
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t ampersand = text.find('&');
    out.append(text.substr(0, ampersand));
    if (ampersand == std::string_view::npos) return;
    text.remove_prefix(ampersand + 1);
    const std::size_t end = text.find(';');
    const char c = end == std::string_view::npos ? '\0' : xmlEntity(text.substr(0, end));
    if (c == '\0') return out.clear();
    out.append(std::string_view(&c, 1));
    text.remove_prefix(end + 1);
  }
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_PROTOCOL_DETAIL_XML_HPP
