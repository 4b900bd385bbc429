#!/usr/bin/env bash
# Runs every check of scripts/check, shows what each found, and fails if one did. `make check` calls it.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

checks=(
  "bash scripts/check/format.sh"
  "python scripts/check/include_rules.py"
  "python scripts/check/file_shape.py"
  "python scripts/check/doc_links.py"
  "python scripts/check/foreign_words.py"
  "python scripts/check/every_part_tested.py"
  "bash scripts/check/generated_docs.sh"
  "bash scripts/check/without_cuda.sh"
  "python scripts/check/kernels.py"
  "python scripts/check/lint.py"
)

failed=0
for check in "${checks[@]}"; do
  if output=$(PATH="$PWD/.venv/bin:$PATH" $check 2>&1); then
    echo "$output"
  else
    echo "$output" | sed '$!s/^/  /; $s/^/FAILED /'
    failed=$((failed + 1))
  fi
done
[ $failed = 0 ] || { echo "$failed of ${#checks[@]} checks failed"; exit 1; }
echo "all ${#checks[@]} checks passed"
