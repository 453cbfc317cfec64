#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# reference.sh SOURCE DOXYFILE DOXYGEN FOLDER: makes the reference pages of SOURCE in FOLDER, as the target docs does. No
# warning, every link leads somewhere, the contents list every page, and a public name without a comment is found.
set -eu
source=$1
doxyfile=$2
doxygen=$3
folder=$4
if [ ! -e "$doxyfile" ]; then
  echo "Skipped: the reference pages need doxygen 1.9.4 or later"
  exit 77
fi
cd "$source"
status=0
complain() {
  echo "$1" >&2
  status=1
}

# make_pages SUBFOLDER LINE...: with further lines of settings.
make_pages() {
  output=$folder/$1
  shift
  mkdir -p "$output"
  { cat "$doxyfile"; printf '%s\n' "OUTPUT_DIRECTORY = \"$output\"" "$@"; } | "$doxygen" -
}

rm -rf "$folder"
make_pages all || complain "the pages have warnings"
html=$folder/all/html

# To a page, and from the pages of the folders to a place in one: some of doxygen's own places are not there.
broken=$(cd "$html" && awk '
  {
    file = substr(FILENAME, 3)
    page[file]
    for (rest = $0; match(rest, /(id|name|href)="[^"]*"/); rest = substr(rest, RSTART + RLENGTH)) {
      found = substr(rest, RSTART, RLENGTH - 1)
      text = substr(found, index(found, "\"") + 1)
      if (found !~ /^href/) page[file "#" text]
      else if (text !~ /^https:|^style\.css$/) links[file " " text]
    }
  }
  END {
    for (each in links) {
      split(each, part, " ")
      target = part[2] ~ /^#/ ? part[1] part[2] : part[2]
      if (part[1] !~ /^index|^page/) sub(/#.*/, "", target)
      if (!(target in page)) print part[1] " leads to " part[2]
    }
  }' ./*.html)
[ -z "$broken" ] || complain "$broken"

# What doxygen has not understood of a page stands there as it was.
left=$(grep -nE '@ref|@section|&lt;tt&gt;|\{#' "$html"/*.html) && complain "$left"

for page in "$html"/page_*.html; do
  name=$(basename "$page")
  grep -q "\"\$relpath^$name\"" cmake/docs/footer.html || complain "cmake/docs/footer.html does not lead to $name"
done

cat >"$folder/undocumented.hpp" <<'HEADER'
/// @file
/// A header with a name that has no comment.
/// A class with one.
class Documented {
 public:
  void undocumented();
};
HEADER
if make_pages one "INPUT = \"$folder/undocumented.hpp\"" 2>"$folder/warnings"; then
  complain "a public name without a comment makes no error"
fi
grep -q 'Member undocumented() .* is not documented' "$folder/warnings" || complain "$(cat "$folder/warnings")"
exit $status
