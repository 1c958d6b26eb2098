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
  log=$build/findings/$name.log
  if ! AFFETTO_FUZZ_CORPUS="$build/corpus/$name" "$target" "$build/corpus/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$build/findings/$name-" -print_final_stats=1 >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "error: $name: a finding, its input is in $build/findings" >&2
    exit 1
  fi
  grep -E 'stat::number_of_executed_units' "$log"
done
test "$found" -gt 0 || { echo "error: no fuzz target in $build" >&2; exit 1; }
echo "$found fuzz targets, 0 findings"
