#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# compilers.sh INCLUDE OPTION...   compiles every header below INCLUDE, and a program that uses them, by each compiler
#                                  that is installed under the number of its version, as g++-11 and clang++-16, in each
#                                  C++ that it knows from C++17 on. A warning is an error. Prints a line for each; 77 where
#                                  there is none.
#
# SECURE_TUNNELING_SKIP is a pattern of grep -E for headers that are left out.
set -eu
include=$1
shift
tests=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$include" && find secure_tunneling -name '*.hpp') | grep -vE "${SECURE_TUNNELING_SKIP:-^$}" | sort |
  sed 's/.*/#include "&"/' >"$scratch/all_headers.hpp"

# From the oldest that are supported on.
for number in 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
  for compiler in "g++-$number" "clang++-$number"; do
    command -v "$compiler" >/dev/null || continue
    for names in c++17 c++20 'c++23 c++2b' 'c++26 c++2c'; do
      for standard in $names; do
        "$compiler" "-std=$standard" -E -x c++ /dev/null >/dev/null 2>&1 || continue
        echo "$compiler -std=$standard"
        break
      done
    done
  done
done >"$scratch/compilers"
if [ ! -s "$scratch/compilers" ]; then
  echo "compilers: left out, none is installed whose name has the number of its version" >&2
  exit 77
fi

cat >"$scratch/compile" <<'SCRIPT'
line=$1
shift
case $line in g++*) set -- -Wuseless-cast "$@" ;; esac
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086  # a compiler and an option
if $line -fsyntax-only -Werror -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast \
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wswitch-default -Wswitch-enum "$@" >"$log" 2>&1; then
  echo "$line: silent"
else
  { echo "$line:" && head -n 30 "$log"; } >&2
  exit 1
fi
SCRIPT
xargs -I '{}' -P "$(nproc)" sh "$scratch/compile" '{}' "-I$include" "-I$tests" "-I$scratch" "$@" \
  "$tests/headers/warnings.cpp" <"$scratch/compilers"
