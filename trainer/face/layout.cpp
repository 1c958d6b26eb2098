#include "trainer/face/layout.h"

#include <algorithm>

#include "engine/face/network.h"

namespace trainer {

FaceLayout::FaceLayout(const engine::FaceSpec& spec) {
  const auto take = [this](std::size_t count) {
    const FaceSlot slot{size, count};
    size += count;
    return slot;
  };
  std::size_t in = 1;
  for (const engine::FaceStage& stage : spec.stages) {
    const auto out = static_cast<std::size_t>(stage.channels);
    stages.push_back({in, out, take(9 * in * out), take(out), take(out)});
    in = out;
  }
  head_weight = take(spec.classes.size() * in);
  head_bias = take(spec.classes.size());
}

std::vector<float> gather(const FaceLayout& layout, const engine::FaceModel& model) {
  std::vector<float> all(layout.size);
  const auto put = [&](const FaceSlot& slot, const std::vector<float>& values) {
    std::copy(values.begin(), values.end(), all.begin() + static_cast<std::ptrdiff_t>(slot.at));
  };
  for (std::size_t i = 0; i < layout.stages.size(); ++i) {
    put(layout.stages[i].conv, engine::taps_first(model.tensor(engine::stage_tensor(i, "conv.weight"))));
    put(layout.stages[i].gamma, model.tensor(engine::stage_tensor(i, "norm.weight")).values);
    put(layout.stages[i].beta, model.tensor(engine::stage_tensor(i, "norm.bias")).values);
  }
  put(layout.head_weight, model.tensor("head.weight").values);
  put(layout.head_bias, model.tensor("head.bias").values);
  return all;
}

FaceMoments gather_moments(const engine::FaceModel& model) {
  FaceMoments moments;
  for (std::size_t i = 0; i < model.spec.stages.size(); ++i) {
    moments.mean.push_back(model.tensor(engine::stage_tensor(i, "norm.running_mean")).values);
    moments.variance.push_back(model.tensor(engine::stage_tensor(i, "norm.running_var")).values);
  }
  return moments;
}

engine::FaceModel scatter(const FaceLayout& layout, const engine::FaceSpec& spec, std::span<const float> parameters,
                          const FaceMoments& moments) {
  engine::FaceModel model{spec, {}, {}};
  const auto shapes = engine::face_tensor_shapes(spec);
  const auto keep = [&](const std::string& name, std::span<const float> values) {
    model.tensors[name] = {shapes.at(name), {values.begin(), values.end()}};
  };
  for (std::size_t i = 0; i < layout.stages.size(); ++i) {
    const FaceLayout::Stage& stage = layout.stages[i];
    model.tensors[engine::stage_tensor(i, "conv.weight")] = engine::taps_last(
        stage.conv.of(parameters), static_cast<std::int64_t>(stage.in), static_cast<std::int64_t>(stage.out));
    keep(engine::stage_tensor(i, "norm.weight"), stage.gamma.of(parameters));
    keep(engine::stage_tensor(i, "norm.bias"), stage.beta.of(parameters));
    keep(engine::stage_tensor(i, "norm.running_mean"), moments.mean[i]);
    keep(engine::stage_tensor(i, "norm.running_var"), moments.variance[i]);
  }
  keep("head.weight", layout.head_weight.of(parameters));
  keep("head.bias", layout.head_bias.of(parameters));
  return model;
}

}  // namespace trainer
