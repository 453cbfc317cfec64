#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# whole_calls.sh LOCAL_SERVICE PROCESSOR EMULATOR... PROGRAM: calls from PROGRAM, which is for PROCESSOR, to
# LOCAL_SERVICE, which is for this machine, over TLS.
set -eu
# shellcheck source=cmake/local_service.sh
. "$(dirname "$0")/../../cmake/local_service.sh"
service=$1
processor=$2
shift 2
for program in "$@"; do :; done

scratch=$(mktemp -d)
trap 'stop_local_service; rm -rf "$scratch"' EXIT

calls=0
# check WHAT COMMAND...: ends the test where COMMAND fails.
check() {
  what=$1
  shift
  "$@" || {
    echo "FAILED: $what" >&2
    cat "$scratch"/*.out >&2 2>/dev/null
    exit 1
  }
}
# is ACTUAL EXPECTED
is() { [ "$1" = "$2" ] || { echo "is '$1' and should be '$2'" >&2 && false; }; }
value() { sed -n "s/^$1=//p" "$scratch/rotate.out"; }

# It is the program for the other machine that runs: its header says so, and what it sees around it.
machine=$(readelf -h "$program" | sed -n 's/^ *Machine: *//p')
case $processor in
  armv7l) check "the program's machine" is "$machine" ARM ;;
  aarch64) check "the program's machine" is "$machine" AArch64 ;;
  *) check "a known processor" false ;;
esac

certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$scratch/$1.key" -out "$scratch/$1.pem" 2>/dev/null
}
certificate service
certificate another
start_local_service "$service" --tls-certificate "$scratch/service.pem" --tls-key "$scratch/service.key"
AWS_ENDPOINT_URL=$(fact endpoint-url)
CURL_CA_BUNDLE=$scratch/service.pem
export AWS_ENDPOINT_URL CURL_CA_BUNDLE
tunnel=$(fact tunnel-id)
old=$(fact source-access-token)

if "$@" "$tunnel" "$scratch/another.pem" >"$scratch/rotate.out" 2>&1; then check "a stranger is refused" false; fi
check "why a stranger is refused" is "$(value error)" untrusted
calls=$((calls + 1))

rotate_twice() { "$@" "$tunnel" "$scratch/service.pem" >"$scratch/rotate.out" 2>&1; }
check "two calls" rotate_twice "$@"
check "the processor" is "$(value machine)" "$processor"
calls=$((calls + 2))
check "the old token" is "$(connect "$old")" refused
check "the token of the first call" is "$(connect "$(value first)")" refused
check "the source token" is "$(connect "$(value source)")" accepted
check "the destination token" is "$(connect "$(value destination)")" accepted

echo "whole calls: $calls from $machine ($(value machine)) over TLS to a service on $(uname -m)"
