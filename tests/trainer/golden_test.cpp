// Forward, losses, gradients and Adam steps against PyTorch's own numbers (tests/golden/make_training_golden.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/trainer/tiny.h"
#include "trainer/bptt/cpu/stepper.h"
#include "trainer/bptt/reference.h"
#include "trainer/optim/adam.h"

namespace trainer {
namespace {

using namespace testing;
using nlohmann::json;

const json& golden() {
  static const json document = json::parse(std::ifstream(AFFETTO_GOLDEN_DIR "/training.json"));
  return document;
}

engine::ModelSpec golden_spec() {
  const json& g = golden();
  engine::ModelSpec spec = tiny_spec(g["layers"], g["hidden"]);
  spec.inputs[0].scale = 1.0 / g["pitches"].get<int>();
  for (engine::HeadSpec& head : spec.heads) head.loss_weight = g["weights"][head.name];
  spec.heads[0].size = g["pitches"];
  return spec;
}

Batch golden_batch(const json& c) {
  Batch batch;
  batch.steps = golden()["steps"], batch.batch = golden()["batch"];
  const char* names[] = {"pitch", "step", "duration"};
  for (std::size_t f = 0; f < 3; ++f) {
    batch.inputs[f] = c["inputs"][names[f]].get<std::vector<float>>();
    batch.targets[f] = c["targets"][names[f]].get<std::vector<float>>();
  }
  batch.mask = c["mask"].get<std::vector<float>>();
  while (batch.mask[static_cast<std::size_t>(batch.first_loss_step * batch.batch)] == 0) ++batch.first_loss_step;
  return batch;
}

std::vector<double> golden_parameters(const json& c, const ParameterLayout& layout) {
  std::vector<double> flat(layout.size(), 0.0);
  EXPECT_EQ(layout.slots().size(), c["parameters"].size());
  for (const Slot& slot : layout.slots()) {
    const json& parameter = c["parameters"].at(slot.name);
    EXPECT_EQ(slot.shape, parameter["shape"].get<std::vector<std::int64_t>>()) << slot.name;
    const auto values = parameter["values"].get<std::vector<double>>();
    std::copy(values.begin(), values.end(), flat.begin() + static_cast<std::ptrdiff_t>(slot.offset));
  }
  return flat;
}

// Both sides compute in double; inputs are exact in float but for pitch / 6.
constexpr double kDouble = 1e-12;

TEST(Golden, ReferenceEqualsPyTorch) {
  const engine::ModelSpec spec = golden_spec();
  const ParameterLayout layout(spec);
  for (const json& c : golden()["cases"]) {
    const ReferenceResult got = reference_pass(spec, layout, golden_parameters(c, layout), golden_batch(c));
    EXPECT_NEAR(got.losses.total, c["losses"]["total"].get<double>(), kDouble);
    for (std::size_t h = 0; h < spec.heads.size(); ++h) {
      const std::string& name = spec.heads[h].name;
      EXPECT_NEAR(got.losses.heads[h], c["losses"][name].get<double>(), kDouble) << name;
      const auto outputs = c["outputs"][name].get<std::vector<double>>();
      ASSERT_EQ(outputs.size(), got.outputs[h].size());
      for (std::size_t i = 0; i < outputs.size(); ++i) EXPECT_NEAR(got.outputs[h][i], outputs[i], kDouble) << name;
    }
    for (const Slot& slot : layout.slots()) {
      const auto want = c["gradients"][slot.name].get<std::vector<double>>();
      for (std::size_t i = 0; i < want.size(); ++i) {
        EXPECT_NEAR(got.gradients[slot.offset + i], want[i], kDouble) << slot.name << "[" << i << "]";
      }
    }
  }
}

TEST(Golden, TrainingStepsEqualPyTorchs) {
  const json& g = golden();
  const engine::ModelSpec spec = golden_spec();
  const ParameterLayout layout(spec);
  Pool pool(2);
  CpuStepper stepper(spec, layout, pool);
  for (const json& c : g["cases"]) {
    const std::vector<double> start = golden_parameters(c, layout);
    const Batch batch = golden_batch(c);
    std::vector<float> weights(start.begin(), start.end()), gradients(layout.size(), 0.0f);
    Adam adam(layout.size(), {.weight_decay = g["decay"]});
    for (std::size_t update = 0; update < c["norms"].size(); ++update) {
      stepper.load(weights);
      const Losses losses = stepper.gradients(batch, gradients);
      const double norm = gradient_norm(gradients, pool);
      EXPECT_NEAR(losses.total, c["totals"][update].get<double>(), 1e-5);
      EXPECT_NEAR(norm, c["norms"][update].get<double>(), 1e-5 * norm);
      adam.step(weights, gradients, g["rate"], clip_scale(norm, g["clip"]), pool);
    }
    // A step is about rate * m / sqrt(v), so a relative error of a gradient's entry moves its weight by rate times it.
    // Entries 1000 times below the largest, whose errors of 2^-23 are theirs too, are wrong by 1e-4 or so: 1e-6 a step.
    for (const Slot& slot : layout.slots()) {
      const auto want = c["after"][slot.name].get<std::vector<double>>();
      for (std::size_t i = 0; i < want.size(); ++i) {
        EXPECT_NEAR(weights[slot.offset + i], want[i], 1e-5) << slot.name << "[" << i << "]";
      }
    }
  }
}

}  // namespace
}  // namespace trainer
