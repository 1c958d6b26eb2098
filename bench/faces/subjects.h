// The face network and pictures that are compared.
#pragma once

#include <span>
#include <vector>

#include "engine/face/model.h"
#include "engine/face/network.h"

namespace bench {

/// The preset with fresh weights whose normalisation has seen something: moments off 0 and 1.
engine::FaceModel face_model();

/// [count, side, side] of the preset's side.
std::vector<float> random_pictures(std::size_t count, unsigned seed);

/// @return [n, classes]
std::vector<float> classify(engine::FaceNetwork& network, std::span<const float> pictures);

}  // namespace bench
