// The product of the cell rung: a block's tile of y = W x for some outputs and rows, W and x through shared memory, the
// next stage on its way while this one is multiplied. Each output is summed by one thread in rising order of its terms,
// so it does not depend on the tile or on other rows.
#pragma once

#include <cstdint>
#include <utility>

#include "kernels/device/copy.cuh"
#include "kernels/device/smem.cuh"
#include "kernels/device/sync.cuh"
#include "kernels/generate/cell.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Thread (unit, group) owns outputs unit, unit + kUnits, ... of kQuads and rows group, group + kGroups, ...
/// The numbers are a common middle; to be chosen by a benchmark when a GPU is at hand.
template <int kUnits_, int kGroups_, int kRowsPerThread_>
struct ProductTile {
  static constexpr int kUnits = kUnits_, kGroups = kGroups_, kRowsPerThread = kRowsPerThread_;
  static constexpr int kQuads = 4;            // a unit's four gates
  static constexpr int kTerms = 32;           // of a stage
  static constexpr int kStride = kTerms + 4;  // eight rows apart, float4s meet no bank twice
  static constexpr int kOutputs = kQuads * kUnits, kRows = kGroups * kRowsPerThread, kThreads = kUnits * kGroups;
  static_assert(kThreads % 32 == 0 && kRows <= kThreads && kTerms % 4 == 0);
};
using LowTile = ProductTile<16, 8, 1>;    ///< few pieces: 8 rows a block
using HighTile = ProductTile<16, 16, 4>;  ///< many: 64 rows a block

template <class Tile>
struct ProductStage {
  alignas(16) float weight[Tile::kOutputs][Tile::kStride];
  alignas(16) float x[Tile::kRows][Tile::kStride];
};

/// Copies `terms` numbers from `at` on of row `row` of a matrix (zeros where the row is -1 or at its end), as this
/// thread's share of a whole stage.
template <int kFloats, class Tile, int kRows, class RowOf>
__device__ void load_rows(float (&to)[kRows][Tile::kStride], const float* from, int stride, int terms, int at,
                          const RowOf& row_of) {
  constexpr int kChunks = Tile::kTerms / kFloats;
  for (int i = static_cast<int>(threadIdx.x); i < kRows * kChunks; i += Tile::kThreads) {
    const int local = i / kChunks, within = i % kChunks * kFloats;
    const int row = row_of(local);
    const bool some = row >= 0 && at + within < terms;
    const float* source = some ? from + static_cast<std::int64_t>(row) * stride + at + within : from;
    if constexpr (kFloats == 4) {
      dev::cp_async<16>(&to[local][within], source, some ? 16 : 0);
    } else {
      to[local][within] = some ? *source : 0;  // single words gain nothing by going on their own
    }
  }
}

template <class Tile, class WeightRow, class XRow>
__device__ void load_stage(ProductStage<Tile>& stage, const ProductPart& part, int at, const WeightRow& weight_row,
                           const XRow& x_row) {
  if (part.wide) {
    load_rows<4, Tile>(stage.weight, part.weight, part.terms, part.terms, at, weight_row);
    load_rows<4, Tile>(stage.x, part.x, part.x_stride, part.terms, at, x_row);
  } else {
    load_rows<1, Tile>(stage.weight, part.weight, part.terms, part.terms, at, weight_row);
    load_rows<1, Tile>(stage.x, part.x, part.x_stride, part.terms, at, x_row);
  }
  dev::cp_async_commit();
}

template <class Tile>
__device__ void multiply_stage(const ProductStage<Tile>& stage, float (&sums)[Tile::kQuads][Tile::kRowsPerThread]) {
  const int unit = static_cast<int>(threadIdx.x) % Tile::kUnits, group = static_cast<int>(threadIdx.x) / Tile::kUnits;
  for (int k = 0; k < Tile::kTerms; k += 4) {
    float4 x[Tile::kRowsPerThread];
    for (int r = 0; r < Tile::kRowsPerThread; ++r) {
      x[r] = *reinterpret_cast<const float4*>(&stage.x[group + r * Tile::kGroups][k]);
    }
    for (int q = 0; q < Tile::kQuads; ++q) {
      const float4 w = *reinterpret_cast<const float4*>(&stage.weight[unit + q * Tile::kUnits][k]);
      for (int r = 0; r < Tile::kRowsPerThread; ++r) {
        float& sum = sums[q][r];
        sum = w.x * x[r].x + sum;
        sum = w.y * x[r].y + sum;
        sum = w.z * x[r].z + sum;
        sum = w.w * x[r].w + sum;
      }
    }
  }
}

/// body(0), ..., body(N - 1) written out, so that what the number indexes can stay in registers.
template <int N, class Body>
__device__ void unrolled(const Body& body) {
  [&]<int... kIndices>(std::integer_sequence<int, kIndices...>) { (body(kIndices), ...); }
  (std::make_integer_sequence<int, N>{});
}

/// sums += the parts' products, one part after the other. All threads of the block call.
/// @param weight_row  (output of the tile) -> row of W, or -1
/// @param x_row       (part, row of the tile) -> row of x, or -1 for zeros
template <class Tile, class WeightRow, class XRow>
__device__ void multiply(ProductStage<Tile> (&stages)[2], const ProductPart* parts, int count,
                         const WeightRow& weight_row, const XRow& x_row,
                         float (&sums)[Tile::kQuads][Tile::kRowsPerThread]) {
  int part = 0, at = 0;  // of the stage that is loaded next
  const auto load_next = [&](ProductStage<Tile>& stage) {
    while (part < count && at >= parts[part].terms) ++part, at = 0;
    if (part == count) return false;
    load_stage(stage, parts[part], at, weight_row, [&](int local) { return x_row(part, local); });
    at += Tile::kTerms;
    return true;
  };
  bool loaded = load_next(stages[0]);
  for (int i = 0; loaded; ++i) {
    loaded = load_next(stages[(i + 1) % 2]);
    if (loaded) {
      dev::cp_async_wait<1>();
    } else {
      dev::cp_async_wait<0>();
    }
    __syncthreads();
    multiply_stage(stages[i % 2], sums);
    __syncthreads();  // the stage may be overwritten
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
