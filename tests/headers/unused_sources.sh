#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# unused_sources.sh OBJECT COMPILER ARGUMENT...: fails when a program with explicit settings and
# credentials has code of the other sources in it, or calls what they would need, or has what takes a
# URL apart without setting one, or a retry mode that it does not name.
set -eu
object=$1
shift
"$@" -DSETS_ENDPOINT_URL -DNAMES_ADAPTIVE -c -o "$object"
for function in splitUrl AdaptiveRateLimiter::acquire; do
  if ! nm -C "$object" | grep -q "::$function("; then
    echo "$object does not have $function, which it needs" >&2
    exit 1
  fi
done
"$@" -c -o "$object"
symbols=$(nm -C "$object")
if ! echo "$symbols" | grep -q 'StaticCredentials::retrieve'; then
  echo "$object does not have the code that it should have" >&2
  exit 1
fi
# What it calls from the C library, then whose functions it has.
if echo "$symbols" | grep -E ' U (secure_)?(getenv|fopen|getpw|fork|posix_spawn|popen|getaddrinfo)'; then
  status=1
elif echo "$symbols" | grep -v 'StaticCredentials' |
  grep -E '::Shared(Files?|Settings)|::[A-Za-z]+Credentials(Chain)?::|::(StsRoleAssumer|SourceCall|XmlScanner|ChildCommand|InstanceMetadata|splitUrl|AdaptiveRateLimiter|CubicRate|legacyRetryReason)'; then
  status=1
else
  status=0
fi
[ "$status" -eq 0 ] || echo "is paid for without being used" >&2
exit "$status"
