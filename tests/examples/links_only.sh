#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# links_only.sh PROGRAM: fails when PROGRAM has anything of libcurl or OpenSSL in it, by its libraries or
# by its symbols, or nothing of Mbed TLS.
set -eu
program=$1
libraries=$(ldd "$program")
symbols=$(nm -C "$program" && nm -C --dynamic "$program")
status=0
if printf '%s\n' "$libraries" | grep -E 'libcurl|libssl|libcrypto'; then
  echo "$program needs these libraries" >&2
  status=1
fi
if printf '%s\n' "$symbols" | grep -E ' _?(curl_|CURL|EVP_|SSL_|OPENSSL_|X509_)|CurlTransport|OpensslSha256'; then
  echo "$program has these symbols" >&2
  status=1
fi
if ! printf '%s\n' "$symbols" | grep -q 'mbedtls_ssl_handshake_step'; then
  echo "$program has no symbol of Mbed TLS: this test looks in the wrong place" >&2
  status=1
fi
exit $status
