#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# vendored.sh FOLDER PREFIX NAME PROGRAM COMPILER ARGUMENT...: copies the installed single file that
# stands for secure_tunneling/NAME.hpp to FOLDER, and PROGRAM beside it, as a tree of one's own would
# have them. Builds and runs the program with nothing else of the library.
set -eu
folder=$1
file=secure_tunneling_$3.hpp
[ "$3" != secure_tunneling ] || file=secure_tunneling.hpp
rm -rf "$folder"
mkdir -p "$folder"
cp "$2/include/$file" "$folder"
sed "s:secure_tunneling/$3.hpp:$file:" "$4" >"$folder/main.cpp"
shift 4
compiler=$1
shift
"$compiler" -std=c++17 -o "$folder/program" "$folder/main.cpp" "$@"
exec "$folder/program"
