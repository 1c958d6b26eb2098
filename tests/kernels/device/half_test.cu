// The 16-bit floats, on host and device.
#include <cmath>
#include <limits>

#include "tests/kernels/device/micro.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

// The definition, in double: the nearest multiple of the unit in the last place, ties to even.
double nearest(double x, int fraction_bits, int smallest_exponent, double largest) {
  if (x == 0 || std::isnan(x) || std::isinf(x)) return x;
  const int exponent = std::max(std::ilogb(x), smallest_exponent);
  const double unit = std::ldexp(1.0, exponent - fraction_bits);
  const double rounded = std::nearbyint(x / unit) * unit;
  return std::fabs(rounded) > largest ? std::copysign(INFINITY, x) : rounded;
}

std::vector<float> interesting() {
  std::vector<float> values = {0.0f,     65504.0f, 65519.9f, 65520.0f, 1e30f,   6.1e-5f,
                               6.09e-5f, 3e-8f,    2.9e-8f,  1e-10f,   INFINITY};
  for (int exponent = -30; exponent < 20; ++exponent) {
    // 1 + 1/2 of each type's last place, and just beside it: ties and their neighbours
    for (const float fraction :
         {1.0f, 1.000488281f, 1.000488401f, 1.00146484f, 1.00390625f, 1.01171875f, 1.3f, 1.999f}) {
      values.push_back(std::ldexp(fraction, exponent));
    }
  }
  const std::size_t positive = values.size();
  for (std::size_t i = 0; i < positive; ++i) values.push_back(-values[i]);
  return values;
}

TEST(Half, RoundsToTheNearest) {
  for (const float x : interesting()) {
    EXPECT_EQ(to_float(to_half(x)), static_cast<float>(nearest(x, 10, -14, 65504))) << x;
    EXPECT_EQ(std::signbit(to_float(to_half(x))), std::signbit(x)) << x;
  }
  EXPECT_TRUE(std::isnan(to_float(to_half(NAN))));
}

TEST(Half, Bfloat16RoundsToTheNearest) {
  for (const float x : interesting())
    EXPECT_EQ(to_float(to_bfloat16(x)), static_cast<float>(nearest(x, 7, -126, 3.4e38))) << x;
  EXPECT_TRUE(std::isnan(to_float(to_bfloat16(NAN))));
  EXPECT_EQ(to_float(to_bfloat16(std::numeric_limits<float>::max())), INFINITY);
}

TEST(Half, EveryPatternSurvivesTheWayThroughFloat) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const Half half{static_cast<std::uint16_t>(bits)};
    const Bfloat16 bfloat16{static_cast<std::uint16_t>(bits)};
    if (!std::isnan(to_float(half))) {
      EXPECT_EQ(to_half(to_float(half)).bits, bits);
    }
    if (!std::isnan(to_float(bfloat16))) {
      EXPECT_EQ(to_bfloat16(to_float(bfloat16)).bits, bits);
    }
  }
}

class HalfOnDevice : public MicroTest {};

__global__ void convert(unsigned* out, const float* in, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) out[i] = to_half(in[i]).bits | static_cast<unsigned>(to_bfloat16(in[i]).bits) << 16;
}

TEST_P(HalfOnDevice, ConvertsAsTheHostDoes) {
  const std::vector<float> values = interesting();
  DeviceBuffer<float> in(stream(), values.size());
  in.upload(values);
  const auto count = static_cast<unsigned>(values.size());
  const std::vector<unsigned> got =
      outputs(count, convert, {.grid = (count + 63) / 64, .block = 64}, in.data(), static_cast<int>(count));
  for (unsigned i = 0; i < count; ++i) {
    EXPECT_EQ(got[i], to_half(values[i]).bits | static_cast<unsigned>(to_bfloat16(values[i]).bits) << 16) << values[i];
  }
}

INSTANTIATE_TEST_SUITE_P(All, HalfOnDevice, testing::ValuesIn(backends(1)));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
