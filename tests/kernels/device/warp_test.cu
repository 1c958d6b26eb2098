// Shuffles, votes, matches and reductions of a warp.
#include "tests/kernels/device/micro.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr unsigned kFull = 0xffffffffu;

class Warp : public MicroTest {};

// One kind of shuffle per row of 32 outputs.
__global__ void shuffles(int* out, int width) {
  const int lane = static_cast<int>(threadIdx.x);
  const int mine = 100 + lane;
  out[lane] = __shfl_sync(kFull, mine, lane * 7 + 3, width);
  out[32 + lane] = __shfl_up_sync(kFull, mine, 3u, width);
  out[64 + lane] = __shfl_down_sync(kFull, mine, 3u, width);
  out[96 + lane] = __shfl_xor_sync(kFull, mine, 5, width);
}

TEST_P(Warp, ShufflesTakeTheNamedLaneOfTheirSegment) {
  for (const int width : {32, 16, 8}) {
    const std::vector<int> got = outputs(128, shuffles, {.block = 32}, width);
    for (int lane = 0; lane < 32; ++lane) {
      const int first = lane / width * width, end = first + width;
      EXPECT_EQ(got[lane], 100 + first + (lane * 7 + 3) % width) << "lane " << lane << " of width " << width;
      EXPECT_EQ(got[32 + lane], 100 + (lane - 3 >= first ? lane - 3 : lane));
      EXPECT_EQ(got[64 + lane], 100 + (lane + 3 < end ? lane + 3 : lane));
      EXPECT_EQ(got[96 + lane], 100 + ((lane ^ 5) < end ? lane ^ 5 : lane));
    }
  }
}

__global__ void wide_shuffle(double* out) {
  const int lane = static_cast<int>(threadIdx.x);
  out[lane] = __shfl_xor_sync(kFull, lane + 0.5, 1);
}

TEST_P(Warp, EightBytesAreShuffledInOnePiece) {
  const std::vector<double> got = outputs(32, wide_shuffle, {.block = 32});
  for (int lane = 0; lane < 32; ++lane) EXPECT_EQ(got[lane], (lane ^ 1) + 0.5);
}

__global__ void votes(unsigned* out) {
  const unsigned lane = threadIdx.x;
  out[lane] = __ballot_sync(kFull, lane % 3 == 0);
  out[32 + lane] = static_cast<unsigned>(__any_sync(kFull, lane == 7)) * 8 +
                   static_cast<unsigned>(__any_sync(kFull, lane > 99)) * 4 +
                   static_cast<unsigned>(__all_sync(kFull, lane < 32)) * 2 +
                   static_cast<unsigned>(__all_sync(kFull, lane != 31));
  out[64 + lane] = __match_any_sync(kFull, lane / 5);
  int all = -1;
  out[96 + lane] = __match_all_sync(kFull, lane / 32, &all) + static_cast<unsigned>(all);
  out[128 + lane] = __match_all_sync(kFull, lane, &all) + static_cast<unsigned>(all);
}

TEST_P(Warp, VotesCountEveryLaneOfTheMask) {
  const std::vector<unsigned> got = outputs(160, votes, {.block = 32});
  unsigned thirds = 0;
  for (unsigned lane = 0; lane < 32; lane += 3) thirds |= 1u << lane;
  for (unsigned lane = 0; lane < 32; ++lane) {
    unsigned equal = 0;
    for (unsigned other = 0; other < 32; ++other) equal |= (other / 5 == lane / 5 ? 1u : 0u) << other;
    EXPECT_EQ(got[lane], thirds);
    EXPECT_EQ(got[32 + lane], 8u + 2u);
    EXPECT_EQ(got[64 + lane], equal);
    EXPECT_EQ(got[96 + lane], kFull + 1u) << "all equal: the mask, and the flag";
    EXPECT_EQ(got[128 + lane], 0u);
  }
}

__global__ void reductions(int* out) {
  const int lane = static_cast<int>(threadIdx.x), mine = lane * 3 - 40;
  const auto bits = static_cast<unsigned>(lane + 8);
  out[lane] = __reduce_add_sync(kFull, mine);
  out[32 + lane] = __reduce_min_sync(kFull, mine);
  out[64 + lane] = __reduce_max_sync(kFull, mine);
  out[96 + lane] = static_cast<int>(__reduce_max_sync(kFull, static_cast<unsigned>(mine)));
  out[128 + lane] = static_cast<int>(__reduce_and_sync(kFull, bits | 64u));
  out[160 + lane] = static_cast<int>(__reduce_or_sync(kFull, bits));
  out[192 + lane] = static_cast<int>(__reduce_xor_sync(kFull, bits));
}

TEST_P(Warp, ReductionsReachEveryLane) {
  const std::vector<int> got = outputs(224, reductions, {.block = 32});
  int all_xor = 0;
  for (int lane = 0; lane < 32; ++lane) all_xor ^= lane + 8;
  for (int lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(got[lane], 31 * 32 / 2 * 3 - 40 * 32);
    EXPECT_EQ(got[32 + lane], -40);
    EXPECT_EQ(got[64 + lane], 53);
    EXPECT_EQ(got[96 + lane], -1) << "the largest as an unsigned number is that of -1";
    EXPECT_EQ(got[128 + lane], 64);
    EXPECT_EQ(got[160 + lane], 63);
    EXPECT_EQ(got[192 + lane], all_xor);
  }
}

// Even and odd lanes meet among themselves, in two branches.
__global__ void halves(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  if (lane % 2 == 0) {
    out[lane] = __shfl_sync(0x55555555u, lane, 30) + __reduce_add_sync(0x55555555u, 1);
  } else {
    out[lane] = __shfl_down_sync(0xaaaaaaaau, lane, 2u) + static_cast<int>(__ballot_sync(0xaaaaaaaau, lane > 15));
  }
}

TEST_P(Warp, DisjointMasksDoNotMeet) {
  const std::vector<int> got = outputs(32, halves, {.block = 32});
  for (int lane = 0; lane < 32; ++lane) {
    const int want = lane % 2 == 0 ? 30 + 16 : (lane == 31 ? 31 : lane + 2) + static_cast<int>(0xaaaa0000u);
    EXPECT_EQ(got[lane], want) << "lane " << lane;
  }
}

struct Exchange {
  int value[32];
};

__global__ void exchange(int* out) {
  Exchange& s = dev::smem<Exchange>();
  const unsigned lane = threadIdx.x;
  for (int round = 0; round < 4; ++round) {
    s.value[lane] = static_cast<int>(lane) * 10 + round;
    __syncwarp();
    out[round * 32 + static_cast<int>(lane)] = s.value[31 - lane];
    __syncwarp();
  }
}

TEST_P(Warp, SyncwarpOrdersSharedMemory) {
  const std::vector<int> got = outputs(128, exchange, {.block = 32, .shared_bytes = sizeof(Exchange)});
  for (int i = 0; i < 128; ++i) EXPECT_EQ(got[i], (31 - i % 32) * 10 + i / 32);
}

INSTANTIATE_TEST_SUITE_P(All, Warp, testing::ValuesIn(backends()));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
