#pragma once

#include <cstdint>

#include "kernels/device/device.cuh"
#include "kernels/generate/seat.h"

namespace kernels::inline AFFETTO_PLATFORM {

struct SeatTile {
  static constexpr int kThreads = 128;  // a window of 25 notes and a state of 128 units are both about one pass
};

// One block owns one seat; its threads copy side by side.
__global__ void __launch_bounds__(SeatTile::kThreads) seat_kernel(const __grid_constant__ SeatOp op) {
  const Seat& seat = op.seats[blockIdx.x];  // read in place: a copy indexed by layer would live on the stack
  const auto slot = static_cast<std::size_t>(seat.slot);
  const int first = static_cast<int>(threadIdx.x);
  const int window = op.network.window;
  for (int n = first; n < window; n += SeatTile::kThreads) op.pieces.window[slot * window + n] = seat.window[n];
  if (!op.network.carry) return;
  for (int layer = 0; layer < op.network.layer_count; ++layer) {
    const int hidden = op.network.layers[layer].hidden;
    for (int j = first; j < hidden; j += SeatTile::kThreads) {
      op.pieces.h[layer][slot * hidden + j] = seat.h[layer][j];
      op.pieces.c[layer][slot * hidden + j] = seat.c[layer][j];
    }
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
