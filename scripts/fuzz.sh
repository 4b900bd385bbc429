#!/usr/bin/env bash
# Runs the fuzz targets of build-fuzz/ side by side for some seconds each: scripts/fuzz.sh [SECONDS]
#
# The corpus grows in .cache/fuzz from run to run. What crashes, leaks, or takes more than 20 s or 2 GiB ends the run
# with 1; the input stays in .cache/fuzz/failures, and `build-fuzz/bin/<target> FILE` shows it again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-300}
corpus=.cache/fuzz
mkdir -p $corpus/failures
[ -d $corpus/onnx ] || .venv/bin/python tests/fuzz/seeds.py $corpus

failed=0
declare -A running
for kind in onnx plan; do
  build-fuzz/bin/${kind}_fuzzer $corpus/$kind -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
    -max_len=65536 -artifact_prefix=$corpus/failures/$kind- -print_final_stats=1 >$corpus/$kind.log 2>&1 &
  running[$kind]=$!
done
for kind in "${!running[@]}"; do
  if wait "${running[$kind]}"; then
    echo "$kind: $(sed -n 's/^stat::number_of_executed_units: *//p' $corpus/$kind.log) inputs, none fails"
  else
    failed=1
    echo "$kind: FAILED"
    grep -m 3 -E "ERROR|SUMMARY|runtime error" $corpus/$kind.log || tail -5 $corpus/$kind.log
  fi
done
[ $failed = 0 ] || { echo "the inputs are in $corpus/failures"; exit 1; }
