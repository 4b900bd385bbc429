#!/usr/bin/env bash
# Installs what a make target needs and nothing twice: system packages (apt), Python packages (.venv), oneDNN (.deps).
#
#   scripts/setup.sh build|test|check|bench|fuzz ...
#
# Apart from system packages nothing is written outside of the checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

onednn_version=2023.2.0 # the wheels' number; it is oneDNN 3.2.0 on libgomp

packages=(
  g++ cmake ninja-build ccache mold python3 python3-venv python3-dev
  libfmt-dev libprotozero-dev libflatbuffers-dev flatbuffers-compiler libxxhash-dev nlohmann-json3-dev
  libturbojpeg0-dev libpng-dev zlib1g-dev
  libgtest-dev libbenchmark-dev
)

# The fuzz targets need a clang whose sanitizers and libFuzzer fit C++20's ranges.
for group in "$@"; do
  [ "$group" != fuzz ] || packages+=(clang-19 libclang-rt-19-dev)
done

say() { echo "setup: $*"; }

install_system_packages() {
  command -v dpkg-query >/dev/null || { say "no apt here: please install the equivalents of: ${packages[*]}"; return 0; }
  local missing
  missing=$(comm -23 <(printf '%s\n' "${packages[@]}" | sort) <(dpkg-query -W -f '${Package} ${Status}\n' "${packages[@]}" 2>/dev/null |
    sed -n 's/ install ok installed$//p' | sort))
  [ -n "$missing" ] || return 0
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { say "as root, please run: apt-get install" $missing; exit 1; }
    as_root=(sudo)
  fi
  say "apt-get install" $missing
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# once NAME VERSION COMMAND...: runs the command unless it has run for this version (.deps/stamps remembers).
once() {
  local stamp=".deps/stamps/$1" key=$2
  shift 2
  [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && return 0
  "$@"
  mkdir -p .deps/stamps
  echo "$key" >"$stamp"
}

pip() { .venv/bin/python -m pip --no-cache-dir --disable-pip-version-check --quiet "$@"; }

make_venv() {
  [ -x .venv/bin/python ] && .venv/bin/python -c 'import pip' 2>/dev/null && return 0
  say "making .venv with $(python3 --version)"
  python3 -m venv --clear .venv
  rm -rf .deps/stamps/python-*
}

install_python_group() {
  say "pip install -r scripts/requirements-$1.txt"
  pip install -r "scripts/requirements-$1.txt"
}

# The wheel holds three copies of the library, as wheels cannot hold symbolic links; one is kept.
install_onednn() {
  say "oneDNN $onednn_version (wheels onednn-cpu-gomp, onednn-devel-cpu-gomp) into .deps/onednn"
  rm -rf .deps/onednn .deps/onednn.new
  pip install --no-deps --ignore-installed --prefix .deps/onednn.new \
    "onednn-cpu-gomp==$onednn_version" "onednn-devel-cpu-gomp==$onednn_version"
  local lib=.deps/onednn.new/lib name
  for name in libdnnl.so.3 libdnnl.so; do
    [ ! -e "$lib/$name" ] || ln -sf "$(basename "$(ls "$lib"/libdnnl.so.3.?)")" "$lib/$name"
  done
  mv .deps/onednn.new .deps/onednn
}

[ $# -gt 0 ] || { sed -n '2,6p' "$0"; exit 2; }
mkdir -p .deps
exec 9>.deps/setup.lock
flock 9
install_system_packages
make_venv
for group in "$@"; do
  [ "$group" != fuzz ] || continue
  once "python-$group" "$(cat "scripts/requirements-$group.txt" scripts/requirements-test.txt | cksum)" install_python_group "$group"
  [ "$group" != build ] || once onednn "$onednn_version" install_onednn
done
