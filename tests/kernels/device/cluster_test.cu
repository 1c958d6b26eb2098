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

struct Mail {
  int4 four[8];
  int2 two[8][2];
  int one[8][4];
  std::uint64_t full;
  std::uint64_t read;
};

// Every block writes words of each size into all blocks, which expect them before or after they come.
__global__ void post(int* out) {
  Mail& s = dev::smem<Mail>();
  const unsigned t = threadIdx.x, rank = dev::cluster_rank(), size = dev::cluster_size();
  if (t == 0) {
    dev::mbar_init(&s.full, 1);
    dev::mbar_init(&s.read, size);
    dev::mbar_fence_init();
  }
  dev::cluster_sync();
  int sum = 0;
  for (unsigned phase = 0; phase < 3; ++phase) {
    const int word = static_cast<int>(100 * blockIdx.x + phase);
    if (t == 0 && rank % 2 == 0) dev::mbar_arrive_expect(&s.full, 48 * size);
    if (t < size) {
      dev::store_async(&s.four[rank], make_int4(word, word + 1, word + 2, word + 3), &s.full, t);
      for (int i = 0; i < 2; ++i) dev::store_async(&s.two[rank][i], make_int2(word + 2 * i, 7), &s.full, t);
      for (int i = 0; i < 4; ++i) dev::store_async(&s.one[rank][i], word * i, &s.full, t);
    }
    if (t == 0 && rank % 2 == 1) dev::mbar_arrive_expect(&s.full, 48 * size);
    dev::mbar_wait(&s.full, phase % 2);
    for (unsigned i = 0; i < size; ++i) {
      sum += s.four[i].x + s.four[i].w + s.two[i][1].x + s.two[i][0].y + s.one[i][3];
    }
    __syncthreads();
    if (t < size) dev::mbar_arrive_remote(&s.read, t);
    dev::mbar_wait(&s.read, phase % 2);  // of all, before it is overwritten
  }
  out[blockIdx.x * 32 + t] = sum;
  dev::cluster_sync();  // nobody leaves while others write or arrive there
}

TEST_P(Clusters, AStoreIsCountedWhereItArrives) {
  for (const unsigned size : {1u, 2u, 8u}) {
    const std::vector<int> got =
        outputs(8 * 32, post, {.grid = 8, .block = 32, .cluster = size, .shared_bytes = sizeof(Mail)});
    for (unsigned i = 0; i < 8 * 32; ++i) {
      int want = 0;
      for (unsigned phase = 0; phase < 3; ++phase) {
        for (unsigned from = i / 32 / size * size; from < (i / 32 / size + 1) * size; ++from) {
          const int word = static_cast<int>(100 * from + phase);
          want += word + (word + 3) + (word + 2) + 7 + 3 * word;
        }
      }
      EXPECT_EQ(got[i], want) << "cluster of " << size << ", block " << i / 32;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Clusters, testing::ValuesIn(backends()));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
