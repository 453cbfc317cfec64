#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# sh cmake/packaging/release.sh FOLDER            a release of the commit that is checked out, into FOLDER
# sh cmake/packaging/release.sh FOLDER ARCH...    the same with programs for some: amd64 arm64 armhf, or none
# sh cmake/packaging/release.sh --check ...       makes it a second time elsewhere, and compares
#
# The single files, a source archive, static programs, an SBOM and SHA256SUMS: the same bytes from the same commit with
# the same versions of Debian's packages. The programs are linked with Debian's static libraries, but for libcurl: that
# one needs Kerberos, which has no static library there, so Debian's source of it is built with HTTP alone.
set -eu
unset CDPATH
here=$PWD
cd "$(dirname "$0")/../.."
. cmake/local_service.sh
. cmake/packages.sh
. cmake/unpack_libraries.sh

programs='rotate-tunnel-access-token keep-local-proxy rotate-fleet'
# The static libraries in them, by the packages that they come from; their licences go along.
linked='libssl-dev libc-ares-dev libyaml-dev libcli11-dev rapidjson-dev'
cache=build/distribution

# What to do about it is said once, when a step fails.
advice=''
works=''
scratch=$(mktemp -d)
finish() {
  status=$?
  trap - EXIT
  stop_local_service
  rm -rf "$scratch" ${works:+"$works"}
  [ "$status" -eq 0 ] || printf '\nrelease: that failed. %s\n' "$advice" >&2
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# run LOG COMMAND...: its output is shown when it fails.
run() {
  log=$scratch/$1
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    exit 1
  }
}

# archive FOLDER NAME FILE: FOLDER/NAME as a tar.gz, whatever the clock, the umask, the user and the folder's order.
archive() {
  tar -C "$1" --sort=name "--mtime=@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode=u=rwX,go=rX --format=ustar -cf "$scratch/archive.tar" "$2"
  gzip -9n <"$scratch/archive.tar" >"$3"
}

# fetch_curl: Debian's source with its patches, of the version that is installed, into $curl.
fetch_curl() {
  # shellcheck disable=SC2016  # for dpkg-query
  curl_version=$(dpkg-query -W -f '${source:Version}' libcurl4-openssl-dev)
  curl=$cache/curl-$curl_version
  [ ! -e "$curl/CMakeLists.txt" ] || return 0
  say "Fetching Debian's source of libcurl $curl_version"
  advice="apt's sources have to be within reach, and have the version of libcurl that is installed."
  folder=$PWD/$cache/apt
  rm -rf "$folder" "$cache"/curl*
  mkdir -p "$folder/lists/partial" "$folder/archives/partial" "$folder/parts"
  : >"$folder/status"
  cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed 's/^Types:.*/Types: deb-src/' >"$folder/parts/all.sources"
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | sed 's/^deb /deb-src /' >"$folder/parts/all.list"
  cat >"$folder/conf" <<CONF
APT::Sandbox::User "root";
Dir::State "$folder";
Dir::State::status "$folder/status";
Dir::Cache "$folder";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$folder/parts";
CONF
  run apt env "APT_CONFIG=$folder/conf" apt-get -qq update
  (cd "$folder" && APT_CONFIG=$folder/conf run apt apt-get -qq --download-only source "curl=$curl_version")
  run unpack dpkg-source --no-copy --extract "$folder"/curl_*.dsc "$curl.partial"
  mv "$curl.partial" "$curl"
  rm -rf "$folder"
}

# facts of the architectures
emulator_of() {
  case $1 in
    arm64) echo qemu-aarch64-static ;;
    armhf) echo qemu-arm-static ;;
  esac
}
toolchain_of() {
  case $1 in
    arm64) echo aarch64 ;;
    armhf) echo armhf ;;
  esac
}

# static_library ARCH NAME: its file.
static_library() {
  if [ "$1" = amd64 ]; then
    "${CXX:-g++}" "-print-file-name=lib$2.a"
  else
    ls "$PWD/$cache/libraries-$1/usr/lib/"*"/lib$2.a"
  fi
}

# versions_of ARCH: of what is linked, one a line. The compiler brings its own libraries.
versions_of() {
  # shellcheck disable=SC2016,SC2086  # for dpkg-query; a list of words
  if [ "$1" = amd64 ]; then
    cross=''
    dpkg-query -W -f '${Package} ${Version}\n' $linked
  else
    cross=-$1-cross
    for package in $linked; do grep "^$package " "$cache/libraries-$1/versions"; done
  fi
  # shellcheck disable=SC2016  # for dpkg-query
  dpkg-query -W -f '${Package} ${Version}\n' "libc6-dev$cross" "$cxx_library$cross" >"$scratch/compilers"
  sed "s/$cross / /" "$scratch/compilers"
  echo "curl $curl_version"
}

