// The losses of evaluation, by hand and by their definitions.
#include "engine/model/losses.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace engine {
namespace {

TEST(Losses, NonNegativeLossIsTheSquareAndTenTimesWhatLiesBelowZero) {
  EXPECT_EQ(non_negative_loss(1.5, 1.0), 0.25);
  EXPECT_EQ(non_negative_loss(1.0, -0.5), 2.25 + 5.0);
  EXPECT_EQ(non_negative_loss(0, 0), 0);
  EXPECT_EQ(non_negative_loss(0, 0.5), 0.25);
}

TEST(Losses, EvenLogitsCostTheLogarithmOfTheirNumber) {
  const std::vector<float> logits(128, 3.0f);
  EXPECT_NEAR(cross_entropy(logits, 77), std::log(128.0), 1e-14);  // 128 sums of 1 are exact: a few steps of 2^-52 * 5
}

TEST(Losses, CrossEntropyIsTheNegativeLogarithmOfTheSoftmax) {
  const std::vector<float> logits = {0.5f, -1.0f, 2.0f};
  const double sum = std::exp(0.5) + std::exp(-1.0) + std::exp(2.0);
  for (const std::size_t target : {0u, 1u, 2u}) {
    EXPECT_NEAR(cross_entropy(logits, target), -std::log(std::exp(double{logits[target]}) / sum), 1e-14);
  }
}

TEST(Losses, HugeLogitsNeitherOverflowNorVanish) {
  const std::vector<float> logits = {3e38f, -3e38f, 0.0f};
  EXPECT_EQ(cross_entropy(logits, 0), 0);
  EXPECT_EQ(cross_entropy(logits, 2), static_cast<double>(3e38f));
  const std::vector<float> low(4, -1e30f);
  EXPECT_NEAR(cross_entropy(low, 1), std::log(4.0), 0x1p-53 * 1e30);
}

TEST(Losses, ATargetOutsideTheLogitsIsRefused) {
  const std::vector<float> logits(4);
  EXPECT_THROW(cross_entropy(logits, 4), std::invalid_argument);
}

TEST(Losses, OfEqualLogitsTheLowestIsMostProbable) {
  EXPECT_EQ(most_probable(std::vector<float>{1, 4, 4, 2}), 1u);
  EXPECT_EQ(most_probable(std::vector<float>{-5}), 0u);
}

TEST(Losses, EntropyOfEvenCountsIsTheLogarithmOfTheirNumber) {
  EXPECT_NEAR(entropy(std::vector<std::uint64_t>{7, 0, 7, 7, 7}), std::log(4.0), 1e-15 * 4);
  EXPECT_EQ(entropy(std::vector<std::uint64_t>{0, 12, 0}), 0);
  EXPECT_EQ(entropy({}), 0);
  EXPECT_EQ(entropy(std::vector<std::uint64_t>{0, 0}), 0);
}

/// Four notes; a window of two leaves the last two as targets.
const std::vector<Note> kNotes = {{.pitch = 0},
                                  {.pitch = 1},
                                  {.step_s = 0.5f, .duration_s = 1, .pitch = 2},
                                  {.step_s = 1, .duration_s = 2, .pitch = 0}};
const Predictions kPredictions = {.pitch_logits = {0, 0, 1, 0, 0, 1}, .step = {0.5f, 0}, .duration = {1, -0.5f}};

TEST(Losses, SumsAreMeansOverTheLastNotesOfThePiece) {
  LossSums sums;
  sums.add(kNotes, kPredictions);
  EXPECT_EQ(sums.windows(), 2u);
  const double log_sum = std::log(2 + std::exp(1.0));
  EXPECT_NEAR(sums.pitch_nll(), 0.5 * ((log_sum - 1) + log_sum), 1e-14);
  EXPECT_EQ(sums.pitch_accuracy(), 0.5);
  EXPECT_EQ(sums.step_loss(), 0.5 * (0 + 1));
  EXPECT_EQ(sums.duration_loss(), 0.5 * (0 + 6.25 + 5));
  EXPECT_NEAR(sums.unigram_entropy(), std::log(2.0), 1e-15);
}

TEST(Losses, TwoPiecesCountByTheirTargetsNotByPiece) {
  LossSums once, twice;
  once.add(kNotes, kPredictions);
  twice.add(kNotes, kPredictions);
  twice.add(kNotes, Predictions{});  // too short for a window: no targets
  twice.add(kNotes, kPredictions);
  EXPECT_EQ(twice.windows(), 4u);
  EXPECT_EQ(twice.duration_loss(), once.duration_loss());
  EXPECT_EQ(twice.unigram_entropy(), once.unigram_entropy());
}

TEST(Losses, NoTargetsGiveZeroes) {
  const LossSums sums;
  EXPECT_EQ(sums.pitch_nll(), 0);
  EXPECT_EQ(sums.unigram_entropy(), 0);
}

TEST(Losses, PredictionsThatDoNotFitAreRefused) {
  LossSums sums;
  Predictions bad = kPredictions;
  bad.duration.pop_back();
  EXPECT_THROW(sums.add(kNotes, bad), std::invalid_argument);
  bad = kPredictions;
  bad.pitch_logits.pop_back();
  EXPECT_THROW(sums.add(kNotes, bad), std::invalid_argument);
  EXPECT_THROW(sums.add(std::vector<Note>(1), kPredictions), std::invalid_argument);
  bad = kPredictions;
  bad.pitch_logits.resize(2);  // one logit a note: pitch 2 has none
  EXPECT_THROW(sums.add(kNotes, bad), std::invalid_argument);
}

}  // namespace
}  // namespace engine
