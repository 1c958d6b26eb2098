// The rungs loop (carry mode) and cluster (window mode) in 16 bits, for networks that one cluster holds and no block
// alone.
#pragma once

#include <memory>
#include <string>

#include "kernels/generate/rung.h"
#include "kernels/generate/tensor/rung.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Empty if this device serves the network by the rung; else why not, in words that end "rung NAME ...".
std::string why_not_clustered_rung(Fusion fusion, const NetworkView& network);

/// @param shape  pieces of a cluster at a time; blocks of a cluster; grid: clusters
/// @throws std::invalid_argument with why_not_clustered_rung's words; CudaError
std::unique_ptr<Rung> make_clustered_rung(Precision precision, const NetworkView& network, const ClustersView& clusters,
                                          int slots, StreamRef stream, const TensorShape& shape = {});

/// At each advance the cluster's kernel where it is the way and this device runs it, else `launches`, which write the
/// same bits: a rung of ../steps/.
std::unique_ptr<Rung> with_clustered(std::unique_ptr<Rung> launches, const Ways& ways, Precision precision,
                                     const NetworkView& network, const ClustersView& clusters, int slots,
                                     StreamRef stream);

}  // namespace kernels::inline AFFETTO_PLATFORM
