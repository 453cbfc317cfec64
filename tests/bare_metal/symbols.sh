#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# symbols.sh NM OBJDUMP FILE...: fails when an object or image takes anything of what C++ needs for
# exceptions, RTTI, guarded statics or the end of the program, or when an object has code that runs
# before main(). The list of exceptions from this rule is empty; a weak symbol that is not there brings
# nothing (__cxa_pure_virtual, of classes that are only derived from).
set -eu
nm=$1
objdump=$2
shift 2

status=0
for file in "$@"; do
  if "$nm" "$file" | grep -v ' w ' |
    grep -E ' (__cxa_.*|__gxx_personality.*|__dynamic_cast|_Unwind_.*|_ZTI.*|(__aeabi_)?atexit)$'; then
    echo "$file needs the symbols above" >&2
    status=1
  fi
  case $file in
    *.obj) sections=$("$objdump" --section-headers "$file") ;;
    *) continue ;;
  esac
  if echo "$sections" | grep -E '\.(init_array|fini_array|ctors)'; then
    echo "$file has code that runs before main() or after it" >&2
    status=1
  fi
done
exit "$status"
