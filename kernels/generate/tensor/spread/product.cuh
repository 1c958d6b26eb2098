// Products of a block: its rows of a matrix times the h in shared memory. The terms are dealt out to all warps; each
// sum is then added up by one.
#pragma once

#include "kernels/generate/tensor/spread/gates.cuh"
#include "kernels/generate/tensor/spread/weights.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// A warp's part of the first tile of every matrix: for each of its pairs the four registers of two multiplications.
struct HeldWeights {
  std::uint32_t at[kHeldMatrices][kHeldPairs][2][4];
};

/// Where the weights of a pair lie that is not held; each lane reads what it has written.
template <class Block>
__device__ __forceinline__ uint4& spare_weights_of(const Block& b, const SpreadMatrix& matrix, int row, int pair,
                                                   int half) {
  return b.template at<uint4>(matrix.spare)[((row * matrix.pairs + pair - matrix.held) * 2 + half) * 32 + b.lane];
}

template <class Block>
__device__ void load_weights(const Block& b, HeldWeights& w) {
  AFFETTO_UNROLLED
  for (int m = 0; m < kHeldMatrices; ++m) {
    const SpreadMatrix& matrix = b.plan.matrix[m];
    AFFETTO_UNROLLED
    for (int i = 0; i < 2 * kHeldPairs; ++i) {
      const int pair = b.warp + i / 2 * kSpreadWarps;
      __syncwarp();  // no more loads under way than registers are free
      const bool there = b.tiles_here(matrix) > 0 && pair < matrix.pairs;
      const uint4 four = there ? weights_of(b, m, b.first_tile(matrix), 2 * pair + i % 2) : make_uint4(0, 0, 0, 0);
      w.at[m][i / 2][i % 2][0] = four.x;
      w.at[m][i / 2][i % 2][1] = four.y;
      w.at[m][i / 2][i % 2][2] = four.z;
      w.at[m][i / 2][i % 2][3] = four.w;
    }
  }
  AFFETTO_ROLLED
  for (int m = 0; m < kSpreadMatrices; ++m) {
    const SpreadMatrix& matrix = b.plan.matrix[m];
    for (int row = 0; row < b.tiles_here(matrix); ++row) {
      for (int pair = b.warp + (row == 0 ? matrix.held : 0); pair < matrix.pairs; pair += kSpreadWarps) {
        for (int half = 0; half < 2; ++half) {
          spare_weights_of(b, matrix, row, pair, half) = weights_of(b, m, b.first_tile(matrix) + row, 2 * pair + half);
        }
      }
    }
  }
}

/// This warp's part of 16 rows times eight columns.
/// @param mine  lane 8 m + r: the column r, from term 8 m on (tile.cuh)
template <int kMatrix, class Block>
__device__ __forceinline__ void multiply_part(const Block& b, const HeldWeights& w, int row,
                                              const typename Block::Element* mine, float (&sums)[4]) {
  const SpreadMatrix& matrix = b.plan.matrix[kMatrix];
  int pair = b.warp;
  if constexpr (kMatrix < kHeldMatrices) {
    if (row == 0) {
      AFFETTO_UNROLLED
      for (int i = 0; i < kHeldPairs; ++i, pair += kSpreadWarps) {
        if (pair < matrix.pairs) multiply_pair(sums, w.at[kMatrix][i], mine + pair * kPairTerms);
      }
    }
  }
  AFFETTO_ROLLED
  for (; pair < matrix.pairs; pair += kSpreadWarps) {
    std::uint32_t spare[2][4];
    AFFETTO_UNROLLED
    for (int half = 0; half < 2; ++half) {
      const uint4 four = spare_weights_of(b, matrix, row, pair, half);
      spare[half][0] = four.x;
      spare[half][1] = four.y;
      spare[half][2] = four.z;
      spare[half][3] = four.w;
    }
    multiply_pair(sums, spare, mine + pair * kPairTerms);
  }
}

/// multiply_part of the matrix by number: registers are found at compile time.
template <class Block>
__device__ __forceinline__ void multiply_number(const Block& b, const HeldWeights& w, int matrix, int row,
                                                const typename Block::Element* mine, float (&sums)[4]) {
  static_assert(kSpreadMatrices == 8);
  switch (matrix) {
    case 0:
      return multiply_part<0>(b, w, row, mine, sums);
    case 1:
      return multiply_part<1>(b, w, row, mine, sums);
    case 2:
      return multiply_part<2>(b, w, row, mine, sums);
    case 3:
      return multiply_part<3>(b, w, row, mine, sums);
    case 4:
      return multiply_part<4>(b, w, row, mine, sums);
    case 5:
      return multiply_part<5>(b, w, row, mine, sums);
    case 6:
      return multiply_part<6>(b, w, row, mine, sums);
    default:
      return multiply_part<7>(b, w, row, mine, sums);
  }
}

/// All of this block's rows of a matrix times `tiles` tiles of eight columns. Ends with a barrier, before which h and
/// what take() wrote are not to be overwritten or read by other warps.
/// @param column_of  (tile, column within it) -> column of h
/// @param take       (number, row tile, tile of columns, sums): by the warp that adds up number `number`; sums are
///                   rows lane / 4 (x, y) and lane / 4 + 8 (z, w) in columns lane % 4 * 2 and the next
template <class Block, class ColumnOf, class Take>
__device__ __forceinline__ void product(const Block& b, const HeldWeights& w, int matrix, int tiles,
                                        const ColumnOf& column_of, const Take& take) {
  const int count = b.tiles_here(b.plan.matrix[matrix]) * tiles;
  float4* partial = b.template at<float4>(b.plan.partial);
  if (count == 0) __syncthreads();
  AFFETTO_ROLLED
  for (int first = 0; first < count; first += kPartialTiles) {
    const int here = min(kPartialTiles, count - first);
    AFFETTO_ROLLED
    for (int i = 0; i < here; ++i) {
      const int row = (first + i) / tiles, tile = (first + i) % tiles;
      float sums[4] = {};
      multiply_number(b, w, matrix, row, b.h(column_of(tile, b.lane % 8)) + b.lane / 8 * (kBlockTerms / 2), sums);
      partial[(b.warp * kPartialTiles + i) * 32 + b.lane] = make_float4(sums[0], sums[1], sums[2], sums[3]);
    }
    __syncthreads();
    static_assert(kPartialTiles == kSpreadWarps, "a warp adds up one of them, the same as each_mine() gives it");
    if (b.warp < here) {
      float4 sum = make_float4(0, 0, 0, 0);
      AFFETTO_UNROLLED
      for (int warp = 0; warp < kSpreadWarps; ++warp) {
        const float4 part = partial[(warp * kPartialTiles + b.warp) * 32 + b.lane];
        sum = make_float4(sum.x + part.x, sum.y + part.y, sum.z + part.z, sum.w + part.w);
      }
      const int i = first + b.warp;
      take(i, i / tiles, i % tiles, sum);
    }
    __syncthreads();
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
