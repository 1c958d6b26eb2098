// The rung `pointwise`: products by a library, and between them one kernel for the whole cell, one for bias and curve
// of a dense layer; choosing a note as in the rung cell.
#pragma once

#include <memory>

#include "kernels/generate/rung.h"

namespace kernels {

/// The cell of one layer in one step (steps.h), for the pieces that take part in it; h and c in place.
struct PointwiseCell {
  NetworkView network;
  PiecesView pieces;
  int layer = 0, number = 0;     ///< number of the step: kFeedStep or 0 .. W - 1
  const float* gates = nullptr;  ///< [rows, 4H] products, before bias and input
};

/// readout = curve(product + bias), for the pieces with notes left.
struct PointwiseDense {
  DenseView dense;
  PiecesView pieces;
  int readout_size = 0;
  const float* product = nullptr;  ///< [rows, size]
};

inline namespace AFFETTO_PLATFORM {

void pointwise_cell(const PointwiseCell& op, StreamRef stream);
void pointwise_dense(const PointwiseDense& op, StreamRef stream);

std::unique_ptr<Steps> make_pointwise_steps(const NetworkView& network, const ClustersView& clusters, int slots,
                                            StreamRef stream, bool graphs);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
