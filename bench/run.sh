#!/bin/bash
# Runs all CPU benchmarks of a build and writes bench/results/cpu-DATE.{json,md}; about 20 minutes on a quiet machine.
# run.sh BUILD [--quick] [FILTER]
#   --quick  a look in a few minutes: short samples, no large windows, results into BUILD/bench instead
#   FILTER   only rows whose name matches, also into BUILD/bench
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
programs=$1/bench
shift
[ -x "$programs/bench_generation" ] || {
  echo "error: there is no $programs/bench_generation" >&2
  echo "hint: cmake --preset bench && cmake --build --preset bench" >&2
  exit 1
}

timing=()
filter=
out=$here/results/cpu-$(date -u +%Y-%m-%d)
for argument in "$@"; do
  out=$programs/quick
  if [ "$argument" = --quick ]; then
    timing=(--rounds=3 --seconds=0.05)
    filter='-3x512/window.*batch:(32|256)'
  else
    filter=$argument
  fi
done

# Debian's OpenBLAS may not know a newer processor and falls back to 128-bit kernels; AVX-512 is what LibTorch deserves.
if [ -z "${OPENBLAS_CORETYPE:-}" ] && grep -qw avx512vl /proc/cpuinfo; then
  export OPENBLAS_CORETYPE=SkylakeX
fi
commit=$(git -C "$here" describe --always --dirty 2>/dev/null || echo unknown)
load=$(cut -d' ' -f1 /proc/loadavg)
if awk "BEGIN { exit !($load > 0.5) }"; then
  echo "warning: the load average is $load; other work on this machine disturbs the numbers" >&2
fi

failed=0
parts=()
for program in generation training face_network io; do
  part=$programs/$program.json
  rm -f "$part"
  if ! "$programs/bench_$program" --benchmark_filter="${filter:-.}" --benchmark_list_tests 2>/dev/null | grep -q .; then
    continue  # nothing here matches the filter
  fi
  "$programs/bench_$program" "${timing[@]}" --benchmark_filter="${filter:-.}" --benchmark_out="$part" \
    --benchmark_out_format=json --benchmark_context=commit="$commit" || failed=1
  [ -s "$part" ] && parts+=("$part")
done
[ ${#parts[@]} -gt 0 ] || { echo "error: no row was run" >&2; exit 1; }
python3 "$here/summarise.py" "$out" "${parts[@]}"
if [ -x "$programs/../app/affetto" ] && [ -z "$filter" ]; then
  "$here/whole_process.sh" "$programs/.." | tee -a "$out.md"
fi
exit $failed
