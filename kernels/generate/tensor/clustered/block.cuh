// A block of the clustered kernel: what it has beside a block of the spread one. See plan.h.
#pragma once

#include "kernels/generate/tensor/clustered/launch.h"
#include "kernels/generate/tensor/spread/block.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// @param Element_  Half or Bfloat16
template <class Element_>
struct ClusteredBlock : SpreadBlock<Element_, ClusteredOp> {
  using Element = Element_;
  using Base = SpreadBlock<Element_, ClusteredOp>;
  using Base::Base, Base::plan, Base::warp;

  unsigned steps = 0, chosen = 0;  ///< since the launch began: of all, and of those with a choice

  __device__ Element* h(int layer, int column) const {
    return this->template at<Element>(plan.hidden[layer]) + column * plan.stride;
  }
  __device__ ToldNote* told() const { return this->template at<ToldNote>(plan.told); }
  __device__ ClusteredBarriers& barriers() const { return *this->template at<ClusteredBarriers>(plan.barriers); }
  /// Of a piece that this block chooses for.
  __device__ float* readout(int piece) const {
    return this->template at<float>(plan.readout) + piece / plan.blocks * this->network.readout_size;
  }
  __device__ bool chooses(int piece) const { return piece % plan.blocks == this->block; }
  /// Among the tiles of a layer (layer_count: of the heads) the first that this warp owns; each eighth one follows.
  __device__ int first_mine(int layer) const {
    return (warp - plan.first_number[layer] % kSpreadWarps + kSpreadWarps) % kSpreadWarps;
  }
};

/// Calls visit(number, row tile, tile of columns) for what this warp owns of a layer.
template <class Block, class Visit>
__device__ __forceinline__ void each_own(const Block& b, int layer, const Visit& visit) {
  AFFETTO_ROLLED
  for (int row = b.first_mine(layer); row < b.tiles_here(b.plan.matrix[hh_matrix(layer)]); row += kSpreadWarps) {
    AFFETTO_ROLLED
    for (int tile = 0; tile < b.plan.tiles; ++tile) visit(row * b.plan.tiles + tile, row, tile);
  }
}

/// h of all layers and c of this warp's units; nothing of W_hh h yet. A barrier must follow.
template <class Block>
__device__ void load_states(const Block& b) {
  for (int l = 0; l < b.network.layer_count; ++l) {
    load_hidden(b, l, [&](int column) { return b.h(l, column); });
    each_own(b, l, [&](int i, int row, int tile) {  // in window mode all is zero
      b.c(l, i) = stored(b, b.pieces.c[l], l, b.column_of(tile), b.unit_of(l, row));
      b.before(l, i) = make_float4(0, 0, 0, 0);
    });
  }
}

/// Writes the carried state of the pieces that the launch changed: this warp's units.
template <class Block>
__device__ void store_states(const Block& b) {
  for (int l = 0; l < b.network.layer_count; ++l) {
    const int hidden = b.network.layers[l].hidden;
    each_own(b, l, [&](int i, int row, int tile) {
      const int piece = b.column_of(tile), unit = b.unit_of(l, row);
      if (!b.holds(piece) || unit >= hidden || b.heard()[piece].taken == 0) return;
      const std::int64_t to = std::int64_t{b.slot(piece)} * hidden + unit;
      b.pieces.h[l][to] = to_float(b.h(l, piece)[unit]);
      b.pieces.c[l][to] = b.c(l, i);
    });
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
