// The persistent kernel of the rung loop in 16 bits: a block owns some pieces for all their notes. All warps multiply,
// then all choose.
#pragma once

#include "kernels/generate/tensor/cell.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// One step of all columns, by all warps that multiply. The caller's barrier must follow, and then turn = 1 - turn.
/// @param begins  every column is idle or begins: there is nothing to multiply
template <class Block, class PartOf, class NoteOf>
__device__ void step_all(const Block& b, const GateWeights<Block::kHeld>& w, bool begins, const PartOf& part_of,
                         const NoteOf& note_of) {
  for (int tile = 0; tile < b.plan.tiles; ++tile) {
    GateSums sums;
    begin_sums(sums);
    if (!begins) multiply_tile(b, w, tile, sums);
    update_tile(b, tile, sums, part_of, note_of);
  }
}

/// Carry mode: every piece with a new note reads it.
template <class Block>
struct FeedStep {
  const Block& b;
  __device__ ColumnPart part(int piece) const {
    return b.progress()[piece].fresh != 0 ? ColumnPart::go_on : ColumnPart::rest;
  }
  __device__ const Played& note(int piece) const {
    const int window = b.network.window;
    return b.ring(piece)[place_of(b.starts()[piece], window, window - 1)];
  }
};

/// Window mode: the last notes of every piece with notes left, from zero state.
template <class Block>
__device__ void replay_window(Block& b, const GateWeights<Block::kHeld>& w) {
  const int window = b.network.window;
  int first = window;
  for (int piece = 0; piece < b.plan.pieces; ++piece) first = min(first, b.starts()[piece].first);
  for (int number = first; number < window; ++number) {
    const auto part_of = [&](int piece) {
      const int begins = b.starts()[piece].first;
      return number < begins ? ColumnPart::idle : number == begins ? ColumnPart::begin : ColumnPart::go_on;
    };
    step_all(b, w, number == first, part_of,
             [&](int piece) -> const Played& { return b.ring(piece)[place_of(b.starts()[piece], window, number)]; });
    __syncthreads();
    b.turn = 1 - b.turn;
  }
}

/// Notes of the block's pieces, until all have `op.notes` or nothing left. @return whether the last was reached
template <class Block>
__device__ bool play(Block& b, const GateWeights<Block::kHeld>& w, const TensorOp& op) {
  int some_left = 0;
  for (int piece = 0; piece < b.plan.pieces; ++piece) some_left |= b.progress()[piece].left > 0 ? 1 : 0;
  const FeedStep<Block> feed{b};
  for (int note = 0; note < op.notes; ++note) {
    if (some_left == 0) return false;
    if (!b.network.carry) replay_window(b, w);
    read_heads(b, Block::kWarps);
    __syncthreads();
    int left = 0;
    for (int piece = b.warp; piece < b.plan.pieces; piece += Block::kWarps) {
      left |= choose_note(b, op.choose, piece) ? 1 : 0;
    }
    some_left = __syncthreads_or(left);
    if (!b.network.carry) continue;
    step_all(
        b, w, false, [&](int piece) { return feed.part(piece); },
        [&](int piece) -> const Played& { return feed.note(piece); });
    __syncthreads();
    b.turn = 1 - b.turn;
  }
  return true;
}

/// After the notes: the pieces' states and progress, as far as the launch changed them.
template <class Block>
__device__ void store_pieces(const Block& b, bool to_the_end) {
  const auto exists = [&](int piece) { return piece < b.plan.pieces && b.first + piece < b.pieces.rows; };
  if (b.network.carry) {
    store_state(b, [&](int piece) { return exists(piece) && b.pieces.progress[b.first + piece].left > 0; });
  }
  dev::bar_sync(kTogether, blockDim.x);  // progress says until here whose state is to be written
  const int piece = static_cast<int>(threadIdx.x);
  if (!exists(piece)) return;
  Progress progress = b.progress()[piece];
  if (!to_the_end) progress.fresh = 0;  // a note that was not to be came after it
  b.pieces.progress[b.first + piece] = progress;
}

/// The groups of pieces that a block serves, one after the other.
template <class Block, class Play>
__device__ void each_group(Block& b, const Play& play_them) {
  const int blocks = static_cast<int>(gridDim.x);
  for (int group = static_cast<int>(blockIdx.x); group * b.plan.pieces < b.pieces.rows; group += blocks) {
    dev::bar_sync(kTogether, blockDim.x);  // nobody reads the group before, and the network is there
    load_pieces(b, group * b.plan.pieces);
    load_state(b);
    dev::bar_sync(kTogether, blockDim.x);
    const bool to_the_end = play_them();
    dev::bar_sync(kTogether, blockDim.x);
    store_pieces(b, to_the_end);
  }
}

// A block owns `pieces` pieces at a time, for all their notes.
template <class Element, int kBlocks>
__global__ void __launch_bounds__(64 * kBlocks, 1) tensor_loop_kernel(const __grid_constant__ TensorOp op) {
  TensorBlock<Element, kBlocks, kLoopForm.held> b(op);
  const GateWeights<b.kHeld> w = load_gate_weights(b);
  load_network(b);
  each_group(b, [&] { return play(b, w, op); });
}

}  // namespace kernels::inline AFFETTO_PLATFORM
