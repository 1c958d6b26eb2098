// Convolutions and normalisation of every instruction set against the definition in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "kernels/cpu/conv/convolution.h"
#include "kernels/cpu/conv/normalise.h"
#include "tests/kernels/conv/conv_case.h"
#include "tests/support/isa_test.h"

namespace kernels {
namespace {

namespace ref = conv_reference;
using ref::Shape;
using ref::Values;

MapSize size_of(const Shape& shape) { return {shape.height, shape.width, shape.channels}; }

/// The inside as given; everything else a map of its own making, zero.
Maps maps_of(const Shape& shape, const Values& values) {
  Maps maps(size_of(shape), shape.count);
  for (std::size_t n = 0; n < shape.count; ++n) {
    for (std::size_t i = 0; i < shape.size() / shape.count; ++i) {
      const std::size_t x = i % shape.width, y = i / shape.width % shape.height, c = i / shape.width / shape.height;
      maps.inside(n)[y * maps.size().pitch() + x * shape.channels + c] =
          static_cast<float>(values[shape.at(n, c, y, x)]);
    }
  }
  return maps;
}

/// Not a number wherever something is to be written.
Maps unwritten(const Shape& shape) {
  return maps_of(shape, Values(shape.size(), std::numeric_limits<double>::quiet_NaN()));
}

Values values_of(const Shape& shape, const Maps& maps) {
  Values values(shape.size());
  for (std::size_t n = 0; n < shape.count; ++n) {
    for (std::size_t c = 0; c < shape.channels; ++c) {
      for (std::size_t y = 0; y < shape.height; ++y) {
        for (std::size_t x = 0; x < shape.width; ++x)
          values[shape.at(n, c, y, x)] = maps.inside(n)[y * maps.size().pitch() + x * shape.channels + c];
      }
    }
  }
  return values;
}

/// The borders, which are what the next convolution takes for granted.
double border_sum(const Shape& shape, const Maps& maps) {
  double all = 0, inner = 0;
  for (std::size_t n = 0; n < shape.count; ++n) {
    for (std::size_t i = 0; i < maps.size().size(); ++i) all += std::abs(static_cast<double>(maps.map(n)[i]));
  }
  for (const double v : values_of(shape, maps)) inner += std::abs(v);
  return std::abs(all - inner) > 1e-9 * inner ? all - inner : 0;
}

double worst(const Values& got, const Values& want) {
  double worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double error = std::abs(got[i] - want[i]);
    if (!(error <= worst)) worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  }
  return worst;
}

/// [out, in, 3, 3] -> [3, 3, in, out]
std::vector<float> taps_first(const Values& weights, std::size_t in, std::size_t out) {
  std::vector<float> to(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::size_t tap = i % 9, c = i / 9 % in, o = i / 9 / in;
    to[(tap * in + c) * out + o] = static_cast<float>(weights[i]);
  }
  return to;
}

/// As gemm_test's: K terms of size <= 1, each rounded in the product and in the sum.
double tolerance(std::size_t terms) { return 4 * static_cast<double>(terms + 1) * 0x1p-24; }

class CpuConv : public test_support::IsaTest {};

struct Case {
  Shape shape;
  std::size_t out;
};
// One channel in, ragged everywhere, one pixel, more than one panel, more terms than a band, more rows than a block.
const Case kCases[] = {{{2, 1, 6, 7}, 5},   {{1, 3, 5, 4}, 33},   {{1, 2, 1, 1}, 1},   {{2, 16, 8, 8}, 70},
                       {{1, 90, 3, 5}, 34}, {{1, 170, 2, 3}, 40}, {{1, 4, 16, 20}, 17}};

TEST_P(CpuConv, ForwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Values x = random_values(c.shape.size(), 1), w = random_values(c.out * c.shape.channels * 9, 2);
    const Shape to{c.shape.count, c.out, c.shape.height, c.shape.width};
    const Maps in = maps_of(c.shape, x);
    Maps out = unwritten(to);
    PackedWindow packed(c.shape.channels, c.out, PackedWindow::Direction::forward);
    packed.fill(taps_first(w, c.shape.channels, c.out));
    for (std::size_t n = 0; n < c.shape.count; ++n) {
      // In two parts, the second of them the first rows: how the work is cut does not matter.
      const std::size_t half = c.shape.height / 2;
      convolve({in.size(), in.map(n), &packed, out.map(n), half, c.shape.height - half});
      convolve({in.size(), in.map(n), &packed, out.map(n), 0, half});
    }
    EXPECT_LT(worst(values_of(to, out), ref::convolve(c.shape, x, c.out, w)), tolerance(9 * c.shape.channels));
    EXPECT_EQ(border_sum(to, out), 0);
  }
}

