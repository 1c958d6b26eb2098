// The SM's clock while one block is busy: what turns cycles into time at low load.
#include "bench/gpu/micro/lab.h"
#include "kernels/device/launch.cuh"

namespace bench::gpu {
namespace {

__global__ void spin(long long cycles, long long* spun) {
  const long long began = clock64();
  long long now = began;
  while (now - began < cycles) now = clock64();
  *spun = now - began;
}

}  // namespace

void measure_clock(Lab& lab) {
  constexpr long long kCycles = 4'000'000;  // two milliseconds: launch costs are a thousandth of it
  kernels::DeviceBuffer<long long> spun(lab.stream(), 1);
  const auto samples = Lab::repeat([&] {
    const double us = lab.microseconds(
        [&] { kernels::launch("spin", spin, {.grid = 1, .block = 32}, lab.stream(), kCycles, spun.data()); });
    const long long cycles = spun.to_host()[0];
    require_result(cycles >= kCycles && cycles < 2 * kCycles, "the spinning kernel left early or late");
    return static_cast<double>(cycles) / us;
  });
  lab.report().add("clock/one_block", "MHz", kH200.light_hz / 1e6, samples);
}

}  // namespace bench::gpu
