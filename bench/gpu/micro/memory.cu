// Bytes per second: read from L2 by all SMs, the same with a cluster's blocks sharing each read, and copied in memory.
#include <cstdint>
#include <utility>

#include "bench/gpu/micro/lab.h"
#include "bench/gpu/micro/ptx.cuh"
#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"

namespace bench::gpu {
namespace {

namespace dev = kernels::dev;

constexpr unsigned kThreads = 1024, kAhead = 8;
constexpr std::size_t kWarm = 24u << 20;  // bytes that stay in the L2 cache of 60 MB, either half of it
constexpr std::size_t kLarge = 2u << 30;  // many times the cache
constexpr int kFew = 8, kMany = 40;       // passes

// Numbers that differ from word to word: memory of zeros can be faster.
__device__ std::uint32_t word_at(std::size_t i) { return static_cast<std::uint32_t>(i) * 2654435761u + 12345u; }

__global__ void fill(std::uint32_t* out, std::size_t count) {
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += stride) out[i] = word_at(i);
}

__global__ void count_wrong(const std::uint32_t* in, std::size_t count, unsigned* wrong) {
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  unsigned mine = 0;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += stride) {
    mine += in[i] != word_at(i);
  }
  if (mine > 0) atomicAdd(wrong, mine);
}

__device__ std::uint32_t sum_of(uint4 v) { return v.x + v.y + v.z + v.w; }

// Past the L1 cache; each thread has kAhead loads of 16 bytes under way.
__global__ void __launch_bounds__(kThreads)
    read_all(const uint4* in, std::size_t count, int passes, std::uint32_t* sum) {
  const std::size_t stride = std::size_t{gridDim.x} * kThreads;
  std::uint32_t mine = 0;
  for (int pass = 0; pass < passes; ++pass) {
    std::size_t i = std::size_t{blockIdx.x} * kThreads + threadIdx.x;
    for (; i + (kAhead - 1) * stride < count; i += kAhead * stride) {
      uint4 v[kAhead];
#pragma unroll
      for (unsigned k = 0; k < kAhead; ++k) v[k] = __ldcg(in + i + k * stride);
#pragma unroll
      for (unsigned k = 0; k < kAhead; ++k) mine += sum_of(v[k]);
    }
    for (; i < count; i += stride) mine += sum_of(__ldcg(in + i));
  }
  atomicAdd(sum, mine);
}

constexpr unsigned kCluster = 4, kPart = 8192, kTile = kCluster * kPart;  // bytes
constexpr unsigned kStages = 4;
struct Layout {
  unsigned char tile[kStages][kTile];
  std::uint64_t full[kStages], empty[kStages];
};

// Block r of a cluster asks for part r of each tile, for all four. One thread asks, the others add the tile up.
__global__ void __launch_bounds__(256 + 32)
    read_multicast(const unsigned char* in, unsigned tiles, int passes, std::uint32_t* sum) {
  auto& s = dev::smem<Layout>();
  const unsigned rank = dev::cluster_rank(), clusters = gridDim.x / kCluster, first = blockIdx.x / kCluster;
  if (threadIdx.x == 0) {
    for (unsigned i = 0; i < kStages; ++i) {
      dev::mbar_init(&s.full[i], 1);
      dev::mbar_init(&s.empty[i], kCluster);
    }
    dev::mbar_fence_init();
  }
  dev::cluster_sync();
  std::uint32_t mine = 0;
  unsigned n = 0;
  for (int pass = 0; pass < passes; ++pass) {
    for (unsigned tile = first; tile < tiles; tile += clusters, ++n) {
      const unsigned stage = n % kStages, phase = n / kStages % 2;
      if (threadIdx.x == 256) {
        if (n >= kStages) dev::mbar_wait(&s.empty[stage], phase ^ 1);
        dev::mbar_arrive_expect(&s.full[stage], kTile);
        ptx::bulk_load_multicast(&s.tile[stage][rank * kPart], in + std::size_t{tile} * kTile + rank * kPart, kPart,
                                 &s.full[stage], (1u << kCluster) - 1);
      }
      if (threadIdx.x < 256) {
        dev::mbar_wait(&s.full[stage], phase);
        const auto* words = reinterpret_cast<const uint4*>(s.tile[stage]);
        for (unsigned i = threadIdx.x; i < kTile / 16; i += 256) mine += sum_of(words[i]);
        dev::bar_sync(1, 256);
        if (threadIdx.x < kCluster) dev::mbar_arrive_remote(&s.empty[stage], threadIdx.x);
      }
    }
  }
  dev::cluster_sync();
  atomicAdd(sum, mine);
}