# copy_documents WORK FOLDER: manual pages and completions, which are the same for all and written by programs that run
# on this machine: they come with amd64's.
copy_documents() {
  for program in $programs; do
    from=$1/build-amd64/documents/$program
    [ -d "$from" ] || continue
    install -D -m 644 "$from/$program.1" -t "$2/share/man/man1"
    install -D -m 644 "$from/$program" -t "$2/share/bash-completion/completions"
    install -D -m 644 "$from/_$program" -t "$2/share/zsh/site-functions"
    install -D -m 644 "$from/$program.fish" -t "$2/share/fish/vendor_completions.d"
  done
}

# build_programs WORK ARCH
build_programs() {
  work=$1
  arch=$2
  fetch_curl
  set -- -G Ninja -DCMAKE_BUILD_TYPE=MinSizeRel
  if [ "$arch" = amd64 ]; then
    documents=/usr/share/doc
  else
    # shellcheck disable=SC2086  # a list of words
    unpack_libraries "$(toolchain_of "$arch")" "$cache/libraries-$arch" $linked libwebsockets-dev "$cxx_library"
    documents=$cache/libraries-$arch/usr/share/doc
    set -- "$@" --toolchain "$PWD/cmake/toolchains/$(toolchain_of "$arch").cmake" \
      "-DSECURE_TUNNELING_SYSROOT=$PWD/$cache/libraries-$arch"
  fi
  versions_of "$arch" >"$scratch/versions-$arch"
  prefix_map="-ffile-prefix-map=$PWD/$work=. -ffile-prefix-map=$PWD=."
  set -- "$@" -DOPENSSL_USE_STATIC_LIBS=ON "-DCARES_LIBRARY=$(static_library "$arch" cares)"

  say "Building libcurl for $arch, with HTTP alone"
  advice="The first error above is the one to look at."
  run curl cmake -S "$curl" -B "$work/curl-$arch" "$@" "-DCMAKE_C_FLAGS=$(flags_of "$arch")$prefix_map" \
    "-DCMAKE_INSTALL_PREFIX=$PWD/$work/curl-$arch/installed" -DBUILD_SHARED_LIBS=OFF -DBUILD_CURL_EXE=OFF \
    -DBUILD_TESTING=OFF -DENABLE_MANUAL=OFF -DHTTP_ONLY=ON -DENABLE_ARES=ON -DCURL_USE_OPENSSL=ON \
    -DCURL_USE_LIBSSH2=OFF -DCURL_USE_LIBPSL=OFF -DUSE_LIBIDN2=OFF -DCURL_ZLIB=OFF -DUSE_NGHTTP2=OFF \
    -DCURL_CA_PATH=none -DCURL_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
  run curl cmake --build "$work/curl-$arch" --target install

  say "Building $programs for $arch"
  run configure cmake -S "$work/source" -B "$work/build-$arch" "$@" -DSECURE_TUNNELING_BUILD_EXAMPLES=ON \
    "-DCURL_DIR=$PWD/$work/curl-$arch/installed/lib/cmake/CURL" \
    "-DSECURE_TUNNELING_YAML_LIBRARY=$(static_library "$arch" yaml)" \
    "-DCMAKE_CXX_FLAGS=$(flags_of "$arch")$prefix_map" "-DCMAKE_EXE_LINKER_FLAGS=-static -s"
  targets=$programs
  if [ "$arch" = amd64 ]; then
    for program in $programs; do targets="$targets $program-documents-files"; done
  fi
  # shellcheck disable=SC2086  # a list of words
  run build cmake --build "$work/build-$arch" --target $targets

  name=secure_tunneling-$version-linux-$arch
  rm -rf "${work:?}/$name"
  mkdir -p "$work/$name/bin" "$work/$name/share/licenses"
  for program in $programs; do
    cp "$work/build-$arch/bin/$program" "$work/$name/bin"
    if readelf -d "$work/$name/bin/$program" | grep NEEDED; then
      advice="$program is not static: it needs the libraries above."
      exit 1
    fi
  done
  cp LICENSE "$work/$name/share/licenses/secure_tunneling"
  cp "$curl/COPYING" "$work/$name/share/licenses/curl"
  for package in $linked libc6-dev "$cxx_library"; do
    cp -L "$documents/$package/copyright" "$work/$name/share/licenses/$package"
  done
  copy_documents "$work" "$work/$name"
  archive "$work" "$name" "$output/$name.tar.gz"
  try_programs "$arch" "$work/$name/bin"
}

# The toolchain file's own, which flags on the command line replace.
flags_of() {
  [ "$1" = amd64 ] || printf -- '-isystem %s ' "$(dirname "$PWD/$cache/libraries-$1"/usr/include/*/openssl)"
  [ "$1" != armhf ] || printf -- '-mthumb -Wno-psabi '
}

