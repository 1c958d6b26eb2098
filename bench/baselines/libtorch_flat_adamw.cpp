#include "bench/baselines/libtorch_flat_adamw.h"

namespace bench::libtorch {

FlatAdamW::FlatAdamW(std::vector<torch::Tensor>& parameters, double rate, double decay, double clip)
    : rate_(rate), decay_(decay), clip_(clip) {
  const torch::NoGradGuard no_grad;
  std::int64_t size = 0;
  for (const torch::Tensor& p : parameters) size += p.numel();
  weights_ = torch::zeros({size}, parameters.front().detach().options());
  gradient_ = torch::zeros_like(weights_), m_ = torch::zeros_like(weights_), v_ = torch::zeros_like(weights_);
  steps_ = torch::zeros({}, weights_.options());
  std::int64_t at = 0;
  for (torch::Tensor& p : parameters) {
    torch::Tensor view = weights_.as_strided(p.sizes(), p.strides(), at);
    view.copy_(p);
    p.mutable_grad() = gradient_.as_strided(p.sizes(), p.strides(), at);
    p.set_data(view);
    at += p.numel();
  }
}

void FlatAdamW::step() {
  const torch::NoGradGuard no_grad;
  constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
  gradient_.mul_((clip_ / (gradient_.norm() + 1e-6)).clamp_max(1));
  steps_.add_(1);
  m_.lerp_(gradient_, 1 - kBeta1);
  v_.mul_(kBeta2).addcmul_(gradient_, gradient_, 1 - kBeta2);
  const torch::Tensor first = 1 - torch::pow(kBeta1, steps_), second = 1 - torch::pow(kBeta2, steps_);
  weights_.mul_(1 - rate_ * decay_);
  weights_.sub_(m_ * (rate_ / first) / ((v_ / second).sqrt_() + kEpsilon));
}

void FlatAdamW::restore(const Saved& saved) {
  const torch::NoGradGuard no_grad;
  weights_.copy_(saved.weights), m_.copy_(saved.m), v_.copy_(saved.v), steps_.copy_(saved.steps);
}

}  // namespace bench::libtorch
