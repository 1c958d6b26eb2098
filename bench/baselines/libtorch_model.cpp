#include "bench/baselines/libtorch_model.h"

#include <stdexcept>

namespace bench::libtorch {
namespace {

bool is_plain(const engine::ModelSpec& spec) {
  const engine::Field order[3] = {engine::Field::pitch, engine::Field::step, engine::Field::duration};
  if (spec.inputs.size() != 3 || spec.heads.size() != 3 || !spec.dense.empty() || spec.dropout != 0) return false;
  for (std::size_t i = 0; i < 3; ++i) {
    const engine::InputSpec& input = spec.inputs[i];
    const engine::HeadSpec& head = spec.heads[i];
    if (input.field != order[i] || input.encoding != engine::Encoding::scaled) return false;
    if (i != kPitch && (input.scale != 1 || head.size != 1)) return false;
    if (head.field != order[i] || !head.hidden.empty() || head.activation != engine::Activation::linear) return false;
  }
  for (const int size : spec.lstm) {
    if (size != spec.lstm.front()) return false;
  }
  return true;
}

void copy(const engine::Tensor& from, torch::Tensor to) {
  torch::NoGradGuard guard;
  to.copy_(torch::from_blob(const_cast<float*>(from.values.data()), from.shape, torch::kFloat32));
}

}  // namespace

NetworkImpl::NetworkImpl(const engine::Model& model) {
  const engine::ModelSpec& spec = model.spec;
  if (!is_plain(spec)) throw std::invalid_argument("the LibTorch baseline knows only networks of the seed's family");
  candidates = spec.heads[kPitch].size;
  hidden = spec.lstm.front(), layers = static_cast<int>(spec.lstm.size()), window = spec.window;
  pitch_scale = static_cast<float>(spec.inputs[kPitch].scale);
  lstm = register_module("lstm", torch::nn::LSTM(torch::nn::LSTMOptions(3, hidden).num_layers(layers)));
  heads = register_module("heads", torch::nn::Linear(hidden, candidates + 2));
  for (auto& item : lstm->named_parameters()) copy(model.tensor("lstm." + item.key()), item.value());
  std::int64_t row = 0;
  for (const engine::HeadSpec& head : spec.heads) {
    copy(model.tensor(head.name + "_head.weight"), heads->weight.narrow(0, row, head.size));
    copy(model.tensor(head.name + "_head.bias"), heads->bias.narrow(0, row, head.size));
    row += head.size;
  }
}

}  // namespace bench::libtorch
