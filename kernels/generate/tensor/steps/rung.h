// The rungs cell and staggered in 16 bits, for networks of any number of layers and units: several launches a note.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kernels/generate/rung.h"
#include "kernels/generate/tensor/steps/tile.h"

namespace kernels {

/// What is asked of the launches, for tests and benchmarks. The notes do not depend on it.
struct TensorStepsShape {
  TileChoice tile = TileChoice::by_rows;
  int group =
      0;  ///< pieces that are advanced at a time; 0: as many as suit the cache, or the memory for staggered states
};

inline namespace AFFETTO_PLATFORM {

/// Empty if there is such a rung for the network; else why not, in words that end "rung NAME ...".
std::string why_not_tensor_steps(Fusion fusion, const NetworkView& network);

/// @param fusion  cell, or staggered (window mode); none: at each advance what suits the number of rows. They write the
///                same bits; and where the kernels of ../rung.h serve the network too, theirs.
/// @param precision  fp16 or bf16
/// @throws std::invalid_argument with why_not_tensor_steps' words; CudaError
std::unique_ptr<Rung> make_tensor_steps_rung(std::optional<Fusion> fusion, Precision precision,
                                             const NetworkView& network, const ClustersView& clusters, int slots,
                                             StreamRef stream, bool graphs, const TensorStepsShape& shape = {});
/// The same for cell or staggered, whose parts can be asked for one by one.
std::unique_ptr<Steps> make_tensor_steps(Fusion fusion, Precision precision, const NetworkView& network,
                                         const ClustersView& clusters, int slots, StreamRef stream, bool graphs,
                                         const TensorStepsShape& shape = {});

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
