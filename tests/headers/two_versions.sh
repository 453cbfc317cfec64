#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# two_versions.sh SCRATCH INCLUDE NAMESPACE COMPILER ARGUMENT...: two shared libraries of one process, with the
# headers of INCLUDE inside the one, and inside the other those of the next version that does not fit, whose types
# are larger. Fails unless both work, and when the two show a symbol of one name.
set -eu
scratch=$1
include=$2
namespace=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)

if grep -rn '^inline namespace' "$include/secure_tunneling" | grep -v "inline namespace $namespace {"; then
  echo "an inline namespace of another version than $namespace" >&2
  exit 1
fi
rm -rf "$scratch"
mkdir -p "$scratch/next"
cp -r "$include/secure_tunneling" "$scratch/next"
find "$scratch/next" -name '*.hpp' -exec sed -i "s/\\b$namespace\\b/${namespace}_next/" {} +
sed -i 's/^  std::string region;/  char more[100] = {};\n&/' "$scratch/next/secure_tunneling/settings.hpp"
sed -i 's/^  ErrorKind kind/  char more[100] = {};\n&/' "$scratch/next/secure_tunneling/result.hpp"
for changed in settings result; do
  grep -q 'char more\[' "$scratch/next/secure_tunneling/$changed.hpp"
done

for version in this next; do
  folder=$include
  [ "$version" = this ] || folder=$scratch/next
  "$@" "-I$folder" -O1 -fPIC -shared "-DFUNCTION=call_$version" "$here/version_inside.cpp" \
    -o "$scratch/lib$version.so" -lcrypto
  nm -D --defined-only "$scratch/lib$version.so" | awk '{ print $3 }' | grep secure_tunneling | sort -u >"$scratch/$version.symbols"
  [ -s "$scratch/$version.symbols" ]
done
if comm -12 "$scratch/this.symbols" "$scratch/next.symbols" | grep .; then
  echo "both versions show these symbols" >&2
  exit 1
fi
cat >"$scratch/main.cpp" <<'MAIN'
extern "C" int call_this();
extern "C" int call_next();
int main() { return call_this() * 2 + call_next(); }
MAIN
"$@" "$scratch/main.cpp" "$scratch/libthis.so" "$scratch/libnext.so" "-Wl,-rpath,$scratch" -o "$scratch/main"
exec "$scratch/main"
