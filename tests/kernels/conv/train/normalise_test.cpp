// What stands between two convolutions in training, both ways, against the definition.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/conv/train/launch.h"
#include "tests/kernels/conv/channels_last.h"
#include "tests/kernels/conv/conv_case.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"
#include "tests/kernels/ops/on_device.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

namespace ref = conv_reference;

std::vector<float> floats(const ref::Values& values) { return {values.begin(), values.end()}; }

struct NormCase {
  ref::Shape shape;
  bool pool;
  friend void PrintTo(const NormCase& c, std::ostream* out) {
    *out << c.shape.count << " of " << c.shape.channels << " x " << c.shape.height << " x " << c.shape.width
         << (c.pool ? ", pooled" : "");
  }
};
// One picture; an odd side pooled; a unit of channels, more and less; more pixels than a thread's sum takes, and than a
// block's.
const NormCase kCases[] = {{{1, 5, 6, 6}, false},  {{3, 5, 6, 6}, true},  {{2, 33, 7, 7}, true},
                           {{4, 16, 1, 1}, false}, {{1, 20, 9, 9}, true}, {{2, 3, 29, 29}, true}};

/// Device memory of a normalisation.
struct NormMemory {
  DeviceBuffer<double> inverse, first, second;
  DeviceBuffer<float> rows[6];
  NormView view;
  ChannelParts parts;

  NormMemory(int channels, int pixels, StreamRef stream)
      : inverse(poisoned<double>(stream, static_cast<std::size_t>(channels))),
        first(poisoned<double>(stream, static_cast<std::size_t>(channel_parts(pixels) * channels))),
        second(poisoned<double>(stream, first.size())) {
    for (auto& row : rows) row = poisoned<float>(stream, static_cast<std::size_t>(channels));
    view = {inverse.data(), rows[0].data(), rows[1].data(), rows[2].data(),
            rows[3].data(), rows[4].data(), rows[5].data()};
    parts = {first.data(), second.data(), channels};
  }
};

class FaceNormTest : public DeviceCases<NormCase> {
 public:
  const ref::Shape& shape() const { return param().shape; }
  int out() const { return static_cast<int>(shape().channels); }
  int channels() const { return filled_up(out()); }
  int pixels() const { return static_cast<int>(shape().count * shape().height * shape().width); }
  ref::Shape after() const { return ref::activated(shape(), param().pool); }

  void take_moments() {
    launch_moments({.z = z_there.data(),
                    .parts = memory->parts,
                    .norm = memory->view,
                    .gamma = gamma_there.data(),
                    .beta = beta_there.data(),
                    .moments = moments.data(),
                    .epsilon = norm.epsilon,
                    .pixels = pixels(),
                    .out = out()},
                   stream());
  }
  ActivationOp<float> activation(float* y) const {
    return {.z = z_there.data(),
            .norm = memory->view,
            .y = y,
            .side = static_cast<int>(shape().height),
            .channels = channels(),
            .pool = param().pool};
  }

  ref::Values z;
  ref::Normalisation norm;
  DeviceBuffer<float> z_there, gamma_there, beta_there, moments;
  std::optional<NormMemory> memory;

 protected:
  void SetUp() override {
    DeviceCases::SetUp();
    z = random_values(shape().size(), 1);
    norm = {random_values(shape().channels, 2), random_values(shape().channels, 3), 1e-5};
    z_there = uploaded(stream(), channels_last<float>(shape(), floats(z)));
    gamma_there = uploaded(stream(), floats(norm.gamma)), beta_there = uploaded(stream(), floats(norm.beta));
    moments = poisoned<float>(stream(), 2 * shape().channels);
    memory.emplace(channels(), pixels(), stream());
  }
  void TearDown() override {
    memory.reset();
    for (DeviceBuffer<float>* buffer : {&z_there, &gamma_there, &beta_there, &moments}) *buffer = {};
    DeviceCases::TearDown();
  }
};

TEST_P(FaceNormTest, MomentsAreTheDefinitions) {
  take_moments();
  const ref::Moments want = ref::moments(shape(), z);
  std::vector<float> both = floats(want.mean);
  for (const double v : want.variance) both.push_back(static_cast<float>(v * pixels() / std::max(pixels() - 1, 1)));
  // 64 numbers of size 1 at most in float; of a few pixels the sample's variance is up to four thirds of the whole's.
  EXPECT_TRUE(close(moments.to_host(), both, {.abs = 64 * 0x1p-24 * 4 / 3}));
}

