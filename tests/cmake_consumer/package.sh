#!/bin/sh
# package.sh CMAKE WORK RUNTIME: builds and installs the package, moves the prefix, and uses it: shared, static, with
# pkg-config; then the same from the packages that cpack writes.
set -eu
cmake=$1 work=$2 runtime=$3
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
build=$work/build
rm -rf "$work"
mkdir -p "$work"

run() { # run PROGRAM: it works, and with the library of this prefix
    "$1" > "$work/said" || { echo "$1 failed"; exit 1; }
    grep -q '^quietcloud [0-9]' "$work/said"
}
uses_shared() { ldd "$1" | grep -q "libquietcloud\.so\.[0-9]* => $2/"; }
uses_static() { ! ldd "$1" | grep -q libquietcloud; }

use() { # use PREFIX: every way of linking
    prefix=$1 out=$work/use$(basename "$1")
    for kind in shared static; do
        static=OFF
        [ $kind = shared ] || static=ON
        "$cmake" -S "$here/project" -B "$out/$kind" -DCMAKE_PREFIX_PATH="$prefix" -DSTATIC=$static > "$work/log" &&
            "$cmake" --build "$out/$kind" >> "$work/log" || { cat "$work/log"; exit 1; }
        grep -q "quietcloud_DIR:PATH=$prefix/" "$out/$kind/CMakeCache.txt"
        for program in consumer_c consumer_cpp; do
            run "$out/$kind/$program"
            if [ $kind = shared ]; then
                uses_shared "$out/$kind/$program" "$prefix"
            else
                uses_static "$out/$kind/$program"
            fi
        done
        echo "$(basename "$prefix"): cmake, $kind"
    done

    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name quietcloud.pc)")
    PKG_CONFIG_LIBDIR=$PKG_CONFIG_PATH
    export PKG_CONFIG_PATH PKG_CONFIG_LIBDIR
    # Without this pkg-config leaves out paths that look like the system's own.
    export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
    mkdir -p "$out/pc"
    libraries=$(pkg-config --variable=libdir quietcloud)
    "${CC:-cc}" "$here/project/main.c" $(pkg-config --cflags --libs quietcloud) -Wl,-rpath,"$(cd "$libraries" && pwd)" \
        -o "$out/pc/shared"
    run "$out/pc/shared"
    uses_shared "$out/pc/shared" "$prefix"
    "${CXX:-c++}" -std=c++17 "$here/project/main.cpp" $(pkg-config --cflags quietcloud) \
        "$libraries/libquietcloud.a" $(pkg-config --static --libs-only-l quietcloud | sed 's/-lquietcloud//') -o "$out/pc/static"
    run "$out/pc/static"
    uses_static "$out/pc/static"
    echo "$(basename "$prefix"): pkg-config, shared and static"
}

"$cmake" -S "$repository" -B "$build" -DQUIETCLOUD_CARGO_TARGET_DIR="$repository/target" \
    -DQUIETCLOUD_ONNXRUNTIME="$runtime" > "$work/log"
"$cmake" --build "$build" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$cmake" --install "$build" --prefix "$work/first" > "$work/log"
mv "$work/first" "$work/moved"
! grep -rIl "$work/first\|$build" "$work/moved" || { echo "these name the folder they came from"; exit 1; }
library=$(find "$work/moved" -name 'libquietcloud.so.*.*')
[ "$(readlink "$(dirname "$library")/libquietcloud.so")" ] || { echo "no link for the linker"; exit 1; }
use "$work/moved"

# ONNX Runtime, installed in the private folder beside the library, is found without any help.
env -i HOME=/nowhere PATH= "$work/usemoved/shared/consumer_c" > /dev/null
echo "moved: ONNX Runtime beside the library"

(cd "$build" && cpack --config CPackConfig.cmake -B "$work/packages" > "$work/log" 2>&1) || { cat "$work/log"; exit 1; }
mkdir "$work/tar" "$work/deb"
for archive in "$work"/packages/*.tar.gz; do tar -xzf "$archive" -C "$work/tar" --strip-components=1; done
use "$work/tar"
if command -v dpkg-deb > /dev/null; then
    for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/deb"; done
    dpkg-deb -f "$work"/packages/libquietcloud0_*.deb Package Version Depends
    use "$work/deb/usr"
fi
du -h "$work"/packages/*.deb "$work"/packages/*.tar.gz | sed "s|$work/packages/||"
