#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# only_single_files.sh INCLUDE COMPILER ARGUMENT...: fails when a source that is compiled with the
# single files reads a header under INCLUDE that is in them.
set -eu
include=$1
shift
read_files=$("$@" -M | tr ' ' '\n')
if ! echo "$read_files" | grep -q '/single_files/secure_tunneling.hpp$'; then
  echo "the single file is not read" >&2
  exit 1
fi
if echo "$read_files" | grep "^$include/secure_tunneling/" | grep -vE '/(testing/.*|throwing)\.hpp$' >&2; then
  echo "these come from the headers and not from the single files" >&2
  exit 1
fi
