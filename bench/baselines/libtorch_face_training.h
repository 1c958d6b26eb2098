// The face network in training, in LibTorch. Included by LibTorch baselines only.
#pragma once

#include <torch/torch.h>

#include <span>
#include <vector>

#include "engine/face/model.h"

namespace bench::libtorch {

/// Where it computes, and in what.
struct TrainedForm {
  torch::Device device = torch::kCPU;
  torch::ScalarType parameters = torch::kFloat;  ///< and their gradients, and sums
  torch::ScalarType operands = torch::kFloat;    ///< of products, and maps: what autocast would do, in any version
  torch::MemoryFormat format = torch::MemoryFormat::Contiguous;
};

class TrainedFace {
 public:
  TrainedFace(const engine::FaceModel& model, const TrainedForm& form);
  const TrainedForm& form() const { return form_; }

  /// Pictures [n, 1, side, side] and targets [n, classes] as loss() takes them: a copy.
  torch::Tensor pictures(std::span<const float> values) const;
  torch::Tensor targets(std::span<const float> values) const;
  /// Cross-entropy, mean over the pictures, with the batch's own moments; autograd knows how it came about.
  torch::Tensor loss(const torch::Tensor& pictures, const torch::Tensor& targets) const;

  std::vector<torch::Tensor>& all() { return parameters_; }
  /// Of every convolution's weights, one stage after the other, [out, in, 3, 3].
  std::vector<float> convolution_gradients() const;

 private:
  struct Stage {
    torch::Tensor weight, gamma, beta;  // parameters
    torch::Tensor mean, variance;       // running
    bool pool;
  };
  torch::Tensor parameter(const engine::Tensor& tensor);

  TrainedForm form_;
  std::int64_t side_, classes_;
  double epsilon_;
  std::vector<Stage> stages_;
  torch::Tensor head_, head_bias_;
  std::vector<torch::Tensor> parameters_;
};

}  // namespace bench::libtorch
