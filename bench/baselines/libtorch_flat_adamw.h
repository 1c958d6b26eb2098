// Clipping and AdamW on all parameters at once, without a word to the host: what a CUDA graph can hold. LibTorch's own
// AdamW counts its steps on the host. Included by LibTorch baselines only.
#pragma once

#include <torch/torch.h>

#include <vector>

namespace bench::libtorch {

class FlatAdamW {
 public:
  /// Parameters and their gradients become views of one array each.
  FlatAdamW(std::vector<torch::Tensor>& parameters, double rate, double decay, double clip);
  void zero_grad() { gradient_.zero_(); }
  void step();

  struct Saved {
    torch::Tensor weights, m, v, steps;
  };
  Saved save() const { return {weights_.clone(), m_.clone(), v_.clone(), steps_.clone()}; }
  void restore(const Saved& saved);

 private:
  double rate_, decay_, clip_;
  torch::Tensor weights_, gradient_, m_, v_;  // [all]
  torch::Tensor steps_;                       // []
};

}  // namespace bench::libtorch
