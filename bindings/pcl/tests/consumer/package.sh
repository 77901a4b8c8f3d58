#!/bin/sh
# package.sh CMAKE BUILD WORK: installs BUILD, moves the prefix, and uses it: PCL found before, after and only by quietcloud.
set -eu
cmake=$1 build=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build" --prefix "$work/first" > "$work/log"
mv "$work/first" "$work/prefix"

for order in before after alone; do
    out=$work/$order
    "$cmake" -S "$here/project" -B "$out" -DCMAKE_PREFIX_PATH="$work/prefix" -DPCL_IS_FOUND=$order > "$work/log" 2>&1 &&
        "$cmake" --build "$out" >> "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    ! grep -i 'warning' "$work/log" || exit 1
    "$out/consumer"
    ldd "$out/consumer" | grep -q "libquietcloud\.so\.[0-9]* => $work/prefix/"
    echo "PCL found $order: built without a warning, and runs"
done

# Where PCL is not there, the rest of the package still is; who requires it is told why.
hidden=-DCMAKE_DISABLE_FIND_PACKAGE_PCL=ON
"$cmake" -S "$here/project" -B "$work/optional" -DCMAKE_PREFIX_PATH="$work/prefix" -DPCL_IS_FOUND=not $hidden > "$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
! "$cmake" -S "$here/project" -B "$work/none" -DCMAKE_PREFIX_PATH="$work/prefix" -DPCL_IS_FOUND=alone $hidden > "$work/log" 2>&1
grep -q 'libpcl-dev' "$work/log"
echo "without PCL: optional component left out, required component refused"

# The installed program finds the installed library.
! ldd "$work/prefix/bin/quietcloud_pcl_denoise" | grep 'libquietcloud.*not found'
