// SPDX-License-Identifier: BSL-1.0
#include "builtins.hpp"

#include <algorithm>
#include <utility>

#include "evaluator.hpp"
#include "json_text.hpp"
#include "utf8.hpp"

namespace jmespath::builtins {

namespace {

using secure_tunneling::Secret;

template <class T>
const T& argument(const Arguments& arguments, std::size_t place) {
  return *arguments.values[place]->as<T>();
}

const Item* notFinite(Evaluator& evaluator, std::string_view name) {
  return evaluator.fail(std::string(name) + "(): argument 1 is not a finite number");
}

/// Numbers, or strings, in their order: by code points, which is that of UTF-8's bytes.
bool isBefore(const Item& left, const Item& right) {
  if (const auto* const number = left.as<Number>()) return *number < *right.as<Number>();
  return *left.as<std::string_view>() < *right.as<std::string_view>();
}

/// An element and what an expression gives for it.
struct Keyed {
  const Item* key;
  const Item* element;
};

/// The elements with their keys, which must all be numbers, or all strings. False once something
/// has failed.
bool keyed(Evaluator& evaluator, const Arguments& arguments, std::string_view name,
           std::vector<Keyed>& out) {
  Types allowed = numberType | stringType;
  for (const Item* const element : argument<Array>(arguments, 0)) {
    const Item* const key = evaluator.evaluate(arguments.expression, *element);
    if (key == nullptr) return false;
    if ((typeOf(*key) & allowed) == 0) {
      evaluator.fail(std::string(name) + "(): the expression gives " + namesOf(typeOf(*key)) +
                     ", expected " + namesOf(allowed));
      return false;
    }
    allowed = typeOf(*key);
    out.push_back({key, element});
  }
  return true;
}

bool isKeyBefore(const Keyed& left, const Keyed& right) {
  return isBefore(*left.key, *right.key);
}

Number total(const Array& numbers) {
  Number sum(std::int64_t{0});
  for (const Item* const number : numbers)
    sum = sum + *number->as<Number>();
  return sum;
}

}  // namespace

const Item* abs(Evaluator& evaluator, const Arguments& arguments) {
  return evaluator.store().number(argument<Number>(arguments, 0).absolute());
}

const Item* avg(Evaluator& evaluator, const Arguments& arguments) {
  const Array& numbers = argument<Array>(arguments, 0);
  if (numbers.empty()) return evaluator.store().null();
  return evaluator.store().number(
      Number(total(numbers).toDouble() / static_cast<double>(numbers.size())));
}

const Item* ceil(Evaluator& evaluator, const Arguments& arguments) {
  std::optional<Number> integer = argument<Number>(arguments, 0).ceil();
  return integer ? evaluator.store().number(*std::move(integer)) : notFinite(evaluator, "ceil");
}

const Item* floor(Evaluator& evaluator, const Arguments& arguments) {
  std::optional<Number> integer = argument<Number>(arguments, 0).floor();
  return integer ? evaluator.store().number(*std::move(integer)) : notFinite(evaluator, "floor");
}

const Item* contains(Evaluator& evaluator, const Arguments& arguments) {
  const Item& searched = *arguments.values[1];
  if (const auto* const array = arguments.values[0]->as<Array>()) {
    return evaluator.store().boolean(std::any_of(
        array->begin(), array->end(), [&](const Item* item) { return equal(*item, searched); }));
  }
  const auto* const part = searched.as<std::string_view>();
  if (part == nullptr) {
    return evaluator.fail("contains(): argument 2 is " + namesOf(typeOf(searched)) +
                          ", expected string, as argument 1 is one");
  }
  return evaluator.store().boolean(argument<std::string_view>(arguments, 0).find(*part) !=
                                   std::string_view::npos);
}

const Item* startsWith(Evaluator& evaluator, const Arguments& arguments) {
  const auto& text = argument<std::string_view>(arguments, 0);
  const auto& prefix = argument<std::string_view>(arguments, 1);
  return evaluator.store().boolean(text.substr(0, prefix.size()) == prefix);
}

const Item* endsWith(Evaluator& evaluator, const Arguments& arguments) {
  const auto& text = argument<std::string_view>(arguments, 0);
  const auto& suffix = argument<std::string_view>(arguments, 1);
  return evaluator.store().boolean(suffix.size() <= text.size() &&
                                   text.substr(text.size() - suffix.size()) == suffix);
}

const Item* join(Evaluator& evaluator, const Arguments& arguments) {
  Secret joined;
  bool isFirst = true;
  for (const Item* const text : argument<Array>(arguments, 1)) {
    if (!isFirst) joined.append(argument<std::string_view>(arguments, 0));
    isFirst = false;
    joined.append(*text->as<std::string_view>());
  }
  return evaluator.store().string(std::move(joined));
}

const Item* keys(Evaluator& evaluator, const Arguments& arguments) {
  Array names;
  for (const Object::Member& member : argument<Object>(arguments, 0).members())
    names.push_back(evaluator.store().string(member.name));
  return evaluator.array(std::move(names));
}

const Item* values(Evaluator& evaluator, const Arguments& arguments) {
  Array out;
  for (const Object::Member& member : argument<Object>(arguments, 0).members())
    out.push_back(member.value);
  return evaluator.array(std::move(out));
}

const Item* length(Evaluator& evaluator, const Arguments& arguments) {
  const Item& counted = *arguments.values[0];
  std::size_t length = 0;
  if (const auto* const text = counted.as<std::string_view>()) {
    length = countCharacters(*text);
  } else if (const auto* const array = counted.as<Array>()) {
    length = array->size();
  } else {
    length = counted.as<Object>()->members().size();
  }
  return evaluator.store().number(Number(static_cast<std::int64_t>(length)));
}

const Item* map(Evaluator& evaluator, const Arguments& arguments) {
  Array out;
  for (const Item* const element : argument<Array>(arguments, 1)) {
    const Item* const result = evaluator.evaluate(arguments.expression, *element);
    if (result == nullptr) return nullptr;
    out.push_back(result);
  }
  return evaluator.array(std::move(out));
}

// Of equal ones the first.
const Item* max(Evaluator& evaluator, const Arguments& arguments) {
  const Array& array = argument<Array>(arguments, 0);
  if (array.empty()) return evaluator.store().null();
  return *std::max_element(array.begin(), array.end(),
                           [](const Item* a, const Item* b) { return isBefore(*a, *b); });
}

const Item* min(Evaluator& evaluator, const Arguments& arguments) {
  const Array& array = argument<Array>(arguments, 0);
  if (array.empty()) return evaluator.store().null();
  return *std::min_element(array.begin(), array.end(),
                           [](const Item* a, const Item* b) { return isBefore(*a, *b); });
}

const Item* maxBy(Evaluator& evaluator, const Arguments& arguments) {
  std::vector<Keyed> elements;
  if (!keyed(evaluator, arguments, "max_by", elements)) return nullptr;
  if (elements.empty()) return evaluator.store().null();
  return std::max_element(elements.begin(), elements.end(), isKeyBefore)->element;
}

const Item* minBy(Evaluator& evaluator, const Arguments& arguments) {
  std::vector<Keyed> elements;
  if (!keyed(evaluator, arguments, "min_by", elements)) return nullptr;
  if (elements.empty()) return evaluator.store().null();
  return std::min_element(elements.begin(), elements.end(), isKeyBefore)->element;
}

const Item* sort(Evaluator& evaluator, const Arguments& arguments) {
  Array sorted = argument<Array>(arguments, 0);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Item* a, const Item* b) { return isBefore(*a, *b); });
  return evaluator.array(std::move(sorted));
}

