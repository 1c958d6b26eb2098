// Losses of one head over a shard, and the gradient of its outputs.
#include <algorithm>

#include "engine/model/losses.h"
#include "kernels/cpu/train.h"
#include "trainer/bptt/cpu/shard.h"

namespace trainer {
namespace {

struct RowLoss {
  double loss;
  bool correct;
};

/// `dy` receives the gradient times scale (scale 0: nothing).
RowLoss categorical(const float* y, std::size_t classes, float target, float scale, float* dy) {
  std::copy_n(y, classes, dy);
  const kernels::CrossEntropyResult result = kernels::cross_entropy(
      {.logits = dy, .classes = classes, .target = static_cast<std::size_t>(target), .scale = scale});
  return {static_cast<double>(result.loss), result.correct};
}

RowLoss non_negative(float y, float target, float scale, float* dy) {
  const double error = static_cast<double>(y) - static_cast<double>(target);
  const double below = y < 0 ? -static_cast<double>(y) : 0.0;
  *dy = scale * static_cast<float>(2 * error - (y < 0 ? engine::kNegativePenaltyWeight : 0));
  return {error * error + engine::kNegativePenaltyWeight * below, false};
}

}  // namespace

double Shard::head_loss(std::size_t head, const Batch& batch, double counted, std::int64_t& correct) {
  const engine::HeadSpec& spec = network_.spec.heads[head];
  const auto& [branch, first] = network_.heads[head];
  const DenseLayer& layer = network_.branches[branch].back();
  DenseWork& work = branches_[branch].back();
  const auto size = static_cast<std::size_t>(spec.size), whole = static_cast<std::size_t>(batch.batch);
  activate_rows(spec.activation, work.y.data() + first, shape_.loss_rows(), size, layer.y_ld());

  const std::vector<float>& targets = batch.targets[field_index(spec.field)];
  const float scale = counted > 0 ? static_cast<float>(spec.loss_weight / counted) : 0.0f;
  double sum = 0;
  for (std::size_t row = 0; row < shape_.loss_rows(); ++row) {
    const std::size_t t = shape_.first_loss_step + row / shape_.batch;
    const std::size_t from = t * whole + first_ + row % shape_.batch;
    const float* y = work.y.data() + row * layer.y_ld() + first;
    float* dy = work.dy.data() + row * layer.outputs() + first;
    if (batch.mask[from] == 0) {
      std::fill_n(dy, size, 0.0f);
      continue;
    }
    const RowLoss result = spec.distribution == engine::Distribution::categorical
                               ? categorical(y, size, targets[from], scale, dy)
                               : non_negative(*y, targets[from], scale, dy);
    sum += result.loss;
    correct += result.correct;
  }
  if (scale == 0) {
    for (std::size_t row = 0; row < shape_.loss_rows(); ++row) {
      std::fill_n(work.dy.data() + row * layer.outputs() + first, size, 0.0f);  // a head of weight 0 teaches nothing
    }
  }
  activate_rows_backward(spec.activation, work.y.data() + first, layer.y_ld(), work.dy.data() + first, layer.outputs(),
                         shape_.loss_rows(), size);
  return sum;
}

}  // namespace trainer
