#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# twice.sh SCRATCH PREFIX LIBRARY CMAKE ARGUMENT...: projects that get the library twice, in LIBRARY, as another version
# of it, or installed in PREFIX: those where the first cannot stand for both are told why, and what to do.
set -eu
scratch=$1
prefix=$2
library=$3
shift 3

rm -rf "$scratch"
mkdir -p "$scratch/other"
cp -R "$library/CMakeLists.txt" "$library/cmake" "$library/include" "$scratch/other"
version=$(sed -n 's/.*VERSION_STRING "\(.*\)"/\1/p' "$library/include/secure_tunneling/version.hpp")
sed 's/VERSION_STRING ".*"/VERSION_STRING "99.0.0"/' "$library/include/secure_tunneling/version.hpp" \
  >"$scratch/other/include/secure_tunneling/version.hpp"

# configure NAME CMAKE ARGUMENT...: the project of standard input, with the library in LIBRARY and OTHER.
configure() {
  project=$scratch/$1
  shift
  mkdir "$project"
  {
    echo "cmake_minimum_required(VERSION 3.22)"
    echo "project(consumer LANGUAGES CXX)"
    cat
  } >"$project/CMakeLists.txt"
  "$@" -S "$project" -B "$project/build" "-DLIBRARY=$library" "-DOTHER=$scratch/other" "-DCMAKE_PREFIX_PATH=$prefix" \
    --no-warn-unused-cli >"$project/output" 2>&1
}

status=0
complain() {
  echo "$1:" >&2
  cat "$scratch/$1/output" >&2
  status=1
}

# refused NAME MESSAGE CMAKE ARGUMENT...: with MESSAGE, a pattern for the whole of the output as one line.
refused() {
  name=$1
  message=$2
  shift 2
  if configure "$name" "$@" || ! tr -s ' \n' ' ' <"$scratch/$name/output" | grep -q -e "$message"; then
    complain "$name"
  fi
}

# taken NAME CMAKE ARGUMENT...: without a word.
taken() {
  if ! configure "$@" || grep -q -e "CMake .*:" "$scratch/$1/output"; then
    complain "$1"
  fi
}

refused other_version "99\.0\.0 in .*/other comes second: .* has $version already, .* $library/include\. A project" \
  "$@" <<'PROJECT'
add_subdirectory("${LIBRARY}" first)
add_subdirectory("${OTHER}" second)
PROJECT
refused other_version_than_found "99\.0\.0 in .*/other comes .* has $version already, .* $prefix/include\. A project" \
  "$@" <<'PROJECT'
find_package(secure_tunneling CONFIG REQUIRED)
add_subdirectory("${OTHER}" second)
PROJECT
refused other_version_than_added "this is $version: .* has 99\.0\.0 already, .* $scratch/other/include\. A project" \
  "$@" <<'PROJECT'
add_subdirectory("${OTHER}" first)
find_package(secure_tunneling CONFIG REQUIRED)
PROJECT
refused unknown_version "has an unknown version already, with the headers in /somewhere\. A project has one" \
  "$@" <<'PROJECT'
add_library(secure_tunneling::core INTERFACE IMPORTED)
target_include_directories(secure_tunneling::core INTERFACE /somewhere)
add_subdirectory("${LIBRARY}" second)
PROJECT
refused unknown_version_before_found "has an unknown version already, .* in /somewhere\. A project has one" \
  "$@" <<'PROJECT'
add_library(secure_tunneling::core INTERFACE IMPORTED)
target_include_directories(secure_tunneling::core INTERFACE /somewhere)
find_package(secure_tunneling CONFIG REQUIRED)
PROJECT

refused adapters "That one is without adapters: add or find one with adapters first" "$@" <<'PROJECT'
set(SECURE_TUNNELING_ADAPTERS OFF)
add_subdirectory("${LIBRARY}" first)
set(SECURE_TUNNELING_ADAPTERS ON)
add_subdirectory("${LIBRARY}" second)
PROJECT
refused adapters_not_found "That one is without adapters: add or find one with adapters first" "$@" <<'PROJECT'
find_package(secure_tunneling CONFIG REQUIRED COMPONENTS core)
add_subdirectory("${LIBRARY}" second)
PROJECT

refused install "SECURE_TUNNELING_INSTALL=ON, and that one is not installed with the project" "$@" <<'PROJECT'
add_subdirectory("${LIBRARY}" first)
set(SECURE_TUNNELING_INSTALL ON)
add_subdirectory("${LIBRARY}" second)
PROJECT
refused install_excluded "SECURE_TUNNELING_INSTALL=ON, and that one is not installed with the project" \
  "$@" -DSECURE_TUNNELING_INSTALL=ON <<'PROJECT'
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/dependency/CMakeLists.txt" "add_subdirectory([[${LIBRARY}]] first)\n")
add_subdirectory("${CMAKE_CURRENT_BINARY_DIR}/dependency" dependency EXCLUDE_FROM_ALL)
add_subdirectory("${LIBRARY}" second)
PROJECT
refused install_found "SECURE_TUNNELING_INSTALL=ON, and that one is not installed with the project" \
  "$@" -DSECURE_TUNNELING_INSTALL=ON <<'PROJECT'
find_package(secure_tunneling CONFIG REQUIRED)
add_subdirectory("${LIBRARY}" second)
PROJECT

taken same_version "$@" <<'PROJECT'
find_package(secure_tunneling CONFIG REQUIRED)
add_subdirectory("${LIBRARY}" second)
find_package(secure_tunneling CONFIG REQUIRED)
PROJECT
taken found_last "$@" <<'PROJECT'
add_subdirectory("${LIBRARY}" first)
find_package(secure_tunneling CONFIG REQUIRED)
PROJECT
taken core_of_more "$@" <<'PROJECT'
add_subdirectory("${LIBRARY}" first)
set(SECURE_TUNNELING_ADAPTERS OFF)
add_subdirectory("${LIBRARY}" second)
PROJECT
taken installed_once "$@" -DSECURE_TUNNELING_INSTALL=ON <<'PROJECT'
add_subdirectory("${LIBRARY}" first)
add_subdirectory("${LIBRARY}" second)
PROJECT
taken installed_by_nobody "$@" -DSECURE_TUNNELING_INSTALL=ON <<'PROJECT'
add_subdirectory("${LIBRARY}" first EXCLUDE_FROM_ALL)
add_subdirectory("${LIBRARY}" second EXCLUDE_FROM_ALL)
PROJECT
exit $status
