#!/bin/sh
# build_node.sh CMAKE BUILD WORK: installs the library from BUILD, then builds and installs quietcloud_ros against it.
set -eu
cmake=$1 build=$2 work=$3
package=$(cd "$(dirname "$0")/../quietcloud_ros" && pwd)
rm -rf "$work/prefix"
mkdir -p "$work"
"$cmake" --install "$build" --prefix "$work/prefix" > "$work/log"
"$cmake" -S "$package" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
    -DCMAKE_INSTALL_PREFIX="$work/prefix" -Dquietcloud_DIR="$work/prefix/lib/cmake/quietcloud" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wpedantic -Wshadow -Werror"
"$cmake" --build "$work/build" --parallel
"$cmake" --install "$work/build" > "$work/log"
