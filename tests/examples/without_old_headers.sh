#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# without_old_headers.sh SCRATCH INCLUDE LIBRARIES COMPILER ARGUMENT...: builds the examples over Mbed TLS, whose
# headers are in INCLUDE, without those that Mbed TLS 4 keeps for itself: each is an #error there.
#
# Where the headers are of 3.2 or later the examples are also compiled as for 4, without the function that has
# gone with those headers.
set -eu
scratch=$1
include=$2
libraries=$3
shift 3
examples=$(cd "$(dirname "$0")/../../examples" && pwd)

rm -rf "$scratch"
mkdir -p "$scratch/include"
cp -r "$include/mbedtls" "$include/psa" "$scratch/include"
mkdir -p "$scratch/include/mbedtls/private"
for header in sha256.h entropy.h ctr_drbg.h; do
  mv "$scratch/include/mbedtls/$header" "$scratch/include/mbedtls/private/$header"
  find "$scratch/include" -name '*.h' -exec sed -i "s:mbedtls/$header:mbedtls/private/$header:" {} +
  echo "#error mbedtls/$header is not for programs" >"$scratch/include/mbedtls/$header"
done

# compile SOURCE...
compile() {
  "$@" "-isystem$scratch/include" "-I$examples/own-transport" "-I$examples/firmware"
}

printf '#include "secure_tunneling/adapters/mbedtls_sha256.hpp"\n' >"$scratch/old.cpp"
if compile "$@" -fsyntax-only "$scratch/old.cpp" 2>"$scratch/errors"; then
  echo "the old headers can still be included: this test tries nothing" >&2
  exit 1
fi

exchange=$examples/own-transport
set -- "$@" -fno-exceptions -fno-rtti
for program in "own-transport/main.cpp" "firmware/main.cpp $examples/firmware/token_task.cpp"; do
  # shellcheck disable=SC2086  # lists of words
  compile "$@" "$examples"/$program "$exchange/mbedtls_exchange.cpp" "$exchange/resolver.cpp" \
    "$exchange/response_parser.cpp" -o "$scratch/program" $libraries
  status=0
  "$scratch/program" 2>"$scratch/errors" || status=$?
  if [ "$status" -ne 2 ] || ! grep -q '^usage: ' "$scratch/errors"; then
    echo "$program: does not run" >&2
    exit 1
  fi
done

grep -q mbedtls_ssl_conf_min_tls_version "$scratch/include/mbedtls/ssl.h" || exit 0
find "$scratch/include/mbedtls" -name '*.h' \
  -exec sed -i 's/\(define MBEDTLS_VERSION_NUMBER \).*/\10x04000000/; s/mbedtls_ssl_conf_rng/mbedtls_ssl_conf_rng_gone/' {} +
compile "$@" -fsyntax-only "$examples/own-transport/main.cpp"
compile "$@" -fsyntax-only "$examples/firmware/token_task.cpp"
compile "$@" -fsyntax-only "$exchange/mbedtls_exchange.cpp"
