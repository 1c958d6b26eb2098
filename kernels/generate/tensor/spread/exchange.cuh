// What crosses between the blocks, as tagged words in global memory: h of every layer, the heads' outputs, the new
// notes. The tag is the number of the step, which is never used again; a reader looks until it meets it.
//
// A word may be overwritten when nobody still looks for it. No block is more than a step ahead of another: it ends step
// t with h of the largest layer from all blocks (each owns units of that layer, and in every step but the last some
// piece is live); blocks of a cluster, which look for each other, end it together. And a block tells h of step t after
// it has read the outputs and notes of step t, and all of step t - 1. So words of outputs and notes have one place
// each, and those of h two, which the steps take in turns: when step t + 2 overwrites those of step t, all blocks are
// past it.
//
// Words are not ordered among each other, and need not be: a word's value has come with its tag.
#pragma once

#include "kernels/generate/tensor/spread/block.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

template <class Block>
__device__ Tagged<HiddenQuad>* hidden_words(const Block& b, int layer, std::uint32_t tag) {
  const SpreadWords& words = b.op.words;
  return words.h + static_cast<std::int64_t>(2 * layer + static_cast<int>(tag % 2)) * words.quads * words.columns;
}
/// Of a piece: one for each output of the heads.
template <class Block>
__device__ Tagged<float>* readout_words(const Block& b, int piece) {
  return b.op.words.readout + std::int64_t{piece} * b.plan.outputs;
}
template <class Block>
__device__ Tagged<Played>* note_word(const Block& b, int piece) {
  return b.op.words.notes + piece;
}

/// Tells the new h of this warp's quad in eight columns; by whole warps.
template <class Block>
__device__ void publish_hidden(const Block& b, int layer, int row, int column, bool live, typename Block::Element h,
                               std::uint32_t tag) {
  // Units are four lanes apart: the first of each two takes the other's, then the first of four the other two's.
  const std::uint32_t mine = h.bits, next = __shfl_xor_sync(kAllLanes, mine, 4), two = mine | next << 16,
                      other = __shfl_xor_sync(kAllLanes, two, 8);
  if (b.lane / 4 % 4 != 0 || !live) return;
  const int quad = b.first_tile(b.plan.matrix[hh_matrix(layer)]) + row;
  const HiddenQuad word{{two, other}, 0};
  dev::store_tagged(hidden_words(b, layer, tag) + std::int64_t{quad} * b.op.words.columns + column, word, tag);
}

/// Writes eight bytes to the same place in the shared memory of every block of the cluster.
template <class Block>
__device__ __forceinline__ void tell_cluster(const Block& b, typename Block::Element* place, const uint2& value) {
  if (b.plan.cluster == 1) {
    *reinterpret_cast<uint2*>(place) = value;
    return;
  }
  for (int rank = 0; rank < b.plan.cluster; ++rank) {
    *reinterpret_cast<uint2*>(dev::map_rank(place, static_cast<unsigned>(rank))) = value;
  }
}

/// All of a layer's new h in the columns of live pieces, into shared memory; beyond the units zeros. Blocks of a
/// cluster look for a share each, and write it into the memory of all. Before, all warps are past a barrier after their
/// last look at the h that lay there; afterwards they are past one again.
template <class Block>
__device__ void gather(const Block& b, int layer, std::uint32_t tag) {
  constexpr int kAtOnce = 4;  // words of a thread under way: 512 units in 8 columns are four for each thread
  const SpreadMatrix& matrix = b.plan.matrix[hh_matrix(layer)];
  const Tagged<HiddenQuad>* words = hidden_words(b, layer, tag);
  const int columns = b.plan.columns(), count = matrix.pairs * (kPairTerms / kUnitsOfQuad) * columns;
  bool others_read = b.plan.cluster > 1;
  if (others_read) dev::cluster_arrive();
  int first = b.rank * kSpreadThreads + b.thread;
  do {
    const Tagged<HiddenQuad>* slots[kAtOnce];
    HiddenQuad got[kAtOnce];
    int to[kAtOnce];  // element of the first unit; -1: none
    AFFETTO_UNROLLED
    for (int i = 0; i < kAtOnce; ++i) {
      const int at = first + i * b.plan.cluster * kSpreadThreads, quad = at / columns, column = at % columns;
      const bool live = at < count && b.heard()[b.piece_of(column)].live != 0;
      slots[i] = live && quad < matrix.tiles ? words + std::int64_t{quad} * b.op.words.columns + column : nullptr;
      got[i] = {};
      to[i] = live ? column * b.plan.stride + quad * kUnitsOfQuad : -1;
    }
    dev::wait_tagged(slots, tag, got, b.op.watchdog, kWaitedForHidden);
    if (others_read) dev::cluster_wait();
    others_read = false;
    AFFETTO_UNROLLED
    for (int i = 0; i < kAtOnce; ++i) {
      if (to[i] >= 0) tell_cluster(b, b.h(0) + to[i], make_uint2(got[i].units[0], got[i].units[1]));
    }
    first += kAtOnce * b.plan.cluster * kSpreadThreads;
  } while (first < count);
  if (b.plan.cluster == 1) {
    __syncthreads();
  } else {
    dev::cluster_sync();
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