TEST_P(FaceNormTest, ForwardAndBackwardAreTheDefinition) {
  take_moments();
  const ref::Moments m = ref::moments(shape(), z);
  const ref::Values r = ref::normalise(shape(), z, norm, m), d = random_values(after().size(), 4);
  const auto size = [&](const ref::Shape& s) { return s.size() / s.channels * static_cast<std::size_t>(channels()); };
  const auto y = poisoned<float>(stream(), size(after())), dz = poisoned<float>(stream(), size(shape()));
  launch_activation(activation(y.data()), static_cast<int>(shape().count), stream());
  // A normalised number is below the root of the channel's pixels (or of sqrt(3), where those are many): some
  // roundings.
  double most_inverse = 0;
  for (const double v : m.variance) most_inverse = std::max(most_inverse, 1 / std::sqrt(v + norm.epsilon));
  EXPECT_TRUE(close(channels_first(after(), y.to_host()), floats(ref::activate(shape(), r, param().pool)),
                    {.abs = 16 * most_inverse * 0x1p-24}));

  const ref::NormalisationGradient want =
      ref::normalise_back(shape(), z, norm, ref::activate_back(shape(), r, param().pool, d));
  const auto dy = uploaded(stream(), channels_last<float>(after(), floats(d)));
  const auto d_gamma = poisoned<float>(stream(), shape().channels),
             d_beta = poisoned<float>(stream(), shape().channels);
  const auto picture = static_cast<std::int64_t>(after().height * after().width) * channels();
  launch_activation_gradient({.forward = activation(nullptr),
                              .dy = dy.data(),
                              .dy_picture = picture,
                              .dy_pixel = channels(),
                              .parts = memory->parts,
                              .gamma = gamma_there.data(),
                              .d_gamma = d_gamma.data(),
                              .d_beta = d_beta.data(),
                              .dz = dz.data(),
                              .pixels = pixels(),
                              .out = out()},
                             stream());
  // Sums of `pixels` numbers of size 1 (times 2 z' in gamma's), 64 at once in float.
  const double sums = pixels() * 64 * 0x1p-24 / 4 * most_inverse;
  EXPECT_TRUE(close(d_beta.to_host(), floats(want.beta), {.abs = sums}));
  EXPECT_TRUE(close(d_gamma.to_host(), floats(want.gamma), {.abs = 2 * sums}));
  EXPECT_TRUE(close(channels_first(shape(), dz.to_host()), floats(want.z),
                    {.abs = 64 * most_inverse * most_inverse * 0x1p-24}));
}

INSTANTIATE_TEST_SUITE_P(All, FaceNormTest,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(1))));

/// What does not depend on the order of threads.
class FaceNormOnce : public DeviceTest {};

// 34 parts of a batch: a warp's lanes have more than one each. The mean is far from zero, so that one part more or less
// is seen at once.
TEST_P(FaceNormOnce, ManyPartsOfABatchAreAddedUp) {
  constexpr int kPixels = 34 * 1024 - 5, kChannels = 16;
  std::vector<float> z(std::size_t{kPixels} * kChannels);
  double sum = 0, square = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = static_cast<float>(i / kChannels % 7) + static_cast<float>(i / kChannels % 1024) / 1024;
    if (i % kChannels == 0) sum += double{z[i]}, square += double{z[i]} * double{z[i]};
  }
  const auto there = uploaded(stream(), z);
  const auto ones = uploaded(stream(), std::vector<float>(kChannels, 1));
  const auto moments = poisoned<float>(stream(), 2 * kChannels);
  const NormMemory memory(kChannels, kPixels, stream());
  ASSERT_EQ(channel_parts(kPixels), 34);
  launch_moments({.z = there.data(),
                  .parts = memory.parts,
                  .norm = memory.view,
                  .gamma = ones.data(),
                  .beta = ones.data(),
                  .moments = moments.data(),
                  .epsilon = 1e-5,
                  .pixels = kPixels,
                  .out = kChannels},
                 stream());
  const double mean = sum / kPixels, variance = (square / kPixels - mean * mean) * kPixels / (kPixels - 1.0);
  std::vector<float> want(kChannels, static_cast<float>(mean));
  want.resize(2 * kChannels, static_cast<float>(variance));
  // Squares up to 64, 64 of them in float: errors of 2^-24 of their sum each, which go either way and are averaged.
  EXPECT_TRUE(close(moments.to_host(), want, {.abs = 64 * 64 * 0x1p-24}));
}

