// The product of a warp with weights that stay in shared memory as fragments (resident.h). Each sum is taken by four
// lanes, each over its quarter of the terms in rising order, and then across them in a fixed tree: it does not depend
// on how many pieces, blocks or warps there are.
#pragma once

#include "kernels/device/warp.cuh"
#include "kernels/device/words.cuh"
#include "kernels/generate/resident.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Terms `term` to term + 3 of a row of a matrix; zeros beyond its end, and where there is no row.
__device__ inline float4 fragment_of(const float* row, int term, int terms, bool wide) {
  if (row == nullptr) return make_float4(0, 0, 0, 0);
  if (wide && term < terms) return *reinterpret_cast<const float4*>(row + term);
  const auto value = [&](int at) { return at < terms ? row[at] : 0; };
  return make_float4(value(term), value(term + 1), value(term + 2), value(term + 3));
}

/// Fills fragments with rows of a matrix, zeros beyond it; all threads of the block. A barrier must follow.
/// @param row_at  (group, quad, row of 8) -> row of the matrix, or null
/// @param terms   of a row; `blocks` fragments of 16 cover them
/// @param wide    rows begin at multiples of 16 bytes, and have whole fours of terms
template <int kQuads, class RowAt>
__device__ void load_fragments(float* to, int groups, int blocks, int terms, bool wide, const RowAt& row_at) {
  constexpr int kBatch = 8;  // loads under way in each thread: 32 KB a block, what L2's latency takes
  const int count = groups * blocks * kQuads * 32, threads = static_cast<int>(blockDim.x);
  for (int i = static_cast<int>(threadIdx.x); i < count; i += kBatch * threads) {
    float4 batch[kBatch];
    for (int b = 0; b < kBatch; ++b) {
      const int at = i + b * threads;
      if (at >= count) continue;
      const int lane = at % 32, quad = at / 32 % kQuads, block = at / 32 / kQuads % blocks;
      const float* row = row_at(at / 32 / kQuads / blocks, quad, lane / 4);
      batch[b] = fragment_of(row, block * kFragmentTerms + lane % 4 * 4, terms, wide);
    }
    for (int b = 0; b < kBatch; ++b) {
      const int at = i + b * threads;
      if (at < count) reinterpret_cast<float4*>(to)[at] = batch[b];
    }
  }
}

/// sums += this lane's quarter of W x, for kQuads rows and kPieces columns.
/// @param fragments  [blocks, kQuads, 32, 4] of the warp's group
/// @param x          [kPieces, 16 blocks]
template <int kQuads, int kPieces>
__device__ __forceinline__ void multiply_quarter(const float* fragments, const float* x, int blocks, int lane,
                                                 float (&sums)[kQuads][kPieces]) {
  const int stride = blocks * kFragmentTerms;
  const float* mine = x + lane % 4 * 4;
  for (int block = 0; block < blocks; ++block) {
    float4 w[kQuads];
    for (int q = 0; q < kQuads; ++q) {
      w[q] = *reinterpret_cast<const float4*>(fragments + ((block * kQuads + q) * 32 + lane) * 4);
    }
    for (int p = 0; p < kPieces; ++p) {
      const float4 v = *reinterpret_cast<const float4*>(mine + p * stride + block * kFragmentTerms);
      for (int q = 0; q < kQuads; ++q) {
        float& sum = sums[q][p];
        sum = w[q].x * v.x + sum;
        sum = w[q].y * v.y + sum;
        sum = w[q].z * v.z + sum;
        sum = w[q].w * v.w + sum;
      }
    }
  }
}

/// Adds the four quarters up and deals them out: lane l of four ends with the sums of pieces l, l + 4, ...
template <int kQuads, int kPieces>
__device__ __forceinline__ void share_sums(const float (&sums)[kQuads][kPieces], int lane,
                                           float (&mine)[kQuads][kPieces / 4]) {
  static_assert(kPieces % 4 == 0);
  const bool high = (lane & 2) != 0, odd = (lane & 1) != 0;
  for (int q = 0; q < kQuads; ++q) {
    for (int j = 0; j < kPieces / 4; ++j) {
      const float* s = &sums[q][4 * j];
      const float even_part = (high ? s[2] : s[0]) + __shfl_xor_sync(0xffffffffu, high ? s[0] : s[2], 2);
      const float odd_part = (high ? s[3] : s[1]) + __shfl_xor_sync(0xffffffffu, high ? s[1] : s[3], 2);
      mine[q][j] = (odd ? odd_part : even_part) + __shfl_xor_sync(0xffffffffu, odd ? even_part : odd_part, 1);
    }
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
