#include "trainer/face/cpu_trainee.h"

#include <cmath>
#include <utility>

namespace trainer {
namespace {

/// to += share (from - to)
void blend(std::vector<float>& to, std::span<const float> from, float share) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += share * (from[i] - to[i]);
}

}  // namespace

CpuFaceTrainee::CpuFaceTrainee(const engine::FaceSpec& spec, const FaceLayout& layout, Pool& pool, std::size_t batch)
    : layout_(layout),
      pool_(pool),
      stepper_(spec, layout, pool, batch),
      adam_(layout.size, {}),
      gradient_(layout.size, 0.0f) {}

void CpuFaceTrainee::restore(const FaceState& state) {
  parameters_ = state.parameters, average_ = state.average, moments_ = state.moments;
  adam_.restore(state.iteration, state.adam_m, state.adam_v);
}

/// Weights shrink apart from the gradient's moments (Loshchilov & Hutter, "Decoupled weight decay", 2019);
/// normalisations and biases do not.
void CpuFaceTrainee::decay(float keep) {
  for (const FaceLayout::Stage& stage : layout_.stages) {
    for (float& w : stage.conv.of(std::span(parameters_))) w *= keep;
  }
  for (float& w : layout_.head_weight.of(std::span(parameters_))) w *= keep;
}

void CpuFaceTrainee::follow(float share) {
  blend(average_, parameters_, share);
  for (std::size_t i = 0; i < moments_.mean.size(); ++i) {
    blend(moments_.mean[i], stepper_.moments().mean[i], share);
    blend(moments_.variance[i], stepper_.moments().variance[i], share);
  }
}

void CpuFaceTrainee::iterate(const FaceBatch& batch, const FaceStep& step) {
  const FaceLosses losses = stepper_.gradients(parameters_, batch, gradient_);
  sums_.gradient_norm = gradient_norm(gradient_, pool_);
  const std::int64_t iteration = adam_.steps();
  if (!std::isfinite(losses.loss) || !std::isfinite(sums_.gradient_norm))
    refuse_divergence(iteration, losses.loss, sums_.gradient_norm, step.rate);
  decay(step.decay());
  adam_.step(parameters_, gradient_, step.rate, clip_scale(sums_.gradient_norm, step.clip_norm), pool_);
  follow(step.share(iteration));
  sums_.loss += losses.loss * static_cast<double>(batch.count);
  sums_.correct += losses.correct;
}

FaceProgressSums CpuFaceTrainee::sums() {
  const FaceProgressSums since = sums_;
  sums_ = {.gradient_norm = since.gradient_norm};
  return since;
}

FaceState CpuFaceTrainee::state() {
  return {.parameters = parameters_,
          .adam_m = {adam_.m().begin(), adam_.m().end()},
          .adam_v = {adam_.v().begin(), adam_.v().end()},
          .average = average_,
          .moments = moments_,
          .iteration = adam_.steps()};
}

}  // namespace trainer
