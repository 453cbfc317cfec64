#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# documents.sh FOLDER PROGRAM [WORDS...=COMPLETIONS...]...: the completions and the manual page of a program are what
# their readers take, and bash completes WORDS, the last of which is begun, to COMPLETIONS.
set -eu
folder=$1
program=$2
shift 2

fail() {
  echo "documents: $*" >&2
  exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/folder" "$scratch/folder/in"
touch "$scratch/folder/a file"

# completed WORD...: what bash completes the last word to, in one line.
completed() {
  # shellcheck disable=SC2016  # for bash
  (cd "$scratch/folder" && bash -u -c '
    . "$1"
    function=$(complete -p "$2")
    function=${function#complete -F }
    COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2)) COMPREPLY=()
    "${function% *}"
    echo "${COMPREPLY[*]}"' bash "$folder/$program" "$program" "$@")
}

for expected in "$@"; do
  # shellcheck disable=SC2086  # words
  found=$(completed ${expected%%>*})
  wanted=${expected#*>}
  # An empty last word is written as a dash.
  [ "$found" = "$wanted" ] || fail "$program ${expected%%>*} is completed to \"$found\", not \"$wanted\""
done
[ "$(completed --no-such)" = "" ] || fail "an option that there is not is completed"

# Every option of the help is in all of them.
"$(dirname "$folder")/../bin/$program" --help >"$scratch/help"
grep -oE -- '--[a-z][a-z-]+' "$scratch/help" | sort -u >"$scratch/names"
[ "$(wc -l <"$scratch/names")" -ge 8 ] || fail "the help names no options"
sed -n 's/\\-/-/g; /^\.TP$/{n; p}' "$folder/$program.1" | sed 's/\\-/-/g' >"$scratch/manual"
while read -r name; do
  grep -qE -- "^ *(-h,)?$name( |\$)" "$scratch/help" || continue
  bare=${name#--}
  grep -q -- "$name" "$folder/$program" || fail "$name is not in the completion of bash"
  grep -q -- "${name}[=[]" "$folder/_$program" || fail "$name is not in the completion of zsh"
  grep -q -- " -l $bare " "$folder/$program.fish" || fail "$name is not in the completion of fish"
  grep -q -- "$name" "$scratch/manual" || fail "$name is not in the manual page"
done <"$scratch/names"

bash -n "$folder/$program" || fail "bash does not read its completion"
if command -v zsh >/dev/null; then
  zsh -n "$folder/_$program" || fail "zsh does not read its completion"
fi
if command -v fish >/dev/null; then
  fish -n "$folder/$program.fish" || fail "fish does not read its completion"
fi
if command -v mandoc >/dev/null; then
  mandoc -T lint "$folder/$program.1" >"$scratch/lint" || fail "the manual page: $(cat "$scratch/lint")"
fi
if command -v groff >/dev/null; then
  groff -man -ww -T utf8 -z "$folder/$program.1" 2>"$scratch/warnings"
  [ ! -s "$scratch/warnings" ] || fail "the manual page: $(cat "$scratch/warnings")"
fi
