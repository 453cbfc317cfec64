// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_PROTOCOL_DETAIL_JSON_READER_HPP
#define SECURE_TUNNELING_PROTOCOL_DETAIL_JSON_READER_HPP

#include "secure_tunneling/detail/before_x11.hpp"

#include <rapidjson/reader.h>

#include <string_view>

// RapidJSON's reader, where it keeps what is wrong with a text and returns. A program may define
// macros that make it throw there, or end the program: that would go through every call whose
// answer is no JSON. It cannot be undone for this library alone, as RapidJSON has the macros in
// functions that it defines once; and to define others would change the program. So such a source
// does not compile. By text, for no value of a macro can be compared otherwise.
#define SECURE_TUNNELING_TEXT_OF(...) #__VA_ARGS__
#define SECURE_TUNNELING_TEXT(...) SECURE_TUNNELING_TEXT_OF(__VA_ARGS__)
#define SECURE_TUNNELING_IS_STANDARD(name, arguments)                    \
  std::string_view(SECURE_TUNNELING_TEXT(RAPIDJSON_##name arguments)) == \
      SECURE_TUNNELING_TEXT(SECURE_TUNNELING_##name)
// As in RapidJSON 1.1.0 and later.
#define SECURE_TUNNELING_PARSE_ERROR_NORETURN                        \
  RAPIDJSON_MULTILINEMACRO_BEGIN RAPIDJSON_ASSERT(!HasParseError()); \
  SetParseError(code, offset);                                       \
  RAPIDJSON_MULTILINEMACRO_END
#define SECURE_TUNNELING_PARSE_ERROR_EARLY_RETURN                           \
  RAPIDJSON_MULTILINEMACRO_BEGIN if (RAPIDJSON_UNLIKELY(HasParseError())) { \
    return value;                                                           \
  }                                                                         \
  RAPIDJSON_MULTILINEMACRO_END
#define SECURE_TUNNELING_PARSE_ERROR                                    \
  RAPIDJSON_MULTILINEMACRO_BEGIN SECURE_TUNNELING_PARSE_ERROR_NORETURN; \
  RAPIDJSON_PARSE_ERROR_EARLY_RETURN_VOID;                              \
  RAPIDJSON_MULTILINEMACRO_END

// Each on a line of its own: an assertion's text has the number of its line.
static_assert(SECURE_TUNNELING_IS_STANDARD(PARSE_ERROR_NORETURN, (code, offset)),
              "the program defines RAPIDJSON_PARSE_ERROR_NORETURN, which would throw or end the "
              "program in calls of secure_tunneling: include it in source files without that");
static_assert(SECURE_TUNNELING_IS_STANDARD(PARSE_ERROR_EARLY_RETURN, (value)),
              "the program defines RAPIDJSON_PARSE_ERROR_EARLY_RETURN, which would change the "
              "results of secure_tunneling: include it in source files without that");
static_assert(SECURE_TUNNELING_IS_STANDARD(PARSE_ERROR, (code, offset)),
              "the program defines RAPIDJSON_PARSE_ERROR, which would throw or end the program in "
              "calls of secure_tunneling: include it in source files without that");

#undef SECURE_TUNNELING_TEXT_OF
#undef SECURE_TUNNELING_TEXT
#undef SECURE_TUNNELING_IS_STANDARD
#undef SECURE_TUNNELING_PARSE_ERROR_NORETURN
#undef SECURE_TUNNELING_PARSE_ERROR_EARLY_RETURN
#undef SECURE_TUNNELING_PARSE_ERROR

#endif  // SECURE_TUNNELING_PROTOCOL_DETAIL_JSON_READER_HPP
