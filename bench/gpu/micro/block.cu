// Within a block: how long a load from shared memory takes, and the barrier of 512 threads.
#include <cstdint>

#include "bench/gpu/micro/lab.h"
#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"

namespace bench::gpu {
namespace {

namespace dev = kernels::dev;

constexpr std::uint32_t kPlaces = 1024, kStride = 389;  // no common factor: the chase visits every place
constexpr int kLoads = 4096, kBarriers = 4096;
constexpr unsigned kThreads = 512;

struct Chase {
  std::uint32_t next[kPlaces];
};

__global__ void chase(std::uint32_t* last, long long* cycles) {
  auto& s = dev::smem<Chase>();
  for (std::uint32_t i = threadIdx.x; i < kPlaces; i += blockDim.x) s.next[i] = (i + kStride) % kPlaces;
  __syncthreads();
  std::uint32_t at = 0;
  const long long began = clock64();
#pragma unroll 16
  for (int i = 0; i < kLoads; ++i) at = s.next[at];
  const long long taken = clock64() - began;
  last[threadIdx.x] = at;
  if (threadIdx.x == 0) *cycles = taken;
}

struct Turns {
  int turn[2][kThreads];
};

// Checked: each thread says its turn and reads another warp's. Else the barrier alone.
template <bool kChecked>
__global__ void __launch_bounds__(kThreads) barriers(unsigned* wrong, long long* cycles) {
  auto& s = dev::smem<Turns>();
  unsigned mine = 0;
  __syncthreads();
  const long long began = clock64();
#pragma unroll 8
  for (int i = 0; i < kBarriers; ++i) {
    if constexpr (kChecked) s.turn[i % 2][threadIdx.x] = i;
    __syncthreads();
    if constexpr (kChecked) mine += s.turn[i % 2][(threadIdx.x + 37 * (i % 13)) % kThreads] != i;
  }
  const long long taken = clock64() - began;
  if (mine > 0) atomicAdd(wrong, mine);
  if (threadIdx.x == 0) *cycles = taken;
}

void measure_load(Lab& lab) {
  kernels::DeviceBuffer<std::uint32_t> last(lab.stream(), 32);
  kernels::DeviceBuffer<long long> cycles(lab.stream(), 1);
  const auto samples = Lab::repeat([&] {
    last.fill(0xff);
    kernels::launch("chase", chase, {.grid = 1, .block = 32, .shared_bytes = sizeof(Chase)}, lab.stream(), last.data(),
                    cycles.data());
    for (const std::uint32_t at : last.to_host()) {
      require_result(at == kStride * kLoads % kPlaces, "block/shared_load: the chase ended elsewhere");
    }
    return static_cast<double>(cycles.to_host()[0]) / kLoads;
  });
  lab.report().add("block/shared_load", "cycles", kLatencies.shared_load_cycles, samples);
}

void measure_barrier(Lab& lab) {
  kernels::DeviceBuffer<unsigned> wrong(lab.stream(), 1);
  kernels::DeviceBuffer<long long> cycles(lab.stream(), 1);
  wrong.fill(0);
  const kernels::LaunchShape shape{.grid = 1, .block = kThreads, .shared_bytes = sizeof(Turns)};
  kernels::launch("barriers", barriers<true>, shape, lab.stream(), wrong.data(), cycles.data());
  require_result(wrong.to_host()[0] == 0, "block/barrier: a thread was let through early");
  const auto samples = Lab::repeat([&] {
    kernels::launch("barriers", barriers<false>, shape, lab.stream(), wrong.data(), cycles.data());
    return static_cast<double>(cycles.to_host()[0]) / kBarriers;
  });
  lab.report().add("block/barrier/512", "cycles", kLatencies.block_barrier_cycles, samples);
}

}  // namespace

void measure_block(Lab& lab) {
  measure_load(lab);
  measure_barrier(lab);
}

}  // namespace bench::gpu
