// The network of libtorch.h as a module: for files that include LibTorch anyway.
#pragma once

#include <torch/torch.h>

#include "engine/model/model.h"

namespace bench::libtorch {

inline constexpr int kPitch = 0, kStep = 1, kDuration = 2;  ///< columns of an input row

/// @throws std::invalid_argument for a network that is not of the family
struct NetworkImpl : torch::nn::Module {
  explicit NetworkImpl(const engine::Model& model);

  torch::nn::LSTM lstm{nullptr};
  torch::nn::Linear heads{nullptr};  // rows: pitch logits, step, duration
  int candidates = 0, hidden = 0, layers = 0, window = 0;
  float pitch_scale = 1;
};
TORCH_MODULE(Network);

}  // namespace bench::libtorch
