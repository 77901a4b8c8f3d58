#!/bin/sh
# Compares the C interface with the one of the last release (tag `v*`) by abidiff; nothing to compare with before the
# first one, or without abigail-tools (77). `diff.sh HEADER HEADER` compares two headers, old and new.
#
# A Rust library has no C types in its debug information, so a stand-in is compiled from each header: every function
# declared there, with an empty body. That the real library exports just these functions is symbols.sh's business.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
header=$here/../../include/quietcloud/quietcloud.h
command -v abidiff > /dev/null || { echo "no abidiff: install abigail-tools"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# = 2 ]; then
    cp "$1" "$work/then.h"
    cp "$2" "$work/now.h"
else
    tag=$(git -C "$here" describe --tags --abbrev=0 --match 'v*' 2> /dev/null) || { echo "no release yet"; exit 77; }
    git -C "$here" show "$tag:include/quietcloud/quietcloud.h" > "$work/then.h"
    cp "$header" "$work/now.h"
fi
for header in then now; do
    awk '/^ \*/ || /^typedef/ || !/\);$/ { print; next } { sub(/;$/, " { __builtin_trap(); }"); print }' \
        "$work/$header.h" > "$work/$header.c"
    "${CC:-cc}" -g -shared -fPIC -Wno-unused -o "$work/$header.so" "$work/$header.c"
done
# Functions may be added; what was there stays as it was.
abidiff --no-added-syms "$work/then.so" "$work/now.so"
echo "compatible with ${tag:-the other header}"
