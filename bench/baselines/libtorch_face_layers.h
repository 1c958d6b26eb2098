// The face network at rest, in LibTorch: normalisation folded into the convolutions, ReLU in place. Included by
// LibTorch baselines only.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/face/model.h"

namespace bench::libtorch {

torch::Tensor tensor_of(const engine::Tensor& tensor);
/// [n, 1, side, side]: a view of the pictures.
torch::Tensor pictures_of(std::span<const float> pictures, std::int64_t side);
std::vector<float> floats_of(const torch::Tensor& tensor);

class FoldedFace {
 public:
  explicit FoldedFace(const engine::FaceModel& model);
  /// @param format  of the convolutions' weights
  void to(torch::Device device, torch::ScalarType type, torch::MemoryFormat format);
  /// @param x  [n, 1, side, side];  @return [n, classes] probabilities
  torch::Tensor read(torch::Tensor x) const;

 private:
  double temperature_;
  std::vector<torch::Tensor> weights_, biases_;
  std::vector<bool> pools_;
  torch::Tensor head_, head_bias_;
};

}  // namespace bench::libtorch
