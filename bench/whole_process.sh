#!/bin/bash
# Times the whole program as a user waits for it, start to exit, and prints a table.
# whole_process.sh BUILD [MIDI_FOLDER]
#   MIDI_FOLDER  also reads every MIDI file under it
# RUNS=9 and COUNT=10000 may be set to other numbers.
# Without weights of the seed preset (or AFFETTO_BENCH_MODEL=FILE), random ones are used: the time is the same.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
affetto=$1/app/affetto
tools=$1/bench
midi=${2:-}
[ -x "$affetto" ] || { echo "error: there is no $affetto; build the target affetto" >&2; exit 1; }
runs=${RUNS:-9}
count=${COUNT:-10000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

model=${AFFETTO_BENCH_MODEL:-$here/../weights/seed.safetensors}
if [ ! -f "$model" ]; then
  model=$folder/random.safetensors
  "$tools/bench_model" 1x128 "$model"
fi
common=(--model "$model" --emotion happy --seed 7 --notes 120 --quiet)
common+=(--primer "$folder/primer.mid")

# A run's wall milliseconds and peak megabytes, by its own exit record.
once() {
  /usr/bin/time -v -o "$folder/time" "$@" >/dev/null
  awk -F': ' '/Elapsed/ { n = split($2, part, ":"); for (i = 1; i <= n; i++) wall = wall * 60 + part[i] }
              /Maximum resident/ { peak = $2 / 1024 }
              END { printf "%.0f %.1f\n", 1000 * wall, peak }' "$folder/time"
}
median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
met() { awk "BEGIN { print ($1 <= $2) ? \"yes\" : \"**no**\" }"; }
# Milliseconds to more than time's own two digits.
milliseconds() {
  local began ended
  began=$(date +%s%N)
  "$@" >/dev/null
  ended=$(date +%s%N)
  awk "BEGIN { printf \"%.1f\n\", ($ended - $began) / 1e6 }"
}

"$affetto" generate --model "$model" --primer none --notes 60 --seed 3 --quiet -o "$folder/primer.mid" >/dev/null
echo
echo "## Whole process"
echo
echo "| work | measured | target | met |"
echo "|---|---|---|---|"

single=("$affetto" generate "${common[@]}" --force -o "$folder/one.mid")
"${single[@]}" >/dev/null
wall=$(for _ in $(seq "$runs"); do milliseconds "${single[@]}"; done | median)
peak=$(for _ in $(seq "$runs"); do once "${single[@]}" | cut -d' ' -f2; done | median)
echo "| 120 notes from a MIDI primer, wall, median of $runs | $wall ms | under 50 ms | $(met "$wall" 50) |"
echo "| the same, peak memory | $peak MB | under 80 MB | $(met "$peak" 80) |"

batch() {
  local state=$1 target=$2 result seconds files
  result=$(once "$affetto" generate "${common[@]}" --state "$state" --count "$count" -o "$folder/$state")
  seconds=$(awk "BEGIN { print ${result% *} / 1000 }")
  files=$(find "$folder/$state" -name '*.mid' | wc -l)
  [ "$files" -eq "$count" ] || { echo "error: $files of $count pieces were written" >&2; exit 1; }
  rm -rf "${folder:?}/$state"
  echo "| $count pieces of 120 notes as files, $state, encloser on | $seconds s, ${result#* } MB |" \
    "under $target s | $(met "$seconds" "$target") |"
}
batch window 20
batch carry 4

if [ -n "$midi" ]; then
  "$tools/bench_io" --benchmark_filter=midi_folder --midi-folder="$midi" --benchmark_format=json \
    >"$folder/io.json" 2>"$folder/io.log" || { cat "$folder/io.log" >&2; exit 1; }
  python3 - "$folder/io.json" <<'PYTHON'
import json, sys
row = json.load(open(sys.argv[1]))["benchmarks"][0]
what = row["label"].split(" | ")[0]
met = "yes" if row["ours"] > row["target"] else "**no**"
print(f"| {what} of a folder, one core | {row['ours']:.0f} MB/s | over {row['target']:.0f} MB/s | {met} |")
PYTHON
fi
echo
