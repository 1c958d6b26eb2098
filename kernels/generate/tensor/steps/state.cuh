#pragma once

#include "kernels/device/warp.cuh"
#include "kernels/generate/tensor/steps/state.h"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// One unit of one state.
struct StateUnit {
  int layer, piece, unit;
};
/// Element number n of all layers; layer = layers beyond the last.
__device__ inline StateUnit state_unit(const CarryStates& op, std::int64_t n) {
  for (int layer = 0; layer < op.layers; ++layer) {
    const int width = op.states[layer].width;
    const std::int64_t count = std::int64_t{op.pieces.rows} * width;
    if (n < count) return {layer, static_cast<int>(n / width), static_cast<int>(n % width)};
    n -= count;
  }
  return {op.layers, 0, 0};
}

// One thread owns one unit of one piece; those beyond a layer's units become zero.
template <class Element>
__global__ void __launch_bounds__(kElementThreads) take_states_kernel(const __grid_constant__ CarryStates op) {
  const StateUnit at = state_unit(op, element());
  if (at.layer == op.layers) return;
  const Progress& progress = op.pieces.progress[at.piece];
  const bool asked = op.feeding ? progress.fresh != 0 : progress.left > 0;
  if (at.layer == 0 && at.unit == 0) op.asked[at.piece] = asked ? 1 : 0;
  const std::int64_t notes = progress.consumed - (op.feeding ? 1 : 0);
  if (!asked || notes <= 0) return;
  const LayerStates& states = op.states[at.layer];
  const std::int64_t to = std::int64_t{at.piece} * states.width + at.unit;
  const std::int64_t from = std::int64_t{at.piece} * op.hidden[at.layer] + at.unit;
  const bool there = at.unit < op.hidden[at.layer];
  states.half(notes)[to] = from_float<Element>(there ? op.pieces.h[at.layer][from] : 0).bits;
  states.c[to] = there ? op.pieces.c[at.layer][from] : 0;
}

// One thread owns one unit of one piece.
template <class Element>
__global__ void __launch_bounds__(kElementThreads) give_states_kernel(const __grid_constant__ CarryStates op) {
  const StateUnit at = state_unit(op, element());
  if (at.layer == op.layers || at.unit >= op.hidden[at.layer]) return;
  const std::int64_t notes = op.pieces.progress[at.piece].consumed;
  if (op.asked[at.piece] == 0 || notes <= 0) return;
  const LayerStates& states = op.states[at.layer];
  const std::int64_t from = std::int64_t{at.piece} * states.width + at.unit;
  const std::int64_t to = std::int64_t{at.piece} * op.hidden[at.layer] + at.unit;
  op.pieces.h[at.layer][to] = to_float(Element{states.half(notes)[from]});
  op.pieces.c[at.layer][to] = states.c[from];
}

__device__ inline bool same_note(const Played& a, const Played& b) {
  return a.step == b.step && a.duration == b.duration && a.pitch == b.pitch;
}

// One warp owns one piece.
__global__ void __launch_bounds__(32 * kRowWarps) compare_windows_kernel(const __grid_constant__ KnownWindows op) {
  const int piece = warp_row(), lane = static_cast<int>(threadIdx.x % 32);
  if (piece >= op.pieces.rows) return;
  const Progress& progress = op.pieces.progress[piece];
  const std::int64_t before = op.known[piece].consumed, at = std::int64_t{piece} * op.window;
  const auto notes = static_cast<int>(min(std::int64_t{op.window}, progress.consumed));
  bool same = before == progress.consumed;
  for (int n = lane; n < notes; n += 32) same = same && same_note(op.ring[at + n], op.pieces.window[at + n]);
  same = __all_sync(0xffffffffu, same ? 1 : 0) != 0;
  __syncwarp();  // every lane has read what is known
  if (lane != 0) return;
  const bool changes = progress.left > 0;
  op.known[piece] = {changes ? -1 : before, changes ? 1 : 0};  // nothing, until the advance has come to its end
  op.rebuild[piece] = changes && !same ? 1 : 0;
}

// One warp owns one piece.
__global__ void __launch_bounds__(32 * kRowWarps) remember_windows_kernel(const __grid_constant__ KnownWindows op) {
  const int piece = warp_row(), lane = static_cast<int>(threadIdx.x % 32);
  if (piece >= op.pieces.rows || op.known[piece].changes == 0) return;
  const std::int64_t at = std::int64_t{piece} * op.window;
  for (int n = lane; n < op.window; n += 32) op.ring[at + n] = op.pieces.window[at + n];
  if (lane == 0) op.known[piece].consumed = op.pieces.progress[piece].consumed;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
