// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "functions.hpp"

/// The functions of the language. Their arguments have been checked against their parameters.
namespace jmespath::builtins {

const Item* abs(Evaluator& evaluator, const Arguments& arguments);
const Item* avg(Evaluator& evaluator, const Arguments& arguments);
const Item* ceil(Evaluator& evaluator, const Arguments& arguments);
const Item* contains(Evaluator& evaluator, const Arguments& arguments);
const Item* endsWith(Evaluator& evaluator, const Arguments& arguments);
const Item* floor(Evaluator& evaluator, const Arguments& arguments);
const Item* join(Evaluator& evaluator, const Arguments& arguments);
const Item* keys(Evaluator& evaluator, const Arguments& arguments);
const Item* length(Evaluator& evaluator, const Arguments& arguments);
const Item* map(Evaluator& evaluator, const Arguments& arguments);
const Item* max(Evaluator& evaluator, const Arguments& arguments);
const Item* maxBy(Evaluator& evaluator, const Arguments& arguments);
const Item* merge(Evaluator& evaluator, const Arguments& arguments);
const Item* min(Evaluator& evaluator, const Arguments& arguments);
const Item* minBy(Evaluator& evaluator, const Arguments& arguments);
const Item* notNull(Evaluator& evaluator, const Arguments& arguments);
const Item* reverse(Evaluator& evaluator, const Arguments& arguments);
const Item* sort(Evaluator& evaluator, const Arguments& arguments);
const Item* sortBy(Evaluator& evaluator, const Arguments& arguments);
const Item* startsWith(Evaluator& evaluator, const Arguments& arguments);
const Item* sum(Evaluator& evaluator, const Arguments& arguments);
const Item* toArray(Evaluator& evaluator, const Arguments& arguments);
const Item* toNumber(Evaluator& evaluator, const Arguments& arguments);
const Item* toString(Evaluator& evaluator, const Arguments& arguments);
const Item* type(Evaluator& evaluator, const Arguments& arguments);
const Item* values(Evaluator& evaluator, const Arguments& arguments);

}  // namespace jmespath::builtins
