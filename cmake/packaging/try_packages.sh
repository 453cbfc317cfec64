#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# sh cmake/packaging/try_packages.sh FOLDER   on a machine that has nothing else, as root: installs the Debian packages of
#                                             FOLDER, runs the programs, builds a project with the library, removes both
set -eu
unset CDPATH
packages=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
. cmake/local_service.sh
scratch=$(mktemp -d)
trap 'stop_local_service; rm -rf "$scratch"' EXIT
export DEBIAN_FRONTEND=noninteractive

seen() { echo "try_packages: $*"; }
install_packages() { apt-get -qq install -y --no-install-recommends "$@"; }

apt-get -qq update
install_packages "$packages"/secure-tunneling-tools_*.deb
seen "secure-tunneling-tools is installed, with $(dpkg-query -W -f '${Depends}' secure-tunneling-tools)"
for program in /usr/bin/rotate-tunnel-access-token /usr/bin/local-service /usr/bin/keep-local-proxy \
  /usr/bin/rotate-fleet; do
  "$program" --help >"$scratch/help"
  [ -s "$scratch/help" ]
  seen "$program runs"
done
start_local_service local-service
rotate-tunnel-access-token --tunnel-id "$(fact tunnel-id)" --client-mode ALL --endpoint-url "$(fact endpoint-url)" \
  >"$scratch/answer"
[ -n "$(member sourceAccessToken <"$scratch/answer")" ]
stop_local_service
seen "a token is rotated"
unit=/usr/lib/systemd/system/keep-local-proxy@.service
[ -x "$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$unit")" ]

install_packages "$packages"/libsecure-tunneling-dev_*.deb cmake g++ make pkg-config
seen "libsecure-tunneling-dev is installed, with $(dpkg-query -W -f '${Depends}' libsecure-tunneling-dev)"
# A copy, and so without the library's own tree beside it.
cp -r tests/consumers "$scratch"
cmake -S "$scratch/consumers/find_package" -B "$scratch/build"
cmake --build "$scratch/build"
(cd "$scratch/build" && ctest --output-on-failure)
seen "a project with find_package builds and its programs run"
# shellcheck disable=SC2046  # words
g++ -std=c++17 "$scratch/consumers/application.cpp" $(pkg-config --cflags --libs secure_tunneling) -o "$scratch/application"
"$scratch/application"
seen "so does one with pkg-config"

apt-get -qq purge -y libsecure-tunneling-dev secure-tunneling-tools
left=$(find /usr /etc -name '*secure?tunneling*' -o -name '*keep-local-proxy*' -o -name '*rotate-fleet*' -o -name '*rotate-tunnel*')
[ -z "$left" ]
seen "nothing is left when they are removed"
