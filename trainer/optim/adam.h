// Adam (Kingma & Ba, "Adam: a method for stochastic optimization", 2015) with PyTorch's formulas, over one flat array.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cpu/train.h"
#include "trainer/bptt/cpu/pool.h"

namespace trainer {

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;  ///< added to the gradient (not AdamW)
};

/// The numbers of step t, from 1; without pointers, count and gradient_scale.
kernels::AdamStep adam_numbers(const AdamOptions& options, std::int64_t t, double rate);

class Adam {
 public:
  Adam(std::size_t size, const AdamOptions& options) : options_(options), m_(size, 0.0f), v_(size, 0.0f) {}

  /// One step: t += 1; g = scale * gradient + decay * w; m, v, then
  /// w -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon).
  /// Elementwise, so the bits do not depend on the threads.
  void step(std::span<float> w, std::span<const float> gradient, double rate, double gradient_scale, Pool& pool);

  std::int64_t steps() const { return t_; }
  std::span<const float> m() const { return m_; }
  std::span<const float> v() const { return v_; }
  void restore(std::int64_t steps, std::span<const float> m, std::span<const float> v);

 private:
  AdamOptions options_;
  std::int64_t t_ = 0;
  std::vector<float> m_, v_;
};

/// Euclidean norm, in double, summed in blocks of a fixed size and the blocks in order: the same for any threads.
double gradient_norm(std::span<const float> gradient, Pool& pool);
/// What the gradient must be multiplied by so that its norm is at most `limit`; as PyTorch's clip_grad_norm_,
/// limit / (norm + 1e-6) but never above 1. limit 0: no clipping.
double clip_scale(double norm, double limit);

}  // namespace trainer
