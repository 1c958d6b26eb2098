// A face model as the rungs of the GPU take it: the normalisation folded into a scale and a shift for each channel.
#pragma once

#include <span>
#include <vector>

#include "engine/face/model.h"
#include "kernels/conv/face_rung.h"

namespace engine {

/// Reads the model's tensors where they lie: the model must live as long.
class FaceRungWeights {
 public:
  explicit FaceRungWeights(const FaceModel& model);
  FaceRungWeights(const FaceRungWeights&) = delete;
  FaceRungWeights& operator=(const FaceRungWeights&) = delete;
  const kernels::FaceWeights& view() const { return view_; }

 private:
  std::span<const float> keep(const std::vector<double>& values);

  std::vector<std::vector<float>> norms_;
  kernels::FaceWeights view_;
};

}  // namespace engine
