// The rungs loop (carry mode) and cluster (window mode) in 16 bits, for networks that the kernels of one block
// refuse.
#pragma once

#include <memory>
#include <string>

#include "kernels/generate/rung.h"
#include "kernels/generate/tensor/rung.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Empty if this device serves the network by the rung; else why not, in words that end "rung NAME ...".
std::string why_not_spread_rung(Fusion fusion, const NetworkView& network);

/// @param shape  pieces at a time; blocks of a cluster, a divisor of the blocks that are used; grid: blocks at most
/// @throws std::invalid_argument with why_not_spread_rung's words; CudaError
std::unique_ptr<Rung> make_spread_rung(Precision precision, const NetworkView& network, const ClustersView& clusters,
                                       int slots, StreamRef stream, const TensorShape& shape = {});

}  // namespace kernels::inline AFFETTO_PLATFORM
