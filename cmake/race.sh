#!/bin/bash
# Runs a test program of the thread sanitizer's build: its name if all is well, else what it printed.
# race.sh PROGRAM
# Tests named *Preset* are left out: networks of full size, whose small copies meet the same kernels and races, take the
# sanitizer minutes and gigabytes.
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
start=$SECONDS
if "$1" --gtest_brief=1 --gtest_filter='-*Preset*' >"$log" 2>&1; then
  echo "$(basename "$1"): $(grep -oE '[0-9]+ tests? from' "$log" | head -n 1 | grep -oE '[0-9]+') tests, $((SECONDS - start)) s"
else
  cat "$log"
  echo "error: $1 failed under the thread sanitizer" >&2
  exit 255  # xargs starts no more
fi
