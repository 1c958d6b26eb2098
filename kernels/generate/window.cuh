// All steps of a window, or the step of a carried state, in one kernel.
#pragma once

#include "kernels/generate/resident.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

struct WindowOp {
  NetworkView network;
  PiecesView pieces;
  ResidentPlan plan;
  bool feeding = false;  ///< the one step of a fresh note; else the window's
};

// A cluster owns kPieces pieces at a time; h and c go to the pieces' own memory.
template <int kPieces>
__global__ void __launch_bounds__(kResidentThreads, 1) window_kernel(const __grid_constant__ WindowOp op) {
  Resident r(op.plan, op.network, op.pieces);
  load_layers(r);
  each_group(op.plan, op.pieces.rows, [&](int first) {
    load_group(r, first, op.feeding);
    if (!some_taken(r)) return;
    if (op.feeding) {
      step_all<kPieces>(r, kFeedStep, false);
    } else {
      replay_window<kPieces>(r);
    }
    store_state(r);
  });
}

}  // namespace kernels::inline AFFETTO_PLATFORM
