#!/usr/bin/env bash
# Packs what the CPU benchmark needs on another machine into build/cpu_bundle.tar.xz: our programs and libraries, the
# generated models' sources, and ONNX Runtime and OpenVINO with what they need, for a Python of that version there.
#
#   scripts/cpu_bundle.sh [3.12 [numpy,onnx,protobuf,ml_dtypes]]       (the Python there, and packages that it has)
#   tar xf cpu_bundle.tar.xz && cpu_bundle/run.sh --precisions=int8       (flags of bench/cpu/run.py)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${1:-3.12} has=,${2:-},
bundle=build/cpu_bundle
limit_mb=80
packages=(numpy onnx onnxruntime ml_dtypes protobuf typing_extensions flatbuffers packaging openvino openvino-telemetry)
rm -rf "$bundle" "$bundle.tar.xz"
mkdir -p "$bundle/build/bin" "$bundle/build/lib" "$bundle/bench" "$bundle/site"

for program in trtexec ingot; do
  [ -x "build/bin/$program" ] || { echo "cpu_bundle: build/bin/$program is not there: run \`make build\` first"; exit 1; }
  strip -o "$bundle/build/bin/$program" "build/bin/$program"
done
for library in build/lib/libingot_*.so; do
  case $library in *_cuda.so) ;; *) strip -o "$bundle/$library" "$library" ;; esac
done
cp -L build/lib/libdnnl.so.3 "$bundle/build/lib/"

# What the system gives here and may lack there. The C++ runtime and libc come from there: newer ones are compatible.
foreign='^(linux-vdso|ld-linux|libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s|libingot_|libdnnl)'
find "$bundle/build" -type f -print0 | xargs -0 ldd 2>/dev/null | sed -n 's/^\t\(lib[^ ]*\) => \(\/[^ ]*\) .*/\1 \2/p' |
  sort -u | while read -r name path; do
  [[ $name =~ $foreign ]] || cp -L "$path" "$bundle/build/lib/$name"
done

# The same versions as here; of OpenVINO and the others only what runs ONNX models on a CPU.
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
for package in "${packages[@]}"; do
  [[ $has != *,$package,* ]] || continue
  version=$(.venv/bin/python -c "import importlib.metadata as m; print(m.version('$package'))")
  platforms=()
  for glibc in 28 27 17 31 34; do platforms+=(--platform "manylinux_2_${glibc}_x86_64"); done
  .venv/bin/python -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --implementation cp \
    --python-version "$python" "${platforms[@]}" --platform manylinux2014_x86_64 -d "$wheels" "$package==$version"
done
for wheel in "$wheels"/*.whl; do .venv/bin/python -m zipfile -e "$wheel" "$bundle/site"; done
(
  cd "$bundle/site"
  rm -rf openvino/libs/*{gpu,npu}_plugin* openvino/libs/cache.json openvino/libs/*_{pytorch,tensorflow,tensorflow_lite}_frontend* \
    openvino/libs/*_{paddle,jax,gguf}_frontend* openvino/include openvino/cmake onnx/backend/test onnx/test numpy/tests \
    numpy/*/tests numpy/f2py onnxruntime/transformers onnxruntime/datasets onnxruntime/tools ./*.data
)

cp -r bench/__init__.py bench/cpu bench/models "$bundle/bench/"
find "$bundle" -name __pycache__ -prune -exec rm -r {} +
cat >"$bundle/run.sh" <<'RUN'
#!/usr/bin/env bash
# run.sh [flags of bench/cpu/run.py]: the CPU benchmark in this folder; results come to bench/results.
cd "$(dirname "${BASH_SOURCE[0]}")"
exec env PYTHONPATH="$PWD/site" PYTHONUNBUFFERED=1 python3 bench/cpu/run.py "$@"
RUN
chmod +x "$bundle/run.sh"

tar -C build -c cpu_bundle | xz -T0 -5 >"$bundle.tar.xz"
megabytes=$(($(stat -c %s "$bundle.tar.xz") / 1000000))
echo "$bundle.tar.xz: $megabytes MB, for Python $python"
[ $megabytes -lt $limit_mb ] || { echo "cpu_bundle: over $limit_mb MB"; exit 1; }
