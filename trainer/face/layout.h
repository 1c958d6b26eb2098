// Where a face network's parameters stand in one flat array.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/face/model.h"

namespace trainer {

struct FaceSlot {
  std::size_t at = 0, size = 0;
  std::span<float> of(std::span<float> all) const { return all.subspan(at, size); }
  std::span<const float> of(std::span<const float> all) const { return all.subspan(at, size); }
};

struct FaceLayout {
  struct Stage {
    std::size_t in, out;
    FaceSlot conv;         ///< [3, 3, in, out] (kernels/cpu/conv)
    FaceSlot gamma, beta;  ///< [out]
  };
  std::vector<Stage> stages;
  FaceSlot head_weight, head_bias;  ///< [classes, features], [classes]
  std::size_t size = 0;

  explicit FaceLayout(const engine::FaceSpec& spec);
};

/// Mean and variance of every stage's channels.
struct FaceMoments {
  std::vector<std::vector<float>> mean, variance;
};

/// Parameters and moments out of a model, and back into one.
std::vector<float> gather(const FaceLayout& layout, const engine::FaceModel& model);
FaceMoments gather_moments(const engine::FaceModel& model);
engine::FaceModel scatter(const FaceLayout& layout, const engine::FaceSpec& spec, std::span<const float> parameters,
                          const FaceMoments& moments);

}  // namespace trainer
