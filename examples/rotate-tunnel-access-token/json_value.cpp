// SPDX-License-Identifier: BSL-1.0
#include "json_value.hpp"

#include <rapidjson/reader.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "text.hpp"

namespace json = RAPIDJSON_NAMESPACE;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

JsonValue JsonValue::ofType(Type type) {
  JsonValue value;
  value.type = type;
  return value;
}

JsonValue JsonValue::string(std::string text) {
  JsonValue value = ofType(Type::String);
  value.text = std::move(text);
  return value;
}

const JsonValue* JsonValue::find(const std::string& name) const {
  const auto place = places_.find(name);
  return place == places_.end() ? nullptr : &items[place->second];
}

JsonValue* JsonValue::find(const std::string& name) {
  return const_cast<JsonValue*>(std::as_const(*this).find(name));
}

JsonValue& JsonValue::set(const std::string& name, JsonValue value) {
  const auto [place, isNew] = places_.emplace(name, items.size());
  if (!isNew) return items[place->second] = std::move(value);
  names.push_back(name);
  return items.emplace_back(std::move(value));
}

namespace {

/// RapidJSON's handler: builds the tree.
class TreeBuilder {
 public:
  bool Null() { return put(JsonValue{}); }
  bool Bool(bool boolean) {
    JsonValue value = JsonValue::ofType(JsonValue::Type::Boolean);
    value.boolean = boolean;
    return put(std::move(value));
  }
  bool RawNumber(const char* text, json::SizeType size, bool) {
    JsonValue value = JsonValue::ofType(JsonValue::Type::Number);
    value.text.assign(text, size);
    return put(std::move(value));
  }
  bool String(const char* text, json::SizeType size, bool) {
    return put(JsonValue::string(std::string(text, size)));
  }
  bool StartObject() { return open(JsonValue::Type::Object); }
  bool Key(const char* text, json::SizeType size, bool) {
    name_.assign(text, size);
    return true;
  }
  bool EndObject(json::SizeType) { return close(); }
  bool StartArray() { return open(JsonValue::Type::Array); }
  bool EndArray(json::SizeType) { return close(); }

  // Not called with kParseNumbersAsStringsFlag, but a handler must have them.
  bool Int(int) { return true; }
  bool Uint(unsigned) { return true; }
  bool Int64(std::int64_t) { return true; }
  bool Uint64(std::uint64_t) { return true; }
  bool Double(double) { return true; }

  JsonValue takeRoot() { return std::move(root_); }

