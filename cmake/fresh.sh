#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# sh cmake/fresh.sh RELEASE...   runs both commands of the README on fresh machines, each a bare chroot of a
#                                Debian release (bookworm, trixie, sid), and prints a line for each
# sh cmake/fresh.sh packages RELEASE...
#                                builds the Debian packages on one, and tries them on another that has nothing else
# sh cmake/fresh.sh compilers RELEASE...
#                                compiles all headers by every g++ and clang of the release
#
# What debootstrap makes is kept in $SECURE_TUNNELING_CHROOTS, /var/cache/secure_tunneling/chroots where that
# is not set, and so are the packages that apt fetches. The commands run in a copy, as a stranger's would:
# from the commit that is checked out, with nothing installed, nothing built and no compiler cache.
set -eu
unset CDPATH
here=$PWD
cd "$(dirname "$0")/.."
. cmake/packages.sh

chroots=${SECURE_TUNNELING_CHROOTS:-/var/cache/secure_tunneling/chroots}
mirror=http://deb.debian.org/debian

# What to do about it is said once, when a step fails.
advice=''
scratch=$(mktemp -d)
finish() {
  status=$?
  trap - EXIT
  rm -rf "$scratch"
  [ "$status" -eq 0 ] || printf '\nfresh: that failed. %s\n' "$advice" >&2
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# in_chroot FOLDER COMMAND...: what it mounts and starts is in namespaces of its own, and goes with them.
# Packages are fetched into the chroot that is kept.
in_chroot() {
  folder=$1
  shift
  # shellcheck disable=SC2016  # for the inner shell
  as_root unshare --mount --pid --fork --kill-child sh -euc '
    root=$1 archives=$2 vectors=$3
    shift 3
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    if [ "$archives" != "$root/var/cache/apt/archives" ]; then
      mount --bind "$archives" "$root/var/cache/apt/archives"
    fi
    if [ -n "$vectors" ]; then
      mkdir -p "$root/vectors"
      mount --bind "$vectors" "$root/vectors"
      mount -o remount,bind,ro "$root/vectors"
    fi
    # No exec: the first process has to see to orphans.
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
      ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
      ${no_proxy:+"no_proxy=$no_proxy"} ${vectors:+SECURE_TUNNELING_VECTORS=/vectors} \
      chroot "$root" "$@"
  ' sh "$folder" "$kept/var/cache/apt/archives" "$vectors" "$@"
}

# take_settings FOLDER: the network is this machine's.
take_settings() {
  for file in /etc/resolv.conf /etc/hosts; do
    as_root cp --dereference --remove-destination "$file" "$1$file"
  done
  apt-config dump | grep -i '^Acquire::[a-z:]*proxy' >"$scratch/proxies" || true
  as_root cp "$scratch/proxies" "$1/etc/apt/apt.conf.d/90proxies"
}

# make_kept RELEASE: debootstrap's own folder is there as long as it is not done.
make_kept() {
  kept=$chroots/$1
  if [ ! -e "$kept/etc/debian_version" ] || [ -e "$kept/debootstrap" ]; then
    say "Making a bare system of Debian $1: debootstrap, into $kept"
    advice="The lines above are debootstrap's; '$mirror' has to be within reach."
    as_root rm -rf "$kept" "$kept.partial"
    as_root unshare --mount debootstrap --variant=minbase "$1" "$kept.partial" "$mirror" \
      >"$scratch/debootstrap.log" 2>&1 || {
      tail "$scratch/debootstrap.log" >&2
      exit 1
    }
    as_root mv "$kept.partial" "$kept"
  elif [ -n "$(find "$kept" -maxdepth 0 -mtime +7)" ]; then
    say "Bringing $kept up to date: it is older than a week"
    take_settings "$kept"
    if in_chroot "$kept" sh -ec '
      export DEBIAN_FRONTEND=noninteractive
      apt-get -qq update
      apt-get -qq -y dist-upgrade
      apt-get -qq autoclean' >"$scratch/upgrade.log" 2>&1; then
      as_root touch "$kept"
    else
      tail "$scratch/upgrade.log"
      echo "It is used as it is."
    fi
  fi
}

# copy_kept: into $copy, with the checkout.
copy_kept() {
  copy=$kept.copy
  advice="There has to be room for three gigabytes in $chroots."
  as_root rm -rf --one-file-system "$copy"
  as_root cp -a "$kept" "$copy"
  as_root rm -rf "$copy/var/cache/apt/archives"
  as_root mkdir "$copy/var/cache/apt/archives" "$copy/srv/secure_tunneling"
  take_settings "$copy"
  # What is thrown away need not be safe on the disk.
  echo force-unsafe-io | as_root tee "$copy/etc/dpkg/dpkg.cfg.d/unsafe_io" >/dev/null
  git archive --format=tar HEAD | as_root tar -x -C "$copy/srv/secure_tunneling"
}

# run_commands LOG: stops at the first that fails.
run_commands() {
  for command in 'sh cmake/quickstart.sh' 'sh cmake/quickstart.sh test'; do
    say "On $release: $command"
    in_chroot "$copy" sh -c "cd /srv/secure_tunneling && $command" >>"$1" 2>&1 || return 1
  done
}

# run_packages LOG: what is tried is in try_packages.sh. Between both machines the packages are in $scratch.
run_packages() {
  log=$1
  say "On $release: building the packages"
  command='building the packages'
  # shellcheck disable=SC2016  # for the inner shell
  in_chroot "$copy" sh -ec '
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends ca-certificates cmake dpkg-dev file g++ ninja-build pkg-config \
      libcli11-dev libcurl4-openssl-dev libssl-dev libwebsockets-dev libyaml-dev rapidjson-dev
    cd /srv/secure_tunneling
    cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DSECURE_TUNNELING_BUILD_EXAMPLES=ON \
      "-DSECURE_TUNNELING_YAML_LIBRARY=/usr/lib/$(gcc -print-multiarch)/libyaml.so"
    cmake --build build
    cd build
    cpack -G DEB -B /srv/packages' >>"$log" 2>&1 || return 1
  mkdir "$scratch/packages" && cp "$copy"/srv/packages/*.deb "$scratch/packages" || return 1
  copy_kept
  as_root mv "$scratch/packages" "$copy/srv/packages" || return 1
  say "On another $release: installing and trying them"
  command='trying the packages'
  in_chroot "$copy" sh /srv/secure_tunneling/cmake/packaging/try_packages.sh /srv/packages >>"$log" 2>&1 || return 1
  sed -n 's/^try_packages: /  /p' "$log"
}

# run_compilers LOG: those that have the number of their version in the package's name.
run_compilers() {
  say "On $release: installing its compilers"
  command='installing the compilers'
  # shellcheck disable=SC2016  # for the inner shell
  in_chroot "$copy" sh -ec '
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends libcurl4-openssl-dev libmbedtls-dev libssl-dev rapidjson-dev \
      $(apt-cache pkgnames | grep -xE "(g\+\+|clang)-[0-9]+" | sort)' >>"$1" 2>&1 || return 1
  say "On $release: compiling all headers"
  command='compiling all headers'
  in_chroot "$copy" sh -c 'cd /srv/secure_tunneling && sh tests/headers/compilers.sh include' >>"$1" 2>&1 || return 1
  sed -n 's/: silent$//p' "$1"
}

# version_of PACKAGE: upstream's, as it is in the copy.
version_of() {
  # shellcheck disable=SC2016  # for dpkg-query
  dpkg-query --admindir="$copy/var/lib/dpkg" -W -f '${Version}' "$1" 2>/dev/null |
    sed 's/^[0-9]*://; s/-[^-]*$//'
}

try() {
  release=$1
  make_kept "$release"
  copy_kept
  log=build/fresh/$release$suffix.log
  mkdir -p build/fresh
  : >"$log"
  began=$(date +%s)
  advice=''
  if "$job" "$log"; then
    outcome=$passed
  else
    outcome="FAILED: $command"
    failed="$failed $release"
    tail -n 60 "$log"
  fi
  tests=$(sed -n 's/.*, \([0-9]* tests failed out of [0-9]*\).*/, \1/p' "$log" | tail -n 1)
  compiler=$(version_of g++)
  printf '%-9s %slibcurl %s, OpenSSL %s: %s%s, %d warnings, %d min\n' "$release" "${compiler:+g++ $compiler, }" \
    "$(version_of libcurl4-openssl-dev)" "$(version_of libssl-dev)" "$outcome" "$tests" \
    "$(grep -c ' warning: ' "$log" || true)" $((($(date +%s) - began + 30) / 60)) >>"$scratch/summaries"
  [ "$outcome" = "$passed" ] || return 0
  as_root rm -rf --one-file-system "$copy"
}

job=run_commands
passed='both commands passed'
suffix=''
if [ "${1:-}" = packages ]; then
  job=run_packages
  passed='the packages install and work'
  suffix=-packages
  shift
elif [ "${1:-}" = compilers ]; then
  job=run_compilers
  passed='all headers are silent'
  suffix=-compilers
  shift
fi
[ $# -ne 0 ] || set -- ''
for release in "$@"; do
  case $release in
    '' | *[!a-z0-9]*)
      advice="Usage: sh cmake/fresh.sh [packages|compilers] RELEASE..., where RELEASE is the name of a Debian release"
      exit 2
      ;;
  esac
done
vectors=${SECURE_TUNNELING_VECTORS:-}
if [ -n "$vectors" ]; then
  advice="SECURE_TUNNELING_VECTORS names no folder."
  vectors=$(cd "$here" && cd "$vectors" && pwd)
fi

need debootstrap debootstrap
need debian-archive-keyring
need util-linux unshare
need git git
install_missing
[ -z "$(git status --porcelain --untracked-files=no)" ] || say "What is not committed is left out"

advice="$chroots has to be a folder."
as_root mkdir -p "$chroots"
exec 9<"$chroots"
flock 9 # one at a time on a machine

failed=''
: >"$scratch/summaries"
for release in "$@"; do
  try "$release"
done
say "On fresh machines"
cat "$scratch/summaries"
advice="The logs are in build/fresh, and the systems as they were left in $chroots/RELEASE.copy."
[ -z "$failed" ]
