// Atomic operations, ordered accesses, and waits for other blocks.
#include "tests/kernels/device/micro.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class Atomic : public MicroTest {};

__global__ void prepare(int* words) {
  if (threadIdx.x < 16) words[threadIdx.x] = threadIdx.x == 4 ? -1 : threadIdx.x == 2 ? 1000 : 0;
}

__global__ void updates(int* words) {
  const int t = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(&words[0], t);
  atomicSub(&words[1], 1);
  atomicMin(&words[2], 7 + t);
  atomicMax(&words[3], t);
  atomicAnd(&words[4], ~(1 << t % 16));
  atomicOr(&words[5], 1 << t % 32);
  atomicXor(&words[6], t);
  atomicAdd(reinterpret_cast<float*>(&words[7]), 0.5f);
  dev::add_relaxed(&words[8], 2);
  dev::add_acq_rel(&words[9], 3);
  for (int old = words[10] * 0, seen = -1; old != seen;) {  // one increment each, by compare and swap
    seen = old;
    old = atomicCAS(&words[10], seen, seen + 1);
  }
  if (t == 77) atomicExch(&words[11], 42);
}

TEST_P(Atomic, EveryUpdateCountsOnce) {
  DeviceBuffer<int> words(stream(), 16);
  launch("prepare", prepare, {.block = 32}, stream(), words.data());
  launch("updates", updates, {.grid = 4, .block = 64}, stream(), words.data());
  const std::vector<int> got = words.to_host();
  int all_xor = 0;
  for (int t = 0; t < 256; ++t) all_xor ^= t;
  EXPECT_EQ(got[0], 255 * 256 / 2);
  EXPECT_EQ(got[1], -256);
  EXPECT_EQ(got[2], 7);
  EXPECT_EQ(got[3], 255);
  EXPECT_EQ(got[4], static_cast<int>(0xffff0000u));
  EXPECT_EQ(got[5], -1);
  EXPECT_EQ(got[6], all_xor);
  float sum = 0;
  std::memcpy(&sum, &got[7], sizeof sum);
  EXPECT_EQ(sum, 128.0f);
  EXPECT_EQ(got[8], 512);
  EXPECT_EQ(got[9], 768);
  EXPECT_EQ(got[10], 256);
  EXPECT_EQ(got[11], 42);
}

__global__ void widths(unsigned long long* out) {
  if (threadIdx.x != 0) return;
  out[0] = 5;
  dev::store_relaxed(&out[1], 1ull << 40);
  dev::store_release(&out[2], 3ull << 40);
  out[3] = dev::load_relaxed(&out[1]) + dev::load_acquire(&out[2]);
  out[4] = dev::add_acq_rel(&out[0], 1ull << 33);
  out[5] = dev::add_relaxed(&out[0], 2ull);
  auto* narrow = reinterpret_cast<unsigned*>(&out[6]);
  dev::store_relaxed(&narrow[0], 7u);
  dev::store_release(&narrow[1], dev::load_acquire(&narrow[0]) + 1u);
}

TEST_P(Atomic, OrderedAccessesTakeFourAndEightBytes) {
  const std::vector<unsigned long long> got = outputs(7, widths, {.block = 32});
  EXPECT_EQ(got[0], 5ull + (1ull << 33) + 2);
  EXPECT_EQ(got[3], 4ull << 40);
  EXPECT_EQ(got[4], 5u);
  EXPECT_EQ(got[5], 5ull + (1ull << 33));
  EXPECT_EQ(got[6], 7ull | 8ull << 32);
}

// The last block to come adds up what all have left.
__global__ void last_block(int* out, int* parts, unsigned* tickets) {
  const auto block = static_cast<int>(blockIdx.x);
  if (threadIdx.x == 0) parts[block] = block + 1;
  if (threadIdx.x != 0 || dev::add_acq_rel(tickets, 1u) + 1 != gridDim.x) return;
  int sum = 0;
  for (int i = 0; i < static_cast<int>(gridDim.x); ++i) sum += parts[i];
  out[0] = sum;
}

TEST_P(Atomic, AcquireReleaseOrdersBlocks) {
  DeviceBuffer<int> parts(stream(), 24);
  DeviceBuffer<unsigned> tickets(stream(), 1);
  tickets.fill(0);
  const std::vector<int> got = outputs(1, last_block, {.grid = 24, .block = 32}, parts.data(), tickets.data());
  EXPECT_EQ(got[0], 24 * 25 / 2);
}

struct Triple {
  float x, y, z;
};

// A ring of blocks: each hands its number on, through tagged words of 8 and of 16 bytes, for some rounds.
__global__ void ring(int* out, Tagged<int>* small, Tagged<Triple>* large, int rounds, Watchdog watchdog) {
  const auto block = static_cast<int>(blockIdx.x), blocks = static_cast<int>(gridDim.x);
  if (threadIdx.x != 0) return;
  const int left = (block + blocks - 1) % blocks;
  int mine = block;
  for (int round = 0; round < rounds; ++round) {
    const auto tag = static_cast<std::uint32_t>(round);
    const auto number = static_cast<float>(mine);
    // a slot for each round: nobody overwrites what somebody still reads
    dev::store_tagged(&small[round * blocks + block], mine, tag);
    dev::store_tagged(&large[round * blocks + block], Triple{number, 2 * number, 3 * number}, tag);
    const int value = dev::wait_tagged(&small[round * blocks + left], tag, watchdog, 1);
    const Triple triple = dev::wait_tagged(&large[round * blocks + left], tag, watchdog, 2);
    mine = triple.x + triple.y + triple.z == 6 * static_cast<float>(value) ? value : -1000;
  }
  out[block] = mine;
}

