#!/bin/bash
# Everything that only a GPU can answer, in one go: builds on a bare machine (NVIDIA GPU, CUDA toolkit, CMake, PyTorch),
# then tests, fixtures, sanitizer, micro-benchmarks, headline rows, matrix, and with what time is left bench/tune. Each stage
# has a time limit of its own, writes what it has as it comes, and says "not run: why" where it cannot; the summary comes last.
# on-gpu.sh [--quick]
#   --quick  tests and headline rows: two minutes beside the build
# OUT=DIR        where the files go; else bench/results/gpu-DATE
# BUILD=DIR      the build folder; else build/gpu
# MINUTES=9      all of it, in minutes
# PATIENCE=1     multiplies every limit: for a slow machine
# Run bench/carry.sh beforehand, where the distribution's packages are; its folder .carry/ travels with the source.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
quick=
case ${1:-} in
  '') ;;
  --quick) quick=1 ;;
  *) sed -n '2,12p' "$0" >&2; exit 2 ;;
esac
out=${OUT:-$root/bench/results/gpu-$(date -u +%Y-%m-%d)}
build=${BUILD:-$root/build/gpu}
patience=${PATIENCE:-1}
deadline=$(($(date +%s) + ${MINUTES:-9} * 60 * patience))
mkdir -p "$out" "$build"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$out/log.txt
stages=$work/stages.tsv
: >"$log"
: >"$stages"
tool="python3 $root/bench/gpu/report.py"

say() { echo "$*" | tee -a "$log"; }
left() { echo $((deadline - $(date +%s))); }
note() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$stages"; say "== $1: $2 ($3 s) $4"; }

# limited SECONDS COMMAND...: at most so long, and at most what is left of the whole; 124 when it took longer.
limited() {
  local seconds=$(($1 * patience)) rest
  shift
  rest=$(left)
  [ "$rest" -gt 5 ] || { echo "no time left" >&2; return 124; }
  [ "$seconds" -le "$rest" ] || seconds=$rest
  timeout -k 5 "$seconds" "$@"
}
# stage NAME FUNCTION: the function prints to the log; the last line of $work/why says why it did not run.
stage() {
  local name=$1 began code state why
  shift
  : >"$work/why"
  began=$(date +%s)
  say "== $name"
  "$@" >>"$log" 2>&1
  code=$?
  why=$(tail -1 "$work/why")
  case $code in
    0) state='done' ;;
    77) state="not run" ;;
    124 | 137) state="stopped" why="the time limit; what was done is kept" ;;
    *) state=FAILED ;;
  esac
  note "$name" "$state" $(($(date +%s) - began)) "$why"
}
not_run() { echo "$*" >"$work/why"; return 77; }
because() { echo "$*" >"$work/why"; }

configure() {
  local generator=() options=(-DCMAKE_BUILD_TYPE=Release -DAFFETTO_BENCH=ON "-DAFFETTO_TESTS=$tests" "$@")
  command -v ninja >/dev/null && [ ! -f "$build/Makefile" ] && generator=(-G Ninja)
  [ -d "$root/.carry" ] && options+=("-DCMAKE_PREFIX_PATH=$root/.carry")
  cmake -S "$root" -B "$build" "${generator[@]}" "${options[@]}"
}
compile() {
  local keep_going=-k
  [ -f "$build/build.ninja" ] && keep_going="-k 0"
  # shellcheck disable=SC2086
  limited "$1" cmake --build "$build" -j "$(nproc)" --target "${@:2}" -- $keep_going
}
# Without GoogleTest the rest still builds; without Google Benchmark nothing of bench/ does.
build_all() {
  local targets code
  command -v cmake >/dev/null || { not_run "cmake is not there"; return; }
  tests=ON
  if ! configure; then
    tests=OFF
    echo "CMake refused the tests: see log.txt; bench/carry.sh brings GoogleTest" >"$work/no_tests"
    configure || { because "CMake refused: see log.txt; bench/carry.sh collects what is missing"; return 1; }
  fi
  targets=$(cmake --build "$build" --target help | grep -oE '\b[a-z0-9_]+_test_cuda\b' | sort -u)
  # shellcheck disable=SC2086
  compile 240 bench_gpu_micro bench_gpu_cudnn bench_gpu_model bench_gpu_multinomial bench_gpu_generation bench_gpu_faces bench_gpu_tune $targets
  code=$?
  if [ ! -x "$build/bench/gpu/bench_gpu_generation" ] && [ $code -ne 124 ]; then
    because "without LibTorch, which does not build here: see log.txt"
    configure -DAFFETTO_BENCH_LIBTORCH=OFF && compile 120 bench_gpu_generation bench_gpu_faces bench_gpu_tune bench_gpu_multinomial
    return
  fi
  [ $code -eq 0 ] || because "some targets are missing: see log.txt"
  return $code
}

