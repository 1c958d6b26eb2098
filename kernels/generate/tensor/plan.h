// How a one-layer network and its pieces lie in a block that multiplies on tensor cores, for the 16-bit forms of the
// rungs loop, overlap, staggered and cluster.
//
// Operands (weights and h) are 16-bit, sums, gates and c are float. Matrix multiplications take 16 rows of weights by
// 16 terms by 8 columns; a column is a state: a piece's, or one of the W staggered ones of a piece. A warp owns eight
// units with all four gates: its first matrix has rows i (8 units), f (8 units), its second g, o; so one thread's sums
// are the four gates of one unit for two columns, and gates never leave the thread. Its part of W_hh stays in
// registers.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/device/shape.h"
#include "kernels/generate/heads.h"
#include "kernels/generate/network.h"
#include "kernels/generate/pieces.h"

namespace kernels {

inline constexpr int kTileColumns = 8;  ///< columns of a matrix multiplication
inline constexpr int kBlockTerms = 16;  ///< terms of one
inline constexpr int kUnitsOfWarp = 8;
inline constexpr int kHeadRows = 16;            ///< outputs of the heads that one multiplication gives
inline constexpr int kTensorBlocks[] = {4, 8};  ///< terms in blocks: up to 64 and up to 128 units
inline constexpr int kMostTensorPieces = 64;    ///< of a block: more do not fit beside 128 units and 128 candidates
inline constexpr int kTensorCandidates = 128;   ///< in the registers of a warp, four a lane
/// How a kernel uses its warps and registers.
struct TensorForm {
  int choosers;  ///< warps that do nothing but choose; 0: all choose
  int held;      ///< blocks of terms whose weights stay in registers, at most; the others' are read from shared memory
};
/// One chooser for each of an SM's schedulers. Beside 16 warps that multiply they leave every thread 96 registers;
/// where all choose there are 128, but choosing needs them at the same time as the weights. With more blocks held than
/// these the compiler spills (tests/kernels/budgets).
inline constexpr int kChoosers = 4;
inline constexpr TensorForm kLoopForm{0, 6}, kOverlapForm{kChoosers, 6}, kStaggeredForm{kChoosers, 5};
AFFETTO_HD constexpr int held_blocks(int blocks, int most) { return blocks < most ? blocks : most; }

/// Where a piece's window begins, for a replay.
struct WindowStart {
  int at = 0;     ///< place in the ring of note consumed - W, which is that of note consumed
  int first = 0;  ///< number of the first step that the piece takes part in; W: none
};

/// What the block that chose tells the others of its cluster: the piece as it stands then, and its new note.
struct Message {
  Progress progress;
  Played note;
};

/// Places are bytes from the beginning of shared memory, multiples of 16.
struct TensorPlan {
  int blocks = 8;     ///< of 16 terms; 2 `blocks` warps multiply
  int held = 6;       ///< blocks whose weights stay in registers
  int tiles = 1;      ///< of 8 columns
  int pieces = 8;     ///< that a block serves at a time
  int cluster = 1;    ///< blocks that a piece's staggered states are dealt out to
  int choosers = 0;   ///< warps of their own; 0: all choose
  int groups = 0;     ///< of 16 outputs
  int h = 0;          ///< [2, columns, stride()] 16-bit
  int c = 0;          ///< [tiles, threads that multiply, 2] float
  int rows = 0;       ///< [1 + scaled inputs, units(), 4 gates] float: the bias, and what the inputs are multiplied by
  int w_gates = 0;    ///< [warps(), blocks - held, 2 matrices, 32 lanes, 8] 16-bit
  int w_heads = 0;    ///< [groups, blocks, 32 lanes, 8] 16-bit
  int output = 0;     ///< [16 groups] HeadOutput
  int readout = 0;    ///< [pieces, readout_size] float
  int ring = 0;       ///< [pieces, W] Played
  int progress = 0;   ///< [pieces] Progress
  int voices = 0;     ///< [pieces] VoiceView
  int starts = 0;     ///< [pieces] WindowStart
  int messages = 0;   ///< [2] Message
  int some_left = 0;  ///< [choosers] int
  std::size_t bytes = 0;

  AFFETTO_HD int units() const { return kBlockTerms * blocks; }
  AFFETTO_HD int warps() const { return units() / kUnitsOfWarp; }
  AFFETTO_HD int columns() const { return kTileColumns * tiles; }
  /// 16-bit elements from one column's h to the next: eight more than there are, so that the eight rows of 16 bytes
  /// that ldmatrix takes at once lie in different banks.
  AFFETTO_HD static constexpr int stride_of(int units) { return units + 8; }
};

/// @param columns  states a block holds
TensorPlan tensor_plan(const NetworkView& network, int pieces, int columns, const TensorForm& form, int cluster);

/// A column for each piece; as few pieces a block as do all rows in one go on so many multiprocessors: 8, 16, 32 or 64.
/// @param pieces  0: as said; else so many
TensorPlan tensor_loop_plan(const NetworkView& network, int rows, const DeviceLimits& limits, const TensorForm& form,
                            int pieces = 0);

inline constexpr int kStateClusters[] = {2, 4, 8};  ///< blocks for a piece's staggered states; more are not portable
/// As few of those as leave each block at most one tile of the W states.
int suited_cluster(int window);
TensorPlan staggered_plan(const NetworkView& network, int cluster);
/// Whether so many blocks hold a piece's staggered states.
bool staggered_fits(const NetworkView& network, int cluster, const DeviceLimits& limits);

/// Empty if the network fits the device's blocks; else why not, in words that end with the rung.
std::string why_not_tensor(const NetworkView& network, const DeviceLimits& limits, const std::string& rung);

}  // namespace kernels
