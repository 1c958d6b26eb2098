// The model of the machine as JSON: constants, floors, and what each rung was predicted to cost. Needs no GPU.
//
// bench_gpu_model > bench/results/gpu-model.json
#include <cstdio>

#include "bench/gpu/machine.h"

namespace bench::gpu {
namespace {

// The floors of performance.md, section 2.3, that were computed by hand; this must give them back, to their two digits.
constexpr bool near(double seconds, double microseconds) {
  const double ratio = seconds * 1e6 / microseconds;
  return ratio > 0.94 && ratio < 1.06;
}
constexpr Task kSeedCarry{.carry = true, .encloser = true};
constexpr Task kSeedWindow{.encloser = true};
constexpr Task kChords{.layers = 3, .hidden = 512, .window = 100};
constexpr Task with(Task task, int batch, bool carry) {
  task.batch = batch;
  task.carry = carry;
  return task;
}
static_assert(near(floor_seconds(kSeedCarry, Arithmetic::fp16), 0.33));
static_assert(near(floor_seconds(with(kSeedCarry, 1024, true), Arithmetic::fp16), 0.45));
static_assert(near(floor_seconds(with(kSeedCarry, 16384, true), Arithmetic::fp16), 7.4));
static_assert(near(floor_seconds(kSeedWindow, Arithmetic::fp16), 0.45));
static_assert(near(floor_seconds(with(kSeedWindow, 1024, false), Arithmetic::fp16), 4.65));
static_assert(near(floor_seconds(with(kSeedWindow, 16384, false), Arithmetic::fp16), 74));
static_assert(near(floor_seconds(with(kChords, 1, true), Arithmetic::fp16), 2.5));
static_assert(near(floor_seconds(with(kChords, 1, false), Arithmetic::fp16), 4.0));
static_assert(near(floor_seconds(with(kChords, 32, false), Arithmetic::fp16), 42.6));
// Kernel A0 of section 2.4: 350 and 17.5 million notes a second in fp32.
static_assert(near(resource_seconds(with(kSeedCarry, 1000, true), Arithmetic::fp32), 1000 / 350.0));
static_assert(near(resource_seconds(with(kSeedWindow, 1000, false), Arithmetic::fp32), 1000 / 17.5));

struct Named {
  const char* name;
  Task task;
};
constexpr Named kNetworks[] = {
    {"1x128", {}}, {"3x256", {.layers = 3, .hidden = 256}}, {"3x512", {.layers = 3, .hidden = 512, .window = 100}}};

void print_floors() {
  const char* comma = "";
  for (const Named& network : kNetworks) {
    for (const bool carry : {false, true}) {
      for (const int batch : {1, 32, 1024, 16384}) {
        const Task task = with(network.task, batch, carry);
        std::printf(
            "%s\n  {\"network\": \"%s\", \"state\": \"%s\", \"batch\": %d, \"fp32_us\": %.4g, \"fp16_us\": %.4g}",
            comma, network.name, carry ? "carry" : "window", batch, 1e6 * floor_seconds(task, Arithmetic::fp32),
            1e6 * floor_seconds(task, Arithmetic::fp16));
        comma = ",";
      }
    }
  }
}

void print_ladder() {
  const char* comma = "";
  for (const RungPrediction& r : kLadder) {
    std::printf(
        "%s\n  {\"rung\": \"%s\", \"fuses\": \"%s\", \"launches\": %g, \"1x128/window/1\": %g, "
        "\"1x128/carry/1\": %g, \"1x128/carry/16384\": %g, \"3x512/carry/1\": %g, \"3x512/carry/1024\": %g, "
        "\"3x256/carry/1\": %g, \"3x256/window/1\": %g}",
        comma, r.rung, r.fuses, r.launches, r.seed_window, r.seed_carry, r.seed_carry_16384, r.chords_carry,
        r.chords_carry_1024, r.classical_carry, r.classical_window);
    comma = ",";
  }
}

}  // namespace
}  // namespace bench::gpu

int main() {
  std::printf("{\"floors\": [");
  bench::gpu::print_floors();
  std::printf("],\n \"ladder\": [");
  bench::gpu::print_ladder();
  std::printf("]}\n");
}
