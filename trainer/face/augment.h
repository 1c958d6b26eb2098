// Training pictures, each time a little different: mirrored, turned, moved, resized, partly covered. Drawn by counter,
// so that a picture of an epoch is the same whoever makes it.
#pragma once

#include <cstdint>
#include <span>

namespace trainer {

struct FaceAugmentation {
  double flip = 0.5;        ///< probability; a face's mirror image means the same
  double turn_deg = 12;     ///< at most, either way: what a crop by eye or by a detector leaves
  double shift = 0.08;      ///< at most, of the side, either way
  double scale = 0.12;      ///< at most, either way
  double erase = 0.3;       ///< probability of a rectangle without content (Zhong et al., "Random erasing", 2017)
  double erase_area = 0.2;  ///< its largest share of the picture
  friend bool operator==(const FaceAugmentation&, const FaceAugmentation&) = default;
};

/// @param pixels   [side, side]
/// @param epoch, index  which picture, and which time
/// @param picture  [side, side] standardised
void augment(std::span<const std::uint8_t> pixels, std::size_t side, const FaceAugmentation& options,
             std::uint64_t seed, std::uint64_t epoch, std::uint64_t index, std::span<float> picture);

}  // namespace trainer
