// The reference's way from outputs to a played note, against numbers worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/data/error.h"
#include "engine/generate/reference/choose.h"
#include "tests/support/tiny_models.h"

namespace engine::reference {
namespace {

// Results pass through a handful of double operations.
constexpr double kTolerance = 32 * 0x1p-53;

TEST(Score, IsOneMinusTheSoftShareOfTheOwnDistance) {
  const Clusters clusters = support::tiny_clusters();
  const auto window = support::random_notes(3, 12);
  const Outputs outputs{.pitch_logits = Vector(12, 0.0), .step = 0.3, .duration = -1};
  const Vector happy = emotion_scores(clusters, window, outputs, 1),
               sad = emotion_scores(clusters, window, outputs, -1);
  std::vector<Note> notes = window;
  notes.push_back({.step_s = 0.3f, .duration_s = 0, .pitch = 7});
  const ClusterDistances d = distances(clusters, features_of(notes));
  const double expected = 1 - std::exp(d.happy) / (std::exp(d.happy) + std::exp(d.sad));
  EXPECT_NEAR(happy[7], expected, kTolerance);
  EXPECT_NEAR(happy[7] + sad[7], 1.0, kTolerance);
  EXPECT_NE(happy[7], happy[3]) << "a score that is the same for all candidates cancels in the softmax";
}

TEST(Score, DoesNotOverflowWhenCentresAreFarAway) {
  Clusters far = support::tiny_clusters();
  far.sad[6] = 1e6;
  const Outputs outputs{.pitch_logits = Vector(2, 0.0), .step = 0, .duration = 0};
  EXPECT_DOUBLE_EQ(emotion_scores(far, {}, outputs, 1)[0], 1.0);
  EXPECT_DOUBLE_EQ(emotion_scores(far, {}, outputs, -1)[0], 0.0);
}

TEST(Probabilities, BlendTemperatureAndSoftmax) {
  const Sampling s{.temperature = 2, .alpha = 0.5, .beta = 0.5};
  const Vector p = probabilities({1, 3}, {0.25, 0.75}, s);
  const double difference = (0.5 * 0.5 + 0.5 * 2) / 2;
  EXPECT_NEAR(p[1] / p[0], std::exp(difference), 8 * kTolerance);
  EXPECT_NEAR(p[0] + p[1], 1, kTolerance);
}

TEST(Probabilities, TopKAndTopPCutTheTail) {
  const Vector logits = {std::log(0.1), std::log(0.4), std::log(0.2), std::log(0.3)};
  const auto kept = [&](const Sampling& s) {
    std::string text;
    for (const double p : probabilities(logits, {}, s)) text += p > 0 ? '1' : '0';
    return text;
  };
  EXPECT_EQ(kept({.top_k = 2}), "0101");
  EXPECT_EQ(kept({.top_p = 0.69}), "0101");
  EXPECT_EQ(kept({.top_p = 0.71}), "0111");
  EXPECT_EQ(kept({.top_k = 1, .top_p = 0.99}), "0100");
  EXPECT_EQ(kept({}), "1111");
}

TEST(Draw, GreedyTakesTheFirstOfTheMostProbable) {
  const Sampling s{.greedy = true};
  const Vector logits = {0, 2, 2, 1};
  EXPECT_EQ(draw(probabilities(logits, {}, s), logits, {}, s, {1, 2}, 0, nullptr), 1);
}

// Both samplers draw from p: chi-square with 3 degrees of freedom exceeds 21.1 once in 10,000.
TEST(Draw, BothSamplersFollowTheDistribution) {
  const Vector logits = {0, 1, 2, -1};
  for (const Sampler sampler : {Sampler::inverse_cdf, Sampler::gumbel}) {
    const Sampling s{.sampler = sampler};
    const Vector p = probabilities(logits, {}, s);
    constexpr int kDraws = 40000;
    std::vector<int> counts(4);
    for (int i = 0; i < kDraws; ++i) ++counts[draw(p, logits, {}, s, {7, 0}, static_cast<std::uint32_t>(i), nullptr)];
    double chi_square = 0;
    for (int i = 0; i < 4; ++i) chi_square += std::pow(counts[i] - kDraws * p[i], 2) / (kDraws * p[i]);
    EXPECT_LT(chi_square, 21.1);
  }
}

TEST(Modulation, FoldedFollowsTheEmotionAndSignedDoesNot) {
  Sampling folded, is_signed{.form = ModulationForm::is_signed};
  int negative = 0;
  for (std::uint32_t piece = 0; piece < 1000; ++piece) {
    const double a = modulation(folded, 0.1, {1, piece}, 5, kernels::Purpose::kModulationStep);
    const double b = modulation(is_signed, 0.1, {1, piece}, 5, kernels::Purpose::kModulationStep);
    EXPECT_GE(a, 0);
    EXPECT_DOUBLE_EQ(a, std::abs(b));
    negative += b < 0;
  }
  EXPECT_NEAR(negative, 500, 4 * std::sqrt(250));  // four deviations of a fair coin
}

TEST(Modulation, PerPieceIgnoresTheNoteAndPerNoteDoesNot) {
  const Sampling per_piece, per_note{.draw = ModulationDraw::note};
  const auto at = [](const Sampling& s, std::uint32_t note) {
    return modulation(s, 0.1, {1, 2}, note, kernels::Purpose::kModulationStep);
  };
  EXPECT_EQ(at(per_piece, 0), at(per_piece, 9));
  EXPECT_NE(at(per_note, 1), at(per_note, 9));
}

TEST(ChooseNote, HappyShortensSadLengthensNeutralLeavesAlone) {
  const Outputs outputs{.pitch_logits = Vector(12, 0.0), .step = 0.5, .duration = 0.25};
  const auto played = [&](Emotion emotion) {
    return choose_note(outputs, {}, std::nullopt, {.emotion = emotion}, {3, 4}, 0, nullptr);
  };
  EXPECT_LT(played({1, 1}).step_s, 0.5f);
  EXPECT_GT(played({-1, -1}).step_s, 0.5f);
  EXPECT_EQ(played({1, 0}).step_s, 0.5f);
  EXPECT_EQ(played({1, 1}).pitch, played({-1, -1}).pitch) << "without clusters the emotion does not touch the pitch";
}

TEST(ChooseNote, BrokenLogitsAreAnErrorAndNotANote) {
  const Outputs outputs{.pitch_logits = {0, std::nan("")}, .step = 0, .duration = 0};
  EXPECT_THROW(choose_note(outputs, {}, std::nullopt, {}, {}, 0, nullptr), ModelError);
}

}  // namespace
}  // namespace engine::reference
