// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

#include "jmespath/json.hpp"
#include "secure_tunneling/secret.hpp"

/// The columns that a table may take before it is drawn upright: those of the terminal that
/// standard output is, or 80.
std::size_t terminalWidth();

/// A value as --output table of the AWS CLI draws it, below the operation's name: a section for
/// each list and object, with columns in the order of their names. Of a scalar alone nothing but
/// the name, and of what is empty nothing at all. Rows that the AWS CLI fails at, of more or fewer
/// cells than the others, are drawn as they are.
secure_tunneling::Secret printTable(const jmespath::Value& value, bool colors,
                                    std::size_t width = terminalWidth());
