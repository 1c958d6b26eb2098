// Which cluster is happy: by labels, and by the rule without them.
#include "engine/emotion/naming.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace engine {
namespace {

/// A piece with this mean step and duration, in seconds, and mean pitch.
Features piece(double step, double duration, double pitch = 60) { return {step, 0, 0, duration, 0, 0, pitch, 0, 0}; }

/// Three quick pieces, then four slow ones.
std::vector<Features> quick_and_slow() {
  return {piece(0.10, 0.20), piece(0.11, 0.21), piece(0.12, 0.22), piece(0.90, 1.20),
          piece(0.91, 1.21), piece(0.92, 1.22), piece(0.93, 1.23)};
}

constexpr Mood kHappy = Mood::happy, kSad = Mood::sad, kUnknown = Mood::unknown;

TEST(Naming, WithoutLabelsTheQuickerClusterIsHappy) {
  for (const bool standardise : {true, false}) {
    const ClusterFit fit = fit_clusters(quick_and_slow(), {}, {.standardise = standardise});
    EXPECT_EQ(mood_of(fit.clusters, piece(0.1, 0.2)), kHappy);
    EXPECT_EQ(mood_of(fit.clusters, piece(0.9, 1.2)), kSad);
    EXPECT_FALSE(fit.named_by_labels);
    EXPECT_EQ(fit.happy, 3u);
    EXPECT_EQ(fit.sad, 4u);
  }
}

TEST(Naming, LabelsWinOverTheRule) {
  const std::vector<Mood> moods = {kSad, kSad, kUnknown, kHappy, kUnknown, kHappy, kHappy};
  const ClusterFit fit = fit_clusters(quick_and_slow(), moods);
  EXPECT_TRUE(fit.named_by_labels);
  EXPECT_EQ(mood_of(fit.clusters, piece(0.1, 0.2)), kSad);
  EXPECT_EQ(fit.agreement.labelled(), 5u);
  EXPECT_EQ(fit.agreement.share(), 1.0);
  EXPECT_EQ(fit.agreement.balanced(), 1.0);
}

TEST(Naming, AnUnevenMixOfLabelsDoesNotDecide) {
  // Quick: 2 happy, 1 sad. Slow: 3 happy, 1 sad. Quick as happy agrees in 3 of 7 pieces and slow as happy in 4 of 7,
  // but by class the first agrees in 2/5 and 1/2, the second in 3/5 and 1/2: the second is right by both. One more sad
  // slow piece turns the classes round: quick as happy 2/5 and 2/3, slow as happy 3/5 and 1/3.
  std::vector<Features> pieces = quick_and_slow();
  std::vector<Mood> moods = {kHappy, kHappy, kSad, kHappy, kHappy, kHappy, kSad};
  EXPECT_EQ(mood_of(fit_clusters(pieces, moods).clusters, pieces[0]), kSad);
  pieces.push_back(piece(0.94, 1.24));
  moods.push_back(kSad);
  const ClusterFit fit = fit_clusters(pieces, moods);
  EXPECT_EQ(mood_of(fit.clusters, pieces[0]), kHappy);
  EXPECT_DOUBLE_EQ(fit.agreement.share(), 4.0 / 8.0);
  EXPECT_DOUBLE_EQ(fit.agreement.balanced(), 0.5 * (2.0 / 5.0 + 2.0 / 3.0));
}

TEST(Naming, LabelsOfOneKindAloneLeaveTheRule) {
  const std::vector<Mood> moods(7, kSad);
  const ClusterFit fit = fit_clusters(quick_and_slow(), moods);
  EXPECT_FALSE(fit.named_by_labels);
  EXPECT_EQ(mood_of(fit.clusters, piece(0.1, 0.2)), kHappy);
  EXPECT_EQ(fit.agreement.balanced(), 0);
  EXPECT_DOUBLE_EQ(fit.agreement.share(), 4.0 / 7.0);
}

TEST(Naming, StandardisedFeaturesHaveMeanZeroAndDeviationOne) {
  const ClusterFit fit = fit_clusters(quick_and_slow(), {});
  const double n = 7;
  for (const std::size_t k : {0u, 3u}) {
    double sum = 0, squares = 0;
    for (const Features& x : quick_and_slow()) {
      const double scaled = (x[k] - fit.clusters.mean[k]) / fit.clusters.deviation[k];
      sum += scaled;
      squares += scaled * scaled;
    }
    EXPECT_NEAR(sum, 0, 7 * 7 * 0x1p-52);  // seven terms below 2, each a few rounding steps off
    EXPECT_NEAR(squares / n, 1, 7 * 7 * 0x1p-52);
  }
}

TEST(Naming, AConstantFeatureKeepsItsUnit) {
  const ClusterFit fit = fit_clusters(quick_and_slow(), {});
  EXPECT_EQ(fit.clusters.deviation[6], 1);
  EXPECT_EQ(fit.clusters.mean[6], 60);
}

TEST(Naming, RawFeaturesAreLeftAsTheyAre) {
  const Clusters clusters = fit_clusters(quick_and_slow(), {}, {.standardise = false}).clusters;
  EXPECT_EQ(clusters.mean, Features{});
  EXPECT_EQ(clusters.deviation, Clusters{}.deviation);
  EXPECT_NEAR(clusters.happy[3], 0.21, 1e-12);
}

TEST(Naming, PitchDecidesInRawSpaceAndStepInStandardisedSpace) {
  // Two paces, far apart in deviations but by under a second; pitches spread evenly over an octave in both.
  std::vector<Features> pieces;
  for (int i = 0; i < 12; ++i) pieces.push_back(piece(i % 2 ? 0.9 : 0.1, i % 2 ? 0.9 : 0.1, 60 + i / 2 * 2));
  const auto apart = [&](bool standardise) {
    const Clusters c = fit_clusters(pieces, {}, {.standardise = standardise}).clusters;
    return mood_of(c, pieces[0]) != mood_of(c, pieces[1]);
  };
  EXPECT_TRUE(apart(true));
  EXPECT_FALSE(apart(false));
}

TEST(Naming, RefusesListsThatDoNotMatchAndPiecesThatAreAllAlike) {
  const std::vector<Mood> short_list(3, kSad);
  EXPECT_THROW(fit_clusters(quick_and_slow(), short_list), std::invalid_argument);
  EXPECT_THROW(agreement_of(Clusters{}, quick_and_slow(), short_list), std::invalid_argument);
  EXPECT_THROW(fit_clusters(std::vector<Features>(4, piece(1, 1)), {}), std::invalid_argument);
  EXPECT_THROW(fit_clusters({}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace engine
