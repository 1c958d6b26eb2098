// What probabilities say of a face, and scores by hand.
#include "engine/face/reading.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/data/error.h"
#include "engine/emotion/names.h"
#include "engine/face/scores.h"

namespace engine {
namespace {

TEST(FaceReading, ClassesLieInTheirQuadrants) {
  EXPECT_EQ(name_of(point_of_class("happy")), "happy");
  EXPECT_EQ(name_of(point_of_class("sad")), "sad");
  EXPECT_EQ(name_of(point_of_class("angry")), "angry");
  EXPECT_EQ(point_of_class("neutral"), Emotion{});
  EXPECT_DOUBLE_EQ(point_of_class("surprise").arousal, (7.47 - 5) / 4);
  EXPECT_THROW(point_of_class("smug"), std::invalid_argument);
  for (const std::string& name : face_spec().classes) {
    EXPECT_LE(std::abs(point_of_class(name).valence), 1) << name;
    EXPECT_LE(std::abs(point_of_class(name).arousal), 1) << name;
  }
}

TEST(FaceReading, IsTheExpectationOfThePoints) {
  FaceSpec spec = face_spec();
  spec.classes = {"sad", "neutral", "happy"};
  const FaceReading reading = read_face(spec, std::vector<double>{0.25, 0.35, 0.4});
  EXPECT_EQ(reading.label, "happy");
  EXPECT_DOUBLE_EQ(reading.confidence, 0.4);
  EXPECT_TRUE(reading.sure());
  EXPECT_EQ(reading.sign, 1);
  EXPECT_DOUBLE_EQ(reading.emotion.valence, 0.25 * (1.61 - 5) / 4 + 0.4 * (8.21 - 5) / 4);
  EXPECT_DOUBLE_EQ(reading.emotion.arousal, 0.25 * (4.13 - 5) / 4 + 0.4 * (6.49 - 5) / 4);
  const FaceReading guess = read_face(spec, std::vector<double>{0.36, 0.34, 0.30});
  EXPECT_FALSE(guess.sure());
  EXPECT_EQ(guess.sign, -1);
  EXPECT_EQ(guess.label, "sad");
}

TEST(FaceReading, ClassesWithoutAPointAreRefused) {
  FaceSpec spec = face_spec();
  EXPECT_NO_THROW(check_face_classes(spec, "x"));
  spec.classes[0] = "smug";
  EXPECT_THROW(check_face_classes(spec, "x"), ModelError);
  spec.classes = {"happy", "neutral"};
  EXPECT_THROW(check_face_classes(spec, "x"), ModelError);
}

// Three classes, five pictures: right, right, wrong, right, wrong.
const std::vector<double> kProbabilities = {0.8, 0.1, 0.1, 0.2, 0.7, 0.1, 0.6, 0.3, 0.1, 0.1, 0.2, 0.7, 0.4, 0.5, 0.1};
const std::vector<int> kLabels = {0, 1, 1, 2, 0};

TEST(FaceScores, AreThoseByHand) {
  const FaceScores scores = face_scores(kProbabilities, kLabels, 3);
  EXPECT_EQ(scores.pictures, 5u);
  EXPECT_DOUBLE_EQ(scores.accuracy, 0.6);
  EXPECT_DOUBLE_EQ(scores.balanced_accuracy, (0.5 + 0.5 + 1) / 3);
  EXPECT_NEAR(scores.loss, -(std::log(0.8) + 2 * std::log(0.7) + std::log(0.3) + std::log(0.4)) / 5, 1e-12);
  // Bins of 1/15: 0.8 | 0.7 0.7 | 0.6 | 0.5, each alone but the two of 0.7, both right.
  EXPECT_NEAR(scores.calibration_error, (0.2 + 0.6 + 0.6 + 0.5) / 5, 1e-12);
  EXPECT_EQ(scores.confusion, (std::vector<std::vector<std::size_t>>{{1, 1, 0}, {1, 1, 0}, {0, 0, 1}}));
}

// Confidences 0.8, 0.7, 0.6, 0.7 and 0.5, of which the third and the last are wrong.
TEST(FaceScores, OfTheSureAndTheGuessesCountTheirOwn) {
  const SureScores most = sure_scores(kProbabilities, kLabels, 3, 0.55);
  EXPECT_DOUBLE_EQ(most.share, 0.8);
  EXPECT_DOUBLE_EQ(most.accuracy, 0.75);
  EXPECT_DOUBLE_EQ(most.guess_accuracy, 0);
  const SureScores one = sure_scores(kProbabilities, kLabels, 3, 0.8);
  EXPECT_DOUBLE_EQ(one.share, 0.2);
  EXPECT_DOUBLE_EQ(one.accuracy, 1);
  EXPECT_DOUBLE_EQ(one.guess_accuracy, 0.5);
  EXPECT_EQ(sure_scores(kProbabilities, kLabels, 3, 0.9).accuracy, 0);
}

TEST(FaceScores, OfTheSignCountHappyAndSadAlike) {
  const std::vector<std::string> classes = {"happy", "sad", "neutral"};
  const SignScores scores = sign_scores(kProbabilities, std::vector<int>{1, -1, -1, 0, 1}, classes);
  EXPECT_EQ(scores.pictures, 4u);
  EXPECT_DOUBLE_EQ(scores.accuracy, 0.5);
  EXPECT_DOUBLE_EQ(scores.balanced_accuracy, 0.5);
  // Whichever of the two is likelier, however likely the others are.
  EXPECT_EQ(sign_scores(std::vector<double>{0.2, 0.1, 0.7}, std::vector<int>{1}, classes).accuracy, 1);
  EXPECT_THROW(sign_scores(kProbabilities, kLabels, {"a", "b", "c"}), std::invalid_argument);
}

TEST(FaceScores, TheTemperatureUndoesATooGreatCertainty) {
  // Right three times in four at logits 0 and 3: log(3) would be honest, so that the temperature is 3 / log(3).
  const double p = 1 / (1 + std::exp(-3.0));
  const std::vector<double> probabilities = {p, 1 - p, p, 1 - p, p, 1 - p, p, 1 - p};
  EXPECT_NEAR(best_temperature(probabilities, std::vector<int>{0, 0, 0, 1}, 2), 3 / std::log(3.0), 3e-3);
}

}  // namespace
}  // namespace engine
