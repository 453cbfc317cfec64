#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# musl.sh PROGRAM INCLUDE RAPIDJSON COMPILER OPTION...   with musl in the place of glibc: compiles all headers below
#     INCLUDE but the adapters and the fake, builds PROGRAM, a call of the core, statically, and runs it. Status 77 where
#     musl is not there.
#
# Debian's musl-tools have no C++ library, and Debian has neither libcurl nor OpenSSL for musl. The C++ library of g++,
# which COMPILER is, is for glibc: it does for what reads and writes no streams.
set -eu
program=$1
include=$2
rapidjson=$3
compiler=$4
shift 4
tests=$(cd "$(dirname "$0")" && pwd)
triplet=$("$compiler" -print-multiarch)
musl=$(echo "$triplet" | sed 's/-gnu/-musl/')
specs=/usr/lib/$musl/musl-gcc.specs
version=$("$compiler" -dumpversion)
if [ ! -e "$specs" ]; then
  echo "musl: left out, for want of $specs (Debian: musl-tools)"
  exit 77
fi
# Alone: glibc's headers are in that folder, too.
mkdir -p "$program.include"
ln -sfn "$rapidjson/rapidjson" "$program.include/rapidjson"
set -- "$compiler" "-specs=$specs" -include "$tests/musl.hpp" -isystem "/usr/include/c++/$version" \
  -isystem "/usr/include/$triplet/c++/$version" -isystem "/usr/include/$musl" "-I$include" -isystem "$program.include" "$@"
(cd "$include" && find secure_tunneling -name '*.hpp') | sort |
  grep -vE '^secure_tunneling/((adapters|testing)/.*|rotate_many\.hpp|secure_tunneling\.hpp)$' |
  sed 's/.*/#include "&"/' | "$@" -fsyntax-only -x c++ -
"$@" -static -Os -ffunction-sections -Wl,--gc-sections -o "$program" "$tests/core_call.cpp" "$tests/musl.cpp"
exec "$program"