const Item* sortBy(Evaluator& evaluator, const Arguments& arguments) {
  std::vector<Keyed> elements;
  if (!keyed(evaluator, arguments, "sort_by", elements)) return nullptr;
  std::stable_sort(elements.begin(), elements.end(), isKeyBefore);
  Array sorted;
  for (const Keyed& element : elements)
    sorted.push_back(element.element);
  return evaluator.array(std::move(sorted));
}

const Item* merge(Evaluator& evaluator, const Arguments& arguments) {
  Object merged;
  for (const Item* const object : arguments.values) {
    for (const Object::Member& member : object->as<Object>()->members())
      merged.set(member.name, member.value);
  }
  return evaluator.object(std::move(merged));
}

const Item* notNull(Evaluator& evaluator, const Arguments& arguments) {
  const auto found = std::find_if(arguments.values.begin(), arguments.values.end(),
                                  [](const Item* item) { return !item->isNull(); });
  return found == arguments.values.end() ? evaluator.store().null() : *found;
}

const Item* reverse(Evaluator& evaluator, const Arguments& arguments) {
  const Item& item = *arguments.values[0];
  if (const auto* const text = item.as<std::string_view>())
    return evaluator.store().string(reversedCharacters(*text));
  Array reversed = *item.as<Array>();
  std::reverse(reversed.begin(), reversed.end());
  return evaluator.array(std::move(reversed));
}

const Item* sum(Evaluator& evaluator, const Arguments& arguments) {
  return evaluator.store().number(total(argument<Array>(arguments, 0)));
}

const Item* toArray(Evaluator& evaluator, const Arguments& arguments) {
  const Item* const item = arguments.values[0];
  return item->as<Array>() != nullptr ? item : evaluator.array({item});
}

const Item* toNumber(Evaluator& evaluator, const Arguments& arguments) {
  const Item* const item = arguments.values[0];
  if (item->as<Number>() != nullptr) return item;
  const auto* const text = item->as<std::string_view>();
  std::optional<Number> number = text == nullptr ? std::nullopt : Number::fromText(*text);
  return number ? evaluator.store().number(*std::move(number)) : evaluator.store().null();
}

const Item* toString(Evaluator& evaluator, const Arguments& arguments) {
  const Item* const item = arguments.values[0];
  if (item->as<std::string_view>() != nullptr) return item;
  Secret text;
  appendJson(text, *item);
  return evaluator.store().string(std::move(text));
}

const Item* type(Evaluator& evaluator, const Arguments& arguments) {
  return evaluator.store().string(Secret(namesOf(typeOf(*arguments.values[0]))));
}

}  // namespace jmespath::builtins
