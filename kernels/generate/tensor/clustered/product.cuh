// Products of a warp: a tile of 16 rows, all its terms, some tiles of columns. Nothing is divided, so nothing is added
// up between warps.
#pragma once

#include "kernels/generate/tensor/clustered/block.cuh"
#include "kernels/generate/tensor/spread/gates.cuh"
#include "kernels/generate/tensor/spread/weights.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// Of the first matrix of the warp's list, then of the second: for each pair the four registers of two multiplications.
struct ListedWeights {
  std::uint32_t at[kFirstHeld + kSecondHeld][2][4];
};

/// Where the weights of a pair lie that is not held; each lane reads what it has written.
template <class Block>
__device__ __forceinline__ uint4& beside_weights_of(const Block& b, const SpreadMatrix& matrix, int row, int pair,
                                                    int half) {
  const int at = row * (matrix.pairs - matrix.held) + pair - matrix.held;
  return b.template at<uint4>(matrix.spare)[(at * 2 + half) * 32 + b.lane];
}

/// Calls visit(matrix, row) for every tile of a matrix that this warp owns.
template <class Block, class Visit>
__device__ void each_matrix(const Block& b, const Visit& visit) {
  AFFETTO_ROLLED
  for (int m = 0; m < kSpreadMatrices; ++m) {
    const SpreadMatrix& matrix = b.plan.matrix[m];
    const int layer = m == kHeadsMatrix ? b.network.layer_count : m / 2;
    AFFETTO_ROLLED
    for (int row = b.first_mine(layer); row < b.tiles_here(matrix); row += kSpreadWarps) visit(m, row);
  }
}

/// Each lane reads what it has written: no barrier is needed.
template <class Block>
__device__ void load_listed(const Block& b, ListedWeights& w) {
  AFFETTO_UNROLLED
  for (auto& pair : w.at) {
    AFFETTO_UNROLLED
    for (int i = 0; i < 8; ++i) pair[i / 4][i % 4] = 0;
  }
  each_matrix(b, [&](int m, int row) {
    const SpreadMatrix& matrix = b.plan.matrix[m];
    const int first = b.plan.held_as[m] == HeldAs::second ? kFirstHeld : 0;
    AFFETTO_UNROLLED
    for (int i = 0; i < 2 * (kFirstHeld + kSecondHeld); ++i) {
      __syncwarp();  // no more loads under way than registers are free
      const int pair = i / 2 - first;
      if (pair < 0 || pair >= matrix.held) continue;
      const uint4 four = weights_of(b, m, b.first_tile(matrix) + row, 2 * pair + i % 2);
      w.at[i / 2][i % 2][0] = four.x;
      w.at[i / 2][i % 2][1] = four.y;
      w.at[i / 2][i % 2][2] = four.z;
      w.at[i / 2][i % 2][3] = four.w;
    }
    for (int i = 2 * matrix.held; i < 2 * matrix.pairs; ++i) {
      beside_weights_of(b, matrix, row, i / 2, i % 2) = weights_of(b, m, b.first_tile(matrix) + row, i);
    }
  });
}

/// Sums of a tile in up to kTilesAtOnce tiles of columns, and where the lane reads their terms: lane 8 m + r at column
/// r, from term 8 m on (tile.cuh).
template <class Element>
struct TileSums {
  int count;                ///< of tiles of columns
  const Element* first;     ///< h of the layer
  int terms[kTilesAtOnce];  ///< elements after it: shorter than pointers
  float at[kTilesAtOnce][4];

  __device__ __forceinline__ void add(int pair, const std::uint32_t (&w)[2][4]) {
    AFFETTO_UNROLLED
    for (int t = 0; t < kTilesAtOnce; ++t) {
      if (t < count) multiply_pair(at[t], w, first + terms[t] + pair * kPairTerms);
    }
  }
};

/// sums += the matrix's row tile `row` times the terms, in rising order.
/// @param kBegin, kHeld  the registers of its first pairs
template <int kBegin, int kHeld, class Block>
__device__ __forceinline__ void multiply_listed(const Block& b, const ListedWeights& w, const SpreadMatrix& matrix,
                                                int row, TileSums<typename Block::Element>& sums) {
  AFFETTO_UNROLLED
  for (int pair = 0; pair < kHeld; ++pair) {
    if (pair < matrix.held) sums.add(pair, w.at[kBegin + pair]);
  }
  AFFETTO_ROLLED
  for (int pair = matrix.held; pair < matrix.pairs; ++pair) {
    std::uint32_t spare[2][4];
    AFFETTO_UNROLLED
    for (int half = 0; half < 2; ++half) {
      const uint4 four = beside_weights_of(b, matrix, row, pair, half);
      spare[half][0] = four.x;
      spare[half][1] = four.y;
      spare[half][2] = four.z;
      spare[half][3] = four.w;
    }
    sums.add(pair, spare);
  }
}

/// The same, by the matrix's number.
template <class Block>
__device__ __forceinline__ void multiply_tiles(const Block& b, const ListedWeights& w, int m, int row,
                                               TileSums<typename Block::Element>& sums) {
  const SpreadMatrix& matrix = b.plan.matrix[m];
  switch (b.plan.held_as[m]) {
    case HeldAs::first:
      return multiply_listed<0, kFirstHeld>(b, w, matrix, row, sums);
    case HeldAs::second:
      return multiply_listed<kFirstHeld, kSecondHeld>(b, w, matrix, row, sums);
    default:
      return multiply_listed<0, 0>(b, w, matrix, row, sums);
  }
}

/// This warp's rows of a matrix times `tiles` tiles of eight columns of h of layer `from`.
/// @param owner      the layer whose tiles they are; layer_count: the heads'
/// @param column_of  (tile, column within it) -> column of h
/// @param begin      (row tile, tile of columns) -> what is there before the first term: rows lane / 4 (x, y) and
///                   lane / 4 + 8 (z, w) in columns lane % 4 * 2 and the next
/// @param take       (row tile, tile of columns, sums)
template <class Block, class ColumnOf, class Begin, class Take>
__device__ __forceinline__ void multiply(const Block& b, const ListedWeights& w, int m, int owner, int from, int tiles,
                                         const ColumnOf& column_of, const Begin& begin, const Take& take) {
  AFFETTO_ROLLED
  for (int row = b.first_mine(owner); row < b.tiles_here(b.plan.matrix[m]); row += kSpreadWarps) {
    AFFETTO_ROLLED
    for (int first = 0; first < tiles; first += kTilesAtOnce) {
      TileSums<typename Block::Element> sums;
      sums.count = min(kTilesAtOnce, tiles - first);
      sums.first = b.h(from, 0);
      AFFETTO_UNROLLED
      for (int t = 0; t < kTilesAtOnce; ++t) {
        if (t >= sums.count) break;
        sums.terms[t] = column_of(first + t, b.lane % 8) * b.plan.stride + b.lane / 8 * (kBlockTerms / 2);
        const float4 four = begin(row, first + t);
        sums.at[t][0] = four.x;
        sums.at[t][1] = four.y;
        sums.at[t][2] = four.z;
        sums.at[t][3] = four.w;
      }
      multiply_tiles(b, w, m, row, sums);
      AFFETTO_UNROLLED
      for (int t = 0; t < kTilesAtOnce; ++t) {
        if (t >= sums.count) break;
        take(row, first + t, make_float4(sums.at[t][0], sums.at[t][1], sums.at[t][2], sums.at[t][3]));
      }
    }
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
