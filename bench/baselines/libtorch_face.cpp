#include "bench/baselines/libtorch_face.h"

#include <torch/torch.h>

#include "bench/baselines/libtorch_face_layers.h"

namespace bench::libtorch {
namespace {

class Reader final : public FaceReader {
 public:
  explicit Reader(const engine::FaceModel& model) : side_(model.spec.side), face_(model) {}

  std::vector<float> classify(std::span<const float> pictures) override {
    const torch::InferenceMode inference;
    return floats_of(face_.read(pictures_of(pictures, side_)));
  }

 private:
  std::int64_t side_;
  FoldedFace face_;
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
