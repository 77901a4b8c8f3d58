#!/bin/sh
# fetch.sh PYTHON FOLDER: another release of ONNX Runtime's Python package, once. Skipped (77) where pip can't get it.
set -eu
[ -d "$2/onnxruntime" ] && exit
"$1" -m pip install --quiet --disable-pip-version-check --target "$2.part" onnxruntime==1.22.1 numpy || exit 77
mv "$2.part" "$2"
