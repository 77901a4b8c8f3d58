#!/bin/sh
# package.sh CMAKE BUILD WORK: installs BUILD, moves the prefix, and builds and runs somebody else's program with it.
set -eu
cmake=$1 build=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build" --prefix "$work/first" > "$work/log"
mv "$work/first" "$work/prefix"
"$cmake" -S "$here" -B "$work/out" -DCMAKE_PREFIX_PATH="$work/prefix" > "$work/log" 2>&1 &&
    "$cmake" --build "$work/out" >> "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$work/out/consumer"
ldd "$work/out/consumer" | grep -q "libquietcloud\.so\.[0-9]* => $work/prefix/"

# Where Open3D is not there, the program that requires it is told why.
! "$cmake" -S "$here" -B "$work/none" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_DISABLE_FIND_PACKAGE_Open3D=ON \
    > "$work/log" 2>&1
grep -q 'libopen3d-dev' "$work/log"
