// The rungs loop, overlap, staggered and cluster on tensor cores, with operands of 16 bits.
#pragma once

#include <memory>
#include <string>

#include "kernels/generate/rung.h"

namespace kernels {

/// What is asked of a launch, for tests and benchmarks; 0: what suits. The notes do not depend on it.
struct TensorShape {
  int pieces = 0;   ///< of a block (loop, overlap): 8, 16, 32 or 64; spread, clustered: at a time, any number
  int cluster = 0;  ///< blocks of a piece (cluster): 2, 4 or 8; spread: that gather h together; clustered: of a cluster
  int grid = 0;     ///< blocks in all, or clusters; spread: blocks at most
};

inline namespace AFFETTO_PLATFORM {

/// Empty if the kernel serves the network; else why not, in words that end "rung NAME ...".
std::string why_not_tensor_rung(Fusion fusion, const NetworkView& network);

/// @param fusion  loop, overlap (carry mode), staggered or cluster (window mode). They write the same bits.
/// @param precision  fp16 or bf16
/// @throws std::invalid_argument with why_not_tensor_rung's words; CudaError
std::unique_ptr<Rung> make_tensor_rung(Fusion fusion, Precision precision, const NetworkView& network,
                                       const ClustersView& clusters, int slots, StreamRef stream,
                                       const TensorShape& shape = {});
/// The same for at each advance the way for the number of rows. @param ways  of the family loop
std::unique_ptr<Rung> make_tensor_rung(const Ways& ways, Precision precision, const NetworkView& network,
                                       const ClustersView& clusters, int slots, StreamRef stream);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
