// Asynchronous copies of a thread, bulk copies, and the barriers that count them.
#include <numeric>

#include "tests/kernels/device/micro.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class Copy : public MicroTest {
 protected:
  DeviceBuffer<int> counted(std::size_t count) {
    std::vector<int> values(count);
    std::iota(values.begin(), values.end(), 1);
    DeviceBuffer<int> buffer(stream(), count);
    buffer.upload(values);
    stream().synchronize();  // the vector ends here
    return buffer;
  }
};

struct Pieces {
  alignas(16) int four[32];
  alignas(16) int eight[64];
  alignas(16) int sixteen[128];
};

__global__ void pieces(int* out, const int* in) {
  Pieces& s = dev::smem<Pieces>();
  const unsigned t = threadIdx.x;
  dev::cp_async<4>(&s.four[t], in + t);
  dev::cp_async<8>(&s.eight[2 * t], in + 2 * t, t % 2 == 0 ? 8 : 4);
  dev::cp_async_commit();
  dev::cp_async<16>(&s.sixteen[4 * t], in + 4 * t, t < 31 ? 16 : 0);
  dev::cp_async_commit();
  dev::cp_async_wait<1>();
  __syncthreads();
  out[t] = s.four[31 - t];
  out[32 + t] = s.eight[63 - t];
  out[64 + t] = s.eight[31 - t];
  dev::cp_async_wait<0>();
  __syncthreads();
  for (unsigned i = 0; i < 4; ++i) out[96 + 32 * i + t] = s.sixteen[127 - (32 * i + t)];
}

TEST_P(Copy, ElementsArriveByGroupsAndBeyondTheValidAreZero) {
  const DeviceBuffer<int> in = counted(128);
  const std::vector<int> got =
      outputs(224, pieces, {.block = 32, .shared_bytes = sizeof(Pieces)}, static_cast<const int*>(in.data()));
  const auto eight = [](int i) { return i % 4 == 3 ? 0 : i + 1; };
  for (int t = 0; t < 32; ++t) {
    EXPECT_EQ(got[t], 32 - t);
    EXPECT_EQ(got[32 + t], eight(63 - t));
    EXPECT_EQ(got[64 + t], eight(31 - t));
  }
  for (int i = 0; i < 128; ++i) EXPECT_EQ(got[96 + i], 127 - i >= 124 ? 0 : 128 - i);
}

// More copies under way than the race detector has accounts: 4 of each of 4,096 threads.
constexpr unsigned kCrowd = 256, kCrowds = 16;
struct Crowd {
  int words[4][kCrowd];
};

__global__ void crowd(int* out, const int* in) {
  Crowd& s = dev::smem<Crowd>();
  const unsigned t = threadIdx.x;
  for (unsigned i = 0; i < 4; ++i) {
    dev::cp_async<4>(&s.words[i][t], in + kCrowd * i + t);
    if (i % 2 == 1) dev::cp_async_commit();
  }
  dev::cp_async_wait<1>();
  __syncthreads();
  const int first = s.words[0][kCrowd - 1 - t] + s.words[1][kCrowd - 1 - t];
  dev::cp_async_wait<0>();
  __syncthreads();
  out[blockIdx.x * kCrowd + t] = 1000 * first + s.words[2][t] + s.words[3][t];
}

TEST_P(Copy, ThousandsMayBeUnderWay) {
  const DeviceBuffer<int> in = counted(4 * kCrowd);
  const std::vector<int> got =
      outputs(kCrowds * kCrowd, crowd, {.grid = kCrowds, .block = kCrowd, .shared_bytes = sizeof(Crowd)},
              static_cast<const int*>(in.data()));
  const int n = kCrowd;
  for (int i = 0; i < static_cast<int>(got.size()); ++i) {
    const int t = i % n, first = 2 * (n - t) + n, second = 2 * (t + 1) + 5 * n;
    ASSERT_EQ(got[i], 1000 * first + second) << i;
  }
}

constexpr int kStages = 3, kTile = 64;

struct Ring {
  alignas(16) int tile[kStages][kTile];
};

// A pipeline of three stages by cp.async: each thread of 64 sums its column of all tiles, backwards within the tile.
__global__ void ring(int* out, const int* in, int tiles) {
  Ring& s = dev::smem<Ring>();
  const unsigned t = threadIdx.x;
  const auto fetch = [&](int tile) {
    if (tile < tiles && t < kTile / 4) dev::cp_async<16>(&s.tile[tile % kStages][4 * t], in + tile * kTile + 4 * t);
    dev::cp_async_commit();  // an empty group at the end keeps the count
  };
  for (int tile = 0; tile < kStages - 1; ++tile) fetch(tile);
  int sum = 0;
  for (int tile = 0; tile < tiles; ++tile) {
    dev::cp_async_wait<kStages - 2>();
    __syncthreads();
    sum += s.tile[tile % kStages][kTile - 1 - t];
    fetch(tile + kStages - 1);  // overwrites what all have read before the barrier
  }
  out[t] = sum;
}

