// Barriers of a block, shared memory, and what a thread is told about itself.
#include "tests/kernels/device/micro.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class Sync : public MicroTest {};

__global__ void indices(unsigned* out) {
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned at = block * blockDim.x * blockDim.y * blockDim.z + thread;
  out[at] =
      threadIdx.x + 10 * threadIdx.y + 100 * threadIdx.z + 1000 * blockIdx.x + 10000 * blockIdx.y + 100000 * blockIdx.z;
}

TEST_P(Sync, EveryThreadOfEveryBlockKnowsItsPlace) {
  const std::vector<unsigned> got = outputs(4 * 3 * 2 * 5 * 2 * 3, indices, {.grid = {4, 3, 2}, .block = {5, 2, 3}});
  std::size_t at = 0;
  for (unsigned bz = 0; bz < 2; ++bz) {
    for (unsigned by = 0; by < 3; ++by) {
      for (unsigned bx = 0; bx < 4; ++bx) {
        for (unsigned t = 0; t < 30; ++t) {
          EXPECT_EQ(got[at++], t % 5 + 10 * (t / 5 % 2) + 100 * (t / 10) + 1000 * bx + 10000 * by + 100000 * bz);
        }
      }
    }
  }
}

struct Row {
  int value[2][96];
};

// Every thread reads its neighbour's value, three warps, ten rounds, two buffers.
__global__ void rotate(int* out) {
  Row& s = dev::smem<Row>();
  const unsigned t = threadIdx.x;
  s.value[0][t] = static_cast<int>(t + 1000 * blockIdx.x);
  __syncthreads();
  for (int round = 0; round < 10; ++round) {
    s.value[(round + 1) % 2][t] = s.value[round % 2][(t + 1) % 96];
    __syncthreads();
  }
  out[blockIdx.x * 96 + t] = s.value[0][t];
}

TEST_P(Sync, SyncthreadsOrdersSharedMemoryOfItsBlock) {
  const std::vector<int> got = outputs(96 * 20, rotate, {.grid = 20, .block = 96, .shared_bytes = sizeof(Row)});
  for (int i = 0; i < 96 * 20; ++i) EXPECT_EQ(got[i], (i % 96 + 10) % 96 + 1000 * (i / 96));
}

__global__ void counting(int* out) {
  const int t = static_cast<int>(threadIdx.x);
  const int count = __syncthreads_count(t % 3 == 0);
  const int any = __syncthreads_or(t == 63) * 2 + __syncthreads_or(t == 64);
  const int all = __syncthreads_and(t < 64) * 2 + __syncthreads_and(t < 63);
  out[t] = count * 100 + any * 10 + all;
}

TEST_P(Sync, BarriersThatCountAgreeForAll) {
  for (const int got : outputs(64, counting, {.block = 64})) EXPECT_EQ(got, 22 * 100 + 2 * 10 + 2);
}

struct Mail {
  int slot[2][32];
};

// Warp 0 writes, warp 1 reads: full and empty are two named barriers for each of two slots, of 64 threads.
__global__ void mail(int* out, int rounds) {
  Mail& s = dev::smem<Mail>();
  const unsigned lane = threadIdx.x % 32;
  for (int round = 0; round < rounds; ++round) {
    const auto slot = static_cast<unsigned>(round % 2);
    if (threadIdx.x < 32) {
      if (round >= 2) dev::bar_sync(3 + slot, 64);
      s.slot[slot][lane] = round * 100 + static_cast<int>(lane);
      dev::bar_arrive(1 + slot, 64);
    } else {
      dev::bar_sync(1 + slot, 64);
      out[round * 32 + static_cast<int>(lane)] = s.slot[slot][lane];
      if (round + 2 < rounds) dev::bar_arrive(3 + slot, 64);
    }
  }
}

TEST_P(Sync, NamedBarriersPassDataBetweenWarps) {
  const std::vector<int> got = outputs(7 * 32, mail, {.block = 64, .shared_bytes = sizeof(Mail)}, 7);
  for (int i = 0; i < 7 * 32; ++i) EXPECT_EQ(got[i], i / 32 * 100 + i % 32);
}

INSTANTIATE_TEST_SUITE_P(All, Sync, testing::ValuesIn(backends()));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
