// The definition's gradients against central differences, for every parameter of tiny networks.
#include "trainer/bptt/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/trainer/tiny.h"

namespace trainer {
namespace {

using namespace testing;

struct Case {
  const char* name;
  engine::ModelSpec spec;
  int first_loss_step;
  bool ragged;
};

constexpr int kSteps = 5, kBatch = 3, kHidden = 4;
// Central differences err by e^2/6 |f'''| (1e-12 here) and by rounding of the loss, 2^-53 |loss| / e = 1e-9 for losses
// of order 10; a tensor's largest gradient entry is of the order of 0.1, hence 1e-8 relative. 1e-7 leaves a decade.
constexpr double kStep = 1e-6 * 16, kTolerance = 1e-7;

/// The seeds are chosen so that no relu and no prediction sits within a difference's reach of its kink; one that did
/// would miss by far more than the tolerance.
void expect_gradients(const Case& c) {
  const ParameterLayout layout(c.spec);
  std::vector<double> parameters = random_parameters(layout, 11);
  parameters[layout.slot("duration_head.bias").offset] = 1;  // keeps the rich networks' last relu alive
  const Batch batch = random_batch(kSteps, kBatch, c.first_loss_step, c.ragged, 5);
  const ReferenceResult result = reference_pass(c.spec, layout, parameters, batch);
  ASSERT_GT(result.losses.total, 0.0);
  for (const Slot& slot : layout.slots()) {
    double largest = 0;
    for (std::size_t i = 0; i < slot.size; ++i) {
      largest = std::max(largest, std::abs(result.gradients[slot.offset + i]));
    }
    ASSERT_GT(largest, 0.0) << c.name << ": " << slot.name << " has no gradient at all";
    for (std::size_t i = slot.offset; i < slot.offset + slot.size; ++i) {
      const double kept = parameters[i];
      parameters[i] = kept + kStep;
      const double above = reference_pass(c.spec, layout, parameters, batch).losses.total;
      parameters[i] = kept - kStep;
      const double below = reference_pass(c.spec, layout, parameters, batch).losses.total;
      parameters[i] = kept;
      const double numeric = (above - below) / (2 * kStep);
      EXPECT_NEAR(result.gradients[i], numeric, kTolerance * largest)
          << c.name << ": " << slot.name << "[" << i - slot.offset << "]";
    }
  }
}

TEST(Reference, GradientsOfEveryParameterEqualCentralDifferences) {
  for (int layers = 1; layers <= 3; ++layers) {
    expect_gradients({"plain, loss at last", tiny_spec(layers, kHidden), kSteps - 1, false});
    expect_gradients({"plain, loss at every", tiny_spec(layers, kHidden), 0, true});
    expect_gradients({"rich, loss at last", rich_spec(layers, kHidden), kSteps - 1, false});
    expect_gradients({"rich, loss at every", rich_spec(layers, kHidden), 0, true});
  }
}

TEST(Reference, MaskedTargetsChangeNothing) {
  const engine::ModelSpec spec = tiny_spec(2, kHidden);
  const ParameterLayout layout(spec);
  const std::vector<double> parameters = random_parameters(layout, 11);
  Batch batch = random_batch(kSteps, kBatch, 1, true, 5);
  const ReferenceResult before = reference_pass(spec, layout, parameters, batch);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch.mask[i] == 0) batch.targets[0][i] = 0, batch.targets[1][i] = 99, batch.targets[2][i] = 99;
  }
  const ReferenceResult after = reference_pass(spec, layout, parameters, batch);
  EXPECT_EQ(before.losses.total, after.losses.total);
  EXPECT_EQ(before.gradients, after.gradients);
}

TEST(Reference, LossesAreThoseOfTheText) {
  const engine::ModelSpec spec = tiny_spec(1, kHidden);
  const ParameterLayout layout(spec);
  const std::vector<double> zeros(layout.size(), 0.0);
  std::vector<double> parameters = zeros;
  parameters[layout.slot("step_head.bias").offset] = -0.5;
  parameters[layout.slot("duration_head.bias").offset] = 0.25;
  Batch batch = random_batch(1, 2, 0, false, 5);
  batch.targets[1] = {1.0f, 2.0f};
  batch.targets[2] = {0.25f, 1.25f};
  const ReferenceResult result = reference_pass(spec, layout, parameters, batch);
  EXPECT_DOUBLE_EQ(result.losses.heads[0], std::log(double{kClasses}));
  EXPECT_DOUBLE_EQ(result.losses.heads[1], (1.5 * 1.5 + 2.5 * 2.5) / 2 + 10 * 0.5);
  EXPECT_DOUBLE_EQ(result.losses.heads[2], 0.5);
  EXPECT_DOUBLE_EQ(result.losses.total, 0.7 * std::log(double{kClasses}) + 0.5 * (8.5 / 2 + 5) + 2 * 0.5);
}

}  // namespace
}  // namespace trainer
