// One round in which every block tells all others a word and hears theirs, through L2: by the grid's barrier, by a
// barrier on one counter, and by data that carries its own step. The words depend on the round before, so a word that
// comes too early or too late changes the end.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "bench/gpu/micro/lab.h"
#include "bench/gpu/micro/round.h"
#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"

namespace bench::gpu {
namespace {

using kernels::Tagged;
namespace dev = kernels::dev;

constexpr int kMostBlocks = 128, kThreads = 128;  // thread i listens to block i
constexpr int kFew = 500, kMany = 2500;

enum class Way { grid, counter, tagged };

struct Words {
  Tagged<std::uint32_t>* tagged;  ///< [2, kMostBlocks] by the round's parity
  std::uint32_t* plain;           ///< [2, kMostBlocks]
  std::uint32_t* counter;
  std::uint32_t* last;  ///< [blocks] each block's word after the last round
  int rounds;
  // Two seconds of looks: far above a round, far below the time a script waits.
  kernels::Watchdog patience{.mailbox = nullptr, .polls = 1ull << 22};
};

struct Layout {
  std::uint32_t part[kThreads / 32];
};

template <Way way>
__device__ void publish(const Words& words, std::uint32_t word, std::uint32_t round) {
  const unsigned at = round % 2 * kMostBlocks + blockIdx.x;
  if constexpr (way == Way::tagged) {
    if (threadIdx.x == 0) dev::store_tagged(&words.tagged[at], word, round);
  } else {
    if (threadIdx.x == 0) dev::store_relaxed(&words.plain[at], word);
    if constexpr (way == Way::grid) {
      dev::grid_sync();
    } else {
      if (threadIdx.x == 0) {
        dev::add_acq_rel(words.counter, 1u);
        dev::wait_reached(words.counter, round * gridDim.x, words.patience, 1);
      }
      __syncthreads();
    }
  }
}

template <Way way>
__device__ std::uint32_t hear(const Words& words, std::uint32_t round) {
  if (threadIdx.x >= gridDim.x) return 0;
  const unsigned at = round % 2 * kMostBlocks + threadIdx.x;
  if constexpr (way == Way::tagged) return dev::wait_tagged(&words.tagged[at], round, words.patience, 1);
  return dev::load_relaxed(&words.plain[at]);
}

template <Way way>
__global__ void __launch_bounds__(kThreads) exchange(const __grid_constant__ Words words) {
  auto& s = dev::smem<Layout>();
  std::uint32_t word = blockIdx.x;
  for (std::uint32_t round = 1; round <= static_cast<std::uint32_t>(words.rounds); ++round) {
    publish<way>(words, word, round);
    const std::uint32_t part = __reduce_add_sync(0xffffffffu, hear<way>(words, round));
    if (threadIdx.x % 32 == 0) s.part[threadIdx.x / 32] = part;
    __syncthreads();
    word = next_word(s.part[0] + s.part[1] + s.part[2] + s.part[3], blockIdx.x);
    __syncthreads();
  }
  if (threadIdx.x == 0) words.last[blockIdx.x] = word;
}

// Two blocks, one word to and fro: a round is two ways.
__global__ void ping_pong(const __grid_constant__ Words words) {
  std::uint32_t word = 0;
  for (std::uint32_t round = 1; round <= static_cast<std::uint32_t>(words.rounds); ++round) {
    if (blockIdx.x == 0) {
      dev::store_tagged(&words.tagged[0], word, round);
      word = dev::wait_tagged(&words.tagged[1], round, words.patience, 1);
    } else {
      word = dev::wait_tagged(&words.tagged[0], round, words.patience, 1) + 1;
      dev::store_tagged(&words.tagged[1], word, round);
    }
  }
  words.last[blockIdx.x] = word;
}

class Exchange {
 public:
  Exchange(Lab& lab, int blocks)
      : lab_(lab),
        blocks_(blocks),
        tagged_(lab.stream(), 2 * kMostBlocks),
        plain_(lab.stream(), 2 * kMostBlocks),
        counter_(lab.stream(), 1),
        last_(lab.stream(), kMostBlocks) {}

  void measure(const std::string& name, double predicted, double rounds_per_us, void (*kernel)(Words), unsigned threads,
               const std::function<std::vector<std::uint32_t>(int)>& expected) {
    run(kernel, threads, kFew);
    std::vector<std::uint32_t> got = last_.to_host();
    got.resize(static_cast<std::size_t>(blocks_));
    require_result(got == expected(kFew), name + ": a word was lost, early or late");
    std::vector<double> samples = lab_.slope(kFew, kMany, [&](int rounds) { run(kernel, threads, rounds); });
    for (double& sample : samples) sample /= rounds_per_us;
    lab_.report().add(name, "us", predicted, samples);
  }

 private:
  void run(void (*kernel)(Words), unsigned threads, int rounds) {
    tagged_.fill(0);
    counter_.fill(0);
    const Words words{tagged_.data(), plain_.data(), counter_.data(), last_.data(), rounds};
    kernels::launch(
        "exchange", kernel,
        {.grid = static_cast<unsigned>(blocks_), .block = threads, .cooperative = true, .shared_bytes = sizeof(Layout)},
        lab_.stream(), words);
  }

  Lab& lab_;
  int blocks_;
  kernels::DeviceBuffer<Tagged<std::uint32_t>> tagged_;
  kernels::DeviceBuffer<std::uint32_t> plain_, counter_, last_;
};

}  // namespace

void measure_exchange(Lab& lab) {
  const int blocks = std::min(kMostBlocks, lab.device().multiprocessors);
  Exchange all(lab, blocks);
  const auto expected = [&](int rounds) { return expected_words(static_cast<std::uint32_t>(blocks), rounds); };
  all.measure("exchange/grid_sync", kLatencies.grid_sync_us, 1, exchange<Way::grid>, kThreads, expected);
  all.measure("exchange/counter", kLatencies.flag_barrier_us, 1, exchange<Way::counter>, kThreads, expected);
  all.measure("exchange/tagged", kLatencies.tagged_us, 1, exchange<Way::tagged>, kThreads, expected);
  Exchange two(lab, 2);
  two.measure("exchange/one_way", kLatencies.tagged_us, 2, ping_pong, 1,
              [](int rounds) { return std::vector<std::uint32_t>(2, static_cast<std::uint32_t>(rounds)); });
}

}  // namespace bench::gpu
