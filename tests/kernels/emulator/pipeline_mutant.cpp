// A producer warp and two consumer warps in clusters of two blocks: bulk loads counted by barriers, the neighbour's
// shared memory, a bulk store, and a counter by which the last block finds everybody's results. And a ring of cp.async.
#include <numeric>
#include <stdexcept>

#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/runtime/buffer.h"
#include "tests/kernels/emulator/mutants.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr int kTile = 64, kStages = 2, kTiles = 7, kBlocks = 4, kConsumers = 64;

struct Pipeline {
  alignas(16) int stage[kStages][kTile];
  alignas(16) int out[kTile];
  int sum[kTile];
  std::uint64_t full[kStages], empty[kStages];
};

struct PipelineOp {
  const int* in;            ///< [blocks, tiles, tile]
  int* out;                 ///< [blocks, tile] each block's sum and its neighbour's
  int* total;               ///< [1] of all out
  std::uint32_t* finished;  ///< [1] blocks, 0 before
};

template <int kMutation>
void initialise(Pipeline& s) {
  if (threadIdx.x == 0) {
    for (int i = 0; i < kStages; ++i) {
      dev::mbar_init(&s.full[i], 1);
      dev::mbar_init(&s.empty[i], kMutation == 4 ? kConsumers / 2 : kConsumers);
    }
    if constexpr (kMutation != 10) dev::mbar_fence_init();
  }
  if constexpr (kMutation != 11) __syncthreads();
}

template <int kMutation>
void produce(Pipeline& s, const int* in) {
  for (int tile = 0; tile < kTiles; ++tile) {
    const int stage = tile % kStages, use = tile / kStages;
    if (kMutation != 2 && use > 0) dev::mbar_wait(&s.empty[stage], static_cast<unsigned>(use - 1) % 2);
    dev::mbar_arrive_expect(&s.full[stage], sizeof s.stage[0] - (kMutation == 5 ? 16 : 0));
    dev::bulk_load(s.stage[stage], in + tile * kTile, sizeof s.stage[0], &s.full[stage]);
  }
}

template <int kMutation>
int consume(Pipeline& s, unsigned t) {
  int sum = 0;
  for (int tile = 0; tile < kTiles; ++tile) {
    const int stage = tile % kStages;
    const unsigned parity = static_cast<unsigned>(tile / kStages + (kMutation == 3 ? 1 : 0)) % 2;
    if constexpr (kMutation != 1) dev::mbar_wait(&s.full[stage], parity);
    sum += (tile + 1) * s.stage[stage][kTile - 1 - t];
    dev::mbar_arrive(&s.empty[stage]);
  }
  return sum;
}

// The last block to come adds up what all have stored.
template <int kMutation>
void finish(const PipelineOp& op) {
  const std::uint32_t before = kMutation == 9 ? dev::add_relaxed(op.finished, 1u) : dev::add_acq_rel(op.finished, 1u);
  if (before + 1 != gridDim.x) return;
  int total = 0;
  for (int i = 0; i < kBlocks * kTile; ++i) total += op.out[i];
  *op.total = total;
}

template <int kMutation>
__global__ void __launch_bounds__(96) pipeline(const __grid_constant__ PipelineOp op) {
  Pipeline& s = dev::smem<Pipeline>();
  const bool producer = threadIdx.x < 32;
  const unsigned t = threadIdx.x - 32;  // of a consumer
  const unsigned rank = dev::cluster_rank();
  initialise<kMutation>(s);
  if (producer) {
    if (threadIdx.x == 0) produce<kMutation>(s, op.in + blockIdx.x * (kTiles * kTile));
  } else {
    s.sum[t] = consume<kMutation>(s, t);
  }
  if constexpr (kMutation == 6) {
    __syncthreads();
  } else {
    dev::cluster_sync();
  }
  if (!producer) {
    s.out[t] = s.sum[t] + dev::map_rank(&s, 1 - rank)->sum[kTile - 1 - t];
    if constexpr (kMutation != 8) dev::fence_proxy_async();
    dev::bar_sync(1, kConsumers);
    if (t == 0) {
      dev::bulk_store(op.out + blockIdx.x * kTile, s.out, sizeof s.out);
      dev::bulk_commit();
      if constexpr (kMutation != 12) dev::bulk_wait<0>();
      finish<kMutation>(op);
    }
  }
  if constexpr (kMutation != 7) dev::cluster_sync();
}

