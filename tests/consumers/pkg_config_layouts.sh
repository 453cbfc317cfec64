#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# pkg_config_layouts.sh LIBRARY RAPIDJSON CMAKE COMPILER ARGUMENT...: installs the headers of LIBRARY in
# the layouts of packagers, and compiles with what pkg-config says of each. RAPIDJSON is the folder that has
# rapidjson/. Nothing but the headers is configured, so that what tests and benchmarks need may be missing.
set -eu
library=$1
rapidjson=$2
cmake=$3
shift 3

# Not in the build folder: CMake refuses to install headers inside a source folder by an absolute path.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/vendor folder"
cp -r "$rapidjson/rapidjson" "$scratch/vendor folder/rapidjson"
printf '#include "secure_tunneling/core.hpp"\nint main() {}\n' >"$scratch/program.cpp"

# try NAME PKGCONFIG INCLUDE RAPIDJSON OPTION...: fails unless a program gets the headers from INCLUDE and
# RapidJSON's from the folder RAPIDJSON, by the files of pkg-config in the folder PKGCONFIG.
try() {
  name=$1
  pkgconfig=$2
  include=$3
  from=$4
  shift 4
  echo "== $name"
  "$cmake" -G Ninja -S "$library" -B "$scratch/$name/build" "-DCMAKE_INSTALL_PREFIX=$scratch/$name/out" \
    -DSECURE_TUNNELING_ADAPTERS=OFF -DCMAKE_DISABLE_FIND_PACKAGE_Catch2=ON \
    -DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON "$@" >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    exit 1
  }
  "$cmake" --install "$scratch/$name/build" >"$scratch/log"
  # No package but this one, so that nothing of the machine helps.
  flags=$(PKG_CONFIG_LIBDIR="$pkgconfig" PKG_CONFIG_PATH='' pkg-config --cflags secure_tunneling_core)
  echo "$flags"
  # pkg-config writes flags for a shell.
  eval "$compile -E $flags \"\$scratch/program.cpp\"" | sed -n 's/^# 1 "\(\/[^"]*\)".*/\1/p' |
    while read -r file; do realpath "$file"; done >"$scratch/read"
  for header in "$include/secure_tunneling/core.hpp" "$from/rapidjson/reader.h"; do
    if ! grep -qxF "$(realpath "$header")" "$scratch/read"; then
      echo "not read: $header" >&2
      exit 1
    fi
  done
}

compile=$*
out=$scratch
try plain "$out/plain/out/share/pkgconfig" "$out/plain/out/include" "$rapidjson"
try deeper "$out/deeper/out/lib/data/deep/pkgconfig" "$out/deeper/out/include/tunnels" "$rapidjson" \
  -DCMAKE_INSTALL_DATADIR=lib/data/deep -DCMAKE_INSTALL_INCLUDEDIR=include/tunnels
try outputs "$out/outputs/data/pkgconfig" "$out/outputs/dev/include" "$rapidjson" \
  "-DCMAKE_INSTALL_DATADIR=$out/outputs/data" "-DCMAKE_INSTALL_INCLUDEDIR=$out/outputs/dev/include"
# That of freedesktop.org does not escape the blanks of its file's folder.
case $(pkg-config --about 2>&1) in
  pkgconf*) try 'with blanks' "$out/with blanks/out/share/pkgconfig" "$out/with blanks/out/include" "$rapidjson" ;;
esac
try "o'brien" "$out/o'brien/out/share/pkgconfig" "$out/o'brien/out/include" "$rapidjson"
try 'blank outputs' "$out/blank outputs/da ta/pkgconfig" "$out/blank outputs/de v/include" "$rapidjson" \
  "-DCMAKE_INSTALL_DATADIR=$out/blank outputs/da ta" "-DCMAKE_INSTALL_INCLUDEDIR=$out/blank outputs/de v/include"
try 'blank data' "$out/blank data/data/pkgconfig" "$out/blank data/out/include" "$rapidjson" \
  "-DCMAKE_INSTALL_DATADIR=$out/blank data/data"
try "o'brien's data" "$out/o'brien's data/data/pkgconfig" "$out/o'brien's data/out/include" "$rapidjson" \
  "-DCMAKE_INSTALL_DATADIR=$out/o'brien's data/data"
try "blank headers" "$out/blank headers/out/share/pkgconfig" "$out/blank headers/de v" "$rapidjson" \
  "-DCMAKE_INSTALL_INCLUDEDIR=$out/blank headers/de v"
try data "$out/data/data/pkgconfig" "$out/data/out/include" "$rapidjson" "-DCMAKE_INSTALL_DATADIR=$out/data/data"
try vendored "$out/vendored/out/share/pkgconfig" "$out/vendored/out/include" "$out/vendor folder" \
  "-DRapidJSON_INCLUDE_DIR=$out/vendor folder"
# As a whole it can be moved.
mv "$out/deeper/out" "$out/moved"
PKG_CONFIG_LIBDIR=$out/moved/lib/data/deep/pkgconfig PKG_CONFIG_PATH='' \
  pkg-config --cflags secure_tunneling_core >"$scratch/flags"
eval "$compile -fsyntax-only $(cat "$scratch/flags") \"\$scratch/program.cpp\""
