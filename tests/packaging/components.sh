#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# components.sh CMAKE SOURCE BUILD [PROGRAM...]: each component installs its files and no others, and all of them together
# what an install without components does. PROGRAMs are those that were built, none where there are no examples.
set -eu
cmake=$1
source=$2
build=$3
shift 3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0

# same NAME: $scratch/wanted/NAME has the names of all files in $scratch/NAME.
same() {
  (cd "$scratch/$1" && find . -type f | sed 's|^\./||') | LC_ALL=C sort >"$scratch/found"
  LC_ALL=C sort -u -o "$scratch/wanted/$1" "$scratch/wanted/$1"
  if ! diff -u "$scratch/wanted/$1" "$scratch/found"; then
    echo "the component $1 is not what it should be" >&2
    status=1
  fi
  cat "$scratch/found" >>"$scratch/wanted/all"
}

# component NAME: installs it; what it should have is on standard input.
component() {
  cat >"$scratch/wanted/$1"
  "$cmake" --install "$build" --component "$1" --prefix "$scratch/$1" >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    exit 1
  }
  same "$1"
}

mkdir "$scratch/wanted"
cd "$source"
{
  find include -name '*.hpp'
  for name in config config-version core adapters; do echo "share/cmake/secure_tunneling/secure_tunneling-$name.cmake"; done
  echo share/pkgconfig/secure_tunneling.pc
  echo share/pkgconfig/secure_tunneling_core.pc
  echo share/licenses/secure_tunneling/LICENSE
} | component development
component single_files <<'FILES'
include/secure_tunneling.hpp
include/secure_tunneling_core.hpp
FILES
component debuggers <<'FILES'
share/secure_tunneling/gdb/secure_tunneling.py
share/secure_tunneling/secure_tunneling.natvis
share/licenses/secure_tunneling/LICENSE
FILES
{
  find cmake examples include -name '*.md' | sed 's|^|share/doc/secure_tunneling/|'
  for page in README CHANGELOG CONTRIBUTING SECURITY; do echo "share/doc/secure_tunneling/$page.md"; done
  echo share/licenses/secure_tunneling/LICENSE
} | component documentation
if [ $# -ne 0 ]; then
  for program in "$@"; do
    echo "bin/$program"
    echo "share/man/man1/$program.1"
    echo "share/bash-completion/completions/$program"
    echo "share/zsh/site-functions/_$program"
    echo "share/fish/vendor_completions.d/$program.fish"
    if [ "$program" = keep-local-proxy ]; then
      echo lib/systemd/system/keep-local-proxy@.service
      echo lib/systemd/user/keep-local-proxy-user@.service
    fi
  done | component programs
  for unit in "$scratch"/programs/lib/systemd/*/*.service; do
    [ -e "$unit" ] || continue
    program=$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$unit")
    if [ "$program" != "$scratch/programs/bin/keep-local-proxy" ]; then
      echo "$(basename "$unit") starts $program" >&2
      status=1
    fi
  done
fi

"$cmake" --install "$build" --prefix "$scratch/all" >"$scratch/log"
same all
# The pages that came to the top link to what is there.
for page in README CHANGELOG CONTRIBUTING SECURITY; do
  if grep -n '](\(\.github\|\.\.\)/' "$scratch/documentation/share/doc/secure_tunneling/$page.md"; then
    echo "$page.md links to folders that are not installed" >&2
    status=1
  fi
done
exit $status
