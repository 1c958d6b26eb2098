// Labelled pictures of faces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace trainer {

/// Pictures as they were cut out, one size, with what people saw in them.
struct FaceSet {
  std::size_t side = 0, classes = 0;
  std::vector<std::uint8_t> pixels;  ///< [count, side, side]
  std::vector<float> targets;        ///< [count, classes] shares of opinion, each row's sum 1
  std::vector<int> labels;           ///< [count] the class that counts as right

  std::size_t count() const { return labels.size(); }
  std::span<const std::uint8_t> picture(std::size_t i) const {
    return std::span(pixels).subspan(i * side * side, side * side);
  }
};

/// What one iteration reads.
struct FaceBatch {
  std::size_t count = 0;
  std::vector<float> pictures;            ///< [count, side, side] standardised
  std::vector<float> targets;             ///< [count, classes]
  double dropout = 0;                     ///< rate, of the features
  std::uint64_t seed = 0, iteration = 0;  ///< of the dropout masks
};

}  // namespace trainer
