#!/usr/bin/env bash
# The CUDA backend builds where no CUDA header is found, and `ingot env` says so in one line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=build/without_cuda
cmake -S . -B $folder -G Ninja -DCMAKE_BUILD_TYPE=Release -DINGOT_WERROR=ON -DINGOT_CUDA=OFF >/dev/null
cmake --build $folder --target ingot_cuda ingot_ingot_main ingot_cpu >$folder/build.log 2>&1 || { tail -20 $folder/build.log; exit 1; }
said=$($folder/bin/ingot env)
grep -q "has no CUDA" <<<"$said" || { echo "$said"; echo "\`ingot env\` does not tell that there is no CUDA"; exit 1; }
if nm -D --undefined-only $folder/lib/libingot_cuda.so | grep -E " (cu|nvrtc|cudnn|cublas)[A-Z]"; then
  echo "libingot_cuda.so asks for NVIDIA's functions"; exit 1
fi
echo "a build without CUDA's headers: good"
