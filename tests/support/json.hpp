// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <rapidjson/reader.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A JSON value as a tree, for test data. Looking up what is not there gives null, whose text is
/// empty, so that a look-up can be chained.
class Json {
 public:
  enum class Type : unsigned char { Null, Boolean, Number, String, Array, Object };

  /// Nothing when `text` is not valid JSON.
  static std::optional<Json> parse(const std::string& text);

  [[nodiscard]] Type type() const noexcept { return type_; }
  [[nodiscard]] bool isNull() const noexcept { return type_ == Type::Null; }
  [[nodiscard]] bool isTrue() const noexcept { return type_ == Type::Boolean && text_ == "true"; }
  /// A string's characters; a number as it is written.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] double number() const noexcept { return std::strtod(text_.c_str(), nullptr); }
  [[nodiscard]] std::int64_t integer() const noexcept {
    return std::strtoll(text_.c_str(), nullptr, 10);
  }
  /// An array's elements, an object's values.
  [[nodiscard]] const std::vector<Json>& items() const noexcept { return items_; }
  /// An object's names, as many as there are items.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  const Json& operator[](std::size_t index) const noexcept {
    return index < items_.size() ? items_[index] : none();
  }
  const Json& operator[](std::string_view name) const noexcept {
    for (std::size_t i = 0; i != names_.size(); ++i) {
      if (names_[i] == name) return items_[i];
    }
    return none();
  }
  [[nodiscard]] bool has(std::string_view name) const noexcept { return &(*this)[name] != &none(); }

 private:
  struct Builder;

  static const Json& none() noexcept {
    static const Json null;
    return null;
  }

  Type type_ = Type::Null;
  std::string text_;
  std::vector<Json> items_;
  std::vector<std::string> names_;
};

/// The SAX handler that builds the tree.
struct Json::Builder {
  using Size = RAPIDJSON_NAMESPACE::SizeType;

  std::vector<Json> open{1};  // the root's place, then every array and object that is not closed

  bool add(Type type, std::string text) {
    Json value;
    value.type_ = type;
    value.text_ = std::move(text);
    open.back().items_.push_back(std::move(value));
    return true;
  }
  bool begin(Type type) {
    open.emplace_back();
    open.back().type_ = type;
    return true;
  }
  bool end() {
    Json value = std::move(open.back());
    open.pop_back();
    open.back().items_.push_back(std::move(value));
    return true;
  }

  bool Null() { return add(Type::Null, {}); }
  bool Bool(bool value) { return add(Type::Boolean, value ? "true" : "false"); }
  bool RawNumber(const char* text, Size size, bool) { return add(Type::Number, {text, size}); }
  bool String(const char* text, Size size, bool) { return add(Type::String, {text, size}); }
  bool Key(const char* text, Size size, bool) {
    open.back().names_.emplace_back(text, size);
    return true;
  }
  bool StartObject() { return begin(Type::Object); }
  bool EndObject(Size) { return end(); }
  bool StartArray() { return begin(Type::Array); }
  bool EndArray(Size) { return end(); }

  // Not called with kParseNumbersAsStringsFlag, but a handler must have them.
  bool Int(int) { return true; }
  bool Uint(unsigned) { return true; }
  bool Int64(std::int64_t) { return true; }
  bool Uint64(std::uint64_t) { return true; }
  bool Double(double) { return true; }
};

inline std::optional<Json> Json::parse(const std::string& text) {
  namespace json = RAPIDJSON_NAMESPACE;
  Builder builder;
  json::Reader reader;
  json::StringStream stream(text.c_str());
  if (reader.Parse<json::kParseNumbersAsStringsFlag>(stream, builder).IsError())
    return std::nullopt;
  return std::move(builder.open.front().items_.front());
}
