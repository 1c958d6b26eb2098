#!/bin/bash
# Collects what a bare GPU machine lacks into .carry/ (about 4 MB, ignored by git): the headers of nlohmann-json and
# CLI11, GoogleTest and Google Benchmark with their libraries for x86-64. Copy the folder along with the source;
# bench/on-gpu.sh passes it to CMake. Run it on a machine where the distribution's packages are installed:
# apt-get install nlohmann-json3-dev libcli11-dev libgtest-dev libbenchmark-dev
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/.carry
[ "$(uname -m)" = x86_64 ] || { echo "error: this machine is $(uname -m); its libraries do not run on x86-64" >&2; exit 1; }
rm -rf "$out"
mkdir -p "$out/include" "$out/lib/cmake/benchmark"
echo '*' >"$out/.gitignore"

# The folder of a header as the compiler finds it.
folder_of() {
  local found
  found=$(echo "#include <$1>" | g++ -std=c++20 -x c++ -M - 2>/dev/null | tr ' ' '\n' | grep "/$1\$") ||
    { echo "error: there is no header $1; apt-get install $2" >&2; return 1; }
  dirname "${found%%$'\n'*}"
}
library() {
  local found
  found=$(g++ -print-file-name="$1")
  [ -f "$found" ] || { echo "error: there is no $1; apt-get install $2" >&2; return 1; }
  readlink -f "$found"
}

headers() {
  local folder
  folder=$(folder_of "$1" "$2")
  cp -rL "$folder" "$out/include/"
}
headers nlohmann/json.hpp nlohmann-json3-dev
headers CLI/CLI.hpp libcli11-dev
headers gtest/gtest.h libgtest-dev
headers benchmark/benchmark.h libbenchmark-dev
for name in libgtest.a libgtest_main.a; do
  archive=$(library $name libgtest-dev)
  cp "$archive" "$out/lib/$name"
done

# Debian has Google Benchmark as a shared library only: under the name that programs will ask for.
shared=$(library libbenchmark.so libbenchmark-dev)
soname=$(readelf -d "$shared" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
cp "$shared" "$out/lib/$soname"
cat >"$out/lib/cmake/benchmark/benchmarkConfig.cmake" <<CMAKE
add_library(benchmark::benchmark SHARED IMPORTED)
set_target_properties(benchmark::benchmark PROPERTIES
  IMPORTED_LOCATION \${CMAKE_CURRENT_LIST_DIR}/../../$soname
  INTERFACE_INCLUDE_DIRECTORIES \${CMAKE_CURRENT_LIST_DIR}/../../../include
  INTERFACE_LINK_LIBRARIES Threads::Threads)
CMAKE
git -C "$root" describe --always --dirty >"$out/commit" 2>/dev/null || echo unknown >"$out/commit"
echo "$out: $(du -sh "$out" | cut -f1), commit $(cat "$out/commit")"