class Memory {
 public:
  explicit Memory(Lab& lab) : lab_(lab), data_(lab.stream(), kWarm / 4), sum_(lab.stream(), 1) {
    kernels::launch("fill", fill, {.grid = sms(), .block = kThreads}, lab.stream(), data_.data(), data_.size());
    for (const std::uint32_t word : data_.to_host()) once_ += word;
  }
  unsigned sms() const { return static_cast<unsigned>(lab_.device().multiprocessors); }

  /// @param delivered  bytes of one pass, as they arrive in the SMs
  /// @param copies     how often a pass adds each word up
  void measure(const std::string& name, double predicted, std::size_t delivered, unsigned copies,
               const std::function<void(int passes)>& read) {
    sum_.fill(0);
    read(kFew);
    require_result(sum_.to_host()[0] == once_ * copies * kFew, name + ": the sum of what was read is wrong");
    std::vector<double> samples = lab_.slope(kFew, kMany, read);
    for (double& sample : samples) sample = static_cast<double>(delivered) / sample * 1e-6;
    lab_.report().add(name, "TB/s", predicted, samples);
  }
  const std::uint32_t* data() const { return data_.data(); }
  std::uint32_t* sum() const { return sum_.data(); }

 private:
  Lab& lab_;
  kernels::DeviceBuffer<std::uint32_t> data_, sum_;
  std::uint32_t once_ = 0;
};

void measure_copy(Lab& lab) {
  kernels::DeviceBuffer<std::uint32_t> from(lab.stream(), kLarge / 4), to(lab.stream(), kLarge / 4);
  kernels::DeviceBuffer<unsigned> wrong(lab.stream(), 1);
  to.fill(0xff);
  wrong.fill(0);
  const auto sms = static_cast<unsigned>(lab.device().multiprocessors);
  kernels::launch("fill", fill, {.grid = 2 * sms, .block = kThreads}, lab.stream(), from.data(), from.size());
  std::vector<double> samples = Lab::repeat([&] { return lab.microseconds([&] { to.copy_from(from); }); });
  kernels::launch("count_wrong", count_wrong, {.grid = 2 * sms, .block = kThreads}, lab.stream(), to.data(), to.size(),
                  wrong.data());
  require_result(wrong.to_host()[0] == 0, "memory/copy: the copy differs");
  for (double& sample : samples) sample = 2.0 * static_cast<double>(kLarge) / sample * 1e-6;
  lab.report().add("memory/copy", "TB/s", kH200.copy_bytes * 1e-12, samples);
}

}  // namespace

void measure_memory(Lab& lab) {
  Memory memory(lab);
  const double predicted = kH200.l2_bytes * 1e-12;
  memory.measure("memory/l2_read", predicted, kWarm, 1, [&](int passes) {
    kernels::launch("read_all", read_all, {.grid = 2 * memory.sms(), .block = kThreads}, lab.stream(),
                    reinterpret_cast<const uint4*>(memory.data()), kWarm / 16, passes, memory.sum());
  });
  // Four times the bytes arrive for each that is read; what bounds it is to be seen, so the prediction is L2's own
  // rate.
  const unsigned blocks = memory.sms() / kCluster * kCluster;
  memory.measure("memory/l2_read_multicast/4", predicted, kCluster * kWarm, kCluster, [&](int passes) {
    kernels::launch("read_multicast", read_multicast,
                    {.grid = blocks, .block = 256 + 32, .cluster = kCluster, .shared_bytes = sizeof(Layout)},
                    lab.stream(), reinterpret_cast<const unsigned char*>(memory.data()),
                    static_cast<unsigned>(kWarm / kTile), passes, memory.sum());
  });
  measure_copy(lab);
}

}  // namespace bench::gpu
