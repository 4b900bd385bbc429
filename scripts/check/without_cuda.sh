#!/usr/bin/env bash
# The CUDA backend compiles where no CUDA header is found, and then asks for none of NVIDIA's functions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=build/without_cuda
rm -rf $folder
cmake -S . -B $folder -G Ninja -DCMAKE_BUILD_TYPE=Release -DINGOT_WERROR=ON -DINGOT_CUDA=OFF >/dev/null
cmake --build $folder --target ingot_cuda_objects >$folder/build.log 2>&1 || { tail -20 $folder/build.log; exit 1; }
mapfile -t objects < <(find $folder/runtime/cuda -name '*.o')
[ ${#objects[@]} -gt 0 ] || { echo "no object was compiled"; exit 1; }
if nm --undefined-only "${objects[@]}" | grep -E " U (cu|nvrtc|cudnn|cublas)[A-Z]"; then
  echo "the CUDA backend asks for NVIDIA's functions"; exit 1
fi
echo "the CUDA backend without CUDA's headers (${#objects[@]} files): good"
