#include "trainer/face/stepper.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "trainer/face/dropout.h"

namespace trainer {
namespace {

/// Pictures are dealt out to so many sums of a window's gradient, which are added in their order: as many threads can
/// work, and no more than the last stage's 1.3 MB each is needed. Fixed, so that the bits do not depend on the threads.
constexpr std::size_t kGroups = 16;

/// sums [count, C] over the pictures, in their order.
std::vector<double> total(const std::vector<double>& sums, std::size_t count, std::size_t channels) {
  std::vector<double> all(channels, 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t c = 0; c < channels; ++c) all[c] += sums[i * channels + c];
  }
  return all;
}

}  // namespace

FaceStepper::FaceStepper(const engine::FaceSpec& spec, const FaceLayout& layout, Pool& pool, std::size_t batch)
    : pool_(pool),
      layout_(layout),
      classes_(spec.classes.size()),
      features_(static_cast<std::size_t>(spec.features())),
      epsilon_(spec.epsilon),
      partial_(kGroups),
      scratch_(static_cast<std::size_t>(pool.threads())) {
  using kernels::Maps;
  using kernels::PackedWindow;
  const auto side = static_cast<std::size_t>(spec.side);
  kernels::MapSize in{side, side, 1};
  pictures_ = Maps(in, batch);
  for (std::size_t i = 0; i < layout.stages.size(); ++i) {
    const FaceLayout::Stage& slots = layout.stages[i];
    Stage s{
        &slots, in, {in.height, in.width, slots.out}, {}, spec.stages[i].pool, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {},     {}};
    s.out = kernels::activated_size(s.convolved, s.pool);
    s.forward = PackedWindow(slots.in, slots.out, PackedWindow::Direction::forward);
    s.backward = PackedWindow(slots.in, slots.out, PackedWindow::Direction::backward);
    s.z = Maps(s.convolved, batch), s.dz = Maps(s.convolved, batch);
    s.y = Maps(s.out, batch), s.dy = Maps(s.out, batch);
    s.mean.resize(slots.out), s.scale.resize(slots.out), s.shift.resize(slots.out), s.inverse.resize(slots.out);
    s.first_sums.resize(batch * slots.out), s.second_sums.resize(batch * slots.out);
    moments_.mean.emplace_back(slots.out), moments_.variance.emplace_back(slots.out);
    in = s.out;
    stages_.push_back(std::move(s));
  }
  mean_.resize(batch * features_), kept_.resize(batch * features_), d_features_.resize(batch * features_);
  d_logits_.resize(batch * classes_), losses_.resize(batch), correct_.resize(batch);
}

void FaceStepper::lay(const FaceBatch& batch) {
  const kernels::MapSize& size = pictures_.size();
  for (std::size_t i = 0; i < batch.count; ++i) {
    for (std::size_t y = 0; y < size.height; ++y) {
      std::copy_n(batch.pictures.data() + (i * size.height + y) * size.width, size.width,
                  pictures_.inside(i) + y * size.pitch());
    }
  }
}

FaceLosses FaceStepper::gradients(std::span<const float> parameters, const FaceBatch& batch,
                                  std::span<float> gradient) {
  count_ = batch.count;
  lay(batch);
  const kernels::Maps* in = &pictures_;
  for (Stage& stage : stages_) {
    forward(stage, *in, parameters);
    in = &stage.y;
  }
  const FaceLosses losses = head(parameters, batch, gradient);
  for (std::size_t i = stages_.size(); i-- > 0;) backward(i, parameters, gradient);
  return losses;
}

void FaceStepper::forward(Stage& s, const kernels::Maps& in, std::span<const float> parameters) {
  const std::size_t channels = s.slots->out;
  s.forward.fill(s.slots->conv.of(parameters));
  pool_.run(count_, [&](std::size_t i, int) {
    kernels::convolve({s.in, in.map(i), &s.forward, s.z.map(i), 0, s.in.height});
    double* sums = s.first_sums.data() + i * channels;
    double* squares = s.second_sums.data() + i * channels;
    std::fill_n(sums, channels, 0.0), std::fill_n(squares, channels, 0.0);
    kernels::add_map_sums({s.convolved, s.z.map(i), sums, squares});
  });
  normalise(s, parameters);
  pool_.run(count_, [&](std::size_t i, int) {
    kernels::activate({s.convolved, s.z.map(i), s.scale.data(), s.shift.data(), s.pool, s.y.map(i), 0, s.out.height});
  });
}