TEST_P(Copy, APipelineOfGroupsKeepsItsOrder) {
  constexpr int kTiles = 10;
  const DeviceBuffer<int> in = counted(kTiles * kTile);
  const std::vector<int> got =
      outputs(kTile, ring, {.block = kTile, .shared_bytes = sizeof(Ring)}, static_cast<const int*>(in.data()), kTiles);
  for (int t = 0; t < kTile; ++t) {
    int want = 0;
    for (int tile = 0; tile < kTiles; ++tile) want += tile * kTile + kTile - t;
    EXPECT_EQ(got[t], want) << "thread " << t;
  }
}

struct Bulk {
  alignas(16) int in[2][kTile];
  alignas(16) int out[2][kTile];
  std::uint64_t full[2];
};

// Bulk copies in, twice as much out: thread 0 issues, all compute.
__global__ void bulk(int* out, const int* in, int tiles) {
  Bulk& s = dev::smem<Bulk>();
  const unsigned t = threadIdx.x;
  const auto fetch = [&](int tile) {
    dev::mbar_arrive_expect(&s.full[tile % 2], sizeof s.in[0]);
    dev::bulk_load(s.in[tile % 2], in + tile * kTile, sizeof s.in[0], &s.full[tile % 2]);
  };
  if (t == 0) {
    dev::mbar_init(&s.full[0], 1);
    dev::mbar_init(&s.full[1], 1);
    dev::mbar_fence_init();
  }
  __syncthreads();
  if (t == 0) {
    fetch(0);
    if (tiles > 1) fetch(1);
  }
  for (int tile = 0; tile < tiles; ++tile) {
    dev::mbar_wait(&s.full[tile % 2], static_cast<unsigned>(tile / 2 % 2));
    if (t == 0) dev::bulk_wait_read<1>();  // the store of two tiles ago has left the buffer
    __syncthreads();
    s.out[tile % 2][t] = 2 * s.in[tile % 2][kTile - 1 - t];
    dev::fence_proxy_async();
    __syncthreads();
    if (t == 0) {
      dev::bulk_store(out + tile * kTile, s.out[tile % 2], sizeof s.out[0]);
      dev::bulk_commit();
      if (tile + 2 < tiles) fetch(tile + 2);
    }
  }
  if (t == 0) dev::bulk_wait<0>();
}

TEST_P(Copy, BulkCopiesAreCountedByTheirBarrier) {
  for (const int tiles : {1, 2, 7}) {
    const auto count = static_cast<std::size_t>(tiles * kTile);
    const DeviceBuffer<int> in = counted(count);
    const std::vector<int> got =
        outputs(count, bulk, {.block = kTile, .shared_bytes = sizeof(Bulk)}, static_cast<const int*>(in.data()), tiles);
    for (int i = 0; i < tiles * kTile; ++i) EXPECT_EQ(got[i], 2 * (i / kTile * kTile + kTile - i % kTile)) << i;
  }
}

struct Arrivals {
  int value[96];
  std::uint64_t ready;
};

// Two warps write and arrive, the third waits for both; then the barrier is used anew.
__global__ void arrivals(int* out) {
  Arrivals& s = dev::smem<Arrivals>();
  const unsigned t = threadIdx.x;
  for (unsigned use = 0; use < 2; ++use) {
    if (t == 0) dev::mbar_init(&s.ready, 64);
    __syncthreads();
    for (unsigned phase = 0; phase < 3; ++phase) {
      if (t < 64) {
        s.value[t] = static_cast<int>(t + 100 * phase);
        dev::mbar_arrive(&s.ready);
      } else {
        dev::mbar_wait(&s.ready, phase % 2);
        out[(use * 3 + phase) * 32 + t - 64] = s.value[t - 64] + s.value[t - 32];
      }
      __syncthreads();
    }
    if (t == 0) dev::mbar_invalidate(&s.ready);
    __syncthreads();
  }
}

TEST_P(Copy, MbarriersCountArrivalsPhaseByPhase) {
  const std::vector<int> got = outputs(6 * 32, arrivals, {.block = 96, .shared_bytes = sizeof(Arrivals)});
  for (int i = 0; i < 6 * 32; ++i) EXPECT_EQ(got[i], 2 * (i % 32) + 32 + 200 * (i / 32 % 3));
}

INSTANTIATE_TEST_SUITE_P(All, Copy, testing::ValuesIn(backends(6)));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
