// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ast.hpp"

namespace jmespath {

/// Some of JMESPath's types.
using Types = unsigned;
inline constexpr Types nullType = 1U;
inline constexpr Types booleanType = 2U;
inline constexpr Types numberType = 4U;
inline constexpr Types stringType = 8U;
inline constexpr Types arrayType = 16U;
inline constexpr Types objectType = 32U;
inline constexpr Types expressionType = 64U;
inline constexpr Types anyType = expressionType - 1;

Types typeOf(const Item& item);
/// "string", or "array, string or object".
std::string namesOf(Types types);

struct Parameter {
  Types types = anyType;
  /// What an array's elements must all be: one of these.
  Types elements = anyType;
};

class Evaluator;

struct Arguments {
  /// The values; null in the place of an expression.
  std::vector<const Item*> values;
  NodeId expression = noNode;
};

/// A function of the language. One whose last parameter repeats takes one argument for it or more.
struct Function {
  std::string_view name;
  std::array<Parameter, 2> parameters;
  std::size_t count;
  bool repeats;
  Types result;
  /// Null once it has failed.
  const Item* (*call)(Evaluator& evaluator, const Arguments& arguments);

  [[nodiscard]] const Parameter& parameter(std::size_t place) const {
    return parameters[place < count ? place : count - 1];
  }
};

/// Null where there is none.
const Function* findFunction(std::string_view name);
/// The name that is nearest to `name`; empty where none is near.
std::string_view nearestFunction(std::string_view name);
/// Why an argument does not fit: `length(): argument 1 is a number, expected ...`; empty where it
/// does.
std::string mismatch(const Function& function, std::size_t place, Types types);
std::string mismatch(const Function& function, std::size_t place, const Item& value);

}  // namespace jmespath