 private:
  bool put(JsonValue value) {
    place(std::move(value));
    return true;
  }
  bool open(JsonValue::Type type) {
    if (open_.size() == maxNesting) return false;
    open_.push_back(&place(JsonValue::ofType(type)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  JsonValue& place(JsonValue value) {
    if (open_.empty()) return root_ = std::move(value);
    JsonValue& parent = *open_.back();
    if (parent.type == JsonValue::Type::Object) return parent.set(name_, std::move(value));
    return parent.items.emplace_back(std::move(value));
  }

  JsonValue root_;
  /// The containers that are open. Each is the newest item of the one before it, and a container
  /// does not grow while one of its items is open, so the pointers stay valid.
  std::vector<JsonValue*> open_;
  std::string name_;
};

struct Complaint {
  std::string what;
  std::size_t offset;
};

/// RapidJSON's error in Python's words and at Python's place.
Complaint complaint(const std::string& text, json::ParseErrorCode code, std::size_t offset) {
  const auto back = [&text](std::size_t from, std::string_view over) {
    while (from != 0 && over.find(text[from - 1]) != std::string_view::npos)
      --from;
    return from;
  };
  switch (code) {
    case json::kParseErrorDocumentRootNotSingular:
      return {"Extra data", offset};
    case json::kParseErrorObjectMissName:
      return {"Expecting property name enclosed in double quotes", offset};
    case json::kParseErrorObjectMissColon:
      return {"Expecting ':' delimiter", offset};
    case json::kParseErrorObjectMissCommaOrCurlyBracket:
    case json::kParseErrorArrayMissCommaOrSquareBracket:
      return {"Expecting ',' delimiter", offset};
    case json::kParseErrorNumberMissFraction:
    case json::kParseErrorNumberMissExponent:
      // Python reads the number that is there and stumbles over what follows it.
      return {"Expecting ',' delimiter", back(offset, ".eE+-")};
    case json::kParseErrorStringMissQuotationMark:
      return {"Unterminated string", offset};
    case json::kParseErrorStringInvalidEncoding:
    case json::kParseErrorStringEscapeInvalid:
      // Which of the two RapidJSON says of a control character depends on its version.
      if (offset < text.size() && static_cast<unsigned char>(text[offset]) < 0x20) {
        return {"Invalid control character at", offset};
      }
      return {code == json::kParseErrorStringEscapeInvalid ? "Invalid \\escape" : "Invalid UTF-8",
              offset};
    case json::kParseErrorStringUnicodeEscapeInvalidHex:
      return {"Invalid \\uXXXX escape", offset + 1};
    case json::kParseErrorStringUnicodeSurrogateInvalid:
      return {"Invalid \\uXXXX escape: half of a surrogate pair", offset};
    case json::kParseErrorTermination:
      return {"Nested deeper than " + std::to_string(maxNesting) + " levels", offset};
    default:
      // Python points at the beginning of a misspelt literal, RapidJSON into it.
      return {"Expecting value", back(offset, "-abcdefghijklmnopqrstuvwxyz")};
  }
}

std::string locate(const std::string& text, Complaint complaint) {
  const std::string_view before = std::string_view(text).substr(0, complaint.offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t lineStart = before.rfind('\n') + 1;
  return std::move(complaint.what) + ": line " + std::to_string(line) + " column " +
         std::to_string(characterCount(before.substr(lineStart)) + 1) + " (char " +
         std::to_string(characterCount(before)) + ")\n" + pointAt(text, complaint.offset);
}

/// A string or byte string as a Python literal.
std::string pythonLiteral(std::string_view text, bool isBytes) {
  const bool hasSingle = text.find('\'') != std::string_view::npos;
  const char quote = hasSingle && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out = isBytes ? "b" : "";
  out += quote;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (byte < 0x20 || byte == 0x7f || (isBytes && byte > 0x7f)) {
      out.append("\\x").append(hexByte(byte));
    } else {
      out += c;
    }
  }
  return out += quote;
}

std::string pythonItems(const JsonValue& value) {
  const bool isObject = value.type == JsonValue::Type::Object;
  std::string out = isObject ? "{" : "[";
  for (std::size_t i = 0; i != value.items.size(); ++i) {
    if (i != 0) out += ", ";
    if (isObject) out += pythonLiteral(value.names[i], false) + ": ";
    const JsonValue& item = value.items[i];
    out +=
        item.type == JsonValue::Type::String ? pythonLiteral(item.text, false) : pythonText(item);
  }
  return out += isObject ? "}" : "]";
}

}  // namespace

Result<JsonValue> parseJson(const std::string& text) {
  constexpr unsigned flags = json::kParseValidateEncodingFlag | json::kParseNumbersAsStringsFlag |
                             json::kParseNanAndInfFlag;
  TreeBuilder builder;
  json::Reader reader;
  const std::string padded = padForRapidJson(text);
  json::StringStream stream(padded.c_str());
  const json::ParseResult parsed = reader.Parse<flags>(stream, builder);
  if (parsed.IsError()) {
    return makeError(ErrorKind::InvalidArgument,
                     locate(text, complaint(text, parsed.Code(), parsed.Offset())));
  }
  // A NUL ends the stream: what stands behind one was not read.
  if (stream.Tell() != text.size()) {
    return makeError(ErrorKind::InvalidArgument, locate(text, {"Extra data", stream.Tell()}));
  }
  return builder.takeRoot();
}

std::string pythonText(const JsonValue& value) {
  switch (value.type) {
    case JsonValue::Type::Null:
      return "None";
    case JsonValue::Type::Boolean:
      return value.boolean ? "True" : "False";
    case JsonValue::Type::Number:
    case JsonValue::Type::String:
    case JsonValue::Type::Date:
      return value.text;
    case JsonValue::Type::Bytes:
      return pythonLiteral(value.text, true);
    case JsonValue::Type::Array:
    case JsonValue::Type::Object:
      break;
  }
  return pythonItems(value);
}

std::string pythonType(const JsonValue& value) {
  switch (value.type) {
    case JsonValue::Type::Null:
      return "<class 'NoneType'>";
    case JsonValue::Type::Boolean:
      return "<class 'bool'>";
    case JsonValue::Type::Number:
      return value.text.find_first_of(".eENI") == std::string::npos ? "<class 'int'>"
                                                                    : "<class 'float'>";
    case JsonValue::Type::String:
      return "<class 'str'>";
    case JsonValue::Type::Bytes:
      return "<class 'bytes'>";
    case JsonValue::Type::Date:
      return "<class 'datetime.datetime'>";
    case JsonValue::Type::Array:
      return "<class 'list'>";
    case JsonValue::Type::Object:
      break;
  }
  return "<class 'dict'>";
}
