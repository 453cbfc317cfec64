// SPDX-License-Identifier: BSL-1.0
#include "yaml_input.hpp"

#include <yaml.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <utility>

#include "text.hpp"
#include "yaml_plain.hpp"

using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;
using Type = JsonValue::Type;

namespace {

/// How many values aliases may stand for in all: a few of them can stand for billions.
constexpr std::size_t mostAliased = 10'000;

/// What a scalar is that has neither quotation marks nor a tag.
JsonValue readPlain(std::string_view text) {
  JsonValue value = JsonValue::string(std::string(text));
  switch (plainScalar(text)) {
    case PlainScalar::Null:
      return {};
    case PlainScalar::Boolean:
      value.type = Type::Boolean;
      value.boolean = text.front() == 't' || text.front() == 'T';
      break;
    case PlainScalar::Number:
      value.type = Type::Number;
      break;
    case PlainScalar::Date:
      value.type = Type::Date;
      break;
    case PlainScalar::String:
    case PlainScalar::Mark:
      break;
  }
  return value;
}

/// Reads the events of libyaml's parser. After a failure the functions return at once, and what
/// they return means nothing.
class YamlReader {
 public:
  explicit YamlReader(std::string_view text) : text_(text) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~YamlReader() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  Result<JsonValue> read() {
    JsonValue root;
    next();  // the stream begins
    next();
    if (event_.type == YAML_DOCUMENT_START_EVENT) {
      next();
      root = readNode(0);
      next();  // the document ends
      next();
      if (problem_.empty() && event_.type != YAML_STREAM_END_EVENT) {
        fail("a second document");
      }
    }
    if (!problem_.empty()) return makeError(ErrorKind::InvalidArgument, problem_);
    return root;
  }

 private:
  void next() {
    if (!problem_.empty()) return;
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_) != 0) return;
    event_ = yaml_event_t{};
    const std::size_t offset = parser_.error == YAML_READER_ERROR
                                   ? parser_.problem_offset
                                   : byteOffset(parser_.problem_mark.index);
    tell(parser_.problem != nullptr ? parser_.problem : "out of memory", offset);
  }

  /// The node that the current event begins.
  JsonValue readNode(std::size_t nesting) {
    if (problem_.empty() && nesting == maxNesting) {
      fail("nested deeper than " + std::to_string(maxNesting) + " levels");
    }
    if (!problem_.empty()) return {};
    if (event_.type == YAML_ALIAS_EVENT) return readAlias();
    const std::string anchor = anchorOf();
    JsonValue value = event_.type == YAML_SCALAR_EVENT           ? readScalar()
                      : event_.type == YAML_SEQUENCE_START_EVENT ? readSequence(nesting)
                                                                 : readMapping(nesting);
    if (!anchor.empty()) anchors_[anchor] = value;
    return value;
  }

  JsonValue readAlias() {
    const auto found = anchors_.find(text(event_.data.alias.anchor));
    if (found == anchors_.end()) {
      fail("an alias of nothing that is complete");
      return {};
    }
    aliased_ += countValues(found->second);
    if (aliased_ > mostAliased) {
      fail("aliases that stand for more than " + std::to_string(mostAliased) + " values");
    }
    return found->second;
  }

  JsonValue readScalar() {
    const auto& scalar = event_.data.scalar;
    const std::string content(reinterpret_cast<const char*>(scalar.value), scalar.length);
    const std::string tag = text(scalar.tag);
    if (scalar.plain_implicit != 0) {
      if (plainScalar(content) == PlainScalar::Mark) {
        fail(content == "<<" ? "a merge key" : "the mark of a default value");
      }
      return readPlain(content);
    }
    JsonValue value = JsonValue::string(content);
    if (tag.empty() || tag == "!" || tag == YAML_STR_TAG) return value;
    if (tag == "tag:yaml.org,2002:binary") {
      value.type = Type::Bytes;
    } else if (tag == YAML_INT_TAG || tag == YAML_FLOAT_TAG) {
      value.type = Type::Number;
    } else if (tag == YAML_BOOL_TAG) {
      value.type = Type::Boolean;
    } else if (tag == YAML_NULL_TAG) {
      value.type = Type::Null;
    } else {
      fail("the tag " + visible(tag));
    }
    return value;
  }

  JsonValue readSequence(std::size_t nesting) {
    JsonValue list = JsonValue::ofType(Type::Array);
    checkTag(text(event_.data.sequence_start.tag), YAML_SEQ_TAG);
    for (next(); problem_.empty() && event_.type != YAML_SEQUENCE_END_EVENT; next())
      list.items.push_back(readNode(nesting + 1));
    return list;
  }

  JsonValue readMapping(std::size_t nesting) {
    JsonValue object = JsonValue::ofType(Type::Object);
    checkTag(text(event_.data.mapping_start.tag), YAML_MAP_TAG);
    for (next(); problem_.empty() && event_.type != YAML_MAPPING_END_EVENT; next()) {
      const JsonValue key = readNode(nesting + 1);
      if (!problem_.empty()) break;
      if (key.type == Type::Array || key.type == Type::Object) {
        fail("a name that is a list or a mapping");
      } else if (object.find(key.text) != nullptr) {
        fail("a second member \"" + visible(key.text) + "\"");
      }
      next();
      object.set(key.text, readNode(nesting + 1));
    }
    return object;
  }

  void checkTag(const std::string& tag, std::string_view own) {
    if (!tag.empty() && tag != "!" && tag != own) fail("the tag " + visible(tag));
  }

  [[nodiscard]] std::string anchorOf() const {
    return text(event_.type == YAML_SCALAR_EVENT           ? event_.data.scalar.anchor
                : event_.type == YAML_SEQUENCE_START_EVENT ? event_.data.sequence_start.anchor
                                                           : event_.data.mapping_start.anchor);
  }
  static std::string text(const yaml_char_t* text) {
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
  }
  static std::size_t countValues(const JsonValue& value) {
    std::size_t count = 1;
    for (const JsonValue& item : value.items)
      count += countValues(item);
    return count;
  }

  /// Refuses what the current event begins with.
  void fail(const std::string& what) {
    if (problem_.empty()) tell(what + " is not taken", byteOffset(event_.start_mark.index));
  }
  void tell(const std::string& what, std::size_t offset) {
    problem_ = what + ":\n" + pointAt(text_, std::min(offset, text_.size()));
  }
  /// libyaml counts characters.
  [[nodiscard]] std::size_t byteOffset(std::size_t character) const {
    std::size_t offset = 0;
    for (; offset != text_.size(); ++offset) {
      const bool begins = (static_cast<unsigned char>(text_[offset]) & 0xC0U) != 0x80U;
      if (begins && character-- == 0) break;
    }
    return offset;
  }

  const std::string_view text_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  std::map<std::string, JsonValue> anchors_;
  std::size_t aliased_ = 0;
  std::string problem_;
};

}  // namespace

Result<JsonValue> parseYaml(std::string_view text) {
  // libyaml passes it over as a character of the first line, which then stands one column to the
  // right of the others.
  constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, byteOrderMark.size()) == byteOrderMark) {
    text.remove_prefix(byteOrderMark.size());
  }
  return YamlReader(text).read();
}
