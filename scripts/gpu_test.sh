#!/usr/bin/env bash
# Tests on a GPU: every kernel candidate against the reference, engines against the CPU's, and compute-sanitizer on a
# part of the kernels. Says "skipped" and succeeds where there is no GPU.
#
#   scripts/gpu_test.sh [--fast]     --fast: without compute-sanitizer
#
# Works in the repository and in an unpacked bundle (scripts/gpu_bundle.sh). INGOT_GPU chooses another GPU than 0.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fast=0
[ "${1:-}" != --fast ] || fast=1
bin=build/bin
gpu=${INGOT_GPU:-0}
python=python3
[ ! -x .venv/bin/python ] || python=.venv/bin/python
work=build/gpu-test
failed=0

say() { echo "gpu-test: $*"; }

# part NAME COMMAND...: runs it and remembers whether it failed.
part() {
  local name=$1 start=$SECONDS
  shift
  if "$@"; then
    say "$name: good ($((SECONDS - start)) s)"
  else
    say "$name: FAILED ($((SECONDS - start)) s)"
    failed=$((failed + 1))
  fi
}

environment=$($bin/ingot env) || { echo "$environment"; exit 1; }
if ! grep -q "^GPU $gpu:" <<<"$environment"; then
  say "skipped: $(grep -m1 '^GPU' <<<"$environment")"
  exit 0
fi
grep '^GPU\|^CUDA' <<<"$environment"

kernels() { INGOT_TEST_GPU=1 $bin/gpu_tests --gtest_brief=1; }

engines() {
  mkdir -p "$work"
  "$python" tests/gpu/compare_engines.py --device="$gpu" --work="$work"
}

# One test a kernel family: the tools slow kernels down a hundred times.
sanitizer_filter=${INGOT_SANITIZER_FILTER:-'*Sanitizer*:*Odd*:*Small*'}
sanitize() {
  INGOT_TEST_GPU=1 timeout 200 compute-sanitizer --tool "$1" --error-exitcode 9 --print-limit 5 \
    $bin/gpu_tests --gtest_brief=1 --gtest_filter="$sanitizer_filter"
}

part "kernels against the reference" kernels
part "engines against the CPU" engines
if [ $fast = 0 ]; then
  if command -v compute-sanitizer >/dev/null; then
    part "memcheck" sanitize memcheck
    part "racecheck" sanitize racecheck
  else
    say "compute-sanitizer is not installed: memcheck and racecheck are left out"
  fi
fi
[ $failed = 0 ] || { say "$failed parts failed"; exit 1; }
say "all parts are good"
