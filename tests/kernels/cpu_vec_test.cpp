// exp, tanh, sigmoid and the LSTM cell in registers, against the C library in double.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "tests/kernels/cpu_levels.h"
#include "tests/kernels/cpu_vec_probe.h"

namespace kernels {

namespace baseline {
const VecProbe& vec_probe();
}
#if defined(__x86_64__)
namespace avx2 {
const VecProbe& vec_probe();
}
namespace avx512 {
const VecProbe& vec_probe();
}
#endif

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

const VecProbe& probe_of(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx2) return avx2::vec_probe();
  if (isa == Isa::avx512) return avx512::vec_probe();
#endif
  EXPECT_EQ(isa, Isa::baseline);
  return baseline::vec_probe();
}

/// Points of every magnitude from 1e-30 to `largest` with both signs, and an even grid up to it.
std::vector<float> points(float largest) {
  std::vector<float> x = {0.0f};
  for (double magnitude = 1e-30; magnitude < largest; magnitude *= 1.01) {
    x.push_back(static_cast<float>(magnitude));
    x.push_back(static_cast<float>(-magnitude));
  }
  for (int i = -20000; i <= 20000; ++i) x.push_back(largest * static_cast<float>(i) / 20000.0f);
  return x;
}

struct Worst {
  double ulps = 0;
  float at = 0;
};

/// The largest error in units of the last place of the true value (of the smallest normal number below that).
Worst worst_error(const std::vector<float>& x, const std::vector<float>& y,
                  const std::function<double(double)>& truth) {
  Worst worst;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = truth(x[i]);
    const double size = std::max(std::abs(want), double{std::numeric_limits<float>::min()});
    const double ulp = std::ldexp(1.0, std::ilogb(size) - 23);
    const double error = std::abs(y[i] - want) / ulp;
    if (!(error <= worst.ulps)) worst = {error, x[i]};
  }
  return worst;
}

using Map = void (*)(const float*, float*, int);

std::vector<float> mapped(Map map, const std::vector<float>& x) {
  std::vector<float> y(x.size(), NAN);
  map(x.data(), y.data(), static_cast<int>(x.size()));
  return y;
}

using CpuVec = support::EachLevel;

// Rounding: the polynomial's 0.2 ulp, the reduction's and four operations of half a unit each, at most doubled by the
// scale's edge. The portable level rounds twice in each multiply-add and stays below the same bounds.
TEST_P(CpuVec, ExpIsWithinTwoUlp) {
  const std::vector<float> x = points(104.0f);
  std::vector<float> finite;
  for (const float v : x) {
    if (v < 88.7f) finite.push_back(v);
  }
  const Worst worst =
      worst_error(finite, mapped(probe_of(GetParam()).exp, finite), [](double v) { return std::exp(v); });
  EXPECT_LE(worst.ulps, 2.0) << "at " << worst.at;
}

TEST_P(CpuVec, TanhIsWithinFourUlpEverywhere) {
  const std::vector<float> x = points(30.0f);
  const Worst worst = worst_error(x, mapped(probe_of(GetParam()).tanh, x), [](double v) { return std::tanh(v); });
  EXPECT_LE(worst.ulps, 4.0) << "at " << worst.at;
}

TEST_P(CpuVec, SigmoidIsWithinFourUlpUntilItLeavesTheNormalNumbers) {
  const std::vector<float> x = points(87.0f);
  const Worst worst =
      worst_error(x, mapped(probe_of(GetParam()).sigmoid, x), [](double v) { return 1 / (1 + std::exp(-v)); });
  EXPECT_LE(worst.ulps, 4.0) << "at " << worst.at;
}

TEST_P(CpuVec, ReciprocalIsWithinTwoUlp) {
  std::vector<float> x;
  for (const float v : points(1e30f)) {
    if (v != 0) x.push_back(v);
  }
  const Worst worst = worst_error(x, mapped(probe_of(GetParam()).reciprocal, x), [](double v) { return 1 / v; });
  EXPECT_LE(worst.ulps, 2.0) << "at " << worst.at;
}

