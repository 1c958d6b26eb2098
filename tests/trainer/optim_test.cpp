// Adam, clipping, schedules and input scaling against plain computations in double.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "kernels/cpu/isa.h"
#include "tests/support/isa_test.h"
#include "tests/trainer/tiny.h"
#include "trainer/bptt/reference.h"
#include "trainer/optim/adam.h"
#include "trainer/optim/input_scaling.h"
#include "trainer/optim/schedule.h"

namespace trainer {
namespace {

using namespace testing;

std::vector<float> random_floats(std::size_t count, unsigned seed, float scale) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-scale, scale);
  std::vector<float> values(count);
  for (float& v : values) v = value(random);
  return values;
}

class Optim : public test_support::IsaTest {};

TEST_P(Optim, AdamFollowsTheFormulasInDouble) {
  constexpr std::size_t kCount = 16384 + 37;  // two blocks, a ragged tail
  constexpr double kRate = 1e-2, kScale = 0.5;
  const AdamOptions options{.weight_decay = 0.01};
  Pool pool(2);
  Adam adam(kCount, options);
  std::vector<float> w = random_floats(kCount, 1, 1);
  std::vector<double> want(w.begin(), w.end()), m(kCount, 0.0), v(kCount, 0.0);
  for (int t = 1; t <= 5; ++t) {
    const std::vector<float> gradient = random_floats(kCount, static_cast<unsigned>(t + 1), 3);
    adam.step(w, gradient, kRate, kScale, pool);
    for (std::size_t i = 0; i < kCount; ++i) {
      const double g = kScale * gradient[i] + options.weight_decay * want[i];
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      want[i] -= kRate / (1 - std::pow(0.9, t)) * m[i] / (std::sqrt(v[i]) / std::sqrt(1 - std::pow(0.999, t)) + 1e-8);
    }
  }
  // A step moves a weight by about the rate, with a dozen roundings of 2^-24 relative, and rounds the weight once more;
  // where m nearly cancels its absolute error stays that of its terms.
  for (std::size_t i = 0; i < kCount; ++i) ASSERT_NEAR(w[i], want[i], 5 * (20 * kRate + 1) * 0x1p-24) << i;
  EXPECT_EQ(adam.steps(), 5);
}

TEST_P(Optim, NormIsThatOfTwoPassesInDoubleForAnyThreads) {
  std::vector<float> gradient = random_floats(50001, 3, 1e-3f);
  gradient[17] = 1e3f;
  gradient[50000] = 1e-20f;
  double largest = 0, sum = 0;
  for (const float g : gradient) largest = std::max<double>(largest, std::abs(g));
  for (const float g : gradient) sum += std::pow(g / largest, 2);
  Pool one(1), three(3);
  const double norm = gradient_norm(gradient, one);
  EXPECT_NEAR(norm, largest * std::sqrt(sum), 1e-12 * norm);
  EXPECT_EQ(norm, gradient_norm(gradient, three));
}

AFFETTO_EVERY_ISA(Optim);

TEST(Clip, OnlyGradientsAboveTheLimitAreScaled) {
  EXPECT_EQ(clip_scale(0.5, 1), 1);
  EXPECT_EQ(clip_scale(50, 0), 1);
  EXPECT_NEAR(clip_scale(50, 2) * 50, 2, 1e-6);
  EXPECT_EQ(clip_scale(0, 1), 1);
}

TEST(Schedule, RisesLinearlyThenFallsAlongACosine) {
  const CosineSchedule schedule{.rate = 2, .final_share = 0.1, .warmup = 4};
  EXPECT_DOUBLE_EQ(schedule.at(0, 0), 0.5);
  EXPECT_DOUBLE_EQ(schedule.at(3, 0), 2);
  EXPECT_DOUBLE_EQ(schedule.at(100, 0.5), 2 * (0.1 + 0.9 * 0.5));
  EXPECT_DOUBLE_EQ(schedule.at(100, 1), 0.2);
  EXPECT_DOUBLE_EQ(schedule.at(100, 2), 0.2);
}

TEST(Plateau, CutsTheRateAfterPatienceMeasurementsWithoutImprovement) {
  Plateau plateau(2, 0.5);
  const double losses[] = {3, 2, 2.5, 2, 1.9, 2, 2, 2, 2, 2, 2};
  const double factors[] = {1, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25};
  for (int i = 0; i < 11; ++i) EXPECT_EQ(plateau.update(losses[i]), factors[i]) << i;
  Plateau never(0, 0.5);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(never.update(1), 1);
}

TEST(EarlyStop, EndsAfterPatienceMeasurementsWithoutImprovement) {
  EarlyStop stop(3);
  const bool improved[] = {true, false, false, true, false, false, false};
  for (int i = 0; i < 7; ++i) EXPECT_EQ(stop.update(improved[i]), i == 6) << i;
  EarlyStop never(0);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(never.update(false));
}

Corpus corpus_of_notes() {
  Corpus corpus;
  std::vector<engine::Note> notes;
  for (int i = 0; i < 50; ++i) {
    notes.push_back({.step_s = 0.1f * static_cast<float>(i % 7),
                     .duration_s = 0.2f + 0.1f * static_cast<float>(i % 3),
                     .pitch = static_cast<std::uint8_t>(i % kClasses)});
  }
  append_piece(corpus, "one", notes);
  return corpus;
}

TEST(InputScaling, GradientInTheOptimizersCoordinatesEqualsCentralDifferences) {
  const engine::ModelSpec spec = tiny_spec(1, 4);
  const ParameterLayout layout(spec);
  const InputScaling scaling(spec, layout, corpus_of_notes(), {4, 1, 0}, 0);
  const std::vector<double> start = random_parameters(layout, 11, 0.3);
  std::vector<float> trained(start.begin(), start.end()), network(layout.size());
  const Batch batch = random_batch(5, 3, 0, false, 5);
  const auto loss = [&] {
    scaling.to_network(trained, network);
    return reference_pass(spec, layout, std::vector<double>(network.begin(), network.end()), batch);
  };
  const ReferenceResult result = loss();
  std::vector<float> gradient(result.gradients.begin(), result.gradients.end());
  scaling.to_trained_gradient(gradient);
  // Weights are floats here: a difference of 2 * 2^-7 divides their rounding, 2^-24 times gradients of order 1, and
  // leaves its own error of order 2^-14 f'''.
  for (const Slot& slot : layout.slots()) {
    for (std::size_t i = slot.offset; i < slot.offset + slot.size; ++i) {
      const float kept = trained[i];
      trained[i] = kept + 0x1p-7f;
      const double above = loss().losses.total;
      trained[i] = kept - 0x1p-7f;
      const double below = loss().losses.total;
      trained[i] = kept;
      EXPECT_NEAR(gradient[i], (above - below) / 0x1p-6, 1e-3) << slot.name << "[" << i - slot.offset << "]";
    }
  }
}

TEST(InputScaling, NoGainLeavesWeightsAsTheyAre) {
  const engine::ModelSpec spec = tiny_spec(1, 4);
  const ParameterLayout layout(spec);
  const InputScaling scaling(spec, layout, corpus_of_notes(), {0, 0, 0}, 0);
  const std::vector<double> start = random_parameters(layout, 11);
  const std::vector<float> trained(start.begin(), start.end());
  std::vector<float> network(layout.size()), gradient = trained;
  scaling.to_network(trained, network);
  scaling.to_trained_gradient(gradient);
  EXPECT_EQ(trained, network);
  EXPECT_EQ(trained, gradient);
}

}  // namespace
}  // namespace trainer
