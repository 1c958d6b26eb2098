// A face network at rest and in training against PyTorch's own numbers (tests/golden/make_face_golden.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/face/network.h"
#include "engine/face/reference.h"
#include "trainer/face/reference.h"
#include "trainer/face/stepper.h"

namespace trainer {
namespace {

using nlohmann::json;

const json& golden() {
  static const json document = json::parse(std::ifstream(AFFETTO_GOLDEN_DIR "/face.json"));
  return document;
}

engine::FaceModel golden_model() {
  engine::FaceModel model;
  model.spec.name = "golden";
  model.spec.side = golden()["side"];
  model.spec.temperature = golden()["temperature"];
  model.spec.epsilon = golden()["epsilon"];
  model.spec.classes = {"happy", "sad", "neutral"};
  for (const json& stage : golden()["stages"])
    model.spec.stages.push_back({stage["channels"].get<int>(), stage["pool"].get<bool>()});
  for (const auto& [name, tensor] : golden()["tensors"].items())
    model.tensors[name] = {tensor["shape"].get<std::vector<std::int64_t>>(),
                           tensor["values"].get<std::vector<float>>()};
  return model;
}

FaceBatch golden_batch() {
  FaceBatch batch;
  batch.pictures = golden()["pictures"].get<std::vector<float>>();
  batch.targets = golden()["targets"].get<std::vector<float>>();
  batch.count = batch.targets.size() / 3;
  return batch;
}

/// PyTorch's gradient of a tensor, in the layout's order.
std::vector<double> golden_gradient(const FaceLayout& layout) {
  const json& g = golden()["gradients"];
  std::vector<double> all(layout.size, NAN);
  const auto put = [&](const FaceSlot& slot, const std::string& name, std::size_t in, std::size_t out) {
    const auto values = g.at(name).get<std::vector<double>>();
    ASSERT_EQ(values.size(), slot.size) << name;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t to = in == 0 ? i : (i % 9 * in + i / 9 % in) * out + i / 9 / in;  // [out, in, 3, 3]
      all[slot.at + to] = values[i];
    }
  };
  for (std::size_t i = 0; i < layout.stages.size(); ++i) {
    const FaceLayout::Stage& stage = layout.stages[i];
    put(stage.conv, engine::stage_tensor(i, "conv.weight"), stage.in, stage.out);
    put(stage.gamma, engine::stage_tensor(i, "norm.weight"), 0, 0);
    put(stage.beta, engine::stage_tensor(i, "norm.bias"), 0, 0);
  }
  put(layout.head_weight, "head.weight", 0, 0);
  put(layout.head_bias, "head.bias", 0, 0);
  return all;
}

TEST(FaceGolden, ProbabilitiesAreThoseOfPyTorch) {
  const engine::FaceModel model = golden_model();
  const FaceBatch batch = golden_batch();
  const auto want = golden()["probabilities"].get<std::vector<double>>();
  std::vector<double> fast(want.size());
  engine::FaceNetwork(model, 1).classify(batch.pictures, fast);
  for (std::size_t i = 0; i < batch.count; ++i) {
    const auto plain = engine::classify_reference(model, std::span(batch.pictures).subspan(i * 100, 100));
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(plain[k], want[i * 3 + k], 1e-12);
      EXPECT_NEAR(fast[i * 3 + k], want[i * 3 + k], 1e-5);  // float, three layers
    }
  }
}

TEST(FaceGolden, LossAndGradientAreThoseOfPyTorch) {
  const engine::FaceModel model = golden_model();
  const FaceLayout layout(model.spec);
  const FaceBatch batch = golden_batch();
  const std::vector<float> parameters = gather(layout, model);
  const std::vector<double> doubles(parameters.begin(), parameters.end());
  const double loss = golden()["loss"];
  const std::vector<double> want = golden_gradient(layout);
  EXPECT_NEAR(face_loss(model.spec, layout, doubles, batch), loss, 1e-12);
  const std::vector<double> plain = face_gradient(model.spec, layout, doubles, batch);

  Pool pool(1);
  FaceStepper stepper(model.spec, layout, pool, batch.count);
  std::vector<float> fast(layout.size, NAN);
  EXPECT_NEAR(stepper.gradients(parameters, batch, fast).loss, loss, 1e-6);
  double largest = 0;
  for (const double g : want) largest = std::max(largest, std::abs(g));
  for (std::size_t i = 0; i < want.size(); ++i) {
    ASSERT_NEAR(plain[i], want[i], 1e-11 * largest) << i;
    ASSERT_NEAR(fast[i], want[i], 100 * 0x1p-24 * largest) << i;  // as stepper_test
  }
  for (std::size_t s = 0; s < layout.stages.size(); ++s) {
    const auto mean = golden()["moments"][s]["mean"].get<std::vector<double>>();
    const auto variance = golden()["moments"][s]["variance"].get<std::vector<double>>();
    for (std::size_t c = 0; c < mean.size(); ++c) {
      EXPECT_NEAR(stepper.moments().mean[s][c], mean[c], 1e-5);
      EXPECT_NEAR(stepper.moments().variance[s][c], variance[c], 1e-5 * (1 + variance[c]));
    }
  }
}

}  // namespace
}  // namespace trainer
