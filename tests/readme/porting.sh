#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# porting.sh FOLDER COMPILER ARGUMENT...: builds the port of the page on porting, which code_blocks.sh has put
# into FOLDER, with what the arguments name, and runs it. The block has fewer than 80 lines.
set -eu
folder=$1
compiler=$2
shift 2
block=$(grep -l 'struct VendorTransport' "$folder"/*.cpp)
lines=$(grep -vc '^#line' "$block")
if [ "$lines" -ge 80 ]; then
  echo "$block has $lines lines" >&2
  exit 1
fi
"$compiler" "$block" "$@" -o "$folder/porting"
exec "$folder/porting"
