// Blocks that see each other's shared memory.
#include "tests/kernels/device/micro.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class Clusters : public MicroTest {};

struct Board {
  int value[32];
  std::uint64_t ready;
};

__global__ void neighbours(int* out) {
  Board& s = dev::smem<Board>();
  const unsigned t = threadIdx.x, rank = dev::cluster_rank(), size = dev::cluster_size();
  s.value[t] = static_cast<int>(blockIdx.x * 100 + t);
  dev::cluster_sync();
  const Board* right = dev::map_rank(&s, (rank + 1) % size);
  out[blockIdx.x * 32 + t] = right->value[31 - t];
  dev::cluster_sync();  // nobody leaves while others read
}

TEST_P(Clusters, EachBlockReadsItsNeighbour) {
  for (const unsigned size : {1u, 2u, 4u, 8u}) {
    const std::vector<int> got =
        outputs(24 * 32, neighbours, {.grid = 24, .block = 32, .cluster = size, .shared_bytes = sizeof(Board)});
    for (unsigned i = 0; i < 24 * 32; ++i) {
      const unsigned block = i / 32, first = block / size * size, right = first + (block - first + 1) % size;
      EXPECT_EQ(got[i], static_cast<int>(right * 100 + 31 - i % 32)) << "cluster of " << size << ", block " << block;
    }
  }
}

__global__ void split(int* out) {
  Board& s = dev::smem<Board>();
  const unsigned t = threadIdx.x, rank = dev::cluster_rank(), size = dev::cluster_size();
  int sum = 0;
  dev::cluster_sync();  // all have started
  for (int round = 0; round < 4; ++round) {
    dev::map_rank(&s, (rank + 1) % size)->value[t] = static_cast<int>(rank) * 10 + round;
    dev::cluster_arrive();
    const int between = round * 1000;  // work of one's own
    dev::cluster_wait();
    sum += s.value[t] + between;
    dev::cluster_sync();  // read before it is overwritten
  }
  out[blockIdx.x * 32 + t] = sum;
}

TEST_P(Clusters, ArriveAndWaitMayBeApart) {
  const std::vector<int> got =
      outputs(8 * 32, split, {.grid = 8, .block = 32, .cluster = 4, .shared_bytes = sizeof(Board)});
  for (int i = 0; i < 8 * 32; ++i) EXPECT_EQ(got[i], 4 * 10 * ((i / 32 + 3) % 4) + 6 + 6000);
}

// Every block writes into block 0 and arrives at its barrier; block 0 sums.
__global__ void gather(int* out) {
  Board& s = dev::smem<Board>();
  const unsigned t = threadIdx.x, rank = dev::cluster_rank(), size = dev::cluster_size();
  if (rank == 0 && t == 0) {
    dev::mbar_init(&s.ready, size);
    dev::mbar_fence_init();
  }
  dev::cluster_sync();
  for (unsigned phase = 0; phase < 2; ++phase) {
    if (t == 0) {
      dev::map_rank(&s, 0)->value[rank] = static_cast<int>(blockIdx.x + 10 * phase);
      dev::mbar_arrive_remote(&s.ready, 0);
    }
    if (rank == 0) {
      dev::mbar_wait(&s.ready, phase);
      int sum = 0;
      for (unsigned i = 0; i < size; ++i) sum += s.value[i];
      if (t == 0) out[blockIdx.x / size * 2 + phase] = sum;
    }
    dev::cluster_sync();
  }
}

TEST_P(Clusters, BlocksArriveAtAnothersBarrier) {
  const std::vector<int> got =
      outputs(6, gather, {.grid = 12, .block = 32, .cluster = 4, .shared_bytes = sizeof(Board)});
  for (int cluster = 0; cluster < 3; ++cluster) {
    EXPECT_EQ(got[cluster * 2], 16 * cluster + 6);
    EXPECT_EQ(got[cluster * 2 + 1], 16 * cluster + 6 + 40);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Clusters, testing::ValuesIn(backends()));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
