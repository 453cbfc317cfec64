// SPDX-License-Identifier: BSL-1.0
#include "conversion.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include "jmespath.hpp"

namespace jmespath {

namespace {

std::string_view view(const Value& string) {
  return {string.GetString(), string.GetStringLength()};
}

Value copy(std::string_view text, Document::AllocatorType& allocator) {
  return Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
}

Number numberOf(const Value& value) {
  if (value.IsInt64()) return Number(value.GetInt64());
  if (value.IsUint64()) return Number::fromDigits(std::to_string(value.GetUint64()));
  return Number(value.GetDouble());
}

const Item* read(const Value& value, Store& store, unsigned depth);

const Item* readArray(const Value& value, Store& store, unsigned depth) {
  Array elements;
  for (const Value& element : value.GetArray()) {
    const Item* const item = read(element, store, depth);
    if (item == nullptr) return nullptr;
    elements.push_back(item);
  }
  return store.array(std::move(elements));
}

const Item* readObject(const Value& value, Store& store, unsigned depth) {
  Object members;
  for (const auto& member : value.GetObject()) {
    const Item* const item = read(member.value, store, depth);
    if (item == nullptr) return nullptr;
    members.set(view(member.name), item);
  }
  return store.object(std::move(members));
}

const Item* read(const Value& value, Store& store, unsigned depth) {
  if (value.IsNull()) return store.null();
  if (value.IsBool()) return store.boolean(value.GetBool());
  if (value.IsNumber()) return store.number(numberOf(value));
  if (value.IsString()) return store.string(view(value));
  const std::string_view digits = bigInteger(value);
  if (!digits.empty()) return store.number(Number::fromDigits(digits));
  if (depth == maxNesting) return nullptr;
  return value.IsArray() ? readArray(value, store, depth + 1) : readObject(value, store, depth + 1);
}

Value numberValue(const Number& number, Document::AllocatorType& allocator) {
  if (number.isReal()) return Value(number.toDouble());
  if (const auto integer = number.integer()) return Value(*integer);
  const std::string digits = number.text();
  std::uint64_t integer = 0;
  const char* const end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, integer).ec == std::errc{}) return Value(integer);
  Value value(rapidjson::kObjectType);
  value.AddMember(copy(bigIntegerName, allocator), copy(digits, allocator), allocator);
  return value;
}

}  // namespace

std::string spelledNumber(const Value& value) {
  if (value.IsNumber()) return numberOf(value).text();
  return std::string(bigInteger(value));
}

const Item* toItem(const Value& value, Store& store) {
  return read(value, store, 0);
}

Value toValue(const Item& item, Document::AllocatorType& allocator) {
  if (const auto* const boolean = item.as<bool>()) return Value(*boolean);
  if (const auto* const number = item.as<Number>()) return numberValue(*number, allocator);
  if (const auto* const text = item.as<std::string_view>()) return copy(*text, allocator);
  if (const auto* const array = item.as<Array>()) {
    Value value(rapidjson::kArrayType);
    value.Reserve(static_cast<rapidjson::SizeType>(array->size()), allocator);
    for (const Item* const element : *array)
      value.PushBack(toValue(*element, allocator), allocator);
    return value;
  }
  if (const auto* const object = item.as<Object>()) {
    Value value(rapidjson::kObjectType);
    for (const Object::Member& member : object->members())
      value.AddMember(copy(member.name, allocator), toValue(*member.value, allocator), allocator);
    return value;
  }
  return {};
}

}  // namespace jmespath
