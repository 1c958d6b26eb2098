#!/bin/bash
# Runs every fuzz target of a build for so many seconds; a finding ends it with its input kept.
# fuzz.sh BUILD SECONDS
set -euo pipefail
build=$1
seconds=$2
mkdir -p "$build/corpus" "$build/findings"
found=0
for target in "$build"/tests/fuzz/*_fuzz; do
  name=$(basename "$target")
  mkdir -p "$build/corpus/$name"
  found=$((found + 1))
  echo "$name: $seconds s"
  "$target" "$build/corpus/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$build/findings/$name-" -verbosity=0 -print_final_stats=1 2>&1 | grep -E 'stat::number_of_executed|ERROR|SUMMARY|artifact' || true
  test "${PIPESTATUS[0]}" -eq 0
done
test "$found" -gt 0 || { echo "error: no fuzz target in $build" >&2; exit 1; }
echo "$found fuzz targets, 0 findings"
