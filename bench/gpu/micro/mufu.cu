// Results per cycle of an SM's special function units, all 32 warps of a block at it. Each thread has independent
// chains, whose values stay near a fixed point: never zero, infinity or NaN.
#include <cmath>
#include <cstdint>

#include "bench/gpu/micro/lab.h"
#include "bench/gpu/micro/ptx.cuh"
#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/math/half.h"

namespace bench::gpu {
namespace {

namespace dev = kernels::dev;

constexpr int kThreads = 1024, kChains = 8, kRounds = 512;

// next() is one instruction of the unit, and at most one of another unit that keeps the chain where it is.
// limit is the relative error allowed beside the C library's function: NVIDIA's bound (PTX ISA), or the format's
// rounding.
struct Tanh {
  static constexpr int kResults = 1;
  static constexpr double kLimit = 0x1p-10;
  static __device__ float next(float x) { return dev::tanh_fast(x); }
  static double truth(double x) { return std::tanh(x); }
};
struct Exp2 {
  static constexpr int kResults = 1;
  static constexpr double kLimit = 0x1p-21;
  static __device__ float next(float x) { return dev::exp2_fast(-x); }
  static double truth(double x) { return std::exp2(-x); }
};
struct Rsqrt {
  static constexpr int kResults = 1;
  static constexpr double kLimit = 0x1p-21;
  static __device__ float next(float x) { return dev::rsqrt_fast(x); }
  static double truth(double x) { return 1 / std::sqrt(x); }
};
struct Log2 {
  static constexpr int kResults = 1;
  static constexpr double kLimit = 0x1p-20;
  static __device__ float next(float x) { return ptx::log2(x + 1.0f); }
  static double truth(double x) { return std::log2(x + 1); }
};
struct Rcp {
  static constexpr int kResults = 1;
  static constexpr double kLimit = 0x1p-22;
  static __device__ float next(float x) { return dev::rcp_fast(x); }
  static double truth(double x) { return 1 / x; }
};

constexpr std::uint32_t kBothSigns = 0x80008000u;
struct TanhHalf2 {
  using Element = kernels::Half;
  static constexpr int kResults = 2;
  static constexpr double kLimit = 0x1p-9;
  static __device__ std::uint32_t next(std::uint32_t x) { return ptx::tanh_half2(x); }
  static double truth(double x) { return std::tanh(x); }
};
struct Exp2Half2 {
  using Element = kernels::Half;
  static constexpr int kResults = 2;
  static constexpr double kLimit = 0x1p-9;
  static __device__ std::uint32_t next(std::uint32_t x) { return ptx::exp2_half2(x ^ kBothSigns); }
  static double truth(double x) { return std::exp2(-x); }
};
struct TanhBfloat2 {
  using Element = kernels::Bfloat16;
  static constexpr int kResults = 2;
  static constexpr double kLimit = 0x1p-7;
  static __device__ std::uint32_t next(std::uint32_t x) { return ptx::tanh_bfloat2(x); }
  static double truth(double x) { return std::tanh(x); }
};

template <typename Op>
using Value = decltype(Op::next({}));

template <typename Op>
__global__ void once(const Value<Op>* in, Value<Op>* out) {
  out[threadIdx.x] = Op::next(in[threadIdx.x]);
}

template <typename Op>
__global__ void __launch_bounds__(kThreads) many(const Value<Op>* in, Value<Op>* out, long long* cycles) {
  Value<Op> chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = in[(threadIdx.x + i) % 32];
  __syncthreads();
  const long long began = clock64();
#pragma unroll 4
  for (int round = 0; round < kRounds; ++round) {
#pragma unroll
    for (int i = 0; i < kChains; ++i) chain[i] = Op::next(chain[i]);
  }
  __syncthreads();
  const long long taken = clock64() - began;
  Value<Op> sum{};
  for (int i = 0; i < kChains; ++i) sum += chain[i];
  out[blockIdx.x * kThreads + threadIdx.x] = sum;
  if (threadIdx.x == 0) cycles[blockIdx.x] = taken;
}

// Arguments from 0.1 to 1.65.
float argument(int i) { return 0.1f + 0.05f * static_cast<float>(i); }

template <typename Op>
std::vector<Value<Op>> arguments() {
  std::vector<Value<Op>> values;
  for (int i = 0; i < 32; ++i) {
    if constexpr (Op::kResults == 1) {
      values.push_back(argument(i));
    } else {
      using Element = typename Op::Element;
      values.push_back(
          kernels::pack(kernels::from_float<Element>(argument(i)), kernels::from_float<Element>(argument(31 - i))));
    }
  }
  return values;
}

template <typename Op>
void check_element(const std::string& name, double x, double got) {
  const double want = Op::truth(x), error = std::fabs(got - want) / std::fabs(want);
  require_result(error <= Op::kLimit,
                 name + ": f(" + std::to_string(x) + ") = " + std::to_string(got) + ", not " + std::to_string(want));
}

template <typename Op>
void check(const std::string& name, Value<Op> in, Value<Op> out) {
  if constexpr (Op::kResults == 1) {
    check_element<Op>(name, in, out);
  } else {
    using Element = typename Op::Element;
    for (const int shift : {0, 16}) {
      const auto half = [&](std::uint32_t word) {
        return static_cast<double>(kernels::to_float(Element{static_cast<std::uint16_t>(word >> shift)}));
      };
      check_element<Op>(name, half(in), half(out));
    }
  }
}

template <typename Op>
void measure(Lab& lab, const std::string& name) {
  const auto blocks = static_cast<unsigned>(lab.device().multiprocessors);
  const std::vector<Value<Op>> given = arguments<Op>();
  kernels::DeviceBuffer<Value<Op>> in(lab.stream(), given.size()), out(lab.stream(), std::size_t{blocks} * kThreads);
  kernels::DeviceBuffer<long long> cycles(lab.stream(), blocks);
  in.upload(given);
  out.fill(0xff);
  kernels::launch("once", once<Op>, {.grid = 1, .block = 32}, lab.stream(), in.data(), out.data());
  const std::vector<Value<Op>> got = out.to_host();
  for (std::size_t i = 0; i < given.size(); ++i) check<Op>(name, given[i], got[i]);

  const auto samples = Lab::repeat([&] {
    kernels::launch("many", many<Op>, {.grid = blocks, .block = kThreads}, lab.stream(), in.data(), out.data(),
                    cycles.data());
    const double results = double{kThreads} * kChains * kRounds * Op::kResults;
    std::vector<double> rates;
    for (const long long taken : cycles.to_host()) rates.push_back(results / static_cast<double>(taken));
    return spread_of(rates).median;
  });
  lab.report().add("mufu/" + name, "results per cycle and SM", kH200.mufu_per_cycle, samples);
}

}  // namespace

// The model counts on one result an instruction for packed halves too: a ratio of 2 says that they come in pairs.
void measure_mufu(Lab& lab) {
  measure<Tanh>(lab, "tanh");
  measure<Exp2>(lab, "ex2");
  measure<Rsqrt>(lab, "rsq");
  measure<Log2>(lab, "lg2");
  measure<Rcp>(lab, "rcp");
  measure<TanhHalf2>(lab, "tanh_f16x2");
  measure<Exp2Half2>(lab, "ex2_f16x2");
  measure<TanhBfloat2>(lab, "tanh_bf16x2");
}

}  // namespace bench::gpu