void FaceStepper::normalise(Stage& s, std::span<const float> parameters) {
  const std::size_t channels = s.slots->out, at = static_cast<std::size_t>(&s - stages_.data());
  const std::vector<double> sum = total(s.first_sums, count_, channels);
  const std::vector<double> square = total(s.second_sums, count_, channels);
  const auto pixels = static_cast<double>(count_ * s.convolved.pixels());
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = sum[c] / pixels, variance = std::max(square[c] / pixels - mean * mean, 0.0);
    s.inverse[c] = 1 / std::sqrt(variance + epsilon_);
    const double scale = s.slots->gamma.of(parameters)[c] * s.inverse[c];
    s.mean[c] = static_cast<float>(mean);
    s.scale[c] = static_cast<float>(scale);
    s.shift[c] = static_cast<float>(s.slots->beta.of(parameters)[c] - mean * scale);
    moments_.mean[at][c] = s.mean[c];
    moments_.variance[at][c] = static_cast<float>(variance * pixels / std::max(pixels - 1, 1.0));
  }
}

void FaceStepper::head_of_picture(std::span<const float> parameters, const FaceBatch& batch, std::size_t i) {
  const std::span<const float> weight = layout_.head_weight.of(parameters), bias = layout_.head_bias.of(parameters);
  float* kept = kept_.data() + i * features_;
  float* d_kept = d_features_.data() + i * features_;
  kernels::map_mean(stages_.back().out, stages_.back().y.map(i), mean_.data() + i * features_);
  std::vector<float> factor(features_);
  feature_dropout(batch, i, factor);
  for (std::size_t c = 0; c < features_; ++c) kept[c] = mean_[i * features_ + c] * factor[c];

  double* d_logits = d_logits_.data() + i * classes_;
  const float* target = batch.targets.data() + i * classes_;
  for (std::size_t k = 0; k < classes_; ++k) {
    d_logits[k] = bias[k];
    for (std::size_t c = 0; c < features_; ++c)
      d_logits[k] += static_cast<double>(weight[k * features_ + c]) * static_cast<double>(kept[c]);
  }
  const auto highest = std::max_element(d_logits, d_logits + classes_);
  const double top = *highest;
  correct_[i] = highest - d_logits == std::max_element(target, target + classes_) - target;
  double sum = 0;
  for (std::size_t k = 0; k < classes_; ++k) sum += std::exp(d_logits[k] - top);
  losses_[i] = 0;
  for (std::size_t k = 0; k < classes_; ++k) {
    const double log_p = d_logits[k] - top - std::log(sum);
    losses_[i] -= static_cast<double>(target[k]) * log_p;
    d_logits[k] = (std::exp(log_p) - static_cast<double>(target[k])) / static_cast<double>(count_);
  }
  for (std::size_t c = 0; c < features_; ++c) {
    double d = 0;
    for (std::size_t k = 0; k < classes_; ++k) d += d_logits[k] * static_cast<double>(weight[k * features_ + c]);
    d_kept[c] = static_cast<float>(d * static_cast<double>(factor[c]));
  }
  kernels::map_mean_gradient(stages_.back().out, d_kept, stages_.back().dy.map(i));
}

