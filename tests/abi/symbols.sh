#!/bin/sh
# The shared and the static library export the functions of symbols.txt and nothing else, and the header declares
# the same ones. `symbols.sh --update SHARED` writes symbols.txt anew.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exported() { nm "$@" --defined-only | awk 'NF == 3 { print $3 }' | LC_ALL=C sort; }
if [ "$1" = --update ]; then
    exported -D "$2" > "$here/symbols.txt"
    exit
fi
exported -D "$1" | diff -u "$here/symbols.txt" -
exported -g "$2" | diff -u "$here/symbols.txt" -
grep -o '\<quietcloud_[a-z0-9_]*(' "$here/../../include/quietcloud/quietcloud.h" | tr -d '(' | LC_ALL=C sort -u |
    diff -u "$here/symbols.txt" -
readelf -d "$1" | grep -q 'SONAME.*\[libquietcloud\.so\.[0-9]*\]'
echo "$(wc -l < "$here/symbols.txt") functions, and nothing else"
