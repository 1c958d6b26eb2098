// One step of all live pieces: the notes go through the layers from block to block.
#pragma once

#include "kernels/generate/tensor/clustered/exchange.cuh"
#include "kernels/generate/tensor/clustered/product.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// Whether a staggered state begins anew with the note that its piece has heard.
template <class Block>
__device__ bool begins(const Block& b, int column) {
  if (b.network.carry) return false;
  const int piece = b.piece_of(column);
  return piece < b.plan.pieces && column - piece * b.plan.states == b.heard()[piece].begins;
}

/// W_hh times the h before, where the chain of sums goes on: zero where a state begins.
template <class Block>
__device__ float4 own_sums(const Block& b, int layer, int row, int tile) {
  float4 sum = b.before(layer, row * b.plan.tiles + tile);
  const int column = tile * kTileColumns + b.lane % 4 * 2;
  if (begins(b, column)) sum.x = sum.z = 0;
  if (begins(b, column + 1)) sum.y = sum.w = 0;
  return sum;
}

/// The next state of this lane's unit in its column, told to all blocks; by whole warps.
template <class Block>
__device__ void advance_unit(const Block& b, int layer, int row, int tile, const float4& sum) {
  using Element = typename Block::Element;
  const int column = b.column_of(tile), piece = b.piece_of(column), unit = b.unit_of(layer, row);
  const bool live = piece < b.plan.pieces && b.heard()[piece].live != 0;
  const float4 gates = gates_of(sum, b.lane);
  Element h = from_float<Element>(0);
  if (live) {
    const float4 outer = outer_of(b, layer, b.unit_here(row), unit, b.heard()[piece].note);
    float& c = b.c(layer, row * b.plan.tiles + tile);
    // Beyond the last unit all weights are zeros, and so is h.
    const CellState state = lstm_cell_by<FastCurves>(gates.x + outer.x, gates.y + outer.y, gates.z + outer.z,
                                                     gates.w + outer.w, begins(b, column) ? 0 : c);
    c = state.c;
    h = from_float<Element>(state.h);
  }
  tell_hidden(b, layer, row, column, live, h);
}

/// W_hh times h of the layer, for its next step.
template <class Block>
__device__ void multiply_ahead(const Block& b, const ListedWeights& w, int layer) {
  multiply(
      b, w, hh_matrix(layer), layer, layer, b.plan.tiles,
      [](int tile, int column) { return tile * kTileColumns + column; },
      [](int, int) { return make_float4(0, 0, 0, 0); },
      [&](int row, int tile, const float4& sum) { b.before(layer, row * b.plan.tiles + tile) = sum; });
}

/// Every live piece reads its note. Before, all blocks are through with the step before; afterwards h of the last layer
/// is there. While h of a layer is on its way to the next, warps multiply it ahead.
template <class Block>
__device__ void step_layers(const Block& b, const ListedWeights& w) {
  each_own(b, 0, [&](int, int row, int tile) { advance_unit(b, 0, row, tile, own_sums(b, 0, row, tile)); });
  AFFETTO_ROLLED
  for (int layer = 1; layer < b.network.layer_count; ++layer) {
    wait_hidden(b, layer - 1);
    multiply(
        b, w, ih_matrix(layer), layer, layer - 1, b.plan.tiles,
        [](int tile, int column) { return tile * kTileColumns + column; },
        [&](int row, int tile) { return own_sums(b, layer, row, tile); },
        [&](int row, int tile, const float4& sum) { advance_unit(b, layer, row, tile, sum); });
    multiply_ahead(b, w, layer - 1);
  }
  wait_hidden(b, b.network.layer_count - 1);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
