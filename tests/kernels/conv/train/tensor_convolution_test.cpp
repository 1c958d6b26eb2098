// Training's convolution on tensor cores, forward and backward, against the definition.
#include <gtest/gtest.h>

#include <optional>

#include "tests/kernels/conv/train/tensor_case.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

// One pixel; small maps, of which four share a tile, and more of them; the sides of both tiles, one more, and twice
// that; channels of a unit and less, of several, of more slices than one; more steps than are on their way at once.
const ConvolutionCase kCases[] = {{1, 1, 3, 5},   {2, 3, 16, 16},  {5, 5, 20, 33},  {4, 6, 64, 16},  {5, 6, 33, 40},
                                  {2, 7, 40, 70}, {1, 12, 64, 64}, {2, 12, 17, 48}, {1, 13, 18, 65}, {1, 25, 16, 30}};

struct Convolved {
  std::vector<Bfloat16> out;  ///< [n, side, side, filled up]
  std::vector<float> sums;    ///< [tiles, 2, filled up]
};

/// Of maps [n, channels, side, side]. @param turned  from the window's outputs to its inputs
Convolved convolve(StreamRef stream, const HostConvolution& host, const std::vector<float>& maps, bool turned) {
  conv_reference::Shape from = turned ? host.out_shape() : host.shape;
  from.count = maps.size() / (from.channels * from.height * from.width);
  const int pictures = static_cast<int>(from.count), side = static_cast<int>(from.height);
  const int in = static_cast<int>(host.shape.channels), out = static_cast<int>(host.out);
  const int reads = filled_up(turned ? out : in), writes = filled_up(turned ? in : out);
  const auto there = uploaded(stream, guarded(from, maps));
  const auto window = uploaded(stream, host.window());
  const auto packed = poisoned<std::uint32_t>(stream, packed_window_words(reads, writes));
  launch_pack_window({window.data(), packed.data(), in, out, turned}, stream);
  const std::size_t size = from.count * from.height * from.width * static_cast<std::size_t>(writes);
  const auto made = poisoned<Bfloat16>(stream, size + size / from.count);
  const auto sums = poisoned<float>(stream, static_cast<std::size_t>(tile_count(pictures, side) * 2 * writes));
  launch_tensor_convolution({.in = there.data(),
                             .weight = packed.data(),
                             .out = made.data(),
                             .sums = sums.data(),
                             .pictures = pictures,
                             .side = side,
                             .reads = reads,
                             .writes = writes},
                            stream);
  Convolved convolved{made.to_host(), sums.to_host()};
  for (std::size_t i = size; i < convolved.out.size(); ++i) EXPECT_EQ(convolved.out[i].bits, 0xffff) << "beyond " << i;
  convolved.out.resize(size);
  return convolved;
}

/// Sums and squares by the tile, of what was stored.
std::vector<float> sums_of(const std::vector<Bfloat16>& out, int pictures, int side, int writes) {
  std::vector<double> sums(static_cast<std::size_t>(tile_count(pictures, side) * 2 * writes));
  const int across = (side + 11) / 12;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto at = static_cast<int>(i), channel = at % writes, x = at / writes % side, y = at / writes / side % side;
    const int picture = at / writes / side / side;
    const int tile = side <= 6 ? picture / 4 : (picture * across + y / 12) * across + x / 12;
    const auto z = static_cast<double>(to_float(out[i]));
    sums[static_cast<std::size_t>(tile * 2 * writes + channel)] += z;
    sums[static_cast<std::size_t>((tile * 2 + 1) * writes + channel)] += z * z;
  }
  return floats_of(sums);
}

class TensorConvolution : public DeviceCases<ConvolutionCase> {};

TEST_P(TensorConvolution, OfWholeNumbersItIsTheDefinitionToTheBit) {
  const HostConvolution host(param(), true);
  const Convolved got = convolve(stream(), host, host.x, false);
  const auto want = conv_reference::convolve(host.shape, doubles_of(host.x), host.out, doubles_of(host.weight));
  EXPECT_EQ(channels_first(host.out_shape(), got.out), floats_of(want));
  EXPECT_EQ(got.sums, sums_of(got.out, param().pictures, param().side, filled_up(param().out)));
}

TEST_P(TensorConvolution, WithATurnedWindowItIsTheOperandsGradientToTheBit) {
  const HostConvolution host(param(), true);
  const Convolved got = convolve(stream(), host, host.d_out, true);
  const auto want = conv_reference::convolve_back(host.shape, doubles_of(host.x), host.out, doubles_of(host.weight),
                                                  doubles_of(host.d_out));
  EXPECT_EQ(channels_first(host.shape, got.out), floats_of(want.x));
}

INSTANTIATE_TEST_SUITE_P(All, TensorConvolution,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(2))));

