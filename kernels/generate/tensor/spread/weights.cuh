// A block's weights as multiplications take them: from the network's rows to a lane's registers.
#pragma once

#include "kernels/device/tile.cuh"
#include "kernels/generate/tensor/spread/block.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// Row `row` (0 to 15) of tile `tile` of a matrix, and its terms; null beyond its end.
struct WeightRow {
  const float* from;
  int terms;
};
__device__ inline WeightRow weight_row(const NetworkView& network, int matrix, int tile, int row) {
  if (matrix == kHeadsMatrix) {
    return {head_weights(network, tile * kHeadRows + row), network.layers[network.layer_count - 1].hidden};
  }
  const LayerView& layer = network.layers[matrix / 2];
  const bool own = matrix == hh_matrix(matrix / 2);
  const int unit = tile * kUnitsOfQuad + row % kUnitsOfQuad, gate = row / kUnitsOfQuad;
  const int terms = own ? layer.hidden : layer.below;
  if (unit >= layer.hidden) return {nullptr, terms};
  return {(own ? layer.w_hh : layer.w_ih) + (std::int64_t{gate} * layer.hidden + unit) * terms, terms};
}

/// Registers of one multiplication: 16 rows by 16 terms.
template <class Block>
__device__ uint4 weights_of(const Block& b, int matrix, int tile, int sixteenth) {
  const auto part = [&](int r) {
    const WeightRow row = weight_row(b.network, matrix, tile, b.lane / 4 + r % 2 * 8);
    const int term = sixteenth * kBlockTerms + b.lane % 4 * 2 + r / 2 * 8;
    return two_terms<typename Block::Element>(row.from, term, row.terms);
  };
  return make_uint4(part(0), part(1), part(2), part(3));
}

/// sums += 16 rows times 32 terms of eight columns.
/// @param terms  lane 8 m + r: the column r, from term 8 m of the pair on (tile.cuh)
template <class Element>
__device__ __forceinline__ void multiply_pair(float (&sums)[4], const std::uint32_t (&w)[2][4], const Element* terms) {
  std::uint32_t h[4];
  dev::ldmatrix(h, terms);
  AFFETTO_UNROLLED
  for (int half = 0; half < 2; ++half) {
    const std::uint32_t operand[2] = {h[2 * half], h[2 * half + 1]};
    dev::mma<Element>(sums, w[half], operand);
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
