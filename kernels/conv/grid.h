// The grid of kernels whose blocks own square tiles of a map, a slice of channels and one picture.
#pragma once

#include "kernels/device/shape.h"

namespace kernels {

constexpr unsigned parts_of(int count, int each) { return static_cast<unsigned>((count + each - 1) / each); }

constexpr Extent tiles_of(int side, int tile_side, int channels, int slice, int pictures) {
  const unsigned across = parts_of(side, tile_side);
  return {across * across, parts_of(channels, slice), static_cast<unsigned>(pictures)};
}

}  // namespace kernels
