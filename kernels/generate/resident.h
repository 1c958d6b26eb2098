// How a network lies in the shared memory of a cluster's blocks, for the rungs that keep it there: window, note and
// loop.
//
// The blocks of a cluster serve the same few pieces. Each owns some units of every layer, with all weights that lead to
// them, and some outputs of the heads; each holds the whole h of all layers, which the owners write to everyone.
// Weights lie as warps read them: a warp's lanes are eight rows (units or outputs) times four quarters of the terms,
// and a fragment is what one lane reads at once, four terms of one row.
#pragma once

#include <cstddef>
#include <optional>

#include "kernels/device/shape.h"
#include "kernels/generate/heads.h"
#include "kernels/generate/network.h"

namespace kernels {

inline constexpr int kFragmentRows = 8, kFragmentTerms = 16;  ///< of a warp's read: 8 rows, 4 lanes of 4 terms
inline constexpr int kGateQuads = 4;                          ///< a unit's rows: its gates
inline constexpr int kHeadQuads = 2;                          ///< so that 130 outputs keep most of 2 x 8 warps busy

/// Places are floats from the beginning of a block's shared memory, each a multiple of 4.
struct ResidentLayer {
  int units = 0;                          ///< that a block owns; whole fragments, so the last block may own fewer
  int terms = 0, terms_below = 0;         ///< hidden and below, rounded up to whole fragments
  bool wide = false, wide_below = false;  ///< weights' rows begin at multiples of 16 bytes
  int w_hh = 0, w_ih = 0;                 ///< [units / 8, terms / 16, 4 gates, 32 lanes, 4]
  int bias = 0;                           ///< [4, units]
  int h = 0;                              ///< [2, pieces, terms]
  int c = 0;                              ///< [pieces, units]
};

struct ResidentPlan {
  int cluster = 1;    ///< blocks: 1, 2, 4 or 8
  int pieces = 4;     ///< that a cluster serves at a time: 4, 8 or 16
  int threads = 256;  ///< of a block
  ResidentLayer layers[kMaxLayers];
  int inputs = 0;    ///< [inputs, 4, units] of those that are scaled
  int ring = 0;      ///< [pieces, window] Played
  int progress = 0;  ///< [pieces] Progress
  int taken = 0;     ///< [pieces] int: whether the launch changes the piece
  // the rest only with heads
  bool heads = false;
  bool wide_heads[kMaxReadout] = {};
  int outputs = 0;                    ///< of all heads together
  int output_groups = 0;              ///< of 16 outputs, that a block has at most
  int w_heads = 0;                    ///< [output_groups, terms / 16, 2, 32 lanes, 4]
  int output = 0;                     ///< [output_groups, 16] HeadOutput
  int voices = 0;                     ///< [pieces] VoiceView
  int readout = 0;                    ///< [pieces, readout_size]
  int scratch = 0, scratch_rows = 0;  ///< [choosers, 2, scratch_rows, 32] for more candidates than registers hold
  std::size_t bytes = 0;              ///< of shared memory, in each block
};

/// What is asked of a plan; 0: what suits the number of rows and of multiprocessors.
struct ResidentShape {
  int cluster = 0, pieces = 0, threads = 0;
  int clusters = 0;  ///< of the grid; each serves one group of pieces after another
};

inline constexpr int kResidentThreads = 256;  ///< at most and by default
inline constexpr int kResidentPieces[] = {4, 8, 16};
inline constexpr int kResidentClusters[] = {1, 2, 4, 8};  ///< more than 8 is not portable

/// The plan of a shape whose cluster and pieces are given. Its bytes may be too many.
ResidentPlan plan_of(const NetworkView& network, bool heads, const ResidentShape& shape);

/// A plan within the device's limits, or none: as few pieces as do it in one go on its multiprocessors, and as small a
/// cluster as holds the weights, but larger ones where most multiprocessors would stand idle. Numbers do not depend on
/// the choice.
std::optional<ResidentPlan> fitting_plan(const NetworkView& network, bool heads, int rows, const DeviceLimits& limits,
                                         const ResidentShape& shape = {});

}  // namespace kernels