FaceLosses FaceStepper::head(std::span<const float> parameters, const FaceBatch& batch, std::span<float> gradient) {
  pool_.run(count_, [&](std::size_t i, int) { head_of_picture(parameters, batch, i); });
  const std::span<float> d_weight = layout_.head_weight.of(gradient), d_bias = layout_.head_bias.of(gradient);
  pool_.run(classes_, [&](std::size_t k, int) {
    std::vector<double> sums(features_ + 1, 0.0);
    for (std::size_t i = 0; i < count_; ++i) {
      const double d = d_logits_[i * classes_ + k];
      for (std::size_t c = 0; c < features_; ++c) sums[c] += d * static_cast<double>(kept_[i * features_ + c]);
      sums[features_] += d;
    }
    for (std::size_t c = 0; c < features_; ++c) d_weight[k * features_ + c] = static_cast<float>(sums[c]);
    d_bias[k] = static_cast<float>(sums[features_]);
  });
  const auto n = static_cast<std::ptrdiff_t>(count_);
  return {std::accumulate(losses_.begin(), losses_.begin() + n, 0.0) / static_cast<double>(count_),
          static_cast<std::size_t>(std::count(correct_.begin(), correct_.begin() + n, 1))};
}

void FaceStepper::backward(std::size_t at, std::span<const float> parameters, std::span<float> gradient) {
  Stage& s = stages_[at];
  const std::size_t channels = s.slots->out;
  pool_.run(count_, [&](std::size_t i, int) {
    double* sums = s.first_sums.data() + i * channels;
    double* products = s.second_sums.data() + i * channels;
    std::fill_n(sums, channels, 0.0), std::fill_n(products, channels, 0.0);
    const kernels::Activation activation{s.convolved, s.z.map(i), s.scale.data(), s.shift.data(), s.pool,
                                         nullptr,     0,          s.out.height};
    kernels::add_activation_gradient({activation, s.dy.map(i), s.mean.data(), s.dz.map(i), sums, products});
  });
  const std::vector<double> sum = total(s.first_sums, count_, channels);
  const std::vector<double> product = total(s.second_sums, count_, channels);
  const auto pixels = static_cast<double>(count_ * s.convolved.pixels());
  std::vector<float> by_dr(channels), by_z(channels), constant(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    s.slots->beta.of(gradient)[c] = static_cast<float>(sum[c]);
    s.slots->gamma.of(gradient)[c] = static_cast<float>(product[c] * s.inverse[c]);
    const double a = s.slots->gamma.of(parameters)[c] * s.inverse[c];
    const double b = -a * s.inverse[c] * s.inverse[c] * product[c] / pixels;
    by_dr[c] = static_cast<float>(a), by_z[c] = static_cast<float>(b);
    constant[c] = static_cast<float>(-a * sum[c] / pixels - b * static_cast<double>(s.mean[c]));
  }
  if (at > 0) s.backward.fill(s.slots->conv.of(parameters));
  pool_.run(count_, [&](std::size_t i, int) {
    kernels::normalisation_gradient({s.convolved, s.z.map(i), by_dr.data(), by_z.data(), constant.data(), s.dz.map(i)});
    if (at > 0) {
      kernels::convolve({s.convolved, s.dz.map(i), &s.backward, stages_[at - 1].dy.map(i), 0, s.convolved.height});
    }
  });
  window_gradient(s, at > 0 ? stages_[at - 1].y : pictures_, s.slots->conv.of(gradient));
}

void FaceStepper::window_gradient(const Stage& s, const kernels::Maps& in, std::span<float> gradient) {
  pool_.run(kGroups, [&](std::size_t group, int thread) {
    partial_[group].resize(gradient.size());
    const std::size_t end = count_ * (group + 1) / kGroups;
    for (std::size_t i = count_ * group / kGroups; i < end; ++i) {
      kernels::add_window_gradient({s.in, in.map(i), s.slots->out, s.dz.map(i), partial_[group].data()},
                                   scratch_[static_cast<std::size_t>(thread)]);
    }
  });
  constexpr std::size_t kRun = 4096;  // of elements: a task long enough to be handed out
  pool_.run((gradient.size() + kRun - 1) / kRun, [&](std::size_t run, int) {
    const std::size_t end = std::min(gradient.size(), (run + 1) * kRun);
    for (std::size_t i = run * kRun; i < end; ++i) {
      float sum = 0;
      for (const kernels::AlignedFloats& partial : partial_) sum += partial.data()[i];
      gradient[i] = sum;
    }
  });
}

}  // namespace trainer
