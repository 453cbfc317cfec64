#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# pages.sh SOURCE: the README is short enough for five minutes; what the pages of SOURCE link to is there, headings
# included; the index of the examples has all of them, with as many lines as they have; every option of CMake is named.
set -eu
cd "$1"
status=0
complain() {
  echo "$1" >&2
  status=1
}

lines=$(wc -l <README.md)
[ "$lines" -le 220 ] || complain "README.md has $lines lines: at most 220"

# anchors PAGE: of its headings, as GitHub makes them.
anchors() {
  awk '/^```/ { code = !code } !code && /^#+ / {
    sub(/^#+ /, ""); gsub(/\[|\]\([^)]*\)/, ""); text = tolower($0)
    gsub(/[^a-z0-9 _-]/, "", text); gsub(/ /, "-", text); print text }' "$1"
}

pages=$(find README.md cmake examples include tests .github -name '*.md')
for page in $pages; do
  links=$(awk '/^```/ { code = !code } !code { text = text $0 " " }
    END { while (match(text, /\]\([^)]*\)/)) {
            link = substr(text, RSTART + 2, RLENGTH - 3); gsub(/ /, "", link); print link
            text = substr(text, RSTART + RLENGTH) } }' "$page")
  for link in $links; do
    case $link in
      https://*) continue ;;
      http:*) complain "$page: $link is not https" ;;
    esac
    target=${link%%#*}
    file=$page
    [ -z "$target" ] || file=$(dirname "$page")/$target
    [ -e "$file" ] || complain "$page: there is no $link"
    case $link in
      *#*) anchors "$file" | grep -qx -e "${link#*#}" || complain "$page: there is no heading for $link" ;;
    esac
  done
done

for example in examples/*/; do
  name=$(basename "$example")
  count=$(find "$example" -name '*.cpp' -exec cat {} + -o -name '*.hpp' -exec cat {} + | wc -l)
  said=$(sed -n "s/^| \[$name\].* | \([0-9,]*\) |\$/\1/p" examples/README.md | tr -d ,)
  [ "$said" = "$count" ] || complain "examples/README.md: $name has $count lines, not ${said:-none}"
done

options=$(sed -n 's/^\(option\|set\)(\(SECURE_TUNNELING_[A-Z_]*\) .*\(ON\|OFF\|CACHE.*\|}\))$/\2/p' CMakeLists.txt)
for option in $options; do
  grep -qw -e "$option" cmake/README.md || complain "cmake/README.md says nothing about $option"
done
exit $status
