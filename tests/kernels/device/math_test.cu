// Approximations keep their bounds.
#include <cmath>

#include "tests/kernels/device/micro.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class Math : public MicroTest {};

constexpr int kPoints = 512, kFunctions = 7;

// For log, sqrt and the reciprocals: 2^-9 to 2^9; for the others -16 to 16.
__host__ __device__ inline float positive_at(int i) { return exp2f(static_cast<float>(i - kPoints / 2) / 28.0f); }
__host__ __device__ inline float any_at(int i) { return static_cast<float>(i - kPoints / 2) / 16.0f; }

__global__ void functions(float* out, const float* positive) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const float p = positive[i], x = any_at(i);
  out[i] = dev::exp2_fast(x);
  out[kPoints + i] = dev::exp_fast(x);
  out[2 * kPoints + i] = dev::tanh_fast(x);
  out[3 * kPoints + i] = dev::rcp_fast(p);
  out[4 * kPoints + i] = dev::sqrt_fast(p);
  out[5 * kPoints + i] = dev::rsqrt_fast(p);
  out[6 * kPoints + i] = dev::log_fast(p);
}

TEST_P(Math, ApproximationsKeepTheirBounds) {
  std::vector<float> positive(kPoints);
  for (int i = 0; i < kPoints; ++i) positive[i] = positive_at(i);
  DeviceBuffer<float> in(stream(), kPoints);
  in.upload(positive);
  const std::vector<float> got = outputs_about(kPoints * kFunctions, functions, {.grid = kPoints / 64, .block = 64},
                                               static_cast<const float*>(in.data()));
  for (int i = 0; i < kPoints; ++i) {
    const double x = any_at(i), p = positive[i];
    const double want[kFunctions] = {std::exp2(x), std::exp(x),      std::tanh(x), 1 / p,
                                     std::sqrt(p), 1 / std::sqrt(p), std::log(p)};
    const bool near_one = p >= 0.5 && p <= 2;
    const double bound[kFunctions] = {0x1p-22,
                                      0x1p-22 + std::fabs(x) * 0x1p-23,
                                      0x1p-11,
                                      0x1p-23,
                                      0x1p-22,
                                      0x1p-22,
                                      near_one ? 0x1p-21 / std::max(std::fabs(std::log(p)), 1e-30) : 0x1p-21};
    for (int f = 0; f < kFunctions; ++f) {
      const double error = std::fabs(got[f * kPoints + i] - want[f]);
      // + 2^-24: the result's own rounding
      EXPECT_LE(error, (bound[f] + 0x1p-24) * std::fabs(want[f]) + (f == 6 && near_one ? 0x1p-21 : 0))
          << "function " << f << " at " << x << " or " << p;
    }
  }
}

#if defined(AFFETTO_EMULATED)
TEST_P(Math, TheEmulatorErrsOnPurposeUnlessToldNotTo) {
  std::vector<float> positive(kPoints, 1.0f);
  DeviceBuffer<float> in(stream(), kPoints);
  in.upload(positive);
  const auto distance = [&] {
    const std::vector<float> got = outputs_about(kPoints * kFunctions, functions, {.grid = kPoints / 64, .block = 64},
                                                 static_cast<const float*>(in.data()));
    int different = 0;
    for (int i = 0; i < kPoints; ++i) different += got[2 * kPoints + i] != std::tanh(any_at(i)) ? 1 : 0;
    return different;
  };
  EXPECT_GT(distance(), kPoints / 2);
  const emulator::ExactMathScope exact;
  EXPECT_EQ(distance(), 0);
}
#endif

INSTANTIATE_TEST_SUITE_P(All, Math, testing::ValuesIn(backends(1)));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
