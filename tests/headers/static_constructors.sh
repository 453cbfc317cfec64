#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# static_constructors.sh OBJECT COMPILER ARGUMENT...: fails when code would run before main().
set -eu
object=$1
shift
"$@" -c -o "$object"
if nm -C "$object" | grep -E '_GLOBAL__sub_I|__cxx_global_var_init|__static_initialization'; then
  echo "the headers define an object with a constructor that runs before main()" >&2
  exit 1
fi
