#include "bench/baselines/libtorch_face.h"

#include <torch/torch.h>

#include "bench/baselines/libtorch_face_layers.h"
#include "bench/baselines/libtorch_face_training.h"

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
  Trainer(const engine::FaceModel& model, bool in_double) : face_(model, form_of(in_double)) {
    optimizer_ = std::make_unique<torch::optim::AdamW>(face_.all(), torch::optim::AdamWOptions(1e-4));
  }

  void add_batch(const trainer::FaceBatch& batch) override {
    pictures_.push_back(face_.pictures(batch.pictures));
    targets_.push_back(face_.targets(batch.targets));
  }

  std::vector<float> gradients(std::size_t batch) override {
    backward(batch);
    return face_.convolution_gradients();
  }

  double iterate(std::size_t batch) override {
    const double loss = backward(batch);
    torch::nn::utils::clip_grad_norm_(face_.all(), 5);
    optimizer_->step();
    return loss;
  }

 private:
  static TrainedForm form_of(bool in_double) {
    const torch::ScalarType type = in_double ? torch::kDouble : torch::kFloat;
    return {.parameters = type, .operands = type};
  }
  double backward(std::size_t batch) {
    optimizer_->zero_grad();
    const torch::Tensor loss = face_.loss(pictures_[batch], targets_[batch]);
    loss.backward();
    return loss.item<double>();
  }

  TrainedFace face_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  std::vector<torch::Tensor> pictures_, targets_;
};

}  // namespace

std::unique_ptr<FaceReader> make_face_reader(const engine::FaceModel& model) { return std::make_unique<Reader>(model); }
std::unique_ptr<FaceTrainer> make_face_trainer(const engine::FaceModel& model, bool in_double) {
  return std::make_unique<Trainer>(model, in_double);
}

}  // namespace bench::libtorch
