// The rungs note and loop: one persistent kernel that keeps the network's weights and the pieces' states on chip and
// does everything of a note; launched once for every note, or once for all of them.
#pragma once

#include <memory>
#include <string>

#include "kernels/generate/resident.h"
#include "kernels/generate/rung.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Empty if the kernel serves the network; else why not, in words that end "rung NAME ...".
std::string why_not_loop(Fusion fusion, const NetworkView& network);

/// @param fusion  note or loop
/// @param shape   for tests; the notes do not depend on it
/// @throws std::invalid_argument with why_not_loop's words; CudaError
std::unique_ptr<Rung> make_loop_rung(Fusion fusion, const NetworkView& network, const ClustersView& clusters, int slots,
                                     StreamRef stream, const ResidentShape& shape = {});
/// The rung loop, at each advance in the shape for the number of rows. @param ways  of the family loop
std::unique_ptr<Rung> make_loop_rung(const Ways& ways, const NetworkView& network, const ClustersView& clusters,
                                     int slots, StreamRef stream);

}  // namespace kernels::inline AFFETTO_PLATFORM
