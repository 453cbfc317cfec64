#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# code_blocks.sh README FIRST FOLDER COMPILER ARGUMENT...: compiles every C++ block of README, each a
# whole file, in FOLDER. What the compiler says names README's own lines. The first block is the
# program FIRST, which is built and run elsewhere.
set -eu
readme=$1
first=$2
folder=$3
shift 3
rm -rf "$folder"
mkdir -p "$folder"
awk -v folder="$folder" -v readme="$readme" '
  /^```cpp$/ { file = sprintf("%s/block_%d.cpp", folder, ++count)
               printf "#line %d \"%s\"\n", NR + 1, readme >file; next }
  /^```$/    { file = "" }
  file       { print >file }' "$readme"

# code FILE: without comments, #line and blanks.
code() { sed -e '/^#line/d' -e 's://.*::' "$1" | tr -d '[:space:]'; }

status=0
if [ "$(code "$folder/block_1.cpp")" != "$(code "$first")" ]; then
  echo "the first block of $readme differs from $first" >&2
  status=1
fi
for block in "$folder"/*.cpp; do
  "$@" -fsyntax-only "$block" || status=1
done
exit $status
