#include "trainer/face/reference.h"

#include <algorithm>
#include <cmath>

#include "kernels/conv/reference.h"
#include "trainer/face/dropout.h"

namespace trainer {
namespace {

namespace conv = kernels::conv_reference;
using conv::Shape;
using conv::Values;

Values part(const std::vector<double>& all, const FaceSlot& slot) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(slot.at);
  return {begin, begin + static_cast<std::ptrdiff_t>(slot.size)};
}

/// [3, 3, in, out] <-> [out, in, 3, 3]: the place of element i of the second in the first.
std::size_t place_of_tap(std::size_t i, std::size_t in, std::size_t out) {
  return (i % 9 * in + i / 9 % in) * out + i / 9 / in;
}

Values taps_last(const Values& taps, std::size_t in, std::size_t out) {
  Values weights(taps.size());
  for (std::size_t i = 0; i < taps.size(); ++i) weights[i] = taps[place_of_tap(i, in, out)];
  return weights;
}

/// What the way back needs of a stage.
struct Trace {
  Shape in, convolved;
  Values x, z, r;
  Values weights;
  conv::Normalisation norm;
};

/// All stages, and the features' means after dropout.
struct Forward {
  std::vector<Trace> stages;
  Shape shape;      ///< of the last stage's output
  Values features;  ///< [count, C]
  Values factors;   ///< [count, C] of dropout
};

Values dropout_of(const FaceBatch& batch, std::size_t features) {
  Values factors;
  std::vector<float> of_picture(features);
  for (std::size_t i = 0; i < batch.count; ++i) {
    feature_dropout(batch, i, of_picture);
    factors.insert(factors.end(), of_picture.begin(), of_picture.end());
  }
  return factors;
}

Forward run_forward(const engine::FaceSpec& spec, const FaceLayout& layout, const std::vector<double>& parameters,
                    const FaceBatch& batch) {
  Forward f;
  const auto side = static_cast<std::size_t>(spec.side);
  f.shape = {batch.count, 1, side, side};
  Values x(batch.pictures.begin(), batch.pictures.begin() + static_cast<std::ptrdiff_t>(f.shape.size()));
  for (std::size_t i = 0; i < layout.stages.size(); ++i) {
    const FaceLayout::Stage& slots = layout.stages[i];
    Trace t{f.shape, f.shape, x, {}, {}, taps_last(part(parameters, slots.conv), slots.in, slots.out), {}};
    t.convolved.channels = slots.out;
    t.norm = {part(parameters, slots.gamma), part(parameters, slots.beta), spec.epsilon};
    t.z = conv::convolve(t.in, x, slots.out, t.weights);
    t.r = conv::normalise(t.convolved, t.z, t.norm, conv::moments(t.convolved, t.z));
    x = conv::activate(t.convolved, t.r, spec.stages[i].pool);
    f.shape = conv::activated(t.convolved, spec.stages[i].pool);
    f.stages.push_back(std::move(t));
  }
  const std::size_t pixels = f.shape.height * f.shape.width;
  f.factors = dropout_of(batch, f.shape.channels);
  f.features.assign(f.factors.size(), 0.0);
  for (std::size_t at = 0; at < x.size(); ++at)
    f.features[at / pixels] += x[at] / static_cast<double>(pixels) * f.factors[at / pixels];
  return f;
}

/// log softmax [count, classes]
Values log_probabilities(const FaceLayout& layout, const std::vector<double>& parameters, const Forward& f) {
  const Values weight = part(parameters, layout.head_weight), bias = part(parameters, layout.head_bias);
  const std::size_t features = f.shape.channels, classes = bias.size();
  Values logs(f.shape.count * classes);
  for (std::size_t i = 0; i < f.shape.count; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      double& logit = logs[i * classes + k] = bias[k];
      for (std::size_t c = 0; c < features; ++c) logit += weight[k * features + c] * f.features[i * features + c];
      sum += std::exp(logit);
    }
    for (std::size_t k = 0; k < classes; ++k) logs[i * classes + k] -= std::log(sum);
  }
  return logs;
}

void put(std::vector<double>& all, const FaceSlot& slot, const Values& values) {
  std::copy(values.begin(), values.end(), all.begin() + static_cast<std::ptrdiff_t>(slot.at));
}

}  // namespace

double face_loss(const engine::FaceSpec& spec, const FaceLayout& layout, const std::vector<double>& parameters,
                 const FaceBatch& batch) {
  const Values logs = log_probabilities(layout, parameters, run_forward(spec, layout, parameters, batch));
  double loss = 0;
  for (std::size_t i = 0; i < logs.size(); ++i)
    loss -= static_cast<double>(batch.targets[i]) * logs[i] / static_cast<double>(batch.count);
  return loss;
}

std::vector<double> face_gradient(const engine::FaceSpec& spec, const FaceLayout& layout,
                                  const std::vector<double>& parameters, const FaceBatch& batch) {
  const Forward f = run_forward(spec, layout, parameters, batch);
  const Values logs = log_probabilities(layout, parameters, f), weight = part(parameters, layout.head_weight);
  const std::size_t features = f.shape.channels, classes = spec.classes.size();
  const std::size_t pixels = f.shape.height * f.shape.width;
  std::vector<double> gradient(layout.size, 0.0);
  Values d(f.shape.size(), 0.0);
  for (std::size_t i = 0; i < f.shape.count; ++i) {
    for (std::size_t k = 0; k < classes; ++k) {
      const double d_logit = (std::exp(logs[i * classes + k]) - static_cast<double>(batch.targets[i * classes + k])) /
                             static_cast<double>(batch.count);
      gradient[layout.head_bias.at + k] += d_logit;
      for (std::size_t c = 0; c < features; ++c) {
        gradient[layout.head_weight.at + k * features + c] += d_logit * f.features[i * features + c];
        const double share =
            d_logit * weight[k * features + c] * f.factors[i * features + c] / static_cast<double>(pixels);
        for (std::size_t p = 0; p < pixels; ++p) d[f.shape.at(i, c, 0, 0) + p] += share;
      }
    }
  }
  for (std::size_t i = layout.stages.size(); i-- > 0;) {
    const FaceLayout::Stage& slots = layout.stages[i];
    const Trace& t = f.stages[i];
    const Values d_r = conv::activate_back(t.convolved, t.r, spec.stages[i].pool, d);
    const conv::NormalisationGradient norm = conv::normalise_back(t.convolved, t.z, t.norm, d_r);
    const conv::ConvolutionGradient back = conv::convolve_back(t.in, t.x, slots.out, t.weights, norm.z);
    put(gradient, slots.gamma, norm.gamma);
    put(gradient, slots.beta, norm.beta);
    for (std::size_t w = 0; w < back.weights.size(); ++w)
      gradient[slots.conv.at + place_of_tap(w, slots.in, slots.out)] = back.weights[w];
    d = back.x;
  }
  return gradient;
}

}  // namespace trainer
