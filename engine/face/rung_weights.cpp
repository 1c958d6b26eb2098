#include "engine/face/rung_weights.h"

namespace engine {

FaceRungWeights::FaceRungWeights(const FaceModel& model) {
  const FaceSpec& spec = model.spec;
  view_ = {.side = spec.side,
           .stages = {},
           .classes = static_cast<int>(spec.classes.size()),
           .head_weight = model.tensor("head.weight").values,
           .head_bias = model.tensor("head.bias").values,
           .temperature = static_cast<float>(spec.temperature)};
  norms_.reserve(2 * spec.stages.size());
  int in = 1;
  for (std::size_t i = 0; i < spec.stages.size(); ++i) {
    const ScaleShift norm = folded_norm(model, i);
    const FaceStage& stage = spec.stages[i];
    view_.stages.push_back({in, stage.channels, stage.pool, model.tensor(stage_tensor(i, "conv.weight")).values,
                            keep(norm.scale), keep(norm.shift)});
    in = stage.channels;
  }
}

std::span<const float> FaceRungWeights::keep(const std::vector<double>& values) {
  return norms_.emplace_back(values.begin(), values.end());
}

}  // namespace engine
