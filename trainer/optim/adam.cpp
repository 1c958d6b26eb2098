#include "trainer/optim/adam.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace trainer {
namespace {

constexpr std::size_t kBlock = 16384;  ///< parameters per task

}  // namespace

kernels::AdamStep adam_numbers(const AdamOptions& options, std::int64_t steps, double rate) {
  const auto t = static_cast<double>(steps);
  kernels::AdamStep op;
  op.weight_decay = static_cast<float>(options.weight_decay);
  op.beta1 = static_cast<float>(options.beta1), op.one_minus_beta1 = static_cast<float>(1 - options.beta1);
  op.beta2 = static_cast<float>(options.beta2), op.one_minus_beta2 = static_cast<float>(1 - options.beta2);
  op.epsilon = static_cast<float>(options.epsilon);
  op.step_size = static_cast<float>(rate / (1 - std::pow(options.beta1, t)));
  op.correction2 = static_cast<float>(std::sqrt(1 - std::pow(options.beta2, t)));
  return op;
}

void Adam::step(std::span<float> w, std::span<const float> gradient, double rate, double gradient_scale, Pool& pool) {
  if (w.size() != m_.size() || gradient.size() != m_.size()) throw std::invalid_argument("Adam: sizes differ");
  kernels::AdamStep op = adam_numbers(options_, ++t_, rate);
  op.gradient_scale = static_cast<float>(gradient_scale);
  pool.run((m_.size() + kBlock - 1) / kBlock, [&](std::size_t block, int) {
    kernels::AdamStep part = op;
    const std::size_t first = block * kBlock;
    part.w = w.data() + first, part.m = m_.data() + first, part.v = v_.data() + first;
    part.gradient = gradient.data() + first;
    part.count = std::min(kBlock, m_.size() - first);
    kernels::adam_step(part);
  });
}

void Adam::restore(std::int64_t steps, std::span<const float> m, std::span<const float> v) {
  if (m.size() != m_.size() || v.size() != v_.size()) throw std::invalid_argument("Adam: sizes differ");
  t_ = steps;
  std::copy(m.begin(), m.end(), m_.begin());
  std::copy(v.begin(), v.end(), v_.begin());
}

double gradient_norm(std::span<const float> gradient, Pool& pool) {
  std::vector<double> blocks((gradient.size() + kBlock - 1) / kBlock, 0.0);
  pool.run(blocks.size(), [&](std::size_t block, int) {
    double lanes[8] = {};
    const std::size_t first = block * kBlock, count = std::min(kBlock, gradient.size() - first);
    const float* g = gradient.data() + first;
    for (std::size_t i = 0; i + 8 <= count; i += 8) {
      for (std::size_t k = 0; k < 8; ++k) lanes[k] += static_cast<double>(g[i + k]) * static_cast<double>(g[i + k]);
    }
    for (std::size_t i = count / 8 * 8; i < count; ++i)
      lanes[0] += static_cast<double>(g[i]) * static_cast<double>(g[i]);
    for (const double lane : lanes) blocks[block] += lane;
  });
  double sum = 0;
  for (const double block : blocks) sum += block;
  return std::sqrt(sum);
}

double clip_scale(double norm, double limit) { return limit > 0 ? std::min(1.0, limit / (norm + 1e-6)) : 1.0; }

}  // namespace trainer
