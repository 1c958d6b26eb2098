// Two-sample tests against closed forms, against published quantiles, and against what p means: uniform where nothing
// differs, tiny where something does.
#include "bench/statistics/two_samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

namespace bench {
namespace {

using Counts = std::vector<std::int64_t>;

TEST(ChiSquareTail, IsTheClosedFormOfOneTwoAndFourDegrees) {
  for (const double x : {0.01, 0.5, 1.0, 3.0, 7.0, 20.0, 80.0}) {
    EXPECT_NEAR(chi_square_tail(x, 1) / std::erfc(std::sqrt(x / 2)), 1, 1e-12) << x;
    EXPECT_NEAR(chi_square_tail(x, 2) / std::exp(-x / 2), 1, 1e-12) << x;
    EXPECT_NEAR(chi_square_tail(x, 4) / (std::exp(-x / 2) * (1 + x / 2)), 1, 1e-12) << x;
  }
  EXPECT_EQ(chi_square_tail(0, 3), 1);
}

// Quantiles of any statistics book, to their last digit.
TEST(ChiSquareTail, IsThePublishedTable) {
  EXPECT_NEAR(chi_square_tail(18.307, 10), 0.05, 1e-6);
  EXPECT_NEAR(chi_square_tail(135.807, 100), 0.01, 1e-6);
  EXPECT_NEAR(chi_square_tail(70.065, 100), 0.99, 1e-5);
}

TEST(ChiSquareP, IsPearsonsStatistic) {
  // expected 15, 20, 25 in both: 2 (25 / 15 + 0 + 25 / 25) = 5.3333 with two degrees
  EXPECT_NEAR(chi_square_p(Counts{10, 20, 30}, Counts{20, 20, 20}), std::exp(-2.6666666667), 1e-9);
  // totals 60 and 120; expected 15, 45 and 30, 90: 25 (1/15 + 1/45 + 1/30 + 1/90) = 3.3333 with one degree
  EXPECT_NEAR(chi_square_p(Counts{10, 50}, Counts{35, 85}), std::erfc(std::sqrt(3.3333333333 / 2)), 1e-9);
  EXPECT_EQ(chi_square_p(Counts{10, 20, 30}, Counts{20, 40, 60}), 1);
}

TEST(ChiSquareP, PoolsBinsWithFewCounts) {
  // 2 + 2, 1 + 3 and 3 + 1 make one bin of 6 + 6, where each has an expectation of 6
  EXPECT_EQ(chi_square_p(Counts{10, 2, 20, 1, 30, 3}, Counts{20, 2, 20, 3, 20, 1}),
            chi_square_p(Counts{10, 20, 30, 6}, Counts{20, 20, 20, 6}));
  // 1 + 2 alone are too few, and go to the smallest of the others
  EXPECT_EQ(chi_square_p(Counts{10, 20, 1, 30}, Counts{20, 20, 2, 20}),
            chi_square_p(Counts{11, 20, 30}, Counts{22, 20, 20}));
  // of 4 + 16 the smaller sample may expect 5, of 4 + 15 it may not
  EXPECT_LT(chi_square_p(Counts{4, 46, 50}, Counts{16, 134, 150}), 1);
  EXPECT_EQ(chi_square_p(Counts{4, 46, 50}, Counts{15, 135, 150}), 1);
  EXPECT_EQ(chi_square_p(Counts{1, 1, 1}, Counts{1, 1, 1}), 1) << "nothing can be told from three notes";
}

TEST(ChiSquareP, RefusesWhatIsNoPairOfHistograms) {
  EXPECT_THROW(chi_square_p(Counts{1, 2}, Counts{1, 2, 3}), std::invalid_argument);
  EXPECT_THROW(chi_square_p(Counts{1, -2}, Counts{1, 2}), std::invalid_argument);
  EXPECT_THROW(chi_square_p(Counts{0, 0}, Counts{1, 2}), std::invalid_argument);
}

/// n numbers, one apart.
std::vector<float> ramp(int n, float from) {
  std::vector<float> values;
  for (int i = 0; i < n; ++i) values.push_back(from + static_cast<float>(i));
  return values;
}

// Kolmogorov's 5 %, 1 % and 0.1 % are at 1.3581, 1.6276 and 1.9495; the correction is next to nothing for 2 x 200,000.
TEST(KolmogorovSmirnovP, IsThePublishedTable) {
  constexpr int kCount = 200'000;
  for (const auto& [statistic, p] : {std::pair{1.3581, 0.05}, {1.6276, 0.01}, {1.9495, 0.001}}) {
    const double root = std::sqrt(kCount / 2.0);
    const int shift = static_cast<int>(std::lround(statistic / (root + 0.12 + 0.11 / root) * kCount));
    EXPECT_NEAR(kolmogorov_smirnov_p(ramp(kCount, 0), ramp(kCount, static_cast<float>(shift))), p, 0.01 * p);
  }
}

TEST(KolmogorovSmirnovP, CountsEqualValuesTogether) {
  EXPECT_EQ(kolmogorov_smirnov_p({1, 1, 2, 3}, {3, 1, 2, 1}), 1);
  EXPECT_EQ(kolmogorov_smirnov_p(std::vector<float>(50, 0), std::vector<float>(5000, 0)), 1);
  EXPECT_LT(kolmogorov_smirnov_p(std::vector<float>(50, 0), std::vector<float>(5000, 1)), 1e-12);
}

TEST(KolmogorovSmirnovP, RefusesWhatHasNoOrder) {
  EXPECT_THROW(kolmogorov_smirnov_p({}, {1}), std::invalid_argument);
  EXPECT_THROW(kolmogorov_smirnov_p({1}, {std::numeric_limits<float>::quiet_NaN()}), std::invalid_argument);
}

/// Counts of 10,000 draws over 128 pitches, of which every second is `more` as likely again.
Counts drawn_pitches(std::mt19937_64& random, double more) {
  std::vector<double> weights(128, 1);
  for (std::size_t i = 0; i < weights.size(); i += 2) weights[i] += more;
  std::discrete_distribution<int> pitch(weights.begin(), weights.end());
  Counts counts(128);
  for (int i = 0; i < 10'000; ++i) ++counts[static_cast<std::size_t>(pitch(random))];
  return counts;
}

std::vector<float> drawn_times(std::mt19937_64& random, float shift) {
  std::normal_distribution<float> time(shift, 1);
  std::vector<float> times(2000);
  for (float& t : times) t = time(random);
  return times;
}

// p is uniform where nothing differs: of 1,000 runs 10 % lie below 0.1, and the share's deviation is 0.0095.
TEST(TwoSamples, FindADifferenceThatIsNoneAsOftenAsTheySay) {
  std::mt19937_64 random(5);
  constexpr int kRuns = 1000;
  int chi_square = 0, kolmogorov = 0;
  for (int run = 0; run < kRuns; ++run) {
    const Counts a = drawn_pitches(random, 0), b = drawn_pitches(random, 0);
    chi_square += chi_square_p(a, b) < 0.1 ? 1 : 0;
    kolmogorov += kolmogorov_smirnov_p(drawn_times(random, 0), drawn_times(random, 0)) < 0.1 ? 1 : 0;
  }
  EXPECT_NEAR(chi_square / double{kRuns}, 0.1, 4 * 0.0095);
  EXPECT_NEAR(kolmogorov / double{kRuns}, 0.1, 4 * 0.0095);
}

TEST(TwoSamples, FindADifferenceThatIsOne) {
  std::mt19937_64 random(6);
  const Counts even = drawn_pitches(random, 0), odd = drawn_pitches(random, 0.4);
  EXPECT_LT(chi_square_p(even, odd), 1e-4);
  EXPECT_LT(kolmogorov_smirnov_p(drawn_times(random, 0), drawn_times(random, 0.2f)), 1e-4);
}

}  // namespace
}  // namespace bench
