// The gradient of a window on tensor cores against the definition.
#include <gtest/gtest.h>

#include <optional>

#include "kernels/conv/train/parts.h"
#include "tests/kernels/conv/train/tensor_case.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct GradientCase {
  ConvolutionCase c;
  int run;
  friend void PrintTo(const GradientCase& g, std::ostream* out) {
    PrintTo(g.c, out);
    *out << ", runs of " << g.run;
  }
};
// As the convolution's; runs of one tile, of some and a shorter last one, and of more than there are.
const GradientCase kCases[] = {{{1, 1, 3, 5}, 1},    {{2, 3, 16, 16}, 1}, {{9, 5, 20, 33}, 2},  {{4, 6, 64, 16}, 1},
                               {{5, 6, 33, 40}, 5},  {{5, 7, 40, 70}, 2}, {{1, 12, 64, 64}, 1}, {{2, 12, 17, 48}, 2},
                               {{2, 13, 18, 65}, 3}, {{1, 25, 16, 30}, 4}};

/// [groups, 9, filled up, filled up]
/// @param guard  not-a-numbers behind the maps; without them nothing is there, as a sanitizer of addresses may say
DeviceBuffer<float> parts_of(StreamRef stream, const HostConvolution& host, const std::vector<float>& x,
                             const std::vector<float>& d_out, int run, bool guard = true) {
  conv_reference::Shape in = host.shape, out = host.out_shape();
  in.count = out.count = x.size() / (in.channels * in.height * in.width);
  const int pictures = static_cast<int>(in.count), side = static_cast<int>(in.height);
  const int reads = filled_up(static_cast<int>(in.channels)), writes = filled_up(static_cast<int>(out.channels));
  const auto there = [&](const conv_reference::Shape& shape, const std::vector<float>& values) {
    return uploaded(stream, guard ? guarded(shape, values) : channels_last<Bfloat16>(shape, values));
  };
  const auto map = there(in, x), gradient = there(out, d_out);
  auto parts = poisoned<float>(
      stream, static_cast<std::size_t>(gradient_groups(pictures, side, run) * kWindowTaps * reads * writes));
  launch_tensor_window_gradient({.in = map.data(),
                                 .d_out = gradient.data(),
                                 .parts = parts.data(),
                                 .pictures = pictures,
                                 .side = side,
                                 .reads = reads,
                                 .writes = writes,
                                 .run = run},
                                stream);
  stream.synchronize();  // the maps go
  return parts;
}

/// [3, 3, in, out]
std::vector<float> gradient_of(StreamRef stream, const HostConvolution& host, int run) {
  const auto parts = parts_of(stream, host, host.x, host.d_out, run);
  const int in = static_cast<int>(host.shape.channels), out = static_cast<int>(host.out);
  const int pictures = static_cast<int>(host.shape.count), side = static_cast<int>(host.shape.height);
  const auto sum = poisoned<float>(stream, host.weight.size());
  launch_add_parts({.parts = parts.data(),
                    .sum = sum.data(),
                    .count = gradient_groups(pictures, side, run),
                    .planes = kWindowTaps,
                    .rows = in,
                    .columns = out,
                    .held_rows = filled_up(in),
                    .held_columns = filled_up(out)},
                   stream);
  return sum.to_host();
}

std::vector<float> reference_of(const HostConvolution& host) {
  return host.window_of(conv_reference::convolve_back(host.shape, doubles_of(host.x), host.out, doubles_of(host.weight),
                                                      doubles_of(host.d_out))
                            .weights);
}

class TensorWindowGradient : public DeviceCases<GradientCase> {};

TEST_P(TensorWindowGradient, OfWholeNumbersItIsTheDefinitionToTheBit) {
  const HostConvolution host(param().c, true);
  EXPECT_EQ(gradient_of(stream(), host, param().run), reference_of(host));
}

INSTANTIATE_TEST_SUITE_P(All, TensorWindowGradient,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(2))));

/// Roundings, in one order of threads: in the others there are the same bits.
class TensorWindowGradientRoundings : public DeviceCases<GradientCase> {};

TEST_P(TensorWindowGradientRoundings, OfAnyNumbersItErrsByItsRoundings) {
  const HostConvolution host(param().c, false);
  const auto sizes =
      conv_reference::convolve_back(host.shape, sizes_of(host.x), host.out, sizes_of(host.weight), sizes_of(host.d_out))
          .weights;
  const ConvolutionCase& c = param().c;
  // Terms: the pixels that are there. Those that are not add zeros, without an error. Parts are added in double and
  // rounded once.
  EXPECT_TRUE(close(gradient_of(stream(), host, param().run), reference_of(host),
                    {.abs = sum_error(double{1} * c.pictures * c.side * c.side, sizes), .rel = 0x1p-23}));
}

INSTANTIATE_TEST_SUITE_P(All, TensorWindowGradientRoundings,
                         testing::Combine(testing::ValuesIn(kCases), testing::Values(backends(0).front())));

class TensorWindowGradientBits : public testing::TestWithParam<GradientCase> {
 protected:
  void SetUp() override {
    if (const DeviceState state = device_state(); !state.available)
      GTEST_SKIP() << "no device: " << state.why_not << "; " << state.hint;
  }
};

TEST_P(TensorWindowGradientBits, NoOrderOfThreadsChangesOne) {
  const HostConvolution host(GetParam().c, false);
  std::optional<std::vector<float>> first;
  for (const Backend& backend : backends(3)) {
    const OnBackend on(backend);
    const std::vector<float> got = gradient_of(on.stream(), host, GetParam().run);
    if (!first) first = got;
    EXPECT_EQ(got, *first) << backend.name;
  }
}

// Runs of four small maps, or of a large one's tiles: a part is that of its pictures alone.
TEST_P(TensorWindowGradientBits, APartIsThatOfItsOwnTiles) {
  const OnBackend on(backends(0).front());
  const HostConvolution host(GetParam().c, false);
  const MapTiles tiles = map_tiles(GetParam().c.side);
  const int run = tiles.across * tiles.across;
  const std::vector<float> parts = parts_of(on.stream(), host, host.x, host.d_out, run).to_host();
  const std::size_t each = static_cast<std::size_t>(tiles.pictures);
  const std::size_t groups = (host.shape.count + each - 1) / each, size = parts.size() / groups;
  const auto cut = [&](const std::vector<float>& from, std::size_t group) {
    const std::size_t picture = from.size() / host.shape.count;
    return std::vector<float>(
        from.begin() + static_cast<std::ptrdiff_t>(group * each * picture),
        from.begin() + static_cast<std::ptrdiff_t>(std::min((group + 1) * each * picture, from.size())));
  };
  for (std::size_t group = 0; group < groups; ++group) {
    const auto begin = parts.begin() + static_cast<std::ptrdiff_t>(group * size);
    EXPECT_EQ(parts_of(on.stream(), host, cut(host.x, group), cut(host.d_out, group), run, false).to_host(),
              std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(size)))
        << "part " << group;
  }
}

INSTANTIATE_TEST_SUITE_P(All, TensorWindowGradientBits,
                         testing::Values(GradientCase{{6, 6, 33, 40}, 2}, GradientCase{{2, 13, 20, 70}, 3}));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
