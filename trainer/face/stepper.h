// One training step of a face network on the CPU: the loss of a batch and its gradient, float32, all cores, with
// back-propagation written by hand.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernels/cpu/conv/convolution.h"
#include "kernels/cpu/conv/normalise.h"
#include "trainer/bptt/cpu/pool.h"
#include "trainer/face/batch.h"
#include "trainer/face/layout.h"

namespace trainer {

struct FaceLosses {
  double loss = 0;          ///< cross-entropy against the targets, nats, mean
  std::size_t correct = 0;  ///< pictures whose highest logit is the target's highest
};

class FaceStepper {
 public:
  /// @param batch  most pictures of a step
  FaceStepper(const engine::FaceSpec& spec, const FaceLayout& layout, Pool& pool, std::size_t batch);

  /// The loss of the batch with these parameters, normalised by its own moments, and its gradient (overwritten). The
  /// bits do not depend on the threads.
  FaceLosses gradients(std::span<const float> parameters, const FaceBatch& batch, std::span<float> gradient);
  /// Of the last batch; the variance is the sample's, as PyTorch's running one.
  const FaceMoments& moments() const { return moments_; }

 private:
  struct Stage {
    const FaceLayout::Stage* slots;
    kernels::MapSize in, convolved, out;
    bool pool;
    kernels::PackedWindow forward, backward;
    kernels::Maps z, y, dz, dy;                   ///< convolved, put out, and their gradients
    std::vector<float> mean, scale, shift;        ///< [C] of the batch
    std::vector<double> inverse;                  ///< [C] 1 / deviation
    std::vector<double> first_sums, second_sums;  ///< [batch, C] of each picture
  };
  void lay(const FaceBatch& batch);
  void forward(Stage& stage, const kernels::Maps& in, std::span<const float> parameters);
  void normalise(Stage& stage, std::span<const float> parameters);
  FaceLosses head(std::span<const float> parameters, const FaceBatch& batch, std::span<float> gradient);
  void head_of_picture(std::span<const float> parameters, const FaceBatch& batch, std::size_t i);
  void backward(std::size_t at, std::span<const float> parameters, std::span<float> gradient);
  void window_gradient(const Stage& stage, const kernels::Maps& in, std::span<float> gradient);

  Pool& pool_;
  const FaceLayout& layout_;
  std::size_t count_ = 0, classes_, features_;
  double epsilon_;
  kernels::Maps pictures_;
  std::vector<Stage> stages_;
  FaceMoments moments_;
  std::vector<float> mean_, kept_, d_features_;       ///< [batch, features] the mean, what dropout made of it, gradient
  std::vector<double> d_logits_, losses_;             ///< [batch, classes], [batch]
  std::vector<char> correct_;                         ///< [batch]
  std::vector<kernels::AlignedFloats> partial_;       ///< [groups] of a window's gradient
  std::vector<kernels::ConvolutionScratch> scratch_;  ///< [threads]
};

}  // namespace trainer
