#include "engine/generate/cuda/network.h"

#include <string>

namespace engine::AFFETTO_PLATFORM {

const float* DeviceNetwork::keep(const std::vector<float>& values, kernels::StreamRef stream) {
  buffers_.emplace_back(stream, values.size());
  buffers_.back().upload(values);
  return buffers_.back().data();
}

DeviceNetwork::DeviceNetwork(const Model& model, StateMode state, kernels::StreamRef stream) {
  const NetworkPlan plan = plan_network(model, kReadoutAlign);
  view_ = shapes_of(model, plan, state);
  std::vector<std::vector<float>> biases;
  biases.reserve(model.spec.lstm.size());
  const kernels::WaitAtExit uploads(stream);  // they read plan and biases
  for (int i = 0; i < view_.input_count; ++i) view_.inputs[i].rows = keep(plan.inputs[i].rows, stream);
  for (int l = 0; l < view_.layer_count; ++l) {
    const std::string suffix = "_l" + std::to_string(l);
    if (l > 0) view_.layers[l].w_ih = keep(model.tensor("lstm.weight_ih" + suffix).values, stream);
    view_.layers[l].w_hh = keep(model.tensor("lstm.weight_hh" + suffix).values, stream);
    std::vector<float> bias = model.tensor("lstm.bias_ih" + suffix).values;
    const std::vector<float>& second = model.tensor("lstm.bias_hh" + suffix).values;
    for (std::size_t j = 0; j < bias.size(); ++j) bias[j] += second[j];
    biases.push_back(std::move(bias));
    view_.layers[l].bias = keep(biases.back(), stream);
  }
  for (int r = 0; r < view_.readout_count; ++r) {
    view_.readout[r].weight = keep(plan.readout[r].weight, stream);
    view_.readout[r].bias = keep(plan.readout[r].bias, stream);
  }
  stream.synchronize();
}

}  // namespace engine::AFFETTO_PLATFORM
