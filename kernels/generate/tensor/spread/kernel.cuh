// The kernel of a network spread over many blocks: all of them own all pieces, for all their notes.
#pragma once

#include "kernels/generate/tensor/spread/notes.cuh"
#include "kernels/generate/tensor/spread/step.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// Before the first step: h of the last layer lies in shared memory, W_hh h of the others is multiplied.
template <class Block>
__device__ void begin(const Block& b, const HeldWeights& w) {
  load_own(b);
  const int last = b.network.layer_count - 1;
  AFFETTO_ROLLED
  for (int layer = b.network.carry ? 0 : last; layer < last; ++layer) {  // zero states have nothing to multiply
    load_hidden(b, layer, [&](int column) { return b.h(column); });
    __syncthreads();
    multiply_ahead(b, w, layer);
  }
  load_hidden(b, last, [&](int column) { return b.h(column); });
  __syncthreads();
}

/// Notes of the pieces, until all have `op.notes` or nothing left. @return whether the last was reached
template <class Block>
__device__ bool play_spread(const Block& b, const HeldWeights& w) {
  const int last = b.network.layer_count - 1, past = past_steps(b);
  int left = 0;
  for (int piece = 0; piece < b.plan.pieces; ++piece) left |= b.progress()[piece].left > 0 ? 1 : 0;
  std::uint32_t tag = b.op.tag;
  for (int note = -past; note < b.op.notes; ++note, ++tag) {
    if (left == 0) return false;
    if (note >= 0) {
      read_outputs(b, w, tag);
      choose_notes_of(b, tag);
    }
    multiply_ahead(b, w, last);
    if (note >= 0) {
      const auto heard = [&](int piece) {
        return dev::wait_tagged(note_word(b, piece), tag, b.op.watchdog, kWaitedForNote);
      };
      left = hear_notes(b, heard) ? 1 : 0;
    } else {
      remember_notes(b, note);
    }
    step_all(b, w, tag);
  }
  return true;
}

// A block owns some units of every layer and some outputs, for all pieces of the launch. What one block reads of memory
// that another writes, it has read before the barrier of the grid; after it they meet in tagged words only.
template <class Element>
__global__ void __launch_bounds__(kSpreadThreads, 1) spread_kernel(const __grid_constant__ SpreadOp op) {
  const SpreadBlock<Element> b(op);
  HeldWeights w;
  load_weights(b, w);
  load_rows(b);
  load_pieces_of(b);
  begin(b, w);
  dev::grid_sync();
  const bool to_the_end = play_spread(b, w);
  if (b.network.carry) store_own(b);
  __syncthreads();
  store_progress(b, to_the_end);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
