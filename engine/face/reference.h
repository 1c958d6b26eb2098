// Reading a face in double, as plainly as it can be said: the definition.
#pragma once

#include <span>
#include <vector>

#include "engine/face/model.h"

namespace engine {

/// @param picture  [side, side] standardised (network.h)
/// @return probabilities [classes]
std::vector<double> classify_reference(const FaceModel& model, std::span<const float> picture);

}  // namespace engine
