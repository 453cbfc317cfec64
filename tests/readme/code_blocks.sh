#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# code_blocks.sh SOURCE FIRST FOLDER COMPILER ARGUMENT...: compiles every C++ block of the pages of SOURCE, each a whole
# file, in FOLDER. What the compiler says names the page's own lines. The first block of the README is the program
# FIRST, which is built and run elsewhere.
set -eu
source=$1
first=$2
folder=$3
shift 3
rm -rf "$folder"
mkdir -p "$folder"
# The README first. No page has a blank in its name.
pages=$(cd "$source" && echo README.md && find cmake examples include tests -name '*.md' | sort)
for page in $pages; do
  awk -v folder="$folder" -v page="$source/$page" -v name="$(echo "$page" | tr / _)" '
    /^```cpp$/ { file = sprintf("%s/%s_%d.cpp", folder, name, ++count)
                 printf "#line %d \"%s\"\n", NR + 1, page >file; next }
    /^```$/    { file = "" }
    file       { print >file }' "$source/$page"
done

# code FILE: without comments, #line and blanks.
code() { sed -e '/^#line/d' -e 's://.*::' "$1" | tr -d '[:space:]'; }

status=0
if [ "$(code "$folder/README.md_1.cpp")" != "$(code "$first")" ]; then
  echo "the first block of README.md differs from $first" >&2
  status=1
fi
for block in "$folder"/*.cpp; do
  "$@" -fsyntax-only "$block" || status=1
done
exit $status
