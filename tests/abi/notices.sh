#!/bin/sh
# diff.sh lets an added function pass and refuses a lost one, another argument type and another result.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
header=$here/../../include/quietcloud/quietcloud.h
command -v abidiff > /dev/null || { echo "no abidiff: install abigail-tools"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$here/diff.sh" "$header" "$header"
sed 's/^QUIETCLOUD_API int32_t quietcloud_version_number.*/&\nQUIETCLOUD_API int32_t quietcloud_added(void);/' \
    "$header" > "$work/added.h"
"$here/diff.sh" "$header" "$work/added.h"
for change in '/quietcloud_version_number(void)/d' 's/uint32_t threads/uint64_t threads/' \
              's/^QUIETCLOUD_API int32_t quietcloud_version_number/QUIETCLOUD_API double quietcloud_version_number/' \
              's/(\*quietcloud_progress_fn)(void \*user, double done)/(*quietcloud_progress_fn)(void *user, float done)/'; do
    sed "$change" "$header" > "$work/changed.h"
    ! cmp -s "$header" "$work/changed.h" || { echo "'$change' changes nothing"; exit 1; }
    if "$here/diff.sh" "$header" "$work/changed.h" > "$work/log" 2>&1; then
        echo "'$change' went unnoticed"
        exit 1
    fi
done
