// How a network that is too large for one SM, and some pieces, lie in the blocks of one cooperative launch: the rungs
// loop (carry mode) and cluster (window mode) in 16 bits, for what the kernels of one block refuse.
//
// Every block owns a few units of every layer, with all four gates and all terms, and some outputs of the heads; its
// weights stay on chip for the whole launch. h, outputs and notes cross between blocks as tagged words (exchange.cuh).
//
// A matrix multiplication takes a tile of 16 rows of weights by 16 terms by 8 columns. The rows of a tile are the gates
// i, f, g, o of four neighbouring units, a quad; a column is a state: a piece's, or one of the W staggered ones of a
// piece. The terms of a sum are dealt out to the warps in pairs of 16, and the warps' parts added up in their order.
// How many warps there are is fixed, so a sum depends on nothing but its own terms: not on the blocks, nor on the
// company. It is not the order of the kernels of one block, whose notes need not be the same in all bits.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/generate/heads.h"
#include "kernels/generate/network.h"
#include "kernels/generate/places.h"
#include "kernels/generate/tensor/plan.h"

namespace kernels {

inline constexpr int kSpreadWarps = 8;  ///< that a block has and a sum's terms are dealt out to
inline constexpr int kPairTerms = 32;   ///< of two multiplications, which one ldmatrix feeds
inline constexpr int kUnitsOfQuad = 4;
/// From so many columns on clusters look for h together: by estimate, what they save of L2's bandwidth (at 16 columns
/// of 512 units 4 MB a layer for 128 blocks, some 0.8 us) is more than their two barriers cost (0.25 us).
inline constexpr int kClusterColumns = 16;
/// h of 128 columns and 512 units is more than half of a block's memory.
inline constexpr int kMostSpreadColumns = 128;
/// Pairs of a matrix's first tile that a warp keeps in registers: all of 512 terms. With as many for each of the six
/// matrices of three layers that is 96 of a thread's 255 registers; with a fourth layer's the compiler spills
/// (tests/kernels/budgets).
inline constexpr int kHeldPairs = 2, kHeldMatrices = 6;
/// Products whose parts wait in shared memory to be added up: one for each warp, 32 KB.
inline constexpr int kPartialTiles = kSpreadWarps;

/// Matrices by number: the heads, then W_ih (not of the first layer) and W_hh of layer after layer.
inline constexpr int kSpreadMatrices = 2 * kMaxLayers, kHeadsMatrix = 0;
AFFETTO_HD constexpr int ih_matrix(int layer) { return 2 * layer; }
AFFETTO_HD constexpr int hh_matrix(int layer) { return 2 * layer + 1; }

/// Of a matrix: its tiles are dealt out to the blocks in runs of equal length.
struct SpreadMatrix {
  int tiles = 0;  ///< of 16 rows, in all
  int mine = 0;   ///< of a block, at most
  int pairs = 0;  ///< of 16 terms
  int held = 0;   ///< pairs of a block's first tile that are in registers
  int spare = 0;  ///< place of the others: [mine * pairs - held, 2, 32 lanes, 8] 16-bit
};

/// Places are bytes from the beginning of shared memory, multiples of 16. "Lanes" are those of the warp that adds a
/// product up: each has one unit in one column.
struct SpreadPlan {
  int blocks = 1;
  int cluster = 1;   ///< blocks that look for h together: a divisor of `blocks`
  int pieces = 1;    ///< at a time
  int states = 1;    ///< of a piece: 1, or W
  int tiles = 1;     ///< of 8 columns
  int stride = 0;    ///< 16-bit elements from one column's h to the next: an odd multiple of 16 bytes, see TensorPlan
  int outputs = 0;   ///< of the heads
  int choosers = 1;  ///< warps of a block that choose
  int scratch_rows = 0;  ///< of 32 candidates in memory; 0: registers suffice
  SpreadMatrix matrix[kSpreadMatrices];
  int h = 0;                    ///< [8 tiles, stride] 16-bit: of one layer at a time
  int partial = 0;              ///< [kSpreadWarps, kPartialTiles, 32 lanes] float4
  int before[kMaxLayers] = {};  ///< [mine * tiles, 32 lanes] float4: W_hh h of the step before, four gates
  int c[kMaxLayers] = {};       ///< [mine * tiles, 32 lanes] float
  int own[kMaxLayers] = {};     ///< [mine * tiles, 32 lanes] 16-bit h
  int rows[kMaxLayers] = {};    ///< [1 + scaled inputs (first layer), 4 mine, 4 gates] float: bias, factors of inputs
  int output = 0;               ///< [16 * mine of the heads] HeadOutput
  int heard = 0;                ///< [pieces] HeardNote
  int progress = 0;             ///< [pieces] Progress
  int past = 0;                 ///< [pieces, W] Played, where staggered
  int readout = 0;              ///< [choosers, readout_size] float
  int scratch = 0;              ///< [choosers, 2, scratch_rows, 32] float
  std::size_t bytes = 0;

  AFFETTO_HD int columns() const { return pieces * states; }
};

/// A piece's new note as every block knows it.
struct HeardNote {
  Played note;
  int begins = -1;  ///< the staggered state that begins with it
  int live = 0;     ///< 0: there is none, and the piece's states rest
  int taken = 0;    ///< whether the piece had notes left when the launch began
};

/// Who owns what, nothing of it in its place. @param blocks  those that are used
SpreadPlan dealt_out(const NetworkView& network, int blocks, int pieces);
/// What is known of pieces.
void place_pieces(SpreadPlan& plan, const NetworkView& network, Places& places);
/// Blocks of at most so many, of which every one owns a quad of the largest layer: the exchange of h stands in for a
/// barrier.
int spread_blocks(const NetworkView& network, int most);
int scaled_inputs(const NetworkView& network);

/// @param blocks  at most: as many are used as leave no block without units of the largest layer
/// @param pieces  at a time
SpreadPlan spread_plan(const NetworkView& network, int blocks, int pieces);

/// As many pieces at a time as there are rows, have columns and fit; 0: not even one fits.
int spread_pieces(const NetworkView& network, int blocks, int rows, std::size_t shared_limit = kSharedLimit);

/// Empty if so many blocks can serve the network; else why not, in words that end with the rung.
std::string why_not_spread(const NetworkView& network, int blocks, const std::string& rung,
                           std::size_t shared_limit = kSharedLimit);

}  // namespace kernels
