#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# meson.sh SOURCE VERSION COMPILER: a project of Meson's gets the library of SOURCE by the wrap, and its programs run.
set -eu
source=$1
name=secure_tunneling-$2
CXX=$3
export CXX
command -v meson >/dev/null || {
  echo "Skipped: there is no meson"
  exit 77
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# As the page on packages says.
mkdir -p "$scratch/consumer/subprojects"
cp "$source"/tests/packaging/meson/meson.build "$source"/tests/consumers/application.cpp \
  "$source"/tests/consumers/core_only.cpp "$scratch/consumer"
cp -r "$source"/cmake/packaging/meson/. "$scratch/consumer/subprojects"
tar -czf "$scratch/consumer/subprojects/packagefiles/$name.tar.gz" --transform "s|^|$name/|" -C "$source" \
  LICENSE include

meson setup "$scratch/build" "$scratch/consumer" >"$scratch/log" 2>&1 || {
  cat "$scratch/log" >&2
  exit 1
}
meson compile -C "$scratch/build"
meson test -C "$scratch/build" --print-errorlogs
