// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "argument_text.hpp"
#include "json_value.hpp"

/// Parses the AWS CLI's shorthand, `thingName=x,services=a,b`, into an object of strings, lists and
/// objects:
///
///     parameter = keyval *( "," keyval )
///     keyval    = key [ "@" ] "=" values
///     values    = word *( "," word ) / list / hash     two words or more make a list
///     list      = "[" [ value *( "," value ) ] "]"
///     hash      = "{" [ pair *( "," pair ) ] "}"        pair = key [ "@" ] "=" value
///     value     = word / list / hash
///     word      = text, in which "\," is a comma / '...' / "...", in which "\" goes before a quote
///
/// Behind "@=" each word is what `load` makes of it, as `loadText()` does. Where that cannot be
/// loaded the error is of the kind Configuration; any other shows the text with a caret below the
/// place, as the AWS CLI does.
secure_tunneling::Result<JsonValue> parseShorthand(
    std::string_view text,
    secure_tunneling::Result<ArgumentText> (*load)(const std::string&) = loadText);
