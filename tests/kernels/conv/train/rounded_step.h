// An iteration in double, as trainer/face/reference.h defines it, but with maps rounded to bf16 where the rung tensor
// keeps them so: what a stage's convolution makes, what its activation makes, and the gradients of both; and with its
// weights, of all stages but the first.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/conv/reference.h"
#include "kernels/math/half.h"
#include "trainer/face/batch.h"
#include "trainer/face/dropout.h"
#include "trainer/face/layout.h"

namespace kernels {

class RoundedStep {
 public:
  double loss = 0;
  std::vector<double> gradient;  ///< by the layout
  std::vector<double> moments;   ///< stage after stage means, then variances as a sample's

  RoundedStep(const engine::FaceSpec& spec, const trainer::FaceLayout& layout, const std::vector<float>& parameters,
              const trainer::FaceBatch& batch)
      : gradient(layout.size), layout_(layout), parameters_(parameters.begin(), parameters.end()), batch_(batch) {
    const auto side = static_cast<std::size_t>(spec.side);
    Shape shape{batch.count, 1, side, side};
    Values x(batch.pictures.begin(), batch.pictures.end());
    for (std::size_t i = 0; i < layout.stages.size(); ++i) {
      traces_.push_back(forward(i, shape, x, spec));
      x = rounded(conv_reference::activate(traces_[i].made, traces_[i].r, spec.stages[i].pool));
      shape = conv_reference::activated(traces_[i].made, spec.stages[i].pool);
    }
    Values d = head(shape, x);
    for (std::size_t i = layout.stages.size(); i-- > 0;) d = backward(i, d, spec);
  }

 private:
  using Shape = conv_reference::Shape;
  using Values = conv_reference::Values;
  struct Trace {
    Shape in, made;
    Values x, z, r, weights;
    conv_reference::Normalisation norm;
  };

  static Values rounded(Values values) {
    for (double& v : values) v = static_cast<double>(to_float(to_bfloat16(static_cast<float>(v))));
    return values;
  }
  Values part(const trainer::FaceSlot& slot) const {
    const auto begin = parameters_.begin() + static_cast<std::ptrdiff_t>(slot.at);
    return {begin, begin + static_cast<std::ptrdiff_t>(slot.size)};
  }
  void put(const trainer::FaceSlot& slot, const Values& values) {
    std::copy(values.begin(), values.end(), gradient.begin() + static_cast<std::ptrdiff_t>(slot.at));
  }
  /// Of element i of [out, in, 3, 3] in [3, 3, in, out].
  static std::size_t place(std::size_t i, const trainer::FaceLayout::Stage& s) {
    return (i % 9 * s.in + i / 9 % s.in) * s.out + i / 9 / s.in;
  }

  Trace forward(std::size_t i, const Shape& shape, const Values& x, const engine::FaceSpec& spec) {
    const trainer::FaceLayout::Stage& s = layout_.stages[i];
    const Values taps = part(s.conv);
    Trace t{shape, shape, x, {}, {}, Values(taps.size()), {part(s.gamma), part(s.beta), spec.epsilon}};
    t.made.channels = s.out;
    for (std::size_t w = 0; w < taps.size(); ++w) t.weights[w] = taps[place(w, s)];
    if (i > 0) t.weights = rounded(t.weights);
    t.z = rounded(conv_reference::convolve(shape, x, s.out, t.weights));
    const conv_reference::Moments m = conv_reference::moments(t.made, t.z);
    t.r = conv_reference::normalise(t.made, t.z, t.norm, m);
    const auto pixels = static_cast<double>(shape.count * shape.height * shape.width);
    moments.insert(moments.end(), m.mean.begin(), m.mean.end());
    for (const double v : m.variance) moments.push_back(v * pixels / std::fmax(pixels - 1, 1));
    return t;
  }

  /// @return the gradient of x, rounded
  Values head(const Shape& shape, const Values& x) {
    const Values weight = part(layout_.head_weight), bias = part(layout_.head_bias);
    const std::size_t pixels = shape.height * shape.width, features = shape.channels, classes = bias.size();
    Values d(x.size()), d_weight(weight.size()), d_bias(classes);
    for (std::size_t n = 0; n < shape.count; ++n) {
      std::vector<float> factors(features);
      trainer::feature_dropout(batch_, n, factors);
      Values kept(features), logits = bias;
      for (std::size_t c = 0; c < features; ++c) {
        for (std::size_t p = 0; p < pixels; ++p) kept[c] += x[shape.at(n, c, 0, 0) + p];
        kept[c] *= static_cast<double>(factors[c]) / static_cast<double>(pixels);
        for (std::size_t k = 0; k < classes; ++k) logits[k] += weight[k * features + c] * kept[c];
      }
      double sum = 0;
      for (const double logit : logits) sum += std::exp(logit);
      Values d_kept(features);
      for (std::size_t k = 0; k < classes; ++k) {
        const double log_p = logits[k] - std::log(sum), wanted = static_cast<double>(batch_.targets[n * classes + k]);
        const double share = (std::exp(log_p) - wanted) / static_cast<double>(shape.count);
        loss -= wanted * log_p / static_cast<double>(shape.count);
        d_bias[k] += share;
        for (std::size_t c = 0; c < features; ++c) {
          d_weight[k * features + c] += share * kept[c];
          d_kept[c] += share * weight[k * features + c];
        }
      }
      for (std::size_t c = 0; c < features; ++c) {
        for (std::size_t p = 0; p < pixels; ++p)
          d[shape.at(n, c, 0, 0) + p] = d_kept[c] * static_cast<double>(factors[c]) / static_cast<double>(pixels);
      }
    }
    put(layout_.head_weight, d_weight), put(layout_.head_bias, d_bias);
    return rounded(d);
  }

  /// @param d  of what the stage made. @return of what it read, rounded
  Values backward(std::size_t i, const Values& d, const engine::FaceSpec& spec) {
    const trainer::FaceLayout::Stage& s = layout_.stages[i];
    const Trace& t = traces_[i];
    const auto norm = conv_reference::normalise_back(
        t.made, t.z, t.norm, conv_reference::activate_back(t.made, t.r, spec.stages[i].pool, d));
    const auto back = conv_reference::convolve_back(t.in, t.x, s.out, t.weights, rounded(norm.z));
    put(s.gamma, norm.gamma), put(s.beta, norm.beta);
    for (std::size_t w = 0; w < back.weights.size(); ++w) gradient[s.conv.at + place(w, s)] = back.weights[w];
    return rounded(back.x);
  }

  const trainer::FaceLayout& layout_;
  std::vector<double> parameters_;
  const trainer::FaceBatch& batch_;
  std::vector<Trace> traces_;
};

}  // namespace kernels
