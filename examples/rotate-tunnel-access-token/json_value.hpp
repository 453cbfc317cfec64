// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "secure_tunneling/result.hpp"

/// A JSON or YAML value as a tree. Objects keep their order, and the last of several members of one
/// name counts, as in the AWS CLI (which is Python's reading of JSON).
struct JsonValue {
  /// A date is YAML's, without quotation marks.
  enum class Type : unsigned char { Null, Boolean, Number, String, Bytes, Date, Array, Object };

  Type type = Type::Null;
  bool boolean = false;
  /// A string's or byte string's content; a number as it was written.
  std::string text;
  /// An array's elements, an object's values.
  std::vector<JsonValue> items;
  /// An object's names, as many as there are items; changed by `set` only.
  std::vector<std::string> names;

  static JsonValue ofType(Type type);
  static JsonValue string(std::string text);

  /// The value of member `name`, null where there is none.
  [[nodiscard]] const JsonValue* find(const std::string& name) const;
  [[nodiscard]] JsonValue* find(const std::string& name);
  /// Adds a member, or replaces its value where it stands.
  JsonValue& set(const std::string& name, JsonValue value);

 private:
  /// Where the member of a name stands, so that objects of many members are quick to build.
  std::unordered_map<std::string, std::size_t> places_;
};

/// The deepest nesting that is read, in JSON and in shorthand: both are read by recursion.
inline constexpr std::size_t maxNesting = 200;

/// Parses one JSON text. The error says what is wrong, and where, in the words of the AWS CLI:
/// `Expecting ',' delimiter: line 1 column 18 (char 17)`.
secure_tunneling::Result<JsonValue> parseJson(const std::string& text);

/// The value as Python writes it in a message: `{'a': [1, None]}`, and a string alone without
/// quotes.
std::string pythonText(const JsonValue& value);
/// The name of the value's type in Python: `<class 'dict'>`.
std::string pythonType(const JsonValue& value);
