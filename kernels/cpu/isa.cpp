#include "kernels/cpu/isa.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace kernels {
namespace {

bool runs_here(Isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case Isa::baseline:
      return true;
    case Isa::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    case Isa::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
  }
  return false;
#else
  return isa == Isa::baseline;
#endif
}

Isa first_choice() {
  const std::vector<Isa> levels = available_isas();
  if (const char* wanted = std::getenv("AFFETTO_ISA")) {
    const std::optional<Isa> isa = find_isa(wanted);
    if (isa && std::ranges::find(levels, *isa) != levels.end()) return *isa;
  }
  return levels.back();
}

std::atomic<Isa>& active() {
  static std::atomic<Isa> isa{first_choice()};
  return isa;
}

}  // namespace

std::vector<Isa> available_isas() {
  std::vector<Isa> levels;
  for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512}) {
    if (runs_here(isa)) levels.push_back(isa);
  }
  return levels;
}

Isa active_isa() { return active().load(std::memory_order_relaxed); }

void set_isa(Isa isa) {
  if (!runs_here(isa)) {
    throw std::invalid_argument(std::string("instruction set ") + name_of(isa) + " is not available on this processor");
  }
  active().store(isa, std::memory_order_relaxed);
}

const char* name_of(Isa isa) {
  switch (isa) {
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    default:
      return "baseline";
  }
}

std::optional<Isa> find_isa(const std::string& name) {
  for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512}) {
    if (name == name_of(isa)) return isa;
  }
  return std::nullopt;
}

}  // namespace kernels
