#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# sh cmake/quickstart.sh        rotates a token against a service of your own, on this machine
# sh cmake/quickstart.sh test   builds and runs every test
#
# On Debian and Ubuntu both install what is missing first; elsewhere they say what is needed.
set -eu
unset CDPATH
here=$PWD
cd "$(dirname "$0")/.."
. cmake/local_service.sh
. cmake/packages.sh

# What to do about it is said once, when a step fails.
advice=''
scratch=''
finish() {
  status=$?
  trap - EXIT
  stop_local_service
  [ -z "$scratch" ] || rm -rf "$scratch"
  [ "$status" -eq 0 ] || printf '\nquickstart: that failed. %s\n' "$advice" >&2
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# configure ARGUMENT...: as the preset ci does, but for warnings, and CMake before 3.25 cannot read that. Several sources
# at a time take a half of the time.
configure() {
  say "Configuring build/release"
  advice="The lines above name what cmake could not use. A build folder from elsewhere is mended by
'rm -r build/release'."
  cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
    -DCMAKE_UNITY_BUILD=ON -DSECURE_TUNNELING_BUILD_EXAMPLES=ON "$@" >"$scratch/configure.log" 2>&1 || {
    cat "$scratch/configure.log" >&2
    exit 1
  }
}

# build ARGUMENT...
build() {
  say "Building: cmake --build build/release $*"
  advice="The first error above is the one to look at."
  cmake --build build/release "$@"
}

need_to_build() {
  need ca-certificates
  need g++ g++
  need cmake cmake
  need ninja-build ninja
  need pkg-config pkg-config
  need curl curl
  need libcurl4-openssl-dev
  need libssl-dev
  need rapidjson-dev
  need libcli11-dev
  need libyaml-dev
  need libwebsockets-dev
}

run_main_job() {
  need_to_build
  install_missing
  configure -DSECURE_TUNNELING_BUILD_TESTS=OFF -DSECURE_TUNNELING_BUILD_BENCHMARKS=OFF
  build --target rotate-tunnel-access-token local-service

  say "Starting the local service: build/release/bin/local-service"
  advice="The local service did not start: try it by hand."
  start_local_service build/release/bin/local-service
  tunnel=$(fact tunnel-id)
  endpoint=$(fact endpoint-url)
  echo "It listens on $endpoint and has the tunnel $tunnel. The environment has its credentials."

  command="build/release/bin/rotate-tunnel-access-token --tunnel-id $tunnel --client-mode ALL \
--endpoint-url $endpoint"
  say "Rotating the tunnel's tokens: $command"
  advice="The line above says why the command refused."
  $command >"$scratch/answer"
  cat "$scratch/answer"

  say "Connecting as a local proxy would"
  advice="The service should refuse the old token and accept the new one."
  with_old=$(connect "$(fact source-access-token)")
  echo "with the old source token: $with_old"
  with_new=$(connect "$(member sourceAccessToken <"$scratch/answer")")
  echo "with the new source token: $with_new"
  [ "$with_old" = refused ]
  [ "$with_new" = accepted ]
}

run_tests() {
  need_to_build
  need clang clang++
  need catch2
  need libasio-dev
  need libmbedtls-dev
  need libhttp-parser-dev
  need libc-ares-dev
  need python3 python3
  need python3-botocore
  need python3-websocket
  need gdb gdb
  need mandoc mandoc
  need doxygen doxygen
  install_missing
  vectors=${SECURE_TUNNELING_VECTORS:-}
  if [ -n "$vectors" ]; then
    advice="SECURE_TUNNELING_VECTORS names no folder."
    vectors=$(cd "$here" && cd "$vectors" && pwd)
    set -- "-DSECURE_TUNNELING_VECTORS=$vectors"
  fi
  configure -DSECURE_TUNNELING_BUILD_TESTS=ON -DSECURE_TUNNELING_BUILD_BENCHMARKS=ON "$@"
  build
  say "Testing: ctest --test-dir build/release"
  advice="'ctest --test-dir build/release --rerun-failed' runs what failed, and only that."
  ctest --test-dir build/release --output-on-failure --no-tests=error --parallel "$(nproc)"
}

scratch=$(mktemp -d)
case "$#:${1:-}" in
  0:) run_main_job ;;
  1:test) run_tests ;;
  *)
    advice="Usage: sh cmake/quickstart.sh [test]"
    exit 2
    ;;
esac
