// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "ast.hpp"

namespace jmespath {

/// Parses `program.text` into its tree. False, with the `problem`, where it is no expression.
bool parse(Program& program, Problem& problem);

}  // namespace jmespath