program() { echo "$build/bench/gpu/$1"; }
test_programs() { find "$build/tests" -name '*_test_cuda' -type f -perm -u+x 2>/dev/null | sort; }

kernel_tests() {
  local programs name code=0 one
  programs=$(test_programs)
  [ -n "$programs" ] || { not_run "$(cat "$work/no_tests" 2>/dev/null || echo "no test program was built: see log.txt")"; return; }
  for one in $programs; do
    name=$(basename "$one")
    limited 30 "$one" --gtest_brief=1 --gtest_output="json:$work/$name.json" || {
      code=1
      [ -s "$work/$name.json" ] || echo "$name" >>"$work/unfinished"
    }
    $tool tests "$out/tests.json" "$work"/*_cuda.json
  done
  if [ -s "$work/unfinished" ]; then
    because "did not end: $(tr '\n' ' ' <"$work/unfinished")"
  else
    because "$($tool count "$out/tests.json")"
  fi
  return $code
}

# What the wrappers' micro-tests got on the GPU, for the host's tests to replay.
fixtures() {
  local one=$work/device_test_cuda.json
  [ -s "$one" ] || { not_run "device_test_cuda did not run"; return; }
  $tool fixtures "$out/fixtures.json" "$one" >"$work/why" || return 77
}

sanitize() {
  local programs one kind code=0 tool_path until=$(($(date +%s) + 75 * patience))
  tool_path=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null) ||
    { not_run "compute-sanitizer is not there"; return; }
  command -v nvidia-smi >/dev/null || { not_run "no GPU"; return; }
  programs=$(test_programs)
  [ -n "$programs" ] || { not_run "no test program was built"; return; }
  : >"$out/sanitizer.txt"
  for kind in memcheck racecheck synccheck; do
    for one in $programs; do
      [ "$(date +%s)" -lt "$until" ] || break 2
      echo "== $kind $(basename "$one")" >>"$out/sanitizer.txt"
      limited 20 "$tool_path" --tool $kind --error-exitcode 9 "$one" --gtest_brief=1 >"$work/one.txt" 2>&1
      case $? in
        0) echo clean ;;
        9) code=1 && tail -40 "$work/one.txt" ;;
        124 | 137) echo "stopped: the time limit" ;;
        *) tail -15 "$work/one.txt" ;;
      esac >>"$out/sanitizer.txt"
      if grep -q 'Device not supported' "$work/one.txt"; then
        not_run "compute-sanitizer refuses this device"
        return
      fi
    done
  done
  because "$(grep -c '^clean' "$out/sanitizer.txt") of $(grep -c '^== ' "$out/sanitizer.txt") runs clean"
  return $code
}

# Each in a process of its own: one that traps spoils the rest of its process only.
micro() {
  local name code=0 one
  [ -x "$(program bench_gpu_micro)" ] || { not_run "bench_gpu_micro was not built"; return; }
  : >"$out/micro.jsonl"
  for name in $("$(program bench_gpu_micro)" --list); do
    limited 15 "$(program bench_gpu_micro)" "$name" >>"$out/micro.jsonl"
    one=$?
    [ $one -eq 0 ] || code=1
    [ $one -lt 124 ] || echo "{\"name\": \"$name\", \"failed\": \"ended by code $one\"}" >>"$out/micro.jsonl"
  done
  limited 60 "$(program bench_gpu_cudnn)" >>"$out/micro.jsonl" || code=1
  limited 30 "$(program bench_gpu_multinomial)" >>"$out/micro.jsonl" || code=1
  because "$($tool count-rows "$out/micro.jsonl")"
  return $code
}

# generation SECONDS ROUNDS SAMPLE FILTER
generation() {
  [ -x "$(program bench_gpu_generation)" ] || { not_run "bench_gpu_generation was not built"; return; }
  limited "$1" "$(program bench_gpu_generation)" --lines="$out/generation.jsonl" --budget=$(($1 * patience * 9 / 10)) \
    --rounds="$2" --seconds="$3" --benchmark_filter="$4"
  local code=$?
  because "$($tool count-rows "$out/generation.jsonl")"
  return $code
}
headline() {
  generation 75 5 0.1 \
    '^(device(_fp16)?/1x128/.*/batch:(1|16384)/encloser:off|device(_fp16)?/3x512/carry/batch:1/|rung/1x128/(window|carry)/batch:1/encloser:on|cpu/1x128/.*/batch:1/encloser:off)'
}
faces() {
  [ -x "$(program bench_gpu_faces)" ] || { not_run "bench_gpu_faces was not built"; return; }
  limited 45 "$(program bench_gpu_faces)" --lines="$out/faces.jsonl" --budget=$((40 * patience)) --rounds=3 --seconds=0.05
  local code=$?
  because "$($tool count-rows "$out/faces.jsonl")"
  return $code
}
matrix() {
  generation 150 3 0.05 \
    '^(device(_fp16)?/.*/batch:(32|1024)/encloser:off|rung/.*encloser:off|host/|device(_fp16)?/.*encloser:on|device(_fp16)?/3x)'
}

