#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# pkg_config.sh PACKAGE PROGRAM COMPILER ARGUMENT...: builds PROGRAM with what pkg-config says of
# PACKAGE, and runs it.
set -eu
package=$1
program=$2
shift 2
flags=$(pkg-config --cflags --libs "$package")
# shellcheck disable=SC2086  # the flags are words
"$@" $flags -o "$program"
exec "$program"
