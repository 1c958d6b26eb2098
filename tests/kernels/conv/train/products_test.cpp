// The three products of training in fp32, number by number, against the definition.
#include <gtest/gtest.h>

#include "kernels/conv/train/launch.h"
#include "tests/kernels/conv/channels_last.h"
#include "tests/kernels/conv/conv_case.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"
#include "tests/kernels/ops/on_device.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

namespace ref = conv_reference;

struct ProductCase {
  int side, in, out;
  friend void PrintTo(const ProductCase& c, std::ostream* out) {
    *out << c.side << " x " << c.side << ", " << c.in << " to " << c.out;
  }
};
// One pixel, a whole tile, ragged tiles; a unit of channels and less, several units, more slices of channels than one.
const ProductCase kMaps[] = {{1, 3, 5}, {8, 16, 16}, {5, 20, 33}, {9, 7, 18}, {2, 64, 65}, {17, 33, 32}};
const ProductCase kPictures[] = {{1, 1, 3}, {9, 1, 40}, {8, 1, 16}, {17, 1, 18}};
constexpr int kCount = 2;  // pictures

std::vector<float> floats(const ref::Values& values) { return {values.begin(), values.end()}; }

/// [out, in, 3, 3] -> [3, 3, in, out]
std::vector<float> taps_first(const ref::Values& weights, int in, int out) {
  std::vector<float> to(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::size_t tap = i % 9, c = i / 9 % static_cast<std::size_t>(in), o = i / 9 / static_cast<std::size_t>(in);
    to[(tap * static_cast<std::size_t>(in) + c) * static_cast<std::size_t>(out) + o] = static_cast<float>(weights[i]);
  }
  return to;
}

/// Terms of size 1 at most, each rounded in the product and in the sum.
Tolerance tolerance(std::size_t terms) { return {.abs = 4 * static_cast<double>(terms + 1) * 0x1p-24}; }

class FaceProductsTest : public DeviceCases<ProductCase> {
 public:
  std::size_t side() const { return static_cast<std::size_t>(param().side); }
  ref::Shape in_shape() const { return {kCount, static_cast<std::size_t>(param().in), side(), side()}; }
  ref::Shape out_shape() const { return {kCount, static_cast<std::size_t>(param().out), side(), side()}; }
  Filling filling() const { return param().in == 1 ? Filling::none : Filling::whole_units; }
  int reads() const { return static_cast<int>(pitch_of(in_shape(), filling())); }
  int writes() const { return filled_up(param().out); }

  DeviceBuffer<float> packed(bool turned) const {
    const int from = turned ? writes() : reads(), to = turned ? reads() : writes();
    const auto there = uploaded(stream(), taps_first(weights, param().in, param().out));
    auto packed = poisoned<float>(stream(), std::size_t{9} * from * to);
    launch_pack({there.data(), packed.data(), param().in, param().out, from, to, turned}, stream());
    stream().synchronize();
    return packed;
  }
  DeviceBuffer<float> map(const ref::Shape& shape, const ref::Values& values) const {
    return uploaded(
        stream(), channels_last<float>(shape, floats(values), shape.channels == 1 ? filling() : Filling::whole_units));
  }

  ref::Values x, weights, d_out;

 protected:
  void SetUp() override {
    DeviceCases::SetUp();
    x = random_values(in_shape().size(), 1);
    weights = random_values(std::size_t{9} * param().in * param().out, 2);
    d_out = random_values(out_shape().size(), 3);
  }
};

TEST_P(FaceProductsTest, ForwardIsTheDefinition) {
  const auto in = map(in_shape(), x), weight = packed(false);
  const auto out = poisoned<float>(stream(), kCount * side() * side() * static_cast<std::size_t>(writes()));
  launch_convolution({in.data(), weight.data(), out.data(), param().side, reads(), writes()}, kCount, stream());
  const ref::Values want = ref::convolve(in_shape(), x, out_shape().channels, weights);
  EXPECT_TRUE(close(channels_first(out_shape(), out.to_host()), floats(want), tolerance(9 * in_shape().channels)));
}

TEST_P(FaceProductsTest, WindowGradientIsTheDefinitionForAnyGroups) {
  const auto in = map(in_shape(), x), d = map(out_shape(), d_out);
  const ref::ConvolutionGradient want = ref::convolve_back(in_shape(), x, out_shape().channels, weights, d_out);
  const int most = window_groups(param().side, reads(), writes(), kCount);
  for (const int groups : {1, std::min(3, most), most}) {
    const auto partial = poisoned<float>(stream(), std::size_t{9} * reads() * writes() * groups);
    const auto gradient = poisoned<float>(stream(), weights.size());
    launch_window_gradient({.in = in.data(),
                            .d_out = d.data(),
                            .partial = partial.data(),
                            .gradient = gradient.data(),
                            .side = param().side,
                            .reads = reads(),
                            .writes = writes(),
                            .in_channels = param().in,
                            .out_channels = param().out,
                            .groups = groups},
                           kCount, stream());
    EXPECT_TRUE(close(gradient.to_host(), taps_first(want.weights, param().in, param().out),
                      tolerance(kCount * side() * side())))
        << groups << " groups";
  }
}

INSTANTIATE_TEST_SUITE_P(Maps, FaceProductsTest,
                         testing::Combine(testing::ValuesIn(kMaps), testing::ValuesIn(backends(1))));
INSTANTIATE_TEST_SUITE_P(Pictures, FaceProductsTest,
                         testing::Combine(testing::ValuesIn(kPictures), testing::ValuesIn(backends(1))));

class FaceBackwardTest : public FaceProductsTest {};

TEST_P(FaceBackwardTest, BackwardIsTheDefinition) {
  const auto d = map(out_shape(), d_out), weight = packed(true);
  const auto d_in = poisoned<float>(stream(), kCount * side() * side() * static_cast<std::size_t>(reads()));
  launch_convolution({d.data(), weight.data(), d_in.data(), param().side, writes(), reads()}, kCount, stream());
  const ref::ConvolutionGradient want = ref::convolve_back(in_shape(), x, out_shape().channels, weights, d_out);
  EXPECT_TRUE(close(channels_first(in_shape(), d_in.to_host()), floats(want.x), tolerance(9 * out_shape().channels)));
}

INSTANTIATE_TEST_SUITE_P(Maps, FaceBackwardTest,
                         testing::Combine(testing::ValuesIn(kMaps), testing::ValuesIn(backends(1))));

TEST(FaceWindowGroups, FillALargeGpuAndNeverOutnumberTheTiles) {
  EXPECT_EQ(window_groups(48, 32, 32, 128), 512);  // two blocks of channels: 1,024 in all
  EXPECT_EQ(window_groups(6, 192, 192, 128), 15);  // 72 blocks of channels
  EXPECT_EQ(window_groups(6, 192, 192, 3), 3);     // a tile a picture
  EXPECT_EQ(window_groups(9, 1, 16, 1), 4);
}

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