# The table that kernels are chosen by: as far as the time goes, the next run goes on. A lent GPU is better used by
# BUILD=... bench/tune --budget 280 alone, with tune.jsonl of the run before beside it.
tune() {
  local code rest
  [ -x "$(program bench_gpu_tune)" ] || { not_run "bench_gpu_tune was not built"; return; }
  rest=$(($(left) - 10))
  [ "$rest" -gt 20 ] || { not_run "no time is left: bench/tune alone, on the same build"; return; }
  limited "$rest" "$root/bench/tune" --build "$build" --lines "$out/tune.jsonl" --out "$out" --budget $((rest * 8 / 10)) >"$work/tune.txt" 2>&1
  code=$?
  cat "$work/tune.txt"
  because "$(tail -1 "$work/tune.txt")"
  [ $code -ne 3 ] || return 0
  return $code
}

# GPU, driver, clocks and versions; while it runs, the SM clock twice a second.
conditions() {
  $tool conditions "$out/conditions.json" "$root" "$build" "$work/clocks"
}
if command -v nvidia-smi >/dev/null; then
  nvidia-smi --query-gpu=clocks.sm --format=csv,noheader,nounits -lms 500 >"$work/clocks" 2>/dev/null &
  watcher=$!
  trap 'kill $watcher 2>/dev/null; rm -rf "$work"' EXIT
fi

rm -f "$out"/{tests,fixtures,conditions}.json "$out"/{micro,generation,faces}.jsonl "$out/sanitizer.txt" "$out/summary.md"
stage build build_all
stage conditions conditions
stage "kernel tests" kernel_tests
stage fixtures fixtures
stage headline headline
if [ -z "$quick" ]; then
  stage micro micro
  stage sanitizer sanitize
  stage faces faces
  stage matrix matrix
  stage tune tune
fi
conditions >>"$log" 2>&1
$tool summary "$out" "$stages"
! grep -q $'\tFAILED\t' "$stages"