TEST_P(CpuConv, BackwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Values x = random_values(c.shape.size(), 1), w = random_values(c.out * c.shape.channels * 9, 2);
    const Shape to{c.shape.count, c.out, c.shape.height, c.shape.width};
    const Values d = random_values(to.size(), 3);
    const ref::ConvolutionGradient want = ref::convolve_back(c.shape, x, c.out, w, d);
    const Maps in = maps_of(c.shape, x), d_out = maps_of(to, d);
    Maps d_in = unwritten(c.shape);
    PackedWindow packed(c.shape.channels, c.out, PackedWindow::Direction::backward);
    packed.fill(taps_first(w, c.shape.channels, c.out));
    std::vector<float> d_weights(w.size(), 0.25f);  // is added to
    ConvolutionScratch scratch;
    for (std::size_t n = 0; n < c.shape.count; ++n) {
      convolve({d_out.size(), d_out.map(n), &packed, d_in.map(n), 0, c.shape.height});
      add_window_gradient({in.size(), in.map(n), c.out, d_out.map(n), d_weights.data()}, scratch);
    }
    EXPECT_LT(worst(values_of(c.shape, d_in), want.x), tolerance(9 * c.out));
    Values d_w(d_weights.begin(), d_weights.end()), want_w;
    for (const float v : taps_first(want.weights, c.shape.channels, c.out))
      want_w.push_back(static_cast<double>(v) + 0.25);
    EXPECT_LT(worst(d_w, want_w), tolerance(c.shape.count * c.shape.height * c.shape.width));
  }
}

struct Stage {
  Shape shape;
  bool pool;
};
const Stage kStages[] = {{{3, 5, 6, 4}, false},
                         {{3, 5, 6, 4}, true},
                         {{2, 33, 7, 5}, true},
                         {{2, 16, 1, 1}, false},
                         {{1, 20, 40, 70}, true}};

std::vector<float> floats(const Values& values) { return {values.begin(), values.end()}; }

TEST_P(CpuConv, SumsAreThoseOfTheDefinition) {
  for (const Stage& s : kStages) {
    const Values z = random_values(s.shape.size(), 1);
    const Maps maps = maps_of(s.shape, z);
    Values sum(s.shape.channels), square(s.shape.channels);
    for (std::size_t n = 0; n < s.shape.count; ++n) add_map_sums({maps.size(), maps.map(n), sum.data(), square.data()});
    const auto count = static_cast<double>(s.shape.size() / s.shape.channels);
    const ref::Moments want = ref::moments(s.shape, z);
    for (std::size_t c = 0; c < s.shape.channels; ++c) {
      const double mean = sum[c] / count;
      EXPECT_NEAR(mean, want.mean[c], tolerance(64));
      EXPECT_NEAR(square[c] / count - mean * mean, want.variance[c], tolerance(64));
    }
  }
}

