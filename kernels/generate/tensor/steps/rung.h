// The rungs cell and staggered in 16 bits, for networks of any number of layers and units: several launches a note.
#pragma once

#include <memory>
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

/// At each advance the way for the number of rows.
/// @param ways       of the family cell
/// @param precision  fp16 or bf16
/// @throws as make_tensor_steps
std::unique_ptr<Rung> make_tensor_steps_rung(const Ways& ways, Precision precision, const NetworkView& network,
                                             const ClustersView& clusters, int slots, StreamRef stream, bool graphs);
/// @param fusion  cell, or staggered (window mode). They write the same bits; and where the kernels of ../rung.h serve
///                the network too, theirs.
/// @throws std::invalid_argument with why_not_tensor_steps' words; CudaError
std::unique_ptr<Steps> make_tensor_steps(Fusion fusion, Precision precision, const NetworkView& network,
                                         const ClustersView& clusters, int slots, StreamRef stream, bool graphs,
                                         const TensorStepsShape& shape = {});

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
