// Face networks for tests: random weights, and what the definition makes of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <list>
#include <ostream>
#include <span>
#include <utility>
#include <vector>

#include "kernels/conv/face_rung.h"
#include "kernels/conv/reference.h"
#include "tests/kernels/ops/on_device.h"

namespace kernels {

struct FaceCase {
  const char* name;
  int side;
  struct Stage {
    int channels;
    bool pool;
  };
  std::vector<Stage> stages;
  int classes;
  friend void PrintTo(const FaceCase& c, std::ostream* out) { *out << c.name; }
};

/// Owns what FaceWeights shows.
class HostFace {
 public:
  explicit HostFace(const FaceCase& c) {
    weights_.side = c.side;
    weights_.classes = c.classes;
    weights_.temperature = 1.25f;
    int in = 1;
    for (const FaceCase::Stage& stage : c.stages) {
      // Variance 2 / (9 in), so that activations stay near 1; scales of both signs, as training may leave them.
      const auto& weight = keep(normals(std::size_t{9} * in * stage.channels, deviation(2.0 / 9, in), stream_++));
      auto& scale = keep(normals(stage.channels, 0.4f, stream_++));
      for (float& s : scale) s += s < -0.5f ? 0.0f : 1.0f;
      const auto& shift = keep(normals(stage.channels, 0.3f, stream_++));
      weights_.stages.push_back({in, stage.channels, stage.pool, weight, scale, shift});
      in = stage.channels;
    }
    // Logits some units apart: what goes wrong with a feature is to be seen in the probabilities.
    weights_.head_weight = keep(normals(std::size_t{1} * in * c.classes, deviation(4, in), stream_++));
    weights_.head_bias = keep(normals(c.classes, 0.5f, stream_++));
  }
  HostFace(const HostFace&) = delete;
  HostFace& operator=(const HostFace&) = delete;

  const FaceWeights& weights() const { return weights_; }
  std::size_t pixels() const { return static_cast<std::size_t>(weights_.side) * weights_.side; }
  std::vector<float> pictures(std::size_t n) const { return normals(n * pixels(), 1, 99); }

 private:
  static float deviation(double sum, int terms) { return static_cast<float>(std::sqrt(sum / terms)); }
  std::vector<float>& keep(std::vector<float> values) {
    kept_.push_back(std::move(values));
    return kept_.back();
  }
  std::list<std::vector<float>> kept_;
  FaceWeights weights_;
  std::uint32_t stream_ = 0;
};

inline conv_reference::Values doubles(std::span<const float> values) { return {values.begin(), values.end()}; }

/// A stage by the definition.
inline conv_reference::Values stage_reference(conv_reference::Shape& shape, const conv_reference::Values& x,
                                              const FaceStageWeights& stage) {
  const auto out = static_cast<std::size_t>(stage.out);
  conv_reference::Values y = conv_reference::convolve(shape, x, out, doubles(stage.weight));
  shape.channels = out;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t c = i / (shape.height * shape.width) % out;
    y[i] = y[i] * double{stage.scale[c]} + double{stage.shift[c]};
  }
  y = conv_reference::activate(shape, y, stage.pool);
  shape = conv_reference::activated(shape, stage.pool);
  return y;
}

/// probabilities [n, classes]
inline std::vector<float> face_reference(const FaceWeights& weights, const std::vector<float>& pictures) {
  const auto side = static_cast<std::size_t>(weights.side), classes = static_cast<std::size_t>(weights.classes);
  conv_reference::Shape shape{pictures.size() / side / side, 1, side, side};
  conv_reference::Values x = doubles(pictures);
  for (const FaceStageWeights& stage : weights.stages) x = stage_reference(shape, x, stage);
  const auto pixels = static_cast<double>(shape.height * shape.width);
  std::vector<float> probabilities;
  for (std::size_t n = 0; n < shape.count; ++n) {
    std::vector<double> p(classes);
    double total = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      double logit = double{weights.head_bias[k]};
      for (std::size_t i = 0; i < shape.size() / shape.count; ++i) {
        const std::size_t c = i / (shape.height * shape.width);
        logit += double{weights.head_weight[k * shape.channels + c]} *
                 x[shape.at(n, c, 0, 0) + i % (shape.height * shape.width)] / pixels;
      }
      total += p[k] = std::exp(logit / double{weights.temperature});
    }
    for (const double each : p) probabilities.push_back(static_cast<float>(each / total));
  }
  return probabilities;
}

}  // namespace kernels
