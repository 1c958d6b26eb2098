// mma.sync m16n8k16 with everything in registers: how many FLOP a cycle an SM reaches with 16 warps, and how long one
// product waits for the one before it.
#include <cstdint>
#include <type_traits>

#include "bench/gpu/micro/lab.h"
#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"

namespace bench::gpu {
namespace {

namespace dev = kernels::dev;
using kernels::Bfloat16;
using kernels::Half;

constexpr int kWarps = 16, kChains = 8, kRounds = 1024;
constexpr double kFlop = 2 * 16 * 8 * 16;

struct Operands {
  std::uint32_t a[4], b[2];
};

// Whole numbers from -3 to 3: products and sums are exact in either format.
__host__ __device__ inline float element(int row, int column) {
  return static_cast<float>((5 * row + 3 * column) % 7 - 3);
}

template <typename T>
__device__ std::uint32_t pair(float low, float high) {
  return kernels::pack(kernels::from_float<T>(low), kernels::from_float<T>(high));
}

// A[i][k] = element(i, k), B[k][n] = element(n, k + 1), in the layout of tile.cuh.
template <typename T>
__device__ Operands operands() {
  const int g = static_cast<int>(threadIdx.x) % 32 / 4, t = static_cast<int>(threadIdx.x) % 4;
  Operands o;
  for (int i = 0; i < 4; ++i) {
    const int row = g + i % 2 * 8, column = 2 * t + i / 2 * 8;
    o.a[i] = pair<T>(element(row, column), element(row, column + 1));
  }
  for (int i = 0; i < 2; ++i) {
    const int k = 2 * t + 8 * i;
    o.b[i] = pair<T>(element(g, k + 1), element(g, k + 2));
  }
  return o;
}

template <typename T>
__global__ void once(float* out) {
  const Operands o = operands<T>();
  float d[4] = {1, 1, 1, 1};
  dev::mma<T>(d, o.a, o.b);
  const unsigned g = threadIdx.x / 4, t = threadIdx.x % 4;
  for (unsigned i = 0; i < 4; ++i) out[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = d[i];
}

template <typename T, int chains>
__global__ void __launch_bounds__(kWarps * 32) many(float* out, long long* cycles) {
  const Operands o = operands<T>();
  float d[chains][4];
  for (auto& chain : d) {
    for (float& x : chain) x = static_cast<float>(threadIdx.x);
  }
  __syncthreads();
  const long long began = clock64();
#pragma unroll 4
  for (int round = 0; round < kRounds; ++round) {
#pragma unroll
    for (auto& chain : d) dev::mma<T>(chain, o.a, o.b);
  }
  __syncthreads();
  const long long taken = clock64() - began;
  float sum = 0;
  for (const auto& chain : d) {
    for (const float x : chain) sum += x;
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
  if (threadIdx.x == 0) cycles[blockIdx.x] = taken;
}

template <typename T>
void check(Lab& lab, const std::string& name) {
  kernels::DeviceBuffer<float> out(lab.stream(), 16 * 8);
  out.fill(0xff);
  kernels::launch("once", once<T>, {.grid = 1, .block = 32}, lab.stream(), out.data());
  const std::vector<float> got = out.to_host();
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 8; ++column) {
      float want = 1;
      for (int k = 0; k < 16; ++k) want += element(row, k) * element(column, k + 1);
      require_result(got[row * 8 + column] == want,
                     name + ": element [" + std::to_string(row) + ", " + std::to_string(column) + "]");
    }
  }
}

template <typename T>
void measure(Lab& lab, const std::string& name) {
  check<T>(lab, name);
  const auto blocks = static_cast<unsigned>(lab.device().multiprocessors);
  kernels::DeviceBuffer<float> out(lab.stream(), std::size_t{blocks} * kWarps * 32);
  kernels::DeviceBuffer<long long> cycles(lab.stream(), blocks);
  const auto rate = Lab::repeat([&] {
    kernels::launch("many", many<T, kChains>, {.grid = blocks, .block = kWarps * 32}, lab.stream(), out.data(),
                    cycles.data());
    std::vector<double> rates;
    for (const long long taken : cycles.to_host()) {
      rates.push_back(kFlop * kWarps * kChains * kRounds / static_cast<double>(taken));
    }
    return spread_of(rates).median;
  });
  lab.report().add("mma/rate/" + name, "FLOP per cycle and SM", kH200.tensor_per_cycle * kH200.mma_sync_share, rate);
  const auto latency = Lab::repeat([&] {
    kernels::launch("many", many<T, 1>, {.grid = 1, .block = 32}, lab.stream(), out.data(), cycles.data());
    return static_cast<double>(cycles.to_host()[0]) / kRounds;
  });
  lab.report().add("mma/latency/" + name, "cycles", kLatencies.mma_cycles, latency);
}

}  // namespace

void measure_mma(Lab& lab) {
  measure<Half>(lab, "fp16");
  measure<Bfloat16>(lab, "bf16");
}

}  // namespace bench::gpu
