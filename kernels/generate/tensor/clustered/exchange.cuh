// What crosses between the blocks of a cluster: h of every layer, the heads' outputs, the new notes. Each is written
// into the shared memory of who needs it, and counted there by an mbarrier; that is one way across the cluster, no
// second one for an arrival, and no barrier of all threads.
//
// No h of a step is written anywhere before all blocks are through with the step before: each says so to all (`ready`)
// when it has multiplied all it needs of the old h, which is while the note is chosen. So h has one place. Outputs and
// notes have one too: a chooser has read a piece's outputs before it tells the note, and outputs are read
// again after all notes; a block has read the notes before it tells h of its units, and each has some.
// Phases take turns in the same order: who tells of a step has seen all of the one before.
#pragma once

#include "kernels/generate/tensor/clustered/block.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// Before the first exchange; a barrier of the cluster must follow.
template <class Block>
__device__ void begin_exchange(const Block& b) {
  if (b.thread != 0) return;
  ClusteredBarriers& barriers = b.barriers();
  for (int l = 0; l < b.network.layer_count; ++l) dev::mbar_init(&barriers.h[l], 1);
  dev::mbar_init(&barriers.outputs, 1);
  dev::mbar_init(&barriers.notes, 1);
  dev::mbar_init(&barriers.ready, static_cast<unsigned>(b.plan.blocks));
  dev::mbar_fence_init();
}

/// By the last warp: whose tiles are the fewest. @return how many pieces there are for which yes(piece)
template <class Block, class Yes>
__device__ unsigned count_pieces(const Block& b, const Yes& yes) {
  unsigned count = 0;
  for (int piece = b.lane; piece < b.plan.pieces; piece += 32) count += yes(piece) ? 1 : 0;
  return __reduce_add_sync(kAllLanes, count);
}

/// What this block will be told before it has heard the next notes.
template <class Block>
__device__ void expect_notes(const Block& b) {
  if (b.warp != kSpreadWarps - 1) return;
  const auto left = [&](int piece) { return b.progress()[piece].left > 0; };
  const unsigned notes = count_pieces(b, left);
  const unsigned chosen = count_pieces(b, [&](int piece) { return b.chooses(piece) && left(piece); });
  if (b.lane != 0) return;
  const auto outputs = static_cast<unsigned>(b.plan.outputs) * static_cast<unsigned>(sizeof(float));
  dev::mbar_arrive_expect(&b.barriers().outputs, chosen * outputs);
  dev::mbar_arrive_expect(&b.barriers().notes, notes * static_cast<unsigned>(sizeof(ToldNote)));
}

/// The h that it will be told in this step: of live pieces, by whole quads.
template <class Block>
__device__ void expect_hidden(const Block& b) {
  if (b.warp != kSpreadWarps - 1) return;
  const unsigned live = count_pieces(b, [&](int piece) { return b.heard()[piece].live != 0; });
  if (b.lane >= b.network.layer_count) return;
  const auto quads = static_cast<unsigned>(b.plan.matrix[hh_matrix(b.lane)].tiles);
  const unsigned columns = live * static_cast<unsigned>(b.plan.states);
  dev::mbar_arrive_expect(&b.barriers().h[b.lane], columns * quads * static_cast<unsigned>(sizeof(uint2)));
}

/// Tells all blocks the new h of this warp's quad in eight columns; by whole warps.
template <class Block>
__device__ void tell_hidden(const Block& b, int layer, int row, int column, bool live, typename Block::Element h) {
  // Units are four lanes apart. Each of the four comes to have the whole quad, and tells it a quarter of the blocks.
  const int unit = b.lane / 4 % 4;
  const std::uint32_t mine = h.bits, next = __shfl_xor_sync(kAllLanes, mine, 4);
  const std::uint32_t two = unit % 2 == 0 ? mine | next << 16 : next | mine << 16;
  const std::uint32_t other = __shfl_xor_sync(kAllLanes, two, 8);
  if (!live) return;
  const uint2 quad = unit < 2 ? make_uint2(two, other) : make_uint2(other, two);
  const int first = (b.first_tile(b.plan.matrix[hh_matrix(layer)]) + row) * kUnitsOfQuad;
  auto* const place = reinterpret_cast<uint2*>(b.h(layer, column) + first);
  AFFETTO_ROLLED
  for (int block = unit; block < b.plan.blocks; block += 4) {
    dev::store_async(place, quad, &b.barriers().h[layer], static_cast<unsigned>(block));
  }
}

/// Waits for a layer's new h.
template <class Block>
__device__ void wait_hidden(const Block& b, int layer) {
  dev::mbar_wait(&b.barriers().h[layer], b.steps % 2);
}

/// Tells a piece's chooser an output.
template <class Block>
__device__ void tell_output(const Block& b, int piece, int to, float value) {
  dev::store_async(b.readout(piece) + to, value, &b.barriers().outputs, static_cast<unsigned>(piece % b.plan.blocks));
}

/// Tells all blocks a piece's note, which is lane 0's; by a warp.
template <class Block>
__device__ void tell_note(const Block& b, int piece, const Played& played) {
  ToldNote told;
  told.note.step = __shfl_sync(kAllLanes, played.step, 0);
  told.note.duration = __shfl_sync(kAllLanes, played.duration, 0);
  told.note.pitch = __shfl_sync(kAllLanes, played.pitch, 0);
  if (b.lane >= b.plan.blocks) return;
  dev::store_async(b.told() + piece, told, &b.barriers().notes, static_cast<unsigned>(b.lane));
}

/// A barrier of the block, then its word to all that it is through with the step before; ends when all have said so.
template <class Block>
__device__ void await_all(const Block& b) {
  __syncthreads();
  if (b.thread < b.plan.blocks) dev::mbar_arrive_remote(&b.barriers().ready, static_cast<unsigned>(b.thread));
  dev::mbar_wait(&b.barriers().ready, b.steps % 2);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