TEST_P(Atomic, TaggedWordsPassBetweenBlocksInOnePiece) {
  constexpr int kBlocks = 5, kRounds = 7;
  DeviceBuffer<Tagged<int>> small(stream(), kBlocks * kRounds);
  DeviceBuffer<Tagged<Triple>> large(stream(), kBlocks * kRounds);
  small.fill(0xff);
  large.fill(0xff);
  const std::vector<int> got = outputs(kBlocks, ring, {.grid = kBlocks, .block = 32, .cooperative = true}, small.data(),
                                       large.data(), kRounds, Watchdog{});
  for (int block = 0; block < kBlocks; ++block) EXPECT_EQ(got[block], (block + 5 * kRounds - kRounds) % kBlocks);
}

// Every block tells four words, and awaits the left one's together; one slot is none.
__global__ void several(int* out, Tagged<int>* words, Watchdog watchdog) {
  const auto block = static_cast<int>(blockIdx.x), blocks = static_cast<int>(gridDim.x);
  if (threadIdx.x != 0) return;
  const int left = (block + blocks - 1) % blocks;
  for (int round = 0; round < 2; ++round) {
    const auto tag = static_cast<std::uint32_t>(round + 1);
    Tagged<int>* mine = words + (round * blocks + block) * 4;
    for (int i = 0; i < 4; ++i)
      dev::store_tagged(&mine[(i + block) % 4], 100 * round + 10 * block + (i + block) % 4, tag);
    const Tagged<int>* theirs = words + (round * blocks + left) * 4;
    const Tagged<int>* const slots[] = {theirs, theirs + 1, nullptr, theirs + 3};
    int values[4] = {-1, -1, -1, -1};
    dev::wait_tagged(slots, tag, values, watchdog, 1);
    for (int i = 0; i < 4; ++i) out[(round * blocks + block) * 4 + i] = values[i];
  }
}

TEST_P(Atomic, SeveralTaggedWordsAreAwaitedTogether) {
  constexpr int kBlocks = 3;
  DeviceBuffer<Tagged<int>> words(stream(), 2 * kBlocks * 4);
  words.fill(0);
  const std::vector<int> got =
      outputs(2 * kBlocks * 4, several, {.grid = kBlocks, .block = 32, .cooperative = true}, words.data(), Watchdog{});
  for (int i = 0; i < 2 * kBlocks * 4; ++i) {
    const int round = i / 4 / kBlocks, left = (i / 4 % kBlocks + kBlocks - 1) % kBlocks;
    EXPECT_EQ(got[i], i % 4 == 2 ? -1 : 100 * round + 10 * left + i % 4) << i;
  }
}

// Block 0 publishes data by a counter that the others wait for.
__global__ void publish(int* out, int* data, std::uint32_t* counter, std::uint32_t reached, Watchdog watchdog) {
  const unsigned t = threadIdx.x;
  if (blockIdx.x == 0) {
    data[t] = static_cast<int>(t) * 3;
    __syncthreads();
    if (t == 0) dev::add_acq_rel(counter, 1u);
  } else {
    if (t == 0) dev::wait_reached(counter, reached, watchdog, 3);
    __syncthreads();
    out[(blockIdx.x - 1) * 64 + t] = data[63 - t];
  }
}

// From 0 to 1, and round the end of the counter: from 2^32 - 1 to 0, where the first is the larger number.
TEST_P(Atomic, WaitReachedSeesWhatWasReleased) {
  for (const std::uint32_t reached : {1u, 0u}) {
    DeviceBuffer<int> data(stream(), 64);
    data.fill(0xff);
    DeviceBuffer<std::uint32_t> counter(stream(), 1);
    counter.fill(reached == 1 ? 0 : 0xff);
    const std::vector<int> got = outputs(192, publish, {.grid = 4, .block = 64, .cooperative = true}, data.data(),
                                         counter.data(), reached, Watchdog{});
    for (int i = 0; i < 192; ++i) EXPECT_EQ(got[i], (63 - i % 64) * 3) << "counter at " << reached;
  }
}

__global__ void grid_rounds(int* out, int* board) {
  const auto block = static_cast<int>(blockIdx.x), blocks = static_cast<int>(gridDim.x);
  int value = block;
  for (int round = 0; round < 3; ++round) {
    if (threadIdx.x == 0) board[block] = value;
    dev::grid_sync();
    value = board[(block + 1) % blocks] + 10;
    dev::grid_sync();
  }
  if (threadIdx.x == 0) out[block] = value;
}

TEST_P(Atomic, GridSyncOrdersAllBlocks) {
  DeviceBuffer<int> board(stream(), 12);
  const std::vector<int> got = outputs(12, grid_rounds, {.grid = 12, .block = 64, .cooperative = true}, board.data());
  for (int block = 0; block < 12; ++block) EXPECT_EQ(got[block], (block + 3) % 12 + 30);
}

INSTANTIATE_TEST_SUITE_P(All, Atomic, testing::ValuesIn(backends()));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