TEST_P(CpuVec, ExtremesSaturateAndNanStaysNan) {
  const VecProbe& probe = probe_of(GetParam());
  const std::vector<float> x = {-kInfinity, -1e30f, 1e30f, kInfinity, NAN};
  const std::vector<float> exp = mapped(probe.exp, x), tanh = mapped(probe.tanh, x), sigmoid = mapped(probe.sigmoid, x);
  for (const int i : {0, 1}) {
    EXPECT_EQ(exp[i], 0.0f);
    EXPECT_EQ(tanh[i], -1.0f);
    EXPECT_GE(sigmoid[i], 0.0f);
    EXPECT_LE(sigmoid[i], 2 * std::numeric_limits<float>::min());
  }
  for (const int i : {2, 3}) {
    EXPECT_EQ(exp[i], kInfinity);
    EXPECT_EQ(tanh[i], 1.0f);
    EXPECT_EQ(sigmoid[i], 1.0f);
  }
  EXPECT_TRUE(std::isnan(exp[4]) && std::isnan(tanh[4]) && std::isnan(sigmoid[4]));
}

TEST_P(CpuVec, ATailTouchesNothingBeyondItself) {
  const VecProbe& probe = probe_of(GetParam());
  for (int count = 1; count <= 2 * probe.lanes; ++count) {
    std::vector<float> in(count, 0.5f), out(count + 3 * probe.lanes, -7.0f);
    probe.exp(in.data(), out.data(), count);
    for (int i = 0; i < static_cast<int>(out.size()); ++i) {
      EXPECT_EQ(out[i] == -7.0f, i >= count) << "count " << count << ", place " << i;
    }
  }
}

TEST_P(CpuVec, ReductionsSeeEveryLane) {
  const VecProbe& probe = probe_of(GetParam());
  std::vector<float> v(probe.lanes);
  for (int lane = 0; lane < probe.lanes; ++lane) {
    for (int i = 0; i < probe.lanes; ++i) v[i] = static_cast<float>(i == lane ? 100 : i);
    const int rest = probe.lanes * (probe.lanes - 1) / 2 - lane;
    float got[3];
    probe.reduce(v.data(), got);
    EXPECT_EQ(got[0], static_cast<float>(100 + rest));
    EXPECT_EQ(got[1], 100.0f);
    v[lane] = -100;
    probe.reduce(v.data(), got);
    EXPECT_EQ(got[2], -100.0f);
  }
}

// c' is a sum of two products of factors that are right within 4 units each, over one reciprocal: 16 units of
// |f c| + |i g| bound it; h adds tanh and sigmoid. Clamped gates are within 1e-13.
TEST_P(CpuVec, TheCellEqualsItsFormula) {
  const VecProbe& probe = probe_of(GetParam());
  constexpr float kGates[] = {-200, -31, -12, -3, -0.5f, -1e-4f, 0, 1e-6f, 0.3f, 2, 9, 35, 500};
  constexpr float kCells[] = {-40, -1, -1e-3f, 0, 0.2f, 7, 3000};
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  for (const float i : kGates) {
    for (const float f : kGates) {
      for (const float g : kGates) {
        for (const float c : kCells) {
          const float o = 0.7f * f - 0.1f * g;
          const float gates[4] = {i, f, g, o};
          float got[2];
          probe.cell(gates, c, got);
          const double kept = sigmoid(f) * c, entered = sigmoid(i) * std::tanh(double{g});
          const double tolerance = 16 * 0x1p-24 * (std::abs(kept) + std::abs(entered)) + 1e-13 * (1 + std::abs(c));
          ASSERT_NEAR(got[0], kept + entered, tolerance) << i << ' ' << f << ' ' << g << ' ' << c;
          ASSERT_NEAR(got[1], sigmoid(o) * std::tanh(kept + entered), tolerance + 16 * 0x1p-24);
        }
      }
    }
  }
}

TEST_P(CpuVec, ANanInAnyGateReachesTheCell) {
  const VecProbe& probe = probe_of(GetParam());
  for (int broken = 0; broken < 4; ++broken) {
    float gates[4] = {0.1f, 0.2f, 0.3f, 0.4f}, got[2];
    gates[broken] = NAN;
    probe.cell(gates, 0.5f, got);
    EXPECT_TRUE(std::isnan(got[1])) << "gate " << broken;
  }
}

AFFETTO_EACH_LEVEL(CpuVec);

}  // namespace
}  // namespace kernels