# try_programs ARCH BIN: they run, and rotate a token of a service on this machine.
try_programs() {
  advice="The programs for $1 do not do what they should."
  emulator=$(emulator_of "$1")
  for program in $programs; do
    [ "$($emulator "$2/$program" --version | grep -cF "$version")" -ge 1 ]
  done
  start_local_service build/release/bin/local-service
  $emulator "$2/rotate-tunnel-access-token" --tunnel-id "$(fact tunnel-id)" --client-mode ALL \
    --endpoint-url "$(fact endpoint-url)" >"$scratch/answer"
  [ "$(connect "$(member sourceAccessToken <"$scratch/answer")")" = accepted ]
  stop_local_service
  echo "$1: $(du -k "$2/rotate-tunnel-access-token" | cut -f 1) kB, rotates a token${emulator:+ under $emulator}"
}

# make_release WORK OUTPUT ARCH...
make_release() {
  work=$1
  output=$2
  shift 2
  mkdir -p "$work/source" "$output"
  say "Single files and source of $version, $commit"
  advice=""
  git archive --format=tar "$commit" | tar -x -C "$work/source"
  for header in secure_tunneling:secure_tunneling core:secure_tunneling_core; do
    cmake "-DINCLUDE=$work/source/include" "-DHEADER=secure_tunneling/${header%:*}.hpp" \
      "-DOUTPUT=$output/${header#*:}.hpp" "-DFORWARD=$PWD/$work/forward" -P "$work/source/cmake/amalgamate.cmake"
  done
  cp -a "$work/source" "$work/secure_tunneling-$version"
  archive "$work" "secure_tunneling-$version" "$output/secure_tunneling-$version.tar.gz"
  for arch in "$@"; do build_programs "$work" "$arch"; done
  advice="python3 makes and checks the SBOM."
  for arch in "$@"; do
    set -- "$@" "$scratch/versions-$arch"
    shift
  done
  python3 cmake/packaging/sbom.py make "$version" "$commit" "$SOURCE_DATE_EPOCH" "$output" "$@" >"$work/sbom.json"
  mv "$work/sbom.json" "$output/secure_tunneling-$version.spdx.json"
  python3 cmake/packaging/sbom.py check "$output/secure_tunneling-$version.spdx.json"
  (cd "$output" && LC_ALL=C && sha256sum -- *.hpp *.tar.gz *.json >SHA256SUMS)
}

check=''
if [ "${1:-}" = --check ]; then
  check=yes
  shift
fi
usage="Usage: sh cmake/packaging/release.sh [--check] FOLDER [amd64|arm64|armhf|none]..."
advice=$usage
case ${1:-} in '' | -*) exit 2 ;; esac
release=$(cd "$here" && mkdir -p "$1" && cd "$1" && pwd)
shift
[ $# -ne 0 ] || set -- amd64 arm64 armhf
[ "$*" != none ] || shift
for arch in "$@"; do
  case $arch in amd64 | arm64 | armhf) ;; *) exit 2 ;; esac
done
advice="$release has to be empty."
[ -z "$(ls -A "$release")" ]
[ -z "$(git status --porcelain --untracked-files=no)" ] || say "What is not committed is left out"

commit=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH
version=$(git show "$commit:include/secure_tunneling/version.hpp" | sed -n 's/.*VERSION_STRING "\(.*\)"/\1/p')
umask 022

need cmake cmake
need git git
need python3 python3
if [ $# -ne 0 ]; then
  for package in g++ ninja-build pkg-config dpkg-dev xz-utils curl libcurl4-openssl-dev libssl-dev libc-ares-dev \
    rapidjson-dev libcli11-dev libyaml-dev libwebsockets-dev; do
    need "$package"
  done
fi
for arch in "$@"; do
  case $arch in
    arm64) need g++-aarch64-linux-gnu ;;
    armhf) need g++-arm-linux-gnueabihf ;;
  esac
  [ "$arch" = amd64 ] || need qemu-user-static
done
install_missing
cxx_library=''
if [ $# -ne 0 ]; then
  cxx_library=libstdc++-$(g++ -dumpversion | sed 's/\..*//')-dev
  advice="The first error above is the one to look at."
  say "Building the service to try the programs with: build/release/bin/local-service"
  [ -e build/release/build.ninja ] || run configure cmake --preset release -DSECURE_TUNNELING_BUILD_TESTS=OFF \
    -DSECURE_TUNNELING_BUILD_BENCHMARKS=OFF
  run build cmake --build build/release --target local-service
fi

mkdir -p "$cache"
works=$(mktemp -d "$cache/works.XXXXXX")
make_release "$works/first" "$release" "$@"
if [ -n "$check" ]; then
  # Of another user, elsewhere.
  umask 077
  TZ=Asia/Tokyo
  LC_ALL=C.UTF-8
  export TZ LC_ALL
  make_release "$works/again/elsewhere" "$scratch/again" "$@"
  advice="The files above are not the same the second time."
  diff -r "$release" "$scratch/again"
  say "The same bytes twice"
fi
say "The release is in $release"
cat "$release/SHA256SUMS"
