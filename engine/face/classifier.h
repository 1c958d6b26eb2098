// Who reads faces: on the CPU FaceNetwork, on the GPU what engine/face/cuda makes.
#pragma once

#include <cstddef>
#include <span>

#include "engine/face/spec.h"

namespace engine {

class FaceClassifier {
 public:
  virtual ~FaceClassifier() = default;
  virtual const FaceSpec& spec() const = 0;
  /// A picture's probabilities do not depend on the others.
  /// @param pictures  [n, side, side] standardised (network.h)
  /// @param probabilities  [n, classes]
  /// @throws std::invalid_argument where their sizes do not agree
  virtual void classify(std::span<const float> pictures, std::span<double> probabilities) = 0;

 protected:
  FaceClassifier() = default;
  FaceClassifier(const FaceClassifier&) = default;
  FaceClassifier& operator=(const FaceClassifier&) = default;
};

/// How many pictures there are. @param who  is told where the sizes do not agree
/// @throws std::invalid_argument
std::size_t count_pictures(const FaceSpec& spec, std::size_t pixels, std::size_t probabilities, const char* who);

}  // namespace engine