/// Roundings, in one order of threads: in the others there are the same bits.
class TensorConvolutionRoundings : public DeviceCases<ConvolutionCase> {};

TEST_P(TensorConvolutionRoundings, OfAnyNumbersItErrsByItsRoundings) {
  const HostConvolution host(param(), false);
  const Convolved got = convolve(stream(), host, host.x, false);
  const auto want = conv_reference::convolve(host.shape, doubles_of(host.x), host.out, doubles_of(host.weight));
  const auto sizes = conv_reference::convolve(host.shape, sizes_of(host.x), host.out, sizes_of(host.weight));
  // and to be kept a number of eight bits is rounded by half of the last
  EXPECT_TRUE(close(channels_first(host.out_shape(), got.out), floats_of(want),
                    {.abs = sum_error(9.0 * param().in, sizes), .rel = 0x1p-8}));
}

// The roundings of what is kept are far from making up for one another: moments of other numbers would not pass.
TEST_P(TensorConvolutionRoundings, ItsMomentsAreThoseOfTheNumbersThatAreKept) {
  const HostConvolution host(param(), false);
  const Convolved got = convolve(stream(), host, host.x, false);
  std::vector<Bfloat16> sizes = got.out;
  for (Bfloat16& z : sizes) z.bits &= 0x7fff;
  const int writes = filled_up(param().out);
  // 144 numbers, and a square is rounded once more than it is added; sums and squares each by their own size.
  const auto of_sizes = doubles_of(sums_of(sizes, param().pictures, param().side, writes));
  const auto want = sums_of(got.out, param().pictures, param().side, writes);
  ASSERT_EQ(got.sums.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(got.sums[i], want[i], 145 * 0x1p-24 * of_sizes[i]) << "sum " << i;
}

INSTANTIATE_TEST_SUITE_P(All, TensorConvolutionRoundings,
                         testing::Combine(testing::ValuesIn(kCases), testing::Values(backends(0).front())));

/// What every order of threads must agree on.
class TensorConvolutionBits : public testing::TestWithParam<ConvolutionCase> {
 protected:
  void SetUp() override {
    if (const DeviceState state = device_state(); !state.available)
      GTEST_SKIP() << "no device: " << state.why_not << "; " << state.hint;
  }
};

TEST_P(TensorConvolutionBits, NoOrderOfThreadsChangesOne) {
  const HostConvolution host(GetParam(), false);
  std::optional<Convolved> first;
  for (const Backend& backend : backends(3)) {
    const OnBackend on(backend);
    const Convolved got = convolve(on.stream(), host, host.x, false);
    if (!first) first = got;
    EXPECT_EQ(got.out, first->out) << backend.name;
    EXPECT_EQ(got.sums, first->sums) << backend.name;
  }
}

TEST_P(TensorConvolutionBits, NoCompanyChangesOne) {
  const OnBackend on(backends(0).front());
  const HostConvolution host(GetParam(), false);
  const std::vector<Bfloat16> together = convolve(on.stream(), host, host.x, false).out;
  const std::size_t size = host.x.size() / host.shape.count, made = together.size() / host.shape.count;
  for (std::size_t n = 0; n < host.shape.count; ++n) {
    const auto begin = host.x.begin() + static_cast<std::ptrdiff_t>(n * size);
    const auto want = together.begin() + static_cast<std::ptrdiff_t>(n * made);
    const std::vector<float> alone(begin, begin + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(convolve(on.stream(), host, alone, false).out,
              std::vector<Bfloat16>(want, want + static_cast<std::ptrdiff_t>(made)))
        << "picture " << n;
  }
}

INSTANTIATE_TEST_SUITE_P(All, TensorConvolutionBits,
                         testing::Values(ConvolutionCase{5, 6, 33, 40}, ConvolutionCase{2, 13, 64, 70}));

class TensorConvolutionOnce : public DeviceTest {};

TEST_P(TensorConvolutionOnce, WithoutAPlaceForMomentsItMakesTheSameNumbers) {
  const ConvolutionCase c{3, 5, 16, 48};
  const HostConvolution host(c, false);
  const std::vector<Bfloat16> want = convolve(stream(), host, host.x, false).out;
  const auto there = uploaded(stream(), guarded(host.shape, host.x));
  const auto window = uploaded(stream(), host.window());
  const auto packed = poisoned<std::uint32_t>(stream(), packed_window_words(16, 48));
  launch_pack_window({window.data(), packed.data(), 16, 48}, stream());
  const auto out = poisoned<Bfloat16>(stream(), want.size());
  launch_tensor_convolution({there.data(), packed.data(), out.data(), nullptr, 3, 5, 16, 48}, stream());
  EXPECT_EQ(out.to_host(), want);
}

INSTANTIATE_TEST_SUITE_P(All, TensorConvolutionOnce, testing::ValuesIn(backends(0)));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
