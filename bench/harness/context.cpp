#include "bench/harness/context.h"

#include <benchmark/benchmark.h>

#include <fstream>
#include <string>
#include <thread>

#include "bench/baselines/libtorch.h"
#include "kernels/cpu/isa.h"

namespace bench {
namespace {

#ifdef __clang__
constexpr const char* kCompiler = __VERSION__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

void add_context() {
  benchmark::AddCustomContext("processor", processor());
  benchmark::AddCustomContext("cores", std::to_string(std::thread::hardware_concurrency()));
  benchmark::AddCustomContext("affetto_isa", kernels::name_of(kernels::active_isa()));
  benchmark::AddCustomContext("compiler", kCompiler);
  for (const auto& [name, value] : libtorch::facts()) benchmark::AddCustomContext(name, value);
}

}  // namespace bench
