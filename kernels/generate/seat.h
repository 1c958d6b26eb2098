// Puts primed pieces into slots: their window, and in carry mode the network's state after the primer.
#pragma once

#include "kernels/device/platform.h"
#include "kernels/generate/network.h"
#include "kernels/generate/pieces.h"
#include "kernels/runtime/stream.h"

namespace kernels {

/// One piece's start, in device memory.
struct Seat {
  int slot = 0;
  const Played* window = nullptr;   ///< [W]
  const float* h[kMaxLayers] = {};  ///< per layer [H]; not read in window mode
  const float* c[kMaxLayers] = {};  ///< per layer [H]; not read in window mode
};

struct SeatOp {
  const Seat* seats = nullptr;  ///< [count] device memory; each slot at most once
  int count = 0;                ///< >= 1
  NetworkView network;
  PiecesView pieces;
};

inline namespace AFFETTO_PLATFORM {
/// Enqueues the copies. Voices and progress are the host's to set. @throws CudaError if the launch is refused
void seat(const SeatOp& op, StreamRef stream);
}  // namespace AFFETTO_PLATFORM

}  // namespace kernels
