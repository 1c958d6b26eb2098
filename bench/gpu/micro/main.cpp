// What the machine's parts cost: the constants behind every prediction (bench/gpu/machine.h), measured.
//
// bench_gpu_micro [--list] [NAME...]   runs all, or those named; a line of JSON per number on standard output
//
// A kernel that traps spoils the process, so bench/on-gpu.sh gives each name a process of its own.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "bench/gpu/micro/lab.h"

namespace {

using bench::gpu::Lab;

struct Micro {
  const char* name;
  void (*run)(Lab&);
};

constexpr Micro kMicros[] = {
    {"clock", bench::gpu::measure_clock},       {"launch", bench::gpu::measure_launches},
    {"exchange", bench::gpu::measure_exchange}, {"cluster", bench::gpu::measure_clusters},
    {"mufu", bench::gpu::measure_mufu},         {"memory", bench::gpu::measure_memory},
    {"mma", bench::gpu::measure_mma},           {"block", bench::gpu::measure_block},
};

bool wanted(const std::vector<std::string>& names, const char* name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

void check_names(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const bool known =
        std::any_of(std::begin(kMicros), std::end(kMicros), [&](const Micro& m) { return m.name == name; });
    if (!known) throw std::invalid_argument("no micro-benchmark is called " + name + "; --list names them");
  }
}

int run(const std::vector<std::string>& names) {
  bench::gpu::Report report(stdout);
  const kernels::DeviceState state = kernels::device_state();
  for (const Micro& micro : kMicros) {
    if (!wanted(names, micro.name)) continue;
    if (!state.available) {
      report.not_measured(micro.name, "no GPU (" + state.why_not + ")");
      continue;
    }
    try {
      Lab lab(report, state.info);
      micro.run(lab);
    } catch (const std::exception& error) {
      report.failed(micro.name, error.what());
    }
  }
  return report.any_failed() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments == std::vector<std::string>{"--list"}) {
    for (const Micro& micro : kMicros) std::puts(micro.name);
    return 0;
  }
  check_names(arguments);
  return run(arguments);
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 2;
}
