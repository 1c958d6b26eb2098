// One step of all live pieces: the notes go through the layers from block to block.
#pragma once

#include "kernels/generate/tensor/spread/exchange.cuh"
#include "kernels/generate/tensor/spread/product.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// The next state of this lane's unit in its column, told to all blocks; by whole warps.
/// @param below  W_ih h of the layer below, four gates; zeros in the first layer
template <class Block>
__device__ void update(const Block& b, int layer, int i, int row, int tile, const float4& below, std::uint32_t tag) {
  using Element = typename Block::Element;
  const int column = b.column_of(tile), piece = b.piece_of(column), unit = b.unit_of(layer, row);
  const bool live = piece < b.plan.pieces && b.heard()[piece].live != 0;
  Element h = from_float<Element>(0);
  if (live) {
    const HeardNote& heard = b.heard()[piece];
    const bool begins = !b.network.carry && column - piece * b.plan.states == heard.begins;
    const float4 own = begins ? make_float4(0, 0, 0, 0) : b.before(layer, i);
    const float4 outer = outer_of(b, layer, b.unit_here(row), unit, heard.note);
    // Beyond the last unit all weights are zeros, and so is h.
    const CellState state =
        lstm_cell_by<FastCurves>(own.x + below.x + outer.x, own.y + below.y + outer.y, own.z + below.z + outer.z,
                                 own.w + below.w + outer.w, begins ? 0 : b.c(layer, i));
    b.c(layer, i) = state.c;
    h = from_float<Element>(state.h);
    b.own(layer, i) = h;
  }
  publish_hidden(b, layer, row, column, live, h, tag);
}

/// W_hh times the h in shared memory, for the layer's next step.
template <class Block>
__device__ void multiply_ahead(const Block& b, const HeldWeights& w, int layer) {
  product(
      b, w, hh_matrix(layer), b.plan.tiles, [](int tile, int column) { return tile * kTileColumns + column; },
      [&](int i, int, int, const float4& sum) { b.before(layer, i) = gates_of(sum, b.lane); });
}

/// Every live piece reads its note. Before, shared memory may be overwritten; afterwards it holds h of the last layer.
/// W_hh h of a layer is multiplied while h of the next one is on its way.
template <class Block>
__device__ void step_all(const Block& b, const HeldWeights& w, std::uint32_t tag) {
  each_mine(b, 0, [&](int i, int row, int tile) { update(b, 0, i, row, tile, make_float4(0, 0, 0, 0), tag); });
  AFFETTO_ROLLED
  for (int layer = 1; layer < b.network.layer_count; ++layer) {
    gather(b, layer - 1, tag);
    product(
        b, w, ih_matrix(layer), b.plan.tiles, [](int tile, int column) { return tile * kTileColumns + column; },
        [&](int i, int row, int tile, const float4& sum) {
          update(b, layer, i, row, tile, gates_of(sum, b.lane), tag);
        });
    multiply_ahead(b, w, layer - 1);
  }
  gather(b, b.network.layer_count - 1, tag);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
