#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# banned.sh FOLDER: fails when a header under FOLDER uses a word or an include that it must not.
set -eu
cd "$1"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
status=0

find . -name '*.hpp' | sort >"$list"
# A guard and not "#pragma once", which does not see that two copies are the same header.
while read -r header; do
  guard=$(echo "${header#./}" | tr '[:lower:]' '[:upper:]' | tr -c 'A-Z0-9\n' '_')
  if [ "$(sed -n '2,3p;$p' "$header")" != "#ifndef $guard
#define $guard
#endif  // $guard" ]; then
    echo "$header: is not in a guard $guard" >&2
    status=1
  fi
done <"$list"
# Strings and comments go first: they may say "try again".
find . -name '*.hpp' ! -name throwing.hpp | sort >"$list"
while read -r header; do
  if sed -e "s/'\"'//g" -e 's/"\([^"\\]\|\\.\)*"//g' -e 's://.*::' "$header" |
    grep -nwE 'throw|try|catch|typeid|dynamic_cast'; then
    echo "$header: does not work without exceptions or RTTI" >&2
    status=1
  fi
done <"$list"
if grep -rnE '#include <(chrono|fstream|functional|iostream|locale|regex|sstream|thread|rapidjson/document\.h)>' .; then
  echo "an include that costs every user too much" >&2
  status=1
fi
if grep -rnE '__attribute__|\[\[(gnu|clang|msvc)::|__asm|__builtin_|__declspec|__forceinline|__atomic_|#pragma ' . |
  grep -v '^\./secure_tunneling/detail/compiler\.hpp:'; then
  echo "a compiler's own word, which is for detail/compiler.hpp" >&2
  status=1
fi
# Compilers that read sources in the code page of their country warn of the rest, as MSVC by C4819.
if LC_ALL=C grep -rn --include='*.hpp' '[^ -~]' .; then
  echo "a character that is not of ASCII" >&2
  status=1
fi
if grep -rnE '#(define|undef) ' . | grep -vE '#(define|undef) SECURE_TUNNELING_'; then
  echo "a macro without the project's prefix" >&2
  status=1
fi
exit $status
