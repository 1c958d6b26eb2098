// The float32 path against the definition in double, on every instruction set.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/cpu/isa.h"
#include "tests/support/isa_test.h"
#include "tests/trainer/tiny.h"
#include "trainer/bptt/cpu/stepper.h"
#include "trainer/bptt/reference.h"

namespace trainer {
namespace {

using namespace testing;

struct Case {
  const char* name;
  engine::ModelSpec spec;
  int steps, batch, first_loss_step;
  bool ragged;
};

std::vector<Case> cases() {
  return {{"one of everything", tiny_spec(1, 1), 1, 1, 0, false},
          {"one layer, loss at last", tiny_spec(1, 16), 6, 5, 5, false},
          {"ragged hidden size, loss at every", tiny_spec(1, 19), 7, 33, 0, true},
          {"two shards and a bit", tiny_spec(2, 20), 5, 67, 2, true},
          {"three layers, loss at last", tiny_spec(3, 33), 9, 8, 8, false},
          {"rich, loss at every", rich_spec(2, 18), 6, 35, 0, true},
          {"rich, three layers, loss at last", rich_spec(3, 9), 5, 3, 4, false}};
}

class Cpu : public test_support::IsaTest {};

struct Outcome {
  Losses losses;
  std::vector<float> gradients;
  std::vector<std::vector<float>> outputs;
};

Outcome run_cpu(const Case& c, const ParameterLayout& layout, const std::vector<float>& parameters, const Batch& batch,
                int threads) {
  Pool pool(threads);
  CpuStepper stepper(c.spec, layout, pool);
  Outcome run;
  run.gradients.assign(layout.size(), 0.0f);
  stepper.load(parameters);
  run.losses = stepper.gradients(batch, run.gradients);
  for (std::size_t h = 0; h < c.spec.heads.size(); ++h) run.outputs.push_back(stepper.outputs(h));
  return run;
}

std::vector<float> to_floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

// fp32 rounding, 6e-8, grows with the depth of the sums (some hundred terms, some ten steps) like its root: about 1e-6.
constexpr double kRelative = 1e-5;

TEST_P(Cpu, GradientsAndLossesEqualTheReference) {
  for (const Case& c : cases()) {
    const ParameterLayout layout(c.spec);
    const std::vector<double> parameters = random_parameters(layout, 3);
    const Batch batch = random_batch(c.steps, c.batch, c.first_loss_step, c.ragged, 7);
    const ReferenceResult want = reference_pass(c.spec, layout, parameters, batch);
    const Outcome got = run_cpu(c, layout, to_floats(parameters), batch, 2);
    EXPECT_NEAR(got.losses.total, want.losses.total, kRelative * want.losses.total) << c.name;
    EXPECT_EQ(got.losses.targets, want.losses.targets) << c.name;
    EXPECT_EQ(got.losses.correct, want.losses.correct) << c.name;
    for (const Slot& slot : layout.slots()) {
      double error = 0, norm = 0;
      for (std::size_t i = slot.offset; i < slot.offset + slot.size; ++i) {
        error += std::pow(got.gradients[i] - want.gradients[i], 2);
        norm += std::pow(want.gradients[i], 2);
      }
      EXPECT_LE(std::sqrt(error), kRelative * std::sqrt(norm)) << c.name << ": " << slot.name;
    }
  }
}

TEST_P(Cpu, OutputsEqualTheReference) {
  for (const Case& c : cases()) {
    const ParameterLayout layout(c.spec);
    const std::vector<double> parameters = random_parameters(layout, 3);
    const Batch batch = random_batch(c.steps, c.batch, c.first_loss_step, c.ragged, 7);
    const ReferenceResult want = reference_pass(c.spec, layout, parameters, batch);
    const Outcome got = run_cpu(c, layout, to_floats(parameters), batch, 1);
    for (std::size_t h = 0; h < c.spec.heads.size(); ++h) {
      const auto skipped =
          static_cast<std::size_t>(c.first_loss_step * c.batch) * static_cast<std::size_t>(c.spec.heads[h].size);
      ASSERT_EQ(got.outputs[h].size() + skipped, want.outputs[h].size());
      for (std::size_t i = 0; i < got.outputs[h].size(); ++i) {
        EXPECT_NEAR(got.outputs[h][i], want.outputs[h][skipped + i], 1e-5) << c.name << " head " << h << " at " << i;
      }
    }
  }
}

TEST_P(Cpu, NumberOfThreadsDoesNotChangeABit) {
  for (const Case& c : cases()) {
    const ParameterLayout layout(c.spec);
    const std::vector<float> parameters = to_floats(random_parameters(layout, 3));
    const Batch batch = random_batch(c.steps, c.batch, c.first_loss_step, c.ragged, 7);
    const Outcome one = run_cpu(c, layout, parameters, batch, 1);
    for (const int threads : {2, 3, 5}) {
      const Outcome many = run_cpu(c, layout, parameters, batch, threads);
      EXPECT_EQ(one.gradients, many.gradients) << c.name << ", " << threads << " threads";
      EXPECT_EQ(one.losses.total, many.losses.total) << c.name;
    }
  }
}

TEST_P(Cpu, BatchesOfAnyShapeMayFollowEachOther) {
  const Case c{"", tiny_spec(2, 17), 0, 0, 0, false};
  const ParameterLayout layout(c.spec);
  const std::vector<float> parameters = to_floats(random_parameters(layout, 3));
  Pool pool(2);
  CpuStepper stepper(c.spec, layout, pool);
  stepper.load(parameters);
  for (const auto& [steps, size] : {std::pair{7, 40}, {3, 5}, {7, 40}, {1, 1}, {9, 64}}) {
    const Batch batch = random_batch(steps, size, steps / 2, true, 7);
    std::vector<float> gradients(layout.size(), 0.0f);
    const Losses losses = stepper.gradients(batch, gradients);
    const Outcome alone = run_cpu(c, layout, parameters, batch, 1);
    EXPECT_EQ(gradients, alone.gradients) << steps << " x " << size;
    EXPECT_EQ(losses.total, alone.losses.total);
  }
}

TEST_P(Cpu, MeasuringLeavesDropoutOut) {
  const engine::ModelSpec spec = rich_spec(2, 12);
  const ParameterLayout layout(spec);
  const std::vector<double> parameters = random_parameters(layout, 3);
  const Batch batch = random_batch(5, 9, 0, true, 7);
  Pool pool(2);
  CpuStepper stepper(spec, layout, pool);
  const std::vector<float> floats = to_floats(parameters);
  stepper.load(floats);
  const Losses losses = stepper.measure(batch);
  const ReferenceResult want = reference_pass(spec, layout, parameters, batch, false);
  EXPECT_NEAR(losses.total, want.losses.total, kRelative * want.losses.total);
  EXPECT_GT(std::abs(reference_pass(spec, layout, parameters, batch, true).losses.total - want.losses.total), 1e-3);
}

AFFETTO_EVERY_ISA(Cpu);

TEST(Pool, EveryTaskRunsOnceAndExceptionsComeBack) {
  Pool pool(3);
  for (std::size_t round = 0; round < 200; ++round) {
    std::vector<int> done(round, 0);
    pool.run(round, [&](std::size_t i, int) { ++done[i]; });
    EXPECT_EQ(done, std::vector<int>(round, 1));
  }
  EXPECT_THROW(pool.run(5,
                        [](std::size_t i, int) {
                          if (i == 3) throw std::runtime_error("three");
                        }),
               std::runtime_error);
  int calls = 0;
  Pool(1).run(4, [&](std::size_t, int thread) { calls += thread == 0; });
  EXPECT_EQ(calls, 4);
}

}  // namespace
}  // namespace trainer
