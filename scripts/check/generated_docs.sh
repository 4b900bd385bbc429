#!/usr/bin/env bash
# Documents that are generated from the code are as the code says.
set -uo pipefail
if [ ! -x build/bin/ingot ]; then
  echo "generated documents: skipped, there is no build/bin/ingot (run make build)"
  exit 0
fi
if ! fresh=$(build/bin/ingot docs ops 2>/dev/null); then
  echo "generated documents: skipped, build/bin/ingot has no command \`docs ops\` yet"
  exit 0
fi
if ! diff=$(diff -u docs/ops.md - <<<"$fresh" 2>&1); then
  echo "docs/ops.md:1: is not what the definitions in ops/ say; run: build/bin/ingot docs ops > docs/ops.md"
  head -20 <<<"$diff"
  exit 1
fi
echo "generated documents: good"
