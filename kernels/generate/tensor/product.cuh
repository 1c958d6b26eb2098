// Products of a warp on tensor cores: the gates of its units, and outputs of the heads. Terms are taken in rising order
// by every kernel, so that a column's sums do not depend on what else the block computes.
#pragma once

#include "kernels/device/tile.cuh"
#include "kernels/generate/tensor/block.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// A warp's part of W_hh that stays in registers: for its two matrices (rows i and f, rows g and o), the four registers
/// of each block of terms.
template <int kHeld>
struct GateWeights {
  std::uint32_t at[kHeld][2][4];
};

/// Registers of one block of terms and one matrix.
template <class Block>
__device__ uint4 gate_weights(const Block& b, int block, int matrix) {
  const LayerView& layer = b.network.layers[0];
  const int unit = b.unit(), term = block * kBlockTerms + b.lane % 4 * 2;
  const auto part = [&](int r) {
    const float* row = unit < layer.hidden
                           ? layer.w_hh + (std::int64_t{2 * matrix + r % 2} * layer.hidden + unit) * layer.hidden
                           : nullptr;
    return two_terms<typename Block::Element>(row, term + r / 2 * 8, layer.hidden);
  };
  return make_uint4(part(0), part(1), part(2), part(3));
}

/// Where those of a block of terms lie that is not held.
template <class Block>
__device__ uint4& spare_weights(const Block& b, int block, int matrix) {
  constexpr int kSpare = Block::kBlocks - Block::kHeld;
  return b.template at<uint4>(b.plan.w_gates)[((b.warp * kSpare + block - Block::kHeld) * 2 + matrix) * 32 + b.lane];
}

/// Sums of a tile: [matrix][i or g in two columns, f or o in two columns].
using GateSums = float[2][4];

__device__ __forceinline__ void begin_sums(GateSums& sums) {
  AFFETTO_UNROLLED
  for (int m = 0; m < 2; ++m) {
    AFFETTO_UNROLLED
    for (int i = 0; i < 4; ++i) sums[m][i] = 0;
  }
}

/// Each lane reads what it has written: no barrier is needed.
template <class Block>
__device__ GateWeights<Block::kHeld> load_gate_weights(const Block& b) {
  GateWeights<Block::kHeld> w;
  AFFETTO_UNROLLED
  for (int block = 0; block < Block::kBlocks; ++block) {
    AFFETTO_UNROLLED
    for (int m = 0; m < 2; ++m) {
      __syncwarp();  // no more loads under way than registers are free
      const uint4 four = gate_weights(b, block, m);
      if (block < Block::kHeld) {
        w.at[block][m][0] = four.x;
        w.at[block][m][1] = four.y;
        w.at[block][m][2] = four.z;
        w.at[block][m][3] = four.w;
      } else {
        spare_weights(b, block, m) = four;
      }
    }
  }
  return w;
}

/// sums += W_hh h for the eight columns of a tile.
template <class Block>
__device__ __forceinline__ void multiply_tile(const Block& b, const GateWeights<Block::kHeld>& w, int tile,
                                              GateSums& sums) {
  using Element = typename Block::Element;
  constexpr int kBlocks = Block::kBlocks;
  static_assert(kBlocks % 2 == 0);
  // ldmatrix takes four matrices: two blocks of terms, in halves; lane 8 m + r points at column r of matrix m.
  const Element* mine =
      b.h(b.turn) + (tile * kTileColumns + b.lane % 8) * Block::kStride + b.lane / 8 * (kBlockTerms / 2);
  AFFETTO_UNROLLED
  for (int block = 0; block < kBlocks; block += 2) {
    std::uint32_t h[4];
    dev::ldmatrix(h, mine + block * kBlockTerms);
    AFFETTO_UNROLLED
    for (int half = 0; half < 2; ++half) {
      const std::uint32_t operand[2] = {h[2 * half], h[2 * half + 1]};
      AFFETTO_UNROLLED
      for (int m = 0; m < 2; ++m) {
        if (block + half < Block::kHeld) {
          dev::mma<Element>(sums[m], w.at[block + half][m], operand);
        } else {
          const uint4 four = spare_weights(b, block + half, m);
          const std::uint32_t spare[4] = {four.x, four.y, four.z, four.w};
          dev::mma<Element>(sums[m], spare, operand);
        }
      }
    }
  }
}

/// Sixteen outputs for eight columns. Lane l gets outputs l / 4 (sums[0], sums[1]) and l / 4 + 8 of columns
/// l % 4 * 2 and the next.
/// @param column_of  matrix column (0 to 7) -> column of h
template <class Block, class ColumnOf>
__device__ __forceinline__ void multiply_heads(const Block& b, int group, const ColumnOf& column_of, float (&sums)[4]) {
  using Element = typename Block::Element;
  const uint4* weights = b.template at<uint4>(b.plan.w_heads) + group * Block::kBlocks * 32 + b.lane;
  const Element* mine = b.h(b.turn) + column_of(b.lane % 8) * Block::kStride + b.lane / 8 * (kBlockTerms / 2);
  for (int block = 0; block < Block::kBlocks; block += 2) {
    std::uint32_t h[4];
    dev::ldmatrix(h, mine + block * kBlockTerms);
    for (int half = 0; half < 2; ++half) {
      const uint4 four = weights[(block + half) * 32];
      const std::uint32_t w[4] = {four.x, four.y, four.z, four.w}, operand[2] = {h[2 * half], h[2 * half + 1]};
      dev::mma<Element>(sums, w, operand);
    }
  }
}

/// Output rows of a piece that take part: bias and curve, into its readout row.
template <class Block>
__device__ __forceinline__ void write_readout(const Block& b, int group, int row, int piece, float sum) {
  const HeadOutput output = b.output()[group * kHeadRows + row];
  if (output.to >= 0) b.readout(piece)[output.to] = curved(sum + output.bias, output.curve);
}

/// The heads of every piece with notes left, whose column is its own number: dealt out to `warps` warps.
template <class Block>
__device__ void read_heads(const Block& b, int warps) {
  for (int i = b.warp; i < b.plan.tiles * b.plan.groups; i += warps) {
    const int group = i % b.plan.groups, tile = i / b.plan.groups;
    float sums[4] = {};
    multiply_heads(
        b, group, [&](int column) { return tile * kTileColumns + column; }, sums);
    for (int e = 0; e < 2; ++e) {
      const int piece = b.column(tile) + e;
      if (piece >= b.plan.pieces || b.progress()[piece].left <= 0) continue;
      write_readout(b, group, b.lane / 4, piece, sums[e]);
      write_readout(b, group, b.lane / 4 + 8, piece, sums[2 + e]);
    }
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
