// How a network that is too large for one SM, and some pieces, lie in the blocks of one cluster: the rungs loop (carry
// mode) and cluster (window mode) in 16 bits, for what the kernels of one block refuse and sixteen of them hold.
//
// Blocks own units and outputs as in ../spread/, and columns are states as there; but h, outputs and notes go straight
// into the other blocks' shared memory (exchange.cuh), and clusters serve groups of pieces without knowing of one
// another.
//
// Within a block a warp owns whole tiles of units, with all their weights and states; the block's tiles, layer after
// layer and the heads' last, are dealt out to the warps in turns. So gates never leave their warp. An output is one
// chain of sums in rising order, the layer's own state first: that of tensor/steps/, and of the kernels of one block.
// So the notes are theirs, bit for bit, whatever the cluster's size, the number of clusters and the company.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/generate/rung_names.h"
#include "kernels/generate/tensor/spread/plan.h"

namespace kernels {

/// Blocks of a cluster, the largest first: more exchange fewer columns at once, and each multiplies less. 16 are not
/// portable.
inline constexpr int kClusteredBlocks[] = {16, 8, 4, 2, 1};
/// Pairs of 32 terms that a warp keeps in registers, of the first matrix of its list and of the second: 96 of a
/// thread's 255 registers. All of 256 terms, then half of them.
inline constexpr int kFirstHeld = 8, kSecondHeld = 4;
/// Tiles of eight columns that a warp multiplies at once, so that weights from shared memory are read once for them.
/// With four, which a window of 25 notes would like, the compiler spills (tests/kernels/budgets).
inline constexpr int kTilesAtOnce = 2;
/// Registers that hold a matrix's first pairs, for every warp that owns a tile of it.
enum class HeldAs : int { none, first, second };

/// A note as the others of the cluster are told it.
struct alignas(16) ToldNote {
  Played note;
};

/// What threads wait for, in each block: mbarriers.
struct ClusteredBarriers {
  std::uint64_t h[kMaxLayers];  ///< a layer's new h, from all blocks
  std::uint64_t outputs;        ///< of the pieces that this block chooses for
  std::uint64_t notes;          ///< of all pieces with notes left
  std::uint64_t ready;          ///< all blocks are through with the step before
};

struct ClusteredPlan : SpreadPlan {
  int first_number[kMaxLayers + 1] = {};  ///< of a layer's tiles among the block's; last, of the heads'
  HeldAs held_as[kSpreadMatrices] = {};
  int hidden[kMaxLayers] = {};  ///< places of [8 tiles, stride] 16-bit: h of each layer
  int told = 0;                 ///< [pieces] ToldNote
  int barriers = 0;             ///< ClusteredBarriers

  /// Pieces that a block chooses for, at most.
  AFFETTO_HD int chosen_here() const { return (pieces + blocks - 1) / blocks; }
};

/// @param blocks  one of kClusteredBlocks, so that each has units of the largest layer
ClusteredPlan clustered_plan(const NetworkView& network, int blocks, int pieces);

/// As many pieces at a time as there are rows, have columns and fit; 0: not even one fits.
int clustered_pieces(const NetworkView& network, int blocks, int rows);

/// Whether a cluster of so many blocks holds the network, and each of them a part of it.
bool cluster_holds(const NetworkView& network, int blocks);

/// As what these kernels are asked for.
inline Fusion clustered_fusion(const NetworkView& network) { return network.carry ? Fusion::loop : Fusion::cluster; }

/// Empty if some cluster of at most so many blocks holds the network; else why not, in words that end with the rung.
std::string why_not_clustered(const NetworkView& network, int most_blocks, const std::string& rung);

}  // namespace kernels
