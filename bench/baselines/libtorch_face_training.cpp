#include "bench/baselines/libtorch_face_training.h"

#include "bench/baselines/libtorch_face_layers.h"

namespace bench::libtorch {

TrainedFace::TrainedFace(const engine::FaceModel& model, const TrainedForm& form)
    : form_(form),
      side_(model.spec.side),
      classes_(static_cast<std::int64_t>(model.spec.classes.size())),
      epsilon_(model.spec.epsilon) {
  for (std::size_t i = 0; i < model.spec.stages.size(); ++i) {
    const auto named = [&](const char* name) { return model.tensor(engine::stage_tensor(i, name)); };
    Stage stage{.weight = parameter(named("conv.weight")),
                .gamma = parameter(named("norm.weight")),
                .beta = parameter(named("norm.bias")),
                .pool = model.spec.stages[i].pool};
    stage.mean = torch::zeros_like(stage.gamma), stage.variance = torch::ones_like(stage.gamma);
    stages_.push_back(stage);
  }
  head_ = parameter(model.tensor("head.weight"));
  head_bias_ = parameter(model.tensor("head.bias"));
}

torch::Tensor TrainedFace::parameter(const engine::Tensor& tensor) {
  torch::Tensor values = tensor_of(tensor).to(form_.device, form_.parameters);
  if (values.dim() == 4) values = values.contiguous(form_.format);
  parameters_.push_back(values.detach().requires_grad_());
  return parameters_.back();
}

torch::Tensor TrainedFace::pictures(std::span<const float> values) const {
  return pictures_of(values, side_).to(form_.device, form_.operands, false, true).contiguous(form_.format);
}

torch::Tensor TrainedFace::targets(std::span<const float> values) const {
  const auto count = static_cast<std::int64_t>(values.size()) / classes_;
  return torch::from_blob(const_cast<float*>(values.data()), {count, classes_})
      .to(form_.device, form_.parameters, false, true);
}

torch::Tensor TrainedFace::loss(const torch::Tensor& pictures, const torch::Tensor& targets) const {
  const auto operand = [this](const torch::Tensor& t) { return t.to(form_.operands); };
  torch::Tensor x = pictures;
  for (const Stage& stage : stages_) {
    x = torch::conv2d(x, operand(stage.weight), {}, 1, 1);
    x = torch::batch_norm(x, stage.gamma, stage.beta, stage.mean, stage.variance, /*training=*/true, /*momentum=*/0.1,
                          epsilon_, /*cudnn_enabled=*/true);
    x.relu_();
    if (stage.pool) x = torch::max_pool2d(x, 2);
  }
  const torch::Tensor logits = torch::linear(x.mean({2, 3}), operand(head_), operand(head_bias_));
  return torch::cross_entropy_loss(logits.to(form_.parameters), targets);
}

std::vector<float> TrainedFace::convolution_gradients() const {
  std::vector<float> all;
  for (const Stage& stage : stages_) {
    const std::vector<float> one = floats_of(stage.weight.grad());
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

}  // namespace bench::libtorch
