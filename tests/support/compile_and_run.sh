#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# compile_and_run.sh PROGRAM COMPILER ARGUMENT...: builds PROGRAM and runs it.
set -eu
program=$1
shift
"$@" -o "$program"
exec "$program"
