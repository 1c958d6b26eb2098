// k-means against partitions known beforehand and against an exhaustive search.
#include "engine/emotion/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <stdexcept>

#include "kernels/math/philox.h"

namespace engine {
namespace {

/// Points in a cube of side 1 around `centre` in every coordinate, the same on every machine.
std::vector<Features> cloud(double centre, int count, std::uint64_t seed) {
  std::vector<Features> points;
  for (int i = 0; i < count; ++i) {
    Features x;
    for (std::size_t k = 0; k < kFeatures; ++k) {
      const auto words = kernels::random_words(seed, static_cast<std::uint64_t>(i), static_cast<std::uint32_t>(k),
                                               kernels::Purpose::kShuffle);
      x[k] = centre + kernels::uniform(words.w[0]) - 0.5;
    }
    points.push_back(x);
  }
  return points;
}

std::vector<Features> joined(std::vector<Features> a, const std::vector<Features>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A point whose first coordinate is x, the rest 0.
Features on_line(double x) { return {x}; }

std::vector<Features> line(std::initializer_list<double> places) {
  std::vector<Features> points;
  for (const double x : places) points.push_back(on_line(x));
  return points;
}

/// The lowest inertia of any division into two non-empty parts.
double exhaustive_inertia(const std::vector<Features>& points) {
  double best = std::numeric_limits<double>::infinity();
  for (unsigned mask = 1; mask + 1 < (1u << points.size()); ++mask) {
    double inertia = 0;
    for (const unsigned side : {0u, 1u}) {
      Features sum{};
      double n = 0;
      const auto inside = [&](std::size_t i) { return ((mask >> i) & 1u) == side; };
      for (std::size_t i = 0; i < points.size(); ++i) {
        if (!inside(i)) continue;
        ++n;
        for (std::size_t k = 0; k < kFeatures; ++k) sum[k] += points[i][k];
      }
      for (std::size_t i = 0; i < points.size(); ++i) {
        if (!inside(i)) continue;
        for (std::size_t k = 0; k < kFeatures; ++k)
          inertia += (points[i][k] - sum[k] / n) * (points[i][k] - sum[k] / n);
      }
    }
    best = std::min(best, inertia);
  }
  return best;
}

TEST(KMeans, SeparatesTwoCloudsThatDoNotTouch) {
  const KMeansFit fit = k_means(joined(cloud(0, 40, 1), cloud(5, 60, 2)), 2);
  EXPECT_TRUE(fit.converged);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(fit.nearest[i] == fit.nearest[0], i < 40) << i;
  EXPECT_EQ(fit.sizes[static_cast<std::size_t>(fit.nearest[0])], 40u);
  EXPECT_EQ(fit.sizes[static_cast<std::size_t>(fit.nearest[99])], 60u);
}

TEST(KMeans, CentresAreTheMeansOfTheirPointsAndInertiaIsTheSumOfSquares) {
  const KMeansFit fit = k_means(line({0, 1, 10, 14}), 2);
  const auto low = static_cast<std::size_t>(fit.nearest[0]);
  EXPECT_DOUBLE_EQ(fit.centres[low][0], 0.5);
  EXPECT_DOUBLE_EQ(fit.centres[1 - low][0], 12);
  EXPECT_DOUBLE_EQ(fit.inertia, 0.25 + 0.25 + 4 + 4);
}

TEST(KMeans, RestartsReachTheBestDivisionThatExhaustiveSearchFinds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    // Clouds that overlap: of a shapeless one Lloyd's local optima can miss the best division from every start.
    const std::vector<Features> points = joined(cloud(0, 6, seed), cloud(0.5, 6, seed + 100));
    // Both sum at most 12 * 9 squares below 2.25 each: 108 rounding steps of 2^-53 on values below 243.
    EXPECT_NEAR(k_means(points, 2, {.restarts = 60}).inertia, exhaustive_inertia(points), 108 * 243 * 0x1p-53) << seed;
  }
}

TEST(KMeans, MoreRestartsNeverRaiseTheInertia) {
  const std::vector<Features> points = cloud(0, 200, 3);
  double before = std::numeric_limits<double>::infinity();
  for (const int restarts : {1, 2, 5, 20}) {
    const double inertia = k_means(points, 4, {.restarts = restarts}).inertia;
    EXPECT_LE(inertia, before) << restarts;
    before = inertia;
  }
}

TEST(KMeans, EqualInputsGiveEqualBits) {
  const std::vector<Features> points = cloud(0, 150, 4);
  const KMeansFit a = k_means(points, 3, {.seed = 9}), b = k_means(points, 3, {.seed = 9});
  EXPECT_EQ(a.centres, b.centres);
  EXPECT_EQ(a.nearest, b.nearest);
  EXPECT_EQ(a.inertia, b.inertia);
}

TEST(KMeans, ASingleStartDependsOnTheSeed) {
  const std::vector<Features> points = cloud(0, 150, 4);
  std::set<double> inertias;
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    inertias.insert(k_means(points, 8, {.restarts = 1, .seed = seed}).inertia);
  EXPECT_GT(inertias.size(), 1u);
}

TEST(KMeans, EveryCentreKeepsAPointWithManyDuplicates) {
  std::vector<Features> points(50, on_line(1));
  points.push_back(on_line(2));
  points.push_back(on_line(3));
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const KMeansFit fit = k_means(points, 3, {.restarts = 1, .seed = seed});
    EXPECT_EQ(std::ranges::count(fit.sizes, 0u), 0) << seed;
    EXPECT_EQ(fit.inertia, 0) << seed;
  }
}

TEST(KMeans, ACentreThatLosesItsPointsTakesAnother) {
  // Found by search: from this start one centre loses all its points to its neighbours.
  const KMeansFit fit = k_means(line({9, 19, 1, 6, 17, 8, 0, 17, 18, 6}), 3, {.restarts = 1, .seed = 1});
  EXPECT_TRUE(fit.converged);
  EXPECT_EQ(std::ranges::count(fit.sizes, 0u), 0);
}

TEST(KMeans, AsManyCentresAsPointsGiveNoInertia) {
  const KMeansFit fit = k_means(line({1, 2, 4, 8}), 4);
  EXPECT_EQ(fit.inertia, 0);
  EXPECT_EQ(fit.sizes, (std::vector<std::size_t>{1, 1, 1, 1}));
}

TEST(KMeans, OneCentreIsTheMeanOfAll) {
  const KMeansFit fit = k_means(line({1, 2, 6}), 1);
  EXPECT_DOUBLE_EQ(fit.centres[0][0], 3);
  EXPECT_EQ(fit.sizes, (std::vector<std::size_t>{3}));
}

TEST(KMeans, RefusesWhatHasNoAnswer) {
  const std::vector<Features> same(5, on_line(1));
  EXPECT_THROW(k_means(same, 2), std::invalid_argument);
  EXPECT_THROW(k_means({}, 1), std::invalid_argument);
  EXPECT_THROW(k_means(line({1, 2}), 0), std::invalid_argument);
  EXPECT_THROW(k_means(line({1, 2}), 2, {.restarts = 0}), std::invalid_argument);
  EXPECT_THROW(k_means(line({1, std::numeric_limits<double>::quiet_NaN()}), 1), std::invalid_argument);
}

}  // namespace
}  // namespace engine
