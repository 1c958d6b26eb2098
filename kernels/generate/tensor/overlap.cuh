// The persistent kernel of the rung overlap: W_hh h(t) needs only h(t), not the note that is chosen from it. So most
// warps multiply while four choose; when the note is there, only its own part of the gates is left to add.
#pragma once

#include "kernels/generate/tensor/loop.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// The next states of all columns. The first tile's products have waited in registers for the notes; the others are
/// multiplied after them.
/// @param sums  of the first tile
template <class Block, class PartOf, class NoteOf>
__device__ void update_all(const Block& b, const GateWeights<Block::kHeld>& w, GateSums& sums, const PartOf& part_of,
                           const NoteOf& note_of) {
  for (int tile = 0; tile < b.plan.tiles; ++tile) {
    if (tile > 0) {
      begin_sums(sums);
      multiply_tile(b, w, tile, sums);
    }
    update_tile(b, tile, sums, part_of, note_of);
  }
}

template <class Block>
__device__ bool some_left(const Block& b) {
  int some = 0;
  for (int i = 0; i < kChoosers; ++i) some |= b.template at<int>(b.plan.some_left)[i];
  return some != 0;
}

/// Before the first note; a barrier must follow.
template <class Block>
__device__ void begin_left(const Block& b) {
  if (threadIdx.x >= kChoosers) return;
  const auto chooser = static_cast<int>(threadIdx.x);
  int left = 0;
  for (int piece = chooser; piece < b.plan.pieces; piece += kChoosers) left |= b.progress()[piece].left > 0 ? 1 : 0;
  b.template at<int>(b.plan.some_left)[chooser] = left;
}

template <class Block>
__device__ bool multiply_notes(Block& b, const GateWeights<Block::kHeld>& w, const TensorOp& op) {
  const FeedStep<Block> feed{b};
  const auto part_of = [&](int piece) { return feed.part(piece); };
  const auto note_of = [&](int piece) -> const Played& { return feed.note(piece); };
  begin_left(b);
  dev::bar_sync(kTogether, blockDim.x);
  for (int note = 0; note < op.notes; ++note) {
    if (!some_left(b)) return false;
    read_heads(b, Block::kWarps);
    dev::bar_arrive(kReadoutReady, blockDim.x);
    GateSums sums;
    begin_sums(sums);
    multiply_tile(b, w, 0, sums);
    dev::bar_sync(kNotesReady, blockDim.x);
    update_all(b, w, sums, part_of, note_of);
    dev::bar_sync(kStateReady, Block::kMultipliers);
    b.turn = 1 - b.turn;
  }
  return true;
}

template <class Block>
__device__ bool choose_notes(const Block& b, const TensorOp& op) {
  const int chooser = b.warp - Block::kWarps;
  dev::bar_sync(kTogether, blockDim.x);
  for (int note = 0; note < op.notes; ++note) {
    if (!some_left(b)) return false;
    dev::bar_sync(kReadoutReady, blockDim.x);
    bool left = false;
    for (int piece = chooser; piece < b.plan.pieces; piece += kChoosers) left |= choose_note(b, op.choose, piece);
    if (b.lane == 0) b.template at<int>(b.plan.some_left)[chooser] = left ? 1 : 0;
    dev::bar_sync(kNotesReady, blockDim.x);
  }
  return true;
}

// A block owns `pieces` pieces at a time, for all their notes.
template <class Element, int kBlocks>
__global__ void __launch_bounds__(64 * kBlocks + 32 * kChoosers, 1)
    overlap_kernel(const __grid_constant__ TensorOp op) {
  TensorBlock<Element, kBlocks, kOverlapForm.held> b(op);
  load_network(b);
  if (b.warp < b.kWarps) {
    const GateWeights<b.kHeld> w = load_gate_weights(b);
    each_group(b, [&] { return multiply_notes(b, w, op); });
  } else {
    each_group(b, [&] { return choose_notes(b, op); });
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
