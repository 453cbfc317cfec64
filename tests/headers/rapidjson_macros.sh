#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# rapidjson_macros.sh PROGRAM COMPILER ARGUMENT... SOURCE: builds and runs SOURCE with macros that programs define
# for RapidJSON. Those that would be in the library's way are refused by their names, also where RapidJSON was
# included before; no other changes anything.
set -eu
program=$1
shift

printf '#include <rapidjson/reader.h>\n' >"$program.hpp"
for before in '' "-include $program.hpp"; do
  for macro in 'RAPIDJSON_PARSE_ERROR_NORETURN(c,o)=throw(c)' \
    'RAPIDJSON_PARSE_ERROR_NORETURN(c,o)=SetParseError(c,o);__builtin_abort()' \
    'RAPIDJSON_PARSE_ERROR_NORETURN(c,o)=throw(c);SetParseError(c,o)' \
    'RAPIDJSON_PARSE_ERROR(c,o)=throw(c)' \
    'RAPIDJSON_PARSE_ERROR_EARLY_RETURN(v)=if(HasParseError())throw(1)'; do
    # shellcheck disable=SC2086  # words
    if "$@" $before "-D$macro" -fsyntax-only 2>"$program.errors"; then
      echo "compiles: $macro" >&2
      exit 1
    fi
    if ! grep -q "the program defines ${macro%%(*}," "$program.errors"; then
      cat "$program.errors"
      exit 1
    fi
  done
  for macro in NOTHING NDEBUG 'RAPIDJSON_ASSERT(x)=if(!(x))throw(1)' 'RAPIDJSON_ASSERT(x)=((x)?(void)0:__builtin_trap())' \
    RAPIDJSON_HAS_STDSTRING=1 RAPIDJSON_NAMESPACE=own_json RAPIDJSON_PARSE_DEFAULT_FLAGS=kParseCommentsFlag; do
    # shellcheck disable=SC2086
    "$@" $before "-D$macro" -o "$program"
    status=0
    "$program" || status=$?
    if [ "$status" -ne 0 ]; then
      echo "status $status with $macro" >&2
      exit 1
    fi
  done
done
