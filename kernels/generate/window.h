// The rung window: all steps of a window, or the step of a carried state, in one kernel, with the recurrent weights on
// chip; heads, choosing and modulation as in the rung cell.
#pragma once

#include <memory>
#include <string>

#include "kernels/generate/resident.h"
#include "kernels/generate/rung.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Empty if the rung serves the network; else why not, in words that end "rung window ...".
std::string why_not_window(const NetworkView& network);

/// @param shape  for tests; the notes do not depend on it
/// @throws std::invalid_argument with why_not_window's words; CudaError
std::unique_ptr<Steps> make_window_steps(const NetworkView& network, const ClustersView& clusters, int slots,
                                         StreamRef stream, bool graphs, const ResidentShape& shape = {});
/// At each advance in the shape for the number of rows. @param ways  of the family window
std::unique_ptr<Steps> make_window_steps(const Ways& ways, const NetworkView& network, const ClustersView& clusters,
                                         int slots, StreamRef stream, bool graphs);

}  // namespace kernels::inline AFFETTO_PLATFORM
