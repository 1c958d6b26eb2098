#include "bench/baselines/libtorch_face_device_training.h"

#include <torch/torch.h>

#include "bench/baselines/libtorch_face_training.h"
#include "bench/baselines/libtorch_flat_adamw.h"
#include "bench/baselines/libtorch_graph.h"

namespace bench::libtorch {
namespace {

TrainedForm form_of(FaceTrainVariant variant, bool on_gpu) {
  if (!on_gpu) return {};
  if (variant == FaceTrainVariant::eager_fp32) return {.device = torch::kCUDA};
  return {.device = torch::kCUDA, .operands = torch::kBFloat16, .format = torch::MemoryFormat::ChannelsLast};
}

class Training final : public DeviceFaceTrainer {
 public:
  Training(const engine::FaceModel& model, FaceTrainVariant variant, const FaceTrainRates& rates,
           const std::vector<trainer::FaceBatch>& batches, Place place)
      : on_gpu_(place == Place::gpu), variant_(variant), rates_(rates), face_(model, form_of(variant, on_gpu_)) {
    for (const trainer::FaceBatch& batch : batches) {
      pictures_.push_back(in_host_memory(face_.pictures(batch.pictures)));
      targets_.push_back(in_host_memory(face_.targets(batch.targets)));
    }
    picture_ = face_.pictures(batches.front().pictures);
    target_ = face_.targets(batches.front().targets);
    if (variant == FaceTrainVariant::graph_bf16) {
      flat_ = std::make_unique<FlatAdamW>(face_.all(), rates.rate, rates.decay, rates.clip);
    } else {
      optimizer_ = std::make_unique<torch::optim::AdamW>(
          face_.all(), torch::optim::AdamWOptions(rates.rate).weight_decay(rates.decay));
    }
  }

  std::vector<float> gradients() override {
    choose_arithmetic();
    backward();
    return face_.convolution_gradients();
  }

  void iterate(int times) override {
    choose_arithmetic();
    if (on_gpu_ && flat_ && !graph_) capture_iteration();
    for (int i = 0; i < times; ++i) {
      load(next_++ % pictures_.size());
      graph_ ? graph_->replay() : step();
    }
    if (on_gpu_) wait_for_gpu();
  }

  double loss() override { return loss_.item<double>(); }

 private:
  torch::Tensor in_host_memory(const torch::Tensor& there) const {
    const torch::Tensor host = there.to(torch::kCPU);
    return on_gpu_ ? host.pin_memory() : host;
  }
  void choose_arithmetic() const {
    at::globalContext().setAllowTF32CuDNN(variant_ != FaceTrainVariant::eager_fp32);
    at::globalContext().setAllowTF32CuBLAS(variant_ != FaceTrainVariant::eager_fp32);
    at::globalContext().setBenchmarkCuDNN(true);  // tries cuDNN's algorithms, and keeps the fastest
  }
  void load(std::size_t batch) {
    picture_.copy_(pictures_[batch], /*non_blocking=*/true);
    target_.copy_(targets_[batch], /*non_blocking=*/true);
  }
  void backward() {
    flat_ ? flat_->zero_grad() : optimizer_->zero_grad();
    const torch::Tensor loss = face_.loss(picture_, target_);
    loss.backward();
    loss_ = loss.detach();
  }
  void step() {
    backward();
    if (flat_) return flat_->step();
    torch::nn::utils::clip_grad_norm_(face_.all(), rates_.clip);
    optimizer_->step();
  }
  /// The iterations that warm it up are not to count.
  void capture_iteration() {
    load(0);
    const FlatAdamW::Saved before = flat_->save();
    graph_ = capture([this] { step(); });
    flat_->restore(before);
  }

  bool on_gpu_;
  FaceTrainVariant variant_;
  FaceTrainRates rates_;
  TrainedFace face_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  std::unique_ptr<FlatAdamW> flat_;
  std::vector<torch::Tensor> pictures_, targets_;  // the batches, on the host
  torch::Tensor picture_, target_;                 // the one that is read
  torch::Tensor loss_;
  std::unique_ptr<CapturedWork> graph_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<DeviceFaceTrainer> make_device_face_trainer(const engine::FaceModel& model, FaceTrainVariant variant,
                                                            const FaceTrainRates& rates,
                                                            const std::vector<trainer::FaceBatch>& batches,
                                                            Place place) {
  return std::make_unique<Training>(model, variant, rates, batches, place);
}

}  // namespace bench::libtorch
