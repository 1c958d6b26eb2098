// Gradients of a face network: the definition against central differences, the stepper against the definition.
#include "trainer/face/stepper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "kernels/cpu/isa.h"
#include "tests/support/isa_test.h"
#include "trainer/face/reference.h"

namespace trainer {
namespace {

/// Two sizes, an odd one among them (the last row and column are then pooled by nobody), channels beside the vectors'.
engine::FaceSpec small_spec() {
  engine::FaceSpec spec;
  spec.name = "small";
  spec.side = 10;
  spec.stages = {{3, true}, {5, true}, {18, false}};
  spec.classes = {"happy", "sad", "neutral"};
  return spec;
}

FaceBatch random_batch(const engine::FaceSpec& spec, std::size_t count) {
  std::mt19937 random(5);
  std::normal_distribution<float> value;
  FaceBatch batch;
  batch.count = count, batch.dropout = 0.4, batch.seed = 3, batch.iteration = 8;
  batch.pictures.resize(count * static_cast<std::size_t>(spec.side * spec.side));
  for (float& v : batch.pictures) v = value(random);
  for (std::size_t i = 0; i < count; ++i) batch.targets.insert(batch.targets.end(), {0.7f, 0.1f, 0.2f});
  for (std::size_t i = 0; i < count; ++i)
    std::rotate(&batch.targets[3 * i], &batch.targets[3 * i] + i % 3, &batch.targets[3 * i] + 3);
  return batch;
}

std::vector<float> random_parameters(const engine::FaceSpec& spec, const FaceLayout& layout) {
  std::vector<float> parameters = gather(layout, engine::new_face_model(spec, 11));
  std::mt19937 random(6);
  std::uniform_real_distribution<float> value(-0.5f, 0.5f);
  for (const FaceLayout::Stage& stage : layout.stages) {
    for (float& v : stage.gamma.of(std::span(parameters))) v = 1 + value(random);
    for (float& v : stage.beta.of(std::span(parameters))) v = value(random);
  }
  parameters[layout.stages[0].gamma.at] *= -1;  // pooling then takes the lowest
  return parameters;
}

TEST(FaceReference, ItsGradientIsTheLossesDifference) {
  const engine::FaceSpec spec = small_spec();
  const FaceLayout layout(spec);
  const FaceBatch batch = random_batch(spec, 4);
  const std::vector<float> start = random_parameters(spec, layout);
  std::vector<double> parameters(start.begin(), start.end());
  const std::vector<double> gradient = face_gradient(spec, layout, parameters, batch);
  double largest = 0;
  for (const double g : gradient) largest = std::max(largest, std::abs(g));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double kept = parameters[i], h = 1e-6;
    parameters[i] = kept + h;
    const double above = face_loss(spec, layout, parameters, batch);
    parameters[i] = kept - h;
    const double below = face_loss(spec, layout, parameters, batch);
    parameters[i] = kept;
    // Rounding 1e-16 / 1e-6, curvature 1e-12 times third derivatives of some thousands (few pixels a channel).
    ASSERT_NEAR((above - below) / (2 * h), gradient[i], 2e-8 * std::max(largest, 1.0)) << i;
  }
}

class FaceStepping : public test_support::IsaTest {};

TEST_P(FaceStepping, GradientsAreTheDefinitions) {
  const engine::FaceSpec spec = small_spec();
  const FaceLayout layout(spec);
  const FaceBatch batch = random_batch(spec, 21);  // more than one picture a group of sums, not a multiple
  const std::vector<float> parameters = random_parameters(spec, layout);
  Pool pool(2);
  FaceStepper stepper(spec, layout, pool, 24);
  std::vector<float> gradient(layout.size, NAN);
  const FaceLosses losses = stepper.gradients(parameters, batch, gradient);
  const std::vector<double> doubles(parameters.begin(), parameters.end());
  const std::vector<double> want = face_gradient(spec, layout, doubles, batch);
  EXPECT_NEAR(losses.loss, face_loss(spec, layout, doubles, batch), 1e-6);
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    largest = std::max(largest, std::abs(want[i]));
    const double error = std::abs(static_cast<double>(gradient[i]) - want[i]);
    worst = error <= worst ? worst : error;
  }
  // Three layers of sums of up to 2,100 terms and a normalisation each: some tens of roundings of 2^-24.
  EXPECT_LT(worst / largest, 100 * 0x1p-24);
}

TEST_P(FaceStepping, ThreadsAndAnEarlierBatchChangeNoBit) {
  const engine::FaceSpec spec = small_spec();
  const FaceLayout layout(spec);
  const FaceBatch batch = random_batch(spec, 21);
  const std::vector<float> parameters = random_parameters(spec, layout);
  std::vector<float> first(layout.size), other(layout.size);
  Pool one(1), three(3);
  FaceStepper alone(spec, layout, one, 21), together(spec, layout, three, 40);
  const double loss = alone.gradients(parameters, batch, first).loss;
  together.gradients(parameters, random_batch(spec, 40), other);
  EXPECT_EQ(together.gradients(parameters, batch, other).loss, loss);
  EXPECT_EQ(other, first);
  EXPECT_EQ(alone.moments().variance, together.moments().variance);
}

AFFETTO_EVERY_ISA(FaceStepping);

}  // namespace
}  // namespace trainer
