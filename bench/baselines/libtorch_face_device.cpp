#include "bench/baselines/libtorch_face_device.h"

#include <torch/torch.h>

#include "bench/baselines/libtorch_face_layers.h"
#include "bench/baselines/libtorch_graph.h"

namespace bench::libtorch {
namespace {

class Reader final : public DeviceFaceReader {
 public:
  Reader(const engine::FaceModel& model, FaceVariant variant, std::span<const float> pictures, Place place)
      : on_gpu_(place == Place::gpu), variant_(variant), face_(model) {
    const bool half = on_gpu_ && variant == FaceVariant::graph_fp16;
    const torch::Device device(on_gpu_ ? torch::kCUDA : torch::kCPU);
    const torch::ScalarType type = half ? torch::kHalf : torch::kFloat;
    const torch::MemoryFormat format = half ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
    face_.to(device, type, format);
    pictures_ = pictures_of(pictures, model.spec.side).to(device, type, /*non_blocking=*/false, /*copy=*/true);
    pictures_ = pictures_.contiguous(format);
  }

  void read(int times) override {
    const torch::InferenceMode inference;
    at::globalContext().setAllowTF32CuDNN(variant_ != FaceVariant::eager_fp32);
    at::globalContext().setAllowTF32CuBLAS(variant_ != FaceVariant::eager_fp32);
    at::globalContext().setBenchmarkCuDNN(true);  // tries cuDNN's algorithms, and keeps the fastest
    if (!on_gpu_ || variant_ == FaceVariant::eager_fp32) {
      for (int i = 0; i < times; ++i) probabilities_ = face_.read(pictures_);
    } else {
      if (!graph_) graph_ = capture([this] { probabilities_ = face_.read(pictures_); });
      for (int i = 0; i < times; ++i) graph_->replay();
    }
    if (on_gpu_) wait_for_gpu();
  }

  std::vector<float> probabilities() override { return floats_of(probabilities_); }

 private:
  bool on_gpu_;
  FaceVariant variant_;
  FoldedFace face_;
  torch::Tensor pictures_;       // [n, 1, side, side]
  torch::Tensor probabilities_;  // [n, classes]; a graph writes it in place
  std::unique_ptr<CapturedWork> graph_;
};

}  // namespace

std::unique_ptr<DeviceFaceReader> make_device_face_reader(const engine::FaceModel& model, FaceVariant variant,
                                                          std::span<const float> pictures, Place place) {
  return std::make_unique<Reader>(model, variant, pictures, place);
}

}  // namespace bench::libtorch
