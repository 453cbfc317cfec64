#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# exports.sh SCRATCH PREFIX LIBRARY CMAKE ARGUMENT...: builds the library of exporting_library by every way to
# the one in LIBRARY or installed in PREFIX, and with each a program that finds it installed, and built.
set -eu
scratch=$1
prefix=$2
library=$3
shift 3
projects=$(cd "$(dirname "$0")" && pwd)

rm -rf "$scratch"
mkdir -p "$scratch/program"
cat >"$scratch/program/CMakeLists.txt" <<'PROJECT'
cmake_minimum_required(VERSION 3.22)
project(program LANGUAGES CXX)
find_package(device CONFIG REQUIRED)
add_executable(program empty.cpp)  # its main() is the library's
target_link_libraries(program PRIVATE device)
PROJECT
: >"$scratch/program/empty.cpp"

for how in add_subdirectory FetchContent find_package; do
  for install in ON OFF; do
    folder=$scratch/$how-$install
    echo "== $how, SECURE_TUNNELING_INSTALL=$install"
    "$@" -S "$projects/exporting_library" -B "$folder/library" "-DHOW=$how" "-DLIBRARY=$library" \
      "-DSECURE_TUNNELING_INSTALL=$install" "-DCMAKE_PREFIX_PATH=$prefix" \
      "-DCMAKE_INSTALL_PREFIX=$folder/installed"
    "$1" --build "$folder/library"
    "$1" --install "$folder/library"
    # Where the library is not installed together with it, it is found where it is.
    for device in installed library; do
      "$@" -S "$scratch/program" -B "$folder/program-$device" "-DCMAKE_PREFIX_PATH=$folder/$device;$prefix" \
        -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF
      "$1" --build "$folder/program-$device"
      "$folder/program-$device/program"
    done
  done
done
