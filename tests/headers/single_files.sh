#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# single_files.sh CMAKE PROJECT MADE SCRATCH: makes the single files again, from another folder, in
# another one, in another locale and time zone, from files of another age and with the line ends of
# another system. MADE holds what the build made: fails when a byte differs.
set -eu
cmake=$1
project=$2
made=$3
scratch=$4

rm -rf "$scratch"
mkdir -p "$scratch/a folder" "$scratch/out"
cp -r "$project/include" "$project/cmake" "$project/LICENSE" "$scratch/a folder"
find "$scratch/a folder/include" "$scratch/a folder/LICENSE" -type f -exec sed -i 's/$/\r/' {} + -exec touch -d 2001-02-03 {} +
cd "$scratch"
for name in secure_tunneling_core:core secure_tunneling:secure_tunneling; do
  file=${name%:*}.hpp
  LC_ALL=tr_TR.UTF-8 TZ=Asia/Kolkata "$cmake" "-DINCLUDE=$scratch/a folder/include" \
    "-DHEADER=secure_tunneling/${name#*:}.hpp" "-DOUTPUT=$scratch/out/$file" \
    -P "a folder/cmake/amalgamate.cmake"
  cmp "$made/$file" "out/$file"
  for once in SPDX-License-Identifier 'pragma once' 'define SECURE_TUNNELING_VERSION '; do
    if [ "$(grep -c "$once" "out/$file")" != 1 ]; then
      echo "$file: not once: $once" >&2
      exit 1
    fi
  done
  if grep -n '#include "' "out/$file"; then
    echo "$file: still includes a header of the library" >&2
    exit 1
  fi
done
