#!/usr/bin/env bash
# Packs what a GPU machine needs into build/gpu_bundle.tar.xz: programs, tests, our libraries and those that they need
# from the system, the benchmarks. The machine needs an NVIDIA driver, and Python with PyTorch for the benchmarks.
#
#   tar xf gpu_bundle.tar.xz && gpu_bundle/run.sh env | test [--fast] | bench [flags of bench/gpu/run.py] |
#   bench-int8 [flags of bench/gpu/int8.py] | COMMAND...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bundle=build/gpu_bundle
limit_mb=50
rm -rf "$bundle" "$bundle.tar.xz"
mkdir -p "$bundle/build/bin" "$bundle/build/lib" "$bundle/scripts" "$bundle/bench"

programs=(trtexec ingot gpu_tests check_on_gpu shape_times run_costs)
cmake --build build --target gpu_tests check_on_gpu shape_times run_costs
for program in "${programs[@]}"; do
  [ -x "build/bin/$program" ] || { echo "gpu_bundle: build/bin/$program is not there"; exit 1; }
  strip -o "$bundle/build/bin/$program" "build/bin/$program"
done
for library in runtime compiler cpu cuda decode; do
  strip -o "$bundle/build/lib/libingot_$library.so" "build/lib/libingot_$library.so"
done
cp -L build/lib/libdnnl.so.3 "$bundle/build/lib/"

# What the system gives here and may lack there. The C++ runtime and libc come from there: newer ones are compatible.
own() { find "$bundle/build/bin" "$bundle/build/lib" -type f; }
foreign='^(linux-vdso|ld-linux|libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s|libingot_|libdnnl)'
own | xargs ldd 2>/dev/null | sed -n 's/^\t\(lib[^ ]*\) => \(\/[^ ]*\) .*/\1 \2/p' | sort -u | while read -r name path; do
  [[ $name =~ $foreign ]] || cp -L "$path" "$bundle/build/lib/$name"
done

cp -r bench/__init__.py bench/cpu bench/gpu bench/models "$bundle/bench/"
cp scripts/gpu_test.sh "$bundle/scripts/"
find "$bundle" -name __pycache__ -prune -exec rm -r {} +
cat >"$bundle/run.sh" <<'RUN'
#!/usr/bin/env bash
# run.sh env | test [--fast] | bench [flags] | bench-int8 [flags] | COMMAND...: in this folder, with its programs on the path.
cd "$(dirname "${BASH_SOURCE[0]}")"
export PATH="$PWD/build/bin:$PATH" PYTHONUNBUFFERED=1
# NVIDIA's libraries of this Python (PyTorch's) go first, so that both sides of a comparison use the same.
: "${INGOT_CUDA_PATH:=$(python3 -c 'import glob, sysconfig
print(":".join(sorted(glob.glob(sysconfig.get_paths()["purelib"] + "/nvidia/*/lib"))))' 2>/dev/null)}"
export INGOT_CUDA_PATH
case ${1:-} in
  env) ingot env ;;
  test) shift; bash scripts/gpu_test.sh "$@" ;;
  bench) shift; python3 bench/gpu/run.py "$@" ;;
  bench-int8) shift; python3 bench/gpu/int8.py "$@" ;;
  '') sed -n 2p run.sh ;;
  *) "$@" ;;
esac
RUN
chmod +x "$bundle/run.sh"

# Everything of ours must find what it needs beside itself, as on a machine that has none of our packages.
while read -r file; do
  outside=$(ldd "$file" | sed -n 's/^\t\(lib[^ ]*\) => \([^ ]*\).*/\1 \2/p' | grep -v " $PWD/$bundle/" |
    grep -Ev '^(libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s|libgomp)\.so' || true)
  [ -z "$outside" ] || { echo "gpu_bundle: $file needs $outside"; exit 1; }
done < <(own | grep "/bin/\|/libingot_")

tar -C build -c gpu_bundle | xz -T0 -6 >"$bundle.tar.xz"
megabytes=$(($(stat -c %s "$bundle.tar.xz") / 1000000))
echo "$bundle.tar.xz: $megabytes MB"
[ $megabytes -lt $limit_mb ] || { echo "gpu_bundle: over $limit_mb MB"; exit 1; }
