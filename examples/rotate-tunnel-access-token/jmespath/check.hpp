// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "ast.hpp"

namespace jmespath {

/// Looks up the functions that a parsed expression calls, and checks what needs no document: their
/// names, how many arguments they get, and the types of arguments that the expression alone
/// decides. False, with the `problem`, where it can never be applied.
bool check(Program& program, Problem& problem);

}  // namespace jmespath
