// Reading a face both ways round: a face's mirror image means the same, and the mean of both is read right more often.
#pragma once

#include <span>

#include "engine/face/classifier.h"

namespace engine {

/// The mean of what the picture and its mirror image are read as. Everything that reads, validates or evaluates asks
/// this, so that a confidence means the same everywhere. Sizes and errors as FaceClassifier::classify.
void classify_both_ways(FaceClassifier& classifier, std::span<const float> pictures, std::span<double> probabilities);

}  // namespace engine
