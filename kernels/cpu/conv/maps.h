// Feature maps in memory.
#pragma once

#include <cstddef>

#include "kernels/cpu/gemm.h"

namespace kernels {

/// One map, channels last, with a border of zeros one pixel wide, so that a 3x3 window never leaves it: element
/// (y, x, c) of the inside at ((y + 1) * (width + 2) + x + 1) * channels + c.
struct MapSize {
  std::size_t height = 0, width = 0, channels = 0;
  std::size_t pitch() const { return (width + 2) * channels; }  ///< floats from a row to the next
  std::size_t size() const { return (height + 2) * pitch(); }   ///< floats of a map
  std::size_t inside() const { return pitch() + channels; }     ///< where the inside begins
  std::size_t pixels() const { return height * width; }
};

/// Maps of one size, one after the other. Whoever fills them writes the inside only: the border stays zero.
class Maps {
 public:
  Maps() = default;
  /// Two pixels more than the maps take: a product over whole rows reads on past the last one, times zero.
  Maps(const MapSize& size, std::size_t count) : size_(size), values_(count * size.size() + 2 * size.channels) {}
  const MapSize& size() const { return size_; }
  float* map(std::size_t i) { return values_.data() + i * size_.size(); }
  const float* map(std::size_t i) const { return values_.data() + i * size_.size(); }
  float* inside(std::size_t i) { return map(i) + size_.inside(); }
  const float* inside(std::size_t i) const { return map(i) + size_.inside(); }

 private:
  MapSize size_;
  AlignedFloats values_;
};

}  // namespace kernels
