// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "jmespath/json.hpp"
#include "secure_tunneling/secret.hpp"

/// A value as --output yaml of the AWS CLI has it: the members in the order of their names, and
/// what is no list and no object as JSON. Nothing for an empty object.
secure_tunneling::Secret printYaml(const jmespath::Value& value);

/// The same for --output yaml-stream, where each page of an answer is an element of a list: one.
secure_tunneling::Secret printYamlStream(const jmespath::Value& value);
