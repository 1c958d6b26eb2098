#include "bench/baselines/libtorch_face.h"

#include <torch/torch.h>

namespace bench::libtorch {
namespace {

torch::Tensor tensor_of(const engine::Tensor& tensor) {
  return torch::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape).clone();
}

torch::Tensor vector_of(const std::vector<double>& values) {
  return torch::tensor(std::vector<float>(values.begin(), values.end()));
}

torch::Tensor pictures_of(std::span<const float> pictures, std::int64_t side) {
  const auto count = static_cast<std::int64_t>(pictures.size()) / (side * side);
  return torch::from_blob(const_cast<float*>(pictures.data()), {count, 1, side, side});
}

std::vector<float> floats_of(const torch::Tensor& tensor) {
  const torch::Tensor whole = tensor.contiguous();
  return {whole.data_ptr<float>(), whole.data_ptr<float>() + whole.numel()};
}

class Reader final : public FaceReader {
 public:
  explicit Reader(const engine::FaceModel& model) : side_(model.spec.side), temperature_(model.spec.temperature) {
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

  std::vector<float> classify(std::span<const float> pictures) override {
    const torch::InferenceMode inference;
    torch::Tensor x = pictures_of(pictures, side_);
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      x = torch::conv2d(x, weights_[i], biases_[i], 1, 1).relu_();
      if (pools_[i]) x = torch::max_pool2d(x, 2);
    }
    return floats_of(torch::softmax(torch::linear(x.mean({2, 3}), head_, head_bias_) / temperature_, 1));
  }

 private:
  std::int64_t side_;
  double temperature_;
  std::vector<torch::Tensor> weights_, biases_;
  std::vector<bool> pools_;
  torch::Tensor head_, head_bias_;
};

class Trainer final : public FaceTrainer {
 public:
  Trainer(const engine::FaceModel& model, bool in_double)
      : side_(model.spec.side), type_(in_double ? torch::kDouble : torch::kFloat) {
    const torch::NoGradGuard no_grad;
    std::int64_t in = 1;
    for (std::size_t i = 0; i < model.spec.stages.size(); ++i) {
      const std::int64_t out = model.spec.stages[i].channels;
      torch::nn::Conv2d conv(torch::nn::Conv2dOptions(in, out, 3).padding(1).bias(false));
      torch::nn::BatchNorm2d norm(torch::nn::BatchNorm2dOptions(out).eps(model.spec.epsilon));
      conv->weight.copy_(tensor_of(model.tensor(engine::stage_tensor(i, "conv.weight"))));
      norm->weight.copy_(tensor_of(model.tensor(engine::stage_tensor(i, "norm.weight"))));
      norm->bias.copy_(tensor_of(model.tensor(engine::stage_tensor(i, "norm.bias"))));
      convolutions_.push_back(conv);
      net_->push_back(conv);
      net_->push_back(norm);
      net_->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
      if (model.spec.stages[i].pool) net_->push_back(torch::nn::MaxPool2d(2));
      in = out;
    }
    net_->push_back(torch::nn::AdaptiveAvgPool2d(1));
    net_->push_back(torch::nn::Flatten());
    torch::nn::Linear head(in, static_cast<std::int64_t>(model.spec.classes.size()));
    head->weight.copy_(tensor_of(model.tensor("head.weight")));
    head->bias.copy_(tensor_of(model.tensor("head.bias")));
    net_->push_back(head);
    net_->to(type_);
    net_->train();
    optimizer_ = std::make_unique<torch::optim::AdamW>(net_->parameters(), torch::optim::AdamWOptions(1e-4));
  }

  void add_batch(const trainer::FaceBatch& batch) override {
    const auto count = static_cast<std::int64_t>(batch.count);
    pictures_.push_back(pictures_of(batch.pictures, side_).to(type_, false, true));
    targets_.push_back(torch::from_blob(const_cast<float*>(batch.targets.data()),
                                        {count, static_cast<std::int64_t>(batch.targets.size()) / count})
                           .to(type_, false, true));
  }

  std::vector<float> gradients(std::size_t batch) override {
    backward(batch);
    std::vector<float> all;
    for (const torch::nn::Conv2d& conv : convolutions_) {
      const std::vector<float> one = floats_of(conv->weight.grad().to(torch::kFloat));
      all.insert(all.end(), one.begin(), one.end());
    }
    return all;
  }

  double iterate(std::size_t batch) override {
    const double loss = backward(batch);
    torch::nn::utils::clip_grad_norm_(net_->parameters(), 5);
    optimizer_->step();
    return loss;
  }

 private:
  double backward(std::size_t batch) {
    optimizer_->zero_grad();
    const torch::Tensor loss = torch::nn::functional::cross_entropy(net_->forward(pictures_[batch]), targets_[batch]);
    loss.backward();
    return loss.item<double>();
  }

  std::int64_t side_;
  torch::ScalarType type_;
  torch::nn::Sequential net_;
  std::vector<torch::nn::Conv2d> convolutions_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  std::vector<torch::Tensor> pictures_, targets_;
};

}  // namespace

std::unique_ptr<FaceReader> make_face_reader(const engine::FaceModel& model) { return std::make_unique<Reader>(model); }
std::unique_ptr<FaceTrainer> make_face_trainer(const engine::FaceModel& model, bool in_double) {
  return std::make_unique<Trainer>(model, in_double);
}

}  // namespace bench::libtorch
