#!/usr/bin/env bash
# Tests on a GPU: every kernel candidate against the reference, engines against the CPU's, and compute-sanitizer on a
# part of the kernels. Says "skipped" and succeeds where there is no GPU.
#
#   scripts/gpu_test.sh [--fast]     --fast: without compute-sanitizer
#
# Works in the repository and in an unpacked bundle (scripts/gpu_bundle.sh). The first GPU is used:
# CUDA_VISIBLE_DEVICES chooses another. INGOT_SANITIZER_FILTER chooses the tests for compute-sanitizer. Tests are dealt
# out to a process for each core: most of their time is NVRTC's, or the sanitizer's, on the host. Logs: build/gpu-test.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fast=0
[ "${1:-}" != --fast ] || fast=1
bin=build/bin
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
if ! grep -q "^GPU 0:" <<<"$environment"; then
  say "skipped: $(grep -m1 '^GPU' <<<"$environment")"
  exit 0
fi
grep '^GPU\|^CUDA' <<<"$environment"

# tests NAME FILTER LIMIT COMMAND...: gpu_tests in as many processes as there are cores (16 at most), each under COMMAND
# and with a limit in seconds. What failed is shown, and the slowest tests.
shards=$(nproc)
[ "$shards" -le 16 ] || shards=16
tests() {
  local name=$1 filter=$2 limit=$3 shard bad=0
  local -a started=()
  shift 3
  rm -f "$work/$name"-*.log
  for ((shard = 0; shard < shards; shard++)); do
    GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard INGOT_TEST_GPU=1 timeout "$limit" "$@" $bin/gpu_tests \
      --gtest_filter="$filter" >"$work/$name-$shard.log" 2>&1 &
    started+=($!)
  done
  for ((shard = 0; shard < shards; shard++)); do
    wait "${started[shard]}"
    local code=$?
    [ $code != 0 ] || continue
    bad=1
    echo "  FAILED  $name, process $shard: $([ $code = 124 ] && echo "over $limit s" || echo "exit code $code")"
    grep -E "Failure$|^\[  FAILED|^ *(Expected|Actual|Which is)|^========= (Invalid|Error|ERROR|Race|    )" \
      "$work/$name-$shard.log" | head -20 | sed 's/^/    /'
    grep '^\[ RUN' "$work/$name-$shard.log" | tail -1 | sed 's/^/    last: /'
  done
  grep -rhoP '^\[       OK \] \K.*(?= ms\))' "$work" --include="$name-*.log" | sort -t'(' -k2 -rn | head -3 |
    sed 's/^/  slowest: /; s/$/ ms)/'
  return $bad
}

kernels() { tests kernels '*' 300; }

# engine MODEL FLAG: one network on the GPU and on the CPU.
engine() {
  local output
  if output=$(INGOT_TEST_GPU=1 timeout 150 build/bin/check_on_gpu "$1" "$2" --level=1 2>&1); then
    echo "  good    $(basename "$1") $2"
  else
    printf '  FAILED  %s %s\n%s\n' "$(basename "$1")" "$2" "$(tail -12 <<<"$output" | sed 's/^/    /')"
    return 1
  fi
}
export -f engine

# The small variants of bench/models, made here.
engines() {
  mkdir -p "$work"
  "$python" -m bench.models all --tiny --out "$work" >/dev/null || return 1
  for model in "$work"/*-tiny.onnx; do
    printf '%s\n' "$model --noTF32" "$model --fp16"
  done | xargs -P 8 -L 1 bash -c 'engine "$0" "$1"'
}

# The tools slow kernels down a hundred times: libraries' kernels and those tests that go through every tile are left out
# (others run the same kernels), and races are looked for where threads share memory.
long='Cudnn*:CublasLt*:Librar*:Emulation*:Fixture*:*EveryTile*:*EveryKernelAndStride*:*AnyShape*:*EveryOperation*'
sharing="SoftmaxOnGpu*:*NormOnGpu*:ReduceOnGpu*:Attention*:Conv*:Mat?ul*:MoveOnGpu.Transposes*:TopK*"
sanitize() {
  tests "$1" "${INGOT_SANITIZER_FILTER:-$2-$long}" 150 \
    compute-sanitizer --tool "$1" --error-exitcode 9 --print-limit 5
}

mkdir -p "$work"
part "kernels against the reference" kernels
part "engines against the CPU" engines
if [ $fast = 0 ]; then
  if command -v compute-sanitizer >/dev/null; then
    part "memcheck" sanitize memcheck "*OnGpu*"
    part "racecheck" sanitize racecheck "$sharing"
  else
    say "compute-sanitizer is not installed: memcheck and racecheck are left out"
  fi
fi
[ $failed = 0 ] || { say "$failed parts failed"; exit 1; }
say "all parts are good"
