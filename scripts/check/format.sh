#!/usr/bin/env bash
# C++ and CUDA sources are formatted by .clang-format; `make format` mends them.
set -uo pipefail
mapfile -t files < <(git ls-files -co --exclude-standard --deduplicate -- '*.h' '*.cpp' '*.cuh' '*.cu' |
  while read -r f; do [ -f "$f" ] && echo "$f"; done)
[ ${#files[@]} -gt 0 ] || { echo "format: no sources yet"; exit 0; }
if [ "${1:-}" = --fix ]; then
  .venv/bin/clang-format -i "${files[@]}"
  echo "format: ${#files[@]} sources formatted"
  exit 0
fi
# One line per file is enough to know what to do.
found=$(printf '%s\0' "${files[@]}" | xargs -0 -P 2 -n 64 .venv/bin/clang-format --dry-run 2>&1 |
  grep -E '^[^ ]+:[0-9]+:[0-9]+: (warning|error)' | sort -t: -k1,1 -k2,2n | awk -F: '!seen[$1]++ {print $1 ":" $2 ": is not formatted; run make format"}')
if [ -n "$found" ]; then
  echo "$found"
  echo "format of ${#files[@]} sources: $(wc -l <<<"$found") problem(s)"
  exit 1
fi
echo "format of ${#files[@]} sources: good"
