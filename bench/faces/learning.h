// What a face network learns from, and its gradient as both sides can show it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/face/model.h"
#include "trainer/face/batch.h"
#include "trainer/face/layout.h"

namespace bench {

/// Rates of AdamW's in LibTorch for both sides.
inline constexpr double kFaceRate = 1e-4, kFaceDecay = 1e-2, kFaceClip = 5;

/// Random pictures of the preset, and soft targets.
trainer::FaceBatch random_faces(std::size_t count, unsigned seed);

/// Of a gradient by the layout: every convolution's, one stage after the other, [out, in, 3, 3].
std::vector<float> convolution_gradients(const trainer::FaceLayout& layout, std::span<const float> gradient);

/// The same by our CPU's path.
std::vector<float> host_gradients(const engine::FaceModel& model, const trainer::FaceBatch& batch);

}  // namespace bench