TEST_P(CpuConv, NormalisingIsTheDefinitionBothWays) {
  for (const Stage& s : kStages) {
    if (s.shape.size() == s.shape.channels) continue;  // a channel of one pixel has no spread
    const Values z = random_values(s.shape.size(), 1);
    const ref::Normalisation norm{random_values(s.shape.channels, 2), random_values(s.shape.channels, 3), 1e-5};
    const ref::Moments moments = ref::moments(s.shape, z);
    const Shape to = ref::activated(s.shape, s.pool);
    const Values r = ref::normalise(s.shape, z, norm, moments), d = random_values(to.size(), 4);
    const ref::NormalisationGradient want =
        ref::normalise_back(s.shape, z, norm, ref::activate_back(s.shape, r, s.pool, d));

    const std::size_t channels = s.shape.channels;
    const auto count = static_cast<double>(s.shape.size() / channels);
    std::vector<float> scale(channels), shift(channels);
    Values inverse(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      inverse[c] = 1 / std::sqrt(moments.variance[c] + norm.epsilon);
      scale[c] = static_cast<float>(norm.gamma[c] * inverse[c]);
      shift[c] = static_cast<float>(norm.beta[c] - norm.gamma[c] * inverse[c] * moments.mean[c]);
    }
    const std::vector<float> mean = floats(moments.mean);
    const Maps in = maps_of(s.shape, z), dy = maps_of(to, d);
    Maps out = unwritten(to), dz = unwritten(s.shape);
    Values sum(channels), product(channels);
    for (std::size_t n = 0; n < s.shape.count; ++n) {
      Activation forward{in.size(), in.map(n), scale.data(), shift.data(), s.pool, out.map(n), 0, to.height / 2};
      activate(forward);  // in two parts, as a team does
      forward.first = to.height / 2, forward.rows = to.height - to.height / 2;
      activate(forward);
      add_activation_gradient({forward, dy.map(n), mean.data(), dz.map(n), sum.data(), product.data()});
    }
    // |z| <= 1 and inverse deviations about sqrt(3) (uniform): a handful of roundings of numbers below 4.
    EXPECT_LT(worst(values_of(to, out), ref::activate(s.shape, r, s.pool)), 16 * 0x1p-24);
    EXPECT_EQ(border_sum(to, out), 0);

    std::vector<float> by_dr(channels), by_z(channels), constant(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      const double a = norm.gamma[c] * inverse[c], b = -a * inverse[c] * inverse[c] * product[c] / count;
      by_dr[c] = static_cast<float>(a), by_z[c] = static_cast<float>(b);
      constant[c] = static_cast<float>(-a * sum[c] / count - b * moments.mean[c]);
      EXPECT_NEAR(sum[c], want.beta[c], count * tolerance(64) / 16);
      EXPECT_NEAR(product[c] * inverse[c], want.gamma[c], count * tolerance(64) / 16);
    }
    for (std::size_t n = 0; n < s.shape.count; ++n)
      normalisation_gradient({in.size(), in.map(n), by_dr.data(), by_z.data(), constant.data(), dz.map(n)});
    EXPECT_LT(worst(values_of(s.shape, dz), want.z), tolerance(64));
    EXPECT_EQ(border_sum(s.shape, dz), 0);
  }
}

TEST_P(CpuConv, OfEqualPixelsTheFirstHasTheGradient) {
  const Shape shape{1, 18, 4, 4}, to{1, 18, 2, 2};
  const Maps z = maps_of(shape, Values(shape.size(), 0.5)), dy = maps_of(to, Values(to.size(), 3));
  Maps dr = unwritten(shape);
  const std::vector<float> one(18, 1.0f), none(18, 0.0f);
  Values sum(18), product(18);
  const Activation forward{z.size(), z.map(0), one.data(), none.data(), true, nullptr, 0, 2};
  add_activation_gradient({forward, dy.map(0), none.data(), dr.map(0), sum.data(), product.data()});
  const Values got = values_of(shape, dr);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], i % 2 == 0 && i / 4 % 2 == 0 ? 3 : 0) << i;
  EXPECT_EQ(sum, Values(18, 12));
}

TEST_P(CpuConv, TheMeanAndItsGradient) {
  const Shape shape{1, 19, 3, 5};
  const Values y = random_values(shape.size(), 1), d = random_values(shape.channels, 2);
  const Maps maps = maps_of(shape, y);
  std::vector<float> mean(shape.channels);
  map_mean(maps.size(), maps.map(0), mean.data());
  const ref::Moments want = ref::moments(shape, y);
  for (std::size_t c = 0; c < shape.channels; ++c) EXPECT_NEAR(mean[c], want.mean[c], tolerance(15));
  Maps dy = unwritten(shape);
  map_mean_gradient(maps.size(), floats(d).data(), dy.map(0));
  for (std::size_t c = 0; c < shape.channels; ++c) {
    for (std::size_t i = 0; i < 15; ++i)
      EXPECT_NEAR(values_of(shape, dy)[c * 15 + i], d[c] / 15, 0x1p-24 / 4);  // below 1 / 8: two roundings
  }
  EXPECT_EQ(border_sum(shape, dy), 0);
}

AFFETTO_EVERY_ISA(CpuConv);

}  // namespace
}  // namespace kernels