// 33 parts of tiles. Sums of a half more each, so that a tile that is left out or counted twice is seen; z is not
// there.
TEST_P(FaceNormOnce, ManyTilesOfABatchAreAddedUp) {
  constexpr int kTiles = 32 * 128 + 5, kChannels = 16, kPixels = 144 * kTiles;
  std::vector<float> sums(std::size_t{kTiles} * 2 * kChannels);
  std::vector<double> sum(kChannels), square(kChannels);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::size_t channel = i % kChannels, tile = i / kChannels / 2;
    const bool squares = i / kChannels % 2 == 1;
    sums[i] = static_cast<float>(tile % 97) / 2 + static_cast<float>(channel) + (squares ? 2000.0f : 0.0f);
    (squares ? square : sum)[channel] += static_cast<double>(sums[i]);
  }
  const auto there = uploaded(stream(), sums);
  const auto ones = uploaded(stream(), std::vector<float>(kChannels, 1));
  const auto moments = poisoned<float>(stream(), 2 * kChannels);
  const NormMemory memory(kChannels, kPixels, stream());
  ASSERT_EQ(tile_parts(kTiles), 33);
  const MomentsOp<Bfloat16> op{.z = nullptr,
                               .tiles = {there.data(), kTiles},
                               .parts = memory.parts,
                               .norm = memory.view,
                               .gamma = ones.data(),
                               .beta = ones.data(),
                               .moments = moments.data(),
                               .epsilon = 1e-5,
                               .pixels = kPixels,
                               .out = kChannels};
  launch_moments(op, stream());
  std::vector<float> want(2 * kChannels);
  for (std::size_t c = 0; c < kChannels; ++c) {
    const double mean = sum[c] / kPixels, variance = square[c] / kPixels - mean * mean;
    want[c] = static_cast<float>(mean), want[kChannels + c] = static_cast<float>(variance * kPixels / (kPixels - 1.0));
  }
  EXPECT_TRUE(close(moments.to_host(), want, {.rel = 0x1p-23}));  // sums in double: one rounding at the end
}

// With a mean of all pixels' own value, dz is the routed gradient less its mean over the pixels: 12 / 16.
TEST_P(FaceNormOnce, OfEqualPixelsTheFirstHasTheGradientAndAtZeroNone) {
  constexpr int kChannels = 16, kSide = 4, kBelow = 3, kZero = 5;
  const auto z = uploaded(stream(), std::vector<float>(kSide * kSide * kChannels, 0.5f));
  const auto dy = uploaded(stream(), std::vector<float>(4 * kChannels, 3));
  const auto gamma = uploaded(stream(), std::vector<float>(kChannels, 1));
  const auto d_gamma = poisoned<float>(stream(), kChannels), d_beta = poisoned<float>(stream(), kChannels);
  const auto dz = poisoned<float>(stream(), kSide * kSide * kChannels);
  NormMemory memory(kChannels, kSide * kSide, stream());
  std::vector<float> mean(kChannels, 0.5f), scale(kChannels, 1), shift(kChannels, 0);
  scale[kBelow] = -1, scale[kZero] = 0;
  memory.rows[0].upload(mean), memory.rows[1].upload(scale), memory.rows[2].upload(shift);
  const std::vector<double> inverse(kChannels, 1);
  memory.inverse.upload(inverse);
  launch_activation_gradient(
      {.forward =
           {.z = z.data(), .norm = memory.view, .y = nullptr, .side = kSide, .channels = kChannels, .pool = true},
       .dy = dy.data(),
       .dy_picture = 4 * kChannels,
       .dy_pixel = kChannels,
       .parts = memory.parts,
       .gamma = gamma.data(),
       .d_gamma = d_gamma.data(),
       .d_beta = d_beta.data(),
       .dz = dz.data(),
       .pixels = kSide * kSide,
       .out = kChannels},
      stream());
  const std::vector<float> got = dz.to_host();
  for (int i = 0; i < kSide * kSide * kChannels; ++i) {
    const int channel = i % kChannels, x = i / kChannels % kSide, y = i / kChannels / kSide;
    const float routed = x % 2 == 0 && y % 2 == 0 ? 3 : 0;
    EXPECT_EQ(got[static_cast<std::size_t>(i)], channel == kBelow || channel == kZero ? 0 : routed - 0.75f) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, FaceNormOnce, testing::ValuesIn({backends(0).front()}));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
