// The rung `cell`: a layer's step is one kernel (product, bias, input, cell), a level of the readout another, choosing
// a note two. fp32 throughout.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "kernels/generate/rung.h"

namespace kernels {

/// How many pieces a block takes: few (8), many (64), or what suits the rows. The numbers do not depend on it.
enum class BlockRows { few, many, by_rows };

/// One of the products that a sum of products has: W x.
struct ProductPart {
  const float* weight = nullptr;  ///< [outputs, terms]
  const float* x = nullptr;       ///< [rows, x_stride]
  int terms = 0, x_stride = 0;
  bool wide = false;  ///< rows of both begin at multiples of 16 bytes
};

/// One step of one layer, for the pieces that take part in it (steps.h):
///   gates = W_ih below + W_hh h + bias + input          then the cell of ops/lstm_cell.h; c in place
struct CellStep {
  NetworkView network;
  PiecesView pieces;
  int layer = 0, number = 0;        ///< number of the step: kFeedStep or 0 .. W - 1
  const float* below = nullptr;     ///< [slots, below] output of the layer below in this step; null for layer 0
  const float* h_before = nullptr;  ///< [slots, H]
  float* h_after = nullptr;         ///< [slots, H] not h_before: other blocks still read that
  ProductPart parts[2] = {};        ///< filled in by the launcher: from below, from before
};

/// h = from, for the pieces with Progress::fresh.
struct KeepState {
  PiecesView pieces;
  const float* from[kMaxLayers] = {};  ///< [slots, H]
  int hidden[kMaxLayers] = {}, layers = 0;
};

/// Dense layers of the readout that do not read one another, for the pieces with notes left.
struct DenseLevel {
  DenseView parts[kMaxReadout];
  int count = 0, readout_size = 0;
  PiecesView pieces;
  const float* state = nullptr;            ///< [slots, H] of the last LSTM layer; taken as zero where consumed = 0
  ProductPart products[kMaxReadout] = {};  ///< filled in by the launcher
};

inline namespace AFFETTO_PLATFORM {

void cell_step(const CellStep& op, BlockRows block_rows, StreamRef stream);
void keep_state(const KeepState& op, StreamRef stream);
void dense_level(const DenseLevel& op, BlockRows block_rows, StreamRef stream);

/// A network's readout as levels to be computed one after the other; their pieces and state are to be filled in.
std::vector<DenseLevel> readout_levels(const NetworkView& network);

/// @param ways  of the family cell: how many rows a block takes, by the number of pieces; none: this rung's own rule
std::unique_ptr<Steps> make_cell_steps(const NetworkView& network, const ClustersView& clusters, int slots,
                                       StreamRef stream, bool graphs, std::optional<Ways> ways = {});

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
