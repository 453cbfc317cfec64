// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "json_value.hpp"
#include "options.hpp"
#include "secure_tunneling/model.hpp"

/// The operation's input as the options give it: an object of the members that were given, those of
/// --cli-input-json behind those of options of their own. Reads the files that options name.
secure_tunneling::Result<JsonValue> readParameters(const Options& options);

/// Checks what the AWS CLI checks (required members, types, lengths) and tells all that is wrong at
/// once, in its words.
secure_tunneling::Result<void> checkParameters(const JsonValue& parameters);

/// Refuses a mode of --client-mode that the service does not have. A mode in --cli-input-json is
/// sent as it is, which leaves a way to one that a later version of the service may know.
secure_tunneling::Result<void> checkClientMode(const Options& options, const JsonValue& parameters);

/// The request that checked parameters make. It refers to `parameters`, which must outlive it.
secure_tunneling::RotateTunnelAccessTokenRequest toRequest(const JsonValue& parameters);