struct Ring {
  alignas(16) int tile[3][kTile];
};

// Three stages by cp.async: 16 threads copy, 64 read backwards.
template <int kMutation>
__global__ void ring(int* out, const int* in) {
  Ring& s = dev::smem<Ring>();
  const unsigned t = threadIdx.x;
  const auto fetch = [&](int tile) {
    if (tile < kTiles && t < kTile / 4) dev::cp_async<16>(&s.tile[tile % 3][4 * t], in + tile * kTile + 4 * t);
    if (kMutation != 3 || tile < kTiles) dev::cp_async_commit();
  };
  fetch(0);
  fetch(1);
  int sum = 0;
  for (int tile = 0; tile < kTiles; ++tile) {
    dev::cp_async_wait<kMutation == 1 ? 2 : 1>();
    if constexpr (kMutation != 2) __syncthreads();
    sum += (tile + 1) * s.tile[tile % 3][kTile - 1 - t];
    fetch(tile + 2);
  }
  out[t] = sum;
}

std::vector<int> counted(std::size_t count) {
  std::vector<int> values(count);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

using PipelineKernel = void (*)(PipelineOp);
using RingKernel = void (*)(int*, const int*);

constexpr PipelineKernel kPipelines[] = {pipeline<0>,  pipeline<1>,  pipeline<2>, pipeline<3>, pipeline<4>,
                                         pipeline<5>,  pipeline<6>,  pipeline<7>, pipeline<8>, pipeline<9>,
                                         pipeline<10>, pipeline<11>, pipeline<12>};
constexpr RingKernel kRings[] = {ring<0>, ring<1>, ring<2>, ring<3>};

}  // namespace

std::vector<std::uint32_t> run_pipeline_mutant(int number) {
  if (number < 0 || number > 12) throw std::invalid_argument("pipeline mutants are 0 to 12");
  const Stream stream;
  const std::vector<int> values = counted(kBlocks * kTiles * kTile);
  DeviceBuffer<int> in(stream, values.size()), out(stream, kBlocks * kTile), total(stream, 1);
  DeviceBuffer<std::uint32_t> finished(stream, 1);
  in.upload(values);
  finished.fill(0);
  launch("pipeline_mutant", kPipelines[number],
         {.grid = kBlocks, .block = 96, .cluster = 2, .shared_bytes = sizeof(Pipeline)}, stream,
         PipelineOp{in.data(), out.data(), total.data(), finished.data()});
  const std::vector<int> host = out.to_host();
  std::vector<std::uint32_t> bits(host.begin(), host.end());
  bits.push_back(static_cast<std::uint32_t>(total.to_host()[0]));
  return bits;
}

std::vector<std::uint32_t> run_ring_mutant(int number) {
  if (number < 0 || number > 3) throw std::invalid_argument("ring mutants are 0 to 3");
  const Stream stream;
  const std::vector<int> values = counted(kTiles * kTile);
  DeviceBuffer<int> in(stream, values.size()), out(stream, kTile);
  in.upload(values);
  launch("ring_mutant", kRings[number], {.block = kTile, .shared_bytes = sizeof(Ring)}, stream, out.data(),
         static_cast<const int*>(in.data()));
  const std::vector<int> host = out.to_host();
  return {host.begin(), host.end()};
}

}  // namespace kernels::inline AFFETTO_PLATFORM
