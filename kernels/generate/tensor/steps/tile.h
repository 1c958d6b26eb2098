// How a layer of any size is multiplied in 16 bits: what the kernels of this folder agree on.
//
// Weights are packed once (pack.h). A group is what eight columns of four matrix multiplications need: 32 rows of
// weights, which are the four gates of eight units, or 32 outputs of a dense layer. A slice is 32 terms of a group, one
// stretch of memory. Pieces (or their staggered states) are the rows of the multiplications, groups their columns; a
// thread's sums are the four gates of the same units, so gates never leave it.
//
// Each output is one chain of sums over slices in rising order, the layer's own state first, then the layer below: it
// does not depend on the tile, on the grid, or on other rows. (What a kernel multiplies ahead, before the layer below
// is there, begins the same chain: ../clustered/.)
#pragma once

#include "kernels/math/annotations.h"

namespace kernels {

inline constexpr int kGates = 4;
inline constexpr int kGroupUnits = 8;                    ///< columns of a matrix multiplication
inline constexpr int kGroupRows = 32;                    ///< of weights: four times eight columns
inline constexpr int kSliceTerms = 32;                   ///< two multiplications' terms; 64 bytes of a row
inline constexpr int kSliceChunks = 4;                   ///< of 16 bytes, in a row of a slice
inline constexpr int kSlice = kGroupRows * kSliceTerms;  ///< elements

/// A width in memory: states and terms come in whole slices, the rest is zero.
AFFETTO_HD constexpr int padded(int count) { return (count + kSliceTerms - 1) / kSliceTerms * kSliceTerms; }
AFFETTO_HD constexpr int slices_of(int terms) { return padded(terms) / kSliceTerms; }
AFFETTO_HD constexpr int groups_of(int outputs) { return (outputs + kGroupRows - 1) / kGroupRows; }

/// The unit of a group's column. A thread has columns 2 t and 2 t + 1 of each group: in two neighbouring groups those
/// are four neighbouring units, which it reads and writes at once.
AFFETTO_HD constexpr int unit_of(int group, int column) {
  return group / 2 * 2 * kGroupUnits + column / 2 * 4 + group % 2 * 2 + column % 2;
}

/// Warps stand in kRowWarps by kGroupWarps; each has kRowTiles matrices of 16 rows by kWarpGroups groups.
/// @param kSlices_  of a stage
/// @param kStages_  that are under way or being multiplied
/// @param kBlocks_  of a multiprocessor, that the registers shall suffice for
template <int kRowWarps_, int kGroupWarps_, int kRowTiles_, int kWarpGroups_, int kSlices_, int kStages_, int kBlocks_>
struct StepTile {
  static constexpr int kRowWarps = kRowWarps_, kGroupWarps = kGroupWarps_, kRowTiles = kRowTiles_,
                       kWarpGroups = kWarpGroups_, kSlices = kSlices_, kStages = kStages_, kBlocks = kBlocks_;
  static constexpr int kRows = 16 * kRowTiles * kRowWarps, kGroups = kWarpGroups * kGroupWarps;
  static constexpr int kThreads = 32 * kRowWarps * kGroupWarps;
  static constexpr int kThreadUnits = 2 * kWarpGroups;  ///< neighbours
  /// Elements from one row of a stage to the next: eight more than there are, so that the eight rows of 16 bytes that
  /// ldmatrix takes at once lie in different banks.
  static constexpr int kStride = kSlices * kSliceTerms + 8;
  static_assert(kWarpGroups <= 2 && kRows <= kThreads);
};
// By estimate, until a benchmark has chosen. Few rows: weights come once, to as many blocks as a layer has groups, and
// three long stages under way hide where they come from. Many: two blocks of a multiprocessor hide one another's
// waits. Wide: half as many bytes from L2 for each operation; for when there are blocks enough.
using FewTile = StepTile<2, 1, 1, 1, 4, 4, 3>;   ///< 32 rows, 8 units
using ManyTile = StepTile<4, 2, 2, 2, 1, 4, 2>;  ///< 128 rows, 32 units
using WideTile = StepTile<2, 4, 4, 2, 1, 3, 1>;  ///< 128 rows, 64 units

enum class TileChoice { few, many, wide, by_rows };

}  // namespace kernels
