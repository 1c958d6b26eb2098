// How training's convolutions on tensor cores divide their work: which pixels a block owns, how they and their border
// lie in its shared memory, and who adds what of a gradient. Plain numbers, for host and device.
#pragma once

#include <algorithm>

#include "kernels/conv/pack.h"
#include "kernels/math/annotations.h"

namespace kernels {

struct TilePixel {
  int picture, y, x;  ///< from the tile's first on
};

/// kSide x kSide pixels of each of kPictures maps: 144 either way, nine times the sixteen rows of a matrix operation,
/// and sides of 48, 24, 12 and 6 leave none of them idle.
template <int kPictures_, int kSide_>
struct PixelTile {
  static constexpr int kPictures = kPictures_, kSide = kSide_, kPatch = kSide + 2;  ///< kPatch: with its border
  static constexpr int kPixels = kPictures * kSide * kSide, kSixteens = kPixels / 16;
  static_assert(kPixels == 144);

  AFFETTO_HD static constexpr TilePixel pixel(int row) {
    return {row / (kSide * kSide), row / kSide % kSide, row % kSide};
  }
};
using LargeMapTile = PixelTile<1, 12>;
using SmallMapTile = PixelTile<4, 6>;

/// The rule: a map that fits into a small tile four times over takes one.
constexpr bool is_small_map(int side) { return side <= SmallMapTile::kSide; }

/// Blocks along a map's side, and pictures that share a block.
struct MapTiles {
  int across, pictures;
};
constexpr MapTiles map_tiles(int side) {
  return is_small_map(side) ? MapTiles{1, SmallMapTile::kPictures}
                            : MapTiles{(side + LargeMapTile::kSide - 1) / LargeMapTile::kSide, 1};
}
/// Tiles of all pictures' maps, in the order [pictures, y, x].
constexpr int tile_count(int pictures, int side) {
  const MapTiles tiles = map_tiles(side);
  return (pictures + tiles.pictures - 1) / tiles.pictures * tiles.across * tiles.across;
}

/// From one row to the next, where `each` is the distance of neighbours: the least that `patch` of them need and that
/// is, to the banks, as far as `side` of them. Eight places of 16 bytes are all banks.
constexpr int row_places(int each, int side, int patch) {
  const int least = each * patch, like = each * side;
  return least + ((like - least) % 8 + 8) % 8;
}

/// A tile with its border in shared memory, in places of 16 bytes: kChunks times eight channels of each pixel. A
/// pixel's pitch is odd, and a row begins on the banks where the last one would have gone on: whichever eight rows of
/// a matrix follow one another, and whichever tap they are seen through, ldmatrix meets no bank twice.
template <class Pixels, int kChunks>
struct PatchPlaces {
  static constexpr int kPixel = kChunks + 1;
  static constexpr int kRow = row_places(kPixel, Pixels::kSide, Pixels::kPatch);
  static constexpr int kPicture = row_places(kRow, Pixels::kSide, Pixels::kPatch);
  static constexpr int kCount = kPicture * Pixels::kPictures;
  static_assert(kPixel % 2 == 1);

  /// @param y, x  of the patch: its border begins at 0
  AFFETTO_HD static constexpr int at(int picture, int y, int x) { return picture * kPicture + y * kRow + x * kPixel; }
  /// Where a row's pixel is seen through the window's first tap.
  AFFETTO_HD static constexpr int of_row(int row) {
    const TilePixel pixel = Pixels::pixel(row);
    return at(pixel.picture, pixel.y, pixel.x);
  }
};

inline constexpr int kNarrow = 2 * kChannelUnit, kWide = 2 * kNarrow;  ///< channels of a block
/// The rule for a convolution: the more channels share a pixel that was loaded, the better, but small maps have few
/// tiles, and a block more on a multiprocessor is worth more to them.
constexpr bool is_wide_convolution(int side, int writes) { return writes > kNarrow && !is_small_map(side); }
/// The rule for a gradient, whose blocks are as many as are asked for.
constexpr bool is_wide_gradient(int writes) { return writes > kNarrow; }

/// Blocks that share a window's gradient, each with a slice of its channels.
struct WindowSlices {
  int in, out;
};
constexpr WindowSlices window_slices(int reads, int writes) {
  const int slice = is_wide_gradient(writes) ? kWide : kNarrow;
  return {(reads + kNarrow - 1) / kNarrow, (writes + slice - 1) / slice};
}

/// The rule for how many tiles a block adds up, in their order: so few that each of an H200's 132 multiprocessors has
/// twelve warps, as far as there are tiles. A fixed number: the order of a sum does not depend on the device.
constexpr int gradient_run(int pictures, int side, int reads, int writes) {
  const WindowSlices slices = window_slices(reads, writes);
  const int warps = is_wide_gradient(writes) ? 6 : 3, blocks = 132 * 12 / warps;
  const int tiles = tile_count(pictures, side);
  const int groups = std::min(std::max(blocks / (slices.in * slices.out), 1), tiles);
  return (tiles + groups - 1) / groups;
}
constexpr int gradient_groups(int pictures, int side, int run) { return (tile_count(pictures, side) + run - 1) / run; }

}  // namespace kernels
