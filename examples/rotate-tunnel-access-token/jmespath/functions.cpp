// SPDX-License-Identifier: BSL-1.0
#include "functions.hpp"

#include <algorithm>
#include <numeric>

#include "builtins.hpp"

namespace jmespath {

namespace {

constexpr Parameter any{};
constexpr Parameter number{numberType};
constexpr Parameter string{stringType};
constexpr Parameter array{arrayType};
constexpr Parameter object{objectType};
constexpr Parameter expression{expressionType};
constexpr Parameter numbers{arrayType, numberType};
constexpr Parameter strings{arrayType, stringType};
constexpr Parameter numbersOrStrings{arrayType, numberType | stringType};
constexpr Parameter arrayOrString{arrayType | stringType};
constexpr Parameter countable{arrayType | stringType | objectType};

constexpr Types orNull = nullType;
constexpr Types scalar = numberType | stringType;

constexpr std::array<Function, 26> functions = {{
    {"abs", {number}, 1, false, numberType, builtins::abs},
    {"avg", {numbers}, 1, false, numberType | orNull, builtins::avg},
    {"ceil", {number}, 1, false, numberType, builtins::ceil},
    {"contains", {arrayOrString, any}, 2, false, booleanType, builtins::contains},
    {"ends_with", {string, string}, 2, false, booleanType, builtins::endsWith},
    {"floor", {number}, 1, false, numberType, builtins::floor},
    {"join", {string, strings}, 2, false, stringType, builtins::join},
    {"keys", {object}, 1, false, arrayType, builtins::keys},
    {"length", {countable}, 1, false, numberType, builtins::length},
    {"map", {expression, array}, 2, false, arrayType, builtins::map},
    {"max", {numbersOrStrings}, 1, false, scalar | orNull, builtins::max},
    {"max_by", {array, expression}, 2, false, anyType, builtins::maxBy},
    {"merge", {object}, 1, true, objectType, builtins::merge},
    {"min", {numbersOrStrings}, 1, false, scalar | orNull, builtins::min},
    {"min_by", {array, expression}, 2, false, anyType, builtins::minBy},
    {"not_null", {any}, 1, true, anyType, builtins::notNull},
    {"reverse", {arrayOrString}, 1, false, arrayType | stringType, builtins::reverse},
    {"sort", {numbersOrStrings}, 1, false, arrayType, builtins::sort},
    {"sort_by", {array, expression}, 2, false, arrayType, builtins::sortBy},
    {"starts_with", {string, string}, 2, false, booleanType, builtins::startsWith},
    {"sum", {numbers}, 1, false, numberType, builtins::sum},
    {"to_array", {any}, 1, false, arrayType, builtins::toArray},
    {"to_number", {any}, 1, false, numberType | orNull, builtins::toNumber},
    {"to_string", {any}, 1, false, stringType, builtins::toString},
    {"type", {any}, 1, false, stringType, builtins::type},
    {"values", {object}, 1, false, arrayType, builtins::values},
}};

/// How many characters have to be put in, taken out or changed.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i != left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j != right.size(); ++j) {
      const std::size_t changed = diagonal + static_cast<std::size_t>(left[i] != right[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string argumentMessage(const Function& function, std::size_t place, std::string_view is,
                            std::string_view expected) {
  std::string message(function.name);
  message.append("(): argument ").append(std::to_string(place + 1)).append(" is ").append(is);
  message.append(", expected ").append(expected);
  return message;
}

}  // namespace

Types typeOf(const Item& item) {
  // In the order of the variant.
  constexpr std::array<Types, 6> types = {nullType,   booleanType, numberType,
                                          stringType, arrayType,   objectType};
  return types[item.value.index()];
}

std::string namesOf(Types types) {
  struct Name {
    Types type;
    std::string_view name;
  };
  constexpr std::array<Name, 7> names = {{{nullType, "null"},
                                          {booleanType, "boolean"},
                                          {numberType, "number"},
                                          {stringType, "string"},
                                          {arrayType, "array"},
                                          {objectType, "object"},
                                          {expressionType, "expression (\"&\" before it)"}}};
  std::string out;
  for (const Name& name : names) {
    if ((types & name.type) == 0) continue;
    types &= ~name.type;
    if (!out.empty()) out += types == 0 ? " or " : ", ";
    out += name.name;
  }
  return out;
}

const Function* findFunction(std::string_view name) {
  const auto* const found =
      std::find_if(functions.begin(), functions.end(),
                   [&](const Function& function) { return function.name == name; });
  return found == functions.end() ? nullptr : found;
}

std::string_view nearestFunction(std::string_view name) {
  constexpr std::size_t longest = 32;
  if (name.size() > longest) return {};
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const Function& function : functions) {
    const std::size_t changes = distance(name, function.name);
    if (changes >= best) continue;
    best = changes;
    nearest = function.name;
  }
  return nearest;
}

std::string mismatch(const Function& function, std::size_t place, Types types) {
  const Types allowed = function.parameter(place).types;
  if ((types & allowed) != 0) return {};
  return argumentMessage(function, place, types == anyType ? "a value" : namesOf(types),
                         namesOf(allowed));
}

std::string mismatch(const Function& function, std::size_t place, const Item& value) {
  std::string message = mismatch(function, place, typeOf(value));
  const Parameter& parameter = function.parameter(place);
  const auto* const elements = value.as<Array>();
  if (!message.empty() || elements == nullptr || parameter.elements == anyType) return message;
  // All must be what the first one is.
  Types allowed = parameter.elements;
  for (const Item* const element : *elements) {
    const Types type = typeOf(*element);
    if ((type & allowed) == 0) {
      return argumentMessage(function, place, "an array with a " + namesOf(type),
                             "an array of " + namesOf(allowed) + "s");
    }
    allowed = type;
  }
  return {};
}

}  // namespace jmespath
