#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# sh cmake/cross.sh           builds and runs the core's tests for other machines, under emulators
# sh cmake/cross.sh ARCH...   the same for some: armhf aarch64 mips mipsel s390x riscv64 i386 windows cortex-m4
#
# On Debian it installs what is missing first. For armhf and aarch64 it also makes whole calls with their
# libcurl and OpenSSL, over TLS, to a service that runs on this machine.
set -eu
unset CDPATH
here=$PWD
cd "$(dirname "$0")/.."
. cmake/local_service.sh
. cmake/packages.sh
. cmake/unpack_libraries.sh

every_arch='armhf aarch64 mips mipsel s390x riscv64 i386 windows cortex-m4'
root=build/cross

# What to do about it is said once, when a step fails.
advice=''
scratch=$(mktemp -d)
finish() {
  status=$?
  trap - EXIT
  stop_local_service
  rm -rf "$scratch"
  [ "$status" -eq 0 ] || printf '\ncross: that failed. %s\n' "$advice" >&2
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Facts of the architectures that the toolchain files do not need.
compiler_of() {
  case $1 in
    armhf) echo arm-linux-gnueabihf-g++ ;;
    aarch64) echo aarch64-linux-gnu-g++ ;;
    mips) echo mips-linux-gnu-g++ ;;
    mipsel) echo mipsel-linux-gnu-g++ ;;
    s390x) echo s390x-linux-gnu-g++ ;;
    riscv64) echo riscv64-linux-gnu-g++ ;;
    i386) echo i686-linux-gnu-g++ ;;
    windows) echo x86_64-w64-mingw32-g++-posix ;;
    cortex-m4) echo arm-none-eabi-g++ ;;
  esac
}
has_adapters() {
  case $1 in
    armhf | aarch64) true ;;
    *) false ;;
  esac
}

need_to_build() {
  need cmake cmake
  need ninja-build ninja
  need catch2
  need rapidjson-dev
  for arch in "$@"; do
    case $arch in
      windows)
        need g++-mingw-w64-x86-64-posix
        need wine64
        need libcurl4-openssl-dev
        need libssl-dev
        ;;
      cortex-m4)
        need gcc-arm-none-eabi
        need libnewlib-arm-none-eabi
        need libstdc++-arm-none-eabi-newlib
        need qemu-system-arm qemu-system-arm
        ;;
      *)
        triplet=$(compiler_of "$arch")
        need "g++-${triplet%-g++}"
        need qemu-user-static
        ;;
    esac
    if has_adapters "$arch"; then
      need g++ g++
      need pkg-config pkg-config
      need binutils readelf
      need curl curl
      need openssl openssl
      need libcurl4-openssl-dev
      need libssl-dev
      need libcli11-dev
      need libyaml-dev
      need libwebsockets-dev
    fi
  done
}

# configure ARCH ARGUMENT...
configure() {
  arch=$1
  shift
  advice="The lines above name what cmake could not use. A build folder from elsewhere is mended by
'rm -r $root'."
  cmake -S . -B "$root/$arch" -G Ninja --toolchain "cmake/toolchains/$arch.cmake" \
    -DCMAKE_BUILD_TYPE=MinSizeRel "-DCMAKE_CXX_FLAGS_MINSIZEREL=$optimise" \
    -DCMAKE_UNITY_BUILD=ON -DSECURE_TUNNELING_INSTALL=OFF -DSECURE_TUNNELING_BUILD_TESTS=ON \
    "-DSECURE_TUNNELING_VECTORS=$vectors" \
    "-DSECURE_TUNNELING_WERROR=${SECURE_TUNNELING_WERROR:-OFF}" "$@" >"$scratch/configure.log" 2>&1 || {
    cat "$scratch/configure.log" >&2
    exit 1
  }
  grep 'Left out' "$scratch/configure.log" || true
}

# build_local_service: for this machine.
build_local_service() {
  say "Building the service for this machine: build/release/bin/local-service"
  [ -e build/release/build.ninja ] || cmake --preset release -DSECURE_TUNNELING_BUILD_TESTS=OFF \
    -DSECURE_TUNNELING_BUILD_BENCHMARKS=OFF >"$scratch/configure.log"
  cmake --build --preset release --target local-service
}

# summary ARCH: one line of what ran and passed, and under it what was measured.
summary() {
  sed 's/^[0-9]*: //' "$scratch/test.log" | awk -v arch="$1" '
    function add(count, what) { if (count > 0) line = line sprintf("%s%d %s", line == "" ? "" : ", ", count, what) }
    /^All tests passed \(.* test cases?\)/ { assertions += substr($4, 2); cases += $(NF - 2) }
    /^vectors .*: [0-9]+ of [0-9]+ passed/ { vectors += $3 }
    /^whole calls: / { calls += $3 }
    /^(image|first call|second call): / { measured = measured "\n           " $0 }
    END {
      add(cases, "test cases (" assertions " assertions)")
      add(vectors, "vectors")
      add(calls, "whole calls")
      printf "%-10s %s passed, 0 failed%s\n", arch, line, measured
    }'
}

run_tests() {
  say "$1"
  optimise=-Og
  [ "$1" != cortex-m4 ] || optimise='-Os -DNDEBUG'
  if has_adapters "$1"; then
    unpack_libraries "$1" "$root/libraries-$1" libcurl4-openssl-dev libssl-dev libstdc++6
    configure "$1" "-DSECURE_TUNNELING_SYSROOT=$PWD/$root/libraries-$1" \
      "-DSECURE_TUNNELING_LOCAL_SERVICE=$PWD/build/release/bin/local-service"
  else
    configure "$1" -DSECURE_TUNNELING_ADAPTERS=OFF
  fi
  advice="The first error above is the one to look at."
  cmake --build "$root/$1"
  if [ "$1" = windows ] && ! grep -q 'WINE:FILEPATH=/' "$root/windows/CMakeCache.txt"; then
    echo "windows    built, and not run: there is no Wine"
    return 0
  fi
  advice="'ctest --test-dir $root/$1 --rerun-failed --output-on-failure' runs what failed, and only that."
  ctest --test-dir "$root/$1" --verbose --no-tests=error >"$scratch/test.log" || {
    cat "$scratch/test.log" >&2
    exit 1
  }
  summary "$1" | tee -a "$scratch/summaries"
}

[ $# -ne 0 ] || eval "set -- $every_arch"
for arch in "$@"; do
  if [ -z "$(compiler_of "$arch")" ]; then
    advice="Usage: sh cmake/cross.sh [ARCH...], where ARCH is any of: $every_arch"
    exit 2
  fi
done

vectors=${SECURE_TUNNELING_VECTORS:-}
if [ -n "$vectors" ]; then
  advice="SECURE_TUNNELING_VECTORS names no folder."
  vectors=$(cd "$here" && cd "$vectors" && pwd)
fi
WINEPREFIX=$PWD/$root/wine
WINEDEBUG=-all
export WINEPREFIX WINEDEBUG

need_to_build "$@"
install_missing
for arch in "$@"; do
  if has_adapters "$arch"; then
    build_local_service
    break
  fi
done
mkdir -p "$root"
: >"$scratch/summaries"
for arch in "$@"; do
  run_tests "$arch"
done
say "On other machines"
cat "$scratch/summaries"
