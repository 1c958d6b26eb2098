// One round in which every block of a cluster tells all others a word through their shared memory, by three ways: a
// store and an arrival at the other's mbarrier, a store that counts itself there, and the cluster's barrier. And how
// many clusters fit on the GPU at once.
#include <cstdint>
#include <utility>

#include "bench/gpu/micro/lab.h"
#include "bench/gpu/micro/round.h"
#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/runtime/cuda/check.h"

namespace bench::gpu {
namespace {

namespace dev = kernels::dev;

constexpr unsigned kSizes[] = {2, 4, 8, 16};
constexpr unsigned kMostBlocks = 16;
constexpr int kRounds = 2000;

enum class Way { arrive, async, barrier };

struct Layout {
  std::uint64_t bar[2];
  std::uint32_t word[2][kMostBlocks];  ///< by the round's parity, one from each block
};

// Lane r tells block r.
template <Way way>
__device__ void tell(Layout& s, std::uint32_t word, std::uint32_t round) {
  const unsigned lane = threadIdx.x, side = round % 2, rank = dev::cluster_rank();
  const bool tells = lane < dev::cluster_size();
  if constexpr (way == Way::async) {
    if (lane == 0) dev::mbar_arrive_expect(&s.bar[side], 4 * dev::cluster_size());
    if (tells) dev::store_async(&s.word[side][rank], word, &s.bar[side], lane);
  } else {
    if (tells) *dev::map_rank(&s.word[side][rank], lane) = word;
    if (tells && way == Way::arrive) dev::mbar_arrive_remote(&s.bar[side], lane);
  }
  if constexpr (way == Way::barrier) {
    dev::cluster_sync();
  } else {
    dev::mbar_wait(&s.bar[side], round / 2 % 2);
  }
}

// One warp a block. A block that is a round ahead writes the other half; two rounds ahead it cannot be.
template <Way way>
__global__ void __launch_bounds__(32) rounds_of(int rounds, std::uint32_t* last, long long* cycles) {
  auto& s = dev::smem<Layout>();
  if (threadIdx.x == 0) {
    for (std::uint64_t& bar : s.bar) dev::mbar_init(&bar, way == Way::arrive ? dev::cluster_size() : 1);
    dev::mbar_fence_init();
  }
  dev::cluster_sync();
  std::uint32_t word = dev::cluster_rank();
  const long long began = clock64();
  for (int round = 0; round < rounds; ++round) {
    tell<way>(s, word, static_cast<std::uint32_t>(round));
    const std::uint32_t heard = threadIdx.x < dev::cluster_size() ? s.word[round % 2][threadIdx.x] : 0;
    word = next_word(__reduce_add_sync(0xffffffffu, heard), dev::cluster_rank());
  }
  const long long taken = clock64() - began;
  dev::cluster_sync();  // nobody leaves while others still write here
  if (threadIdx.x == 0) {
    last[dev::cluster_rank()] = word;
    cycles[dev::cluster_rank()] = taken;
  }
}

// Stands for a kernel that fills an SM: 512 threads, 200 KB.
__global__ void __launch_bounds__(512) big_block(int* out) {
  extern __shared__ int filled[];
  filled[threadIdx.x] = *out;
  __syncthreads();
  *out = filled[511 - threadIdx.x];
}

template <Way way>
void measure_way(Lab& lab, const std::string& name, double predicted, unsigned size) {
  kernels::DeviceBuffer<std::uint32_t> last(lab.stream(), size);
  kernels::DeviceBuffer<long long> cycles(lab.stream(), size);
  const std::vector<std::uint32_t> expected = expected_words(size, kRounds);
  const auto samples = Lab::repeat([&] {
    last.fill(0xff);
    kernels::launch(name.c_str(), rounds_of<way>,
                    {.grid = size, .block = 32, .cluster = size, .shared_bytes = sizeof(Layout)}, lab.stream(), kRounds,
                    last.data(), cycles.data());
    require_result(last.to_host() == expected, name + ": a word was lost, early or late");
    return static_cast<double>(cycles.to_host()[0]) / kRounds;
  });
  lab.report().add(name, "cycles", predicted, samples);
}

void count_clusters(Lab& lab, unsigned size, double predicted) {
  constexpr int kShared = 200 << 10;
  cudaLaunchAttribute cluster{};
  cluster.id = cudaLaunchAttributeClusterDimension;
  cluster.val.clusterDim = {size, 1, 1};
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(lab.device().multiprocessors) / size * size);
  config.blockDim = dim3(512);
  config.dynamicSmemBytes = kShared;
  config.attrs = &cluster;
  config.numAttrs = 1;
  kernels::check(cudaFuncSetAttribute(big_block, cudaFuncAttributeMaxDynamicSharedMemorySize, kShared), "big_block");
  kernels::check(cudaFuncSetAttribute(big_block, cudaFuncAttributeNonPortableClusterSizeAllowed, 1), "big_block");
  int count = 0;
  kernels::check(cudaOccupancyMaxActiveClusters(&count, big_block, &config), "cudaOccupancyMaxActiveClusters");
  lab.report().add("cluster/at_once/" + std::to_string(size), "clusters", predicted, {static_cast<double>(count)});
}

}  // namespace

void measure_clusters(Lab& lab) {
  constexpr double kPredictedAtOnce[] = {66, 32, 16, 7.5};
  int i = 0;
  for (const unsigned size : kSizes) {
    const std::string end = "/" + std::to_string(size);
    count_clusters(lab, size, kPredictedAtOnce[i++]);
    measure_way<Way::arrive>(lab, "cluster/store_and_arrive" + end, kLatencies.dsmem_cycles, size);
    measure_way<Way::async>(lab, "cluster/store_async" + end, kLatencies.dsmem_cycles, size);
    measure_way<Way::barrier>(lab, "cluster/barrier" + end, kLatencies.cluster_barrier_cycles, size);
  }
}

}  // namespace bench::gpu
