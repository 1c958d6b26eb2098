#include "bench/baselines/libtorch_face_layers.h"

namespace bench::libtorch {
namespace {

torch::Tensor vector_of(const std::vector<double>& values) {
  return torch::tensor(std::vector<float>(values.begin(), values.end()));
}

}  // namespace

torch::Tensor tensor_of(const engine::Tensor& tensor) {
  return torch::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape).clone();
}

torch::Tensor pictures_of(std::span<const float> pictures, std::int64_t side) {
  const auto count = static_cast<std::int64_t>(pictures.size()) / (side * side);
  return torch::from_blob(const_cast<float*>(pictures.data()), {count, 1, side, side});
}

std::vector<float> floats_of(const torch::Tensor& tensor) {
  const torch::Tensor whole = tensor.to(torch::kCPU, torch::kFloat).contiguous();
  return {whole.data_ptr<float>(), whole.data_ptr<float>() + whole.numel()};
}

FoldedFace::FoldedFace(const engine::FaceModel& model) : temperature_(model.spec.temperature) {
  for (std::size_t i = 0; i < model.spec.stages.size(); ++i) {
    const engine::ScaleShift norm = engine::folded_norm(model, i);
    const torch::Tensor weight = tensor_of(model.tensor(engine::stage_tensor(i, "conv.weight")));
    weights_.push_back(weight * vector_of(norm.scale).view({-1, 1, 1, 1}));
    biases_.push_back(vector_of(norm.shift));
    pools_.push_back(model.spec.stages[i].pool);
  }
  head_ = tensor_of(model.tensor("head.weight"));
  head_bias_ = tensor_of(model.tensor("head.bias"));
}

void FoldedFace::to(torch::Device device, torch::ScalarType type, torch::MemoryFormat format) {
  for (torch::Tensor& weight : weights_) weight = weight.to(device, type).contiguous(format);
  for (torch::Tensor& bias : biases_) bias = bias.to(device, type);
  head_ = head_.to(device, type), head_bias_ = head_bias_.to(device, type);
}

torch::Tensor FoldedFace::read(torch::Tensor x) const {
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    x = torch::conv2d(x, weights_[i], biases_[i], 1, 1).relu_();
    if (pools_[i]) x = torch::max_pool2d(x, 2);
  }
  return torch::softmax(torch::linear(x.mean({2, 3}), head_, head_bias_) / temperature_, 1);
}

}  // namespace bench::libtorch
