// A block's tile of a product: rows and weights through shared memory, some stages on their way while one is
// multiplied.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/device/copy.cuh"
#include "kernels/device/smem.cuh"
#include "kernels/device/sync.cuh"
#include "kernels/device/tile.cuh"
#include "kernels/generate/tensor/steps/tile.h"

namespace kernels::inline AFFETTO_PLATFORM {

template <class Tile>
struct StepStage {
  alignas(16) std::uint16_t x[Tile::kRows][Tile::kStride];
  alignas(16) std::uint16_t weights[Tile::kGroups * kGroupRows][Tile::kStride];
};

/// Where a row of the tile comes from; null: zeros.
struct SourceRow {
  const std::uint16_t* first = nullptr;   ///< terms of the first part: the state itself, or all there are
  const std::uint16_t* second = nullptr;  ///< of the second: the layer below
};

/// What a block multiplies.
struct TileProduct {
  const SourceRow* rows;         ///< of the tile, in shared memory
  const std::uint16_t* weights;  ///< [groups, slices, 32, 32]
  int first_slices, slices;      ///< of the first part, and of both
  int first_group, groups;       ///< of the block, and of the product
};

/// Of a thread: [tile of 16 rows][group][gate][row l / 4: two columns, row l / 4 + 8: two columns]
template <class Tile>
using StepSums = float[Tile::kRowTiles][Tile::kWarpGroups][kGates][4];

/// The warp's place among the block's.
template <class Tile>
struct WarpPlace {
  int lane, first_row, first_group;  ///< within the tile
  __device__ WarpPlace()
      : lane(static_cast<int>(threadIdx.x % 32)),
        first_row(static_cast<int>(threadIdx.x / 32) / Tile::kGroupWarps * Tile::kRowTiles * 16),
        first_group(static_cast<int>(threadIdx.x / 32) % Tile::kGroupWarps * Tile::kWarpGroups) {}
  /// The row of the tile that sums[tile][...][2 half] and the next belong to.
  __device__ int row(int tile, int half) const { return first_row + tile * 16 + half * 8 + lane / 4; }
};

/// Enqueues this thread's share of a stage: slices from `slice` on, as far as there are any.
template <class Tile>
__device__ void load_stage(StepStage<Tile>& stage, const TileProduct& p, int slice) {
  constexpr int kChunks = Tile::kSlices * kSliceChunks, kChunk = kSliceTerms / kSliceChunks;
  AFFETTO_UNROLLED
  for (int i = static_cast<int>(threadIdx.x); i < Tile::kRows * kChunks; i += Tile::kThreads) {
    const int row = i / kChunks, chunk = i % kChunks, at = slice + chunk / kSliceChunks;
    if (at >= p.slices) continue;
    const bool first = at < p.first_slices;
    const std::uint16_t* from = first ? p.rows[row].first : p.rows[row].second;
    const int term = (first ? at : at - p.first_slices) * kSliceTerms + chunk % kSliceChunks * kChunk;
    dev::cp_async<16>(&stage.x[row][chunk * kChunk], from != nullptr ? from + term : p.weights,
                      from != nullptr ? 16 : 0);
  }
  AFFETTO_UNROLLED
  for (int i = static_cast<int>(threadIdx.x); i < Tile::kGroups * kGroupRows * kChunks; i += Tile::kThreads) {
    const int within = i % (kGroupRows * kSliceChunks), here = i / (kGroupRows * kSliceChunks);
    const int group = here / Tile::kSlices, at = slice + here % Tile::kSlices;
    if (at >= p.slices) continue;
    const bool there = p.first_group + group < p.groups;
    const std::uint16_t* from =
        p.weights + (static_cast<std::int64_t>(there ? p.first_group + group : 0) * p.slices + at) * kSlice;
    std::uint16_t* const to = &stage.weights[group * kGroupRows + within / kSliceChunks]
                                            [here % Tile::kSlices * kSliceTerms + within % kSliceChunks * kChunk];
    dev::cp_async<16>(to, from + within * kChunk, there ? 16 : 0);
  }
}

/// sums += x W^T of sixteen terms from `term` on.
template <class Tile, class Element>
__device__ __forceinline__ void multiply_terms(const StepStage<Tile>& stage, const WarpPlace<Tile>& place, int term,
                                               StepSums<Tile>& sums) {
  const int lane = place.lane;
  std::uint32_t x[Tile::kRowTiles][4];
  AFFETTO_UNROLLED
  for (int t = 0; t < Tile::kRowTiles; ++t) {
    dev::ldmatrix(x[t], &stage.x[place.first_row + t * 16 + lane % 16][term + lane / 16 * 8]);
  }
  AFFETTO_UNROLLED
  for (int g = 0; g < Tile::kWarpGroups; ++g) {
    AFFETTO_UNROLLED
    for (int pair = 0; pair < kGates; pair += 2) {
      // ldmatrix takes two gates' eight columns, each in two halves of terms.
      std::uint32_t w[4];
      const int row = (place.first_group + g) * kGroupRows + (pair + lane / 16) * kGroupUnits + lane % 8;
      dev::ldmatrix(w, &stage.weights[row][term + lane / 8 % 2 * 8]);
      AFFETTO_UNROLLED
      for (int q = 0; q < 2; ++q) {
        const std::uint32_t operand[2] = {w[2 * q], w[2 * q + 1]};
        AFFETTO_UNROLLED
        for (int t = 0; t < Tile::kRowTiles; ++t) dev::mma<Element>(sums[t][g][pair + q], x[t], operand);
      }
    }
  }
}

/// sums += the product. All threads of the block call, after a barrier behind `rows`.
template <class Tile, class Element>
__device__ void multiply_block(StepStage<Tile> (&stages)[Tile::kStages], const TileProduct& p, StepSums<Tile>& sums) {
  const WarpPlace<Tile> place;
  int load_at = 0, into = 0, from = 0;  // the next slice and stage to load, the next stage to multiply
  const auto load_next = [&] {
    if (load_at < p.slices) load_stage(stages[into], p, load_at);
    dev::cp_async_commit();  // a group for every stage, or the waits below would count wrong
    load_at += Tile::kSlices;
    into = into + 1 < Tile::kStages ? into + 1 : 0;
  };
  for (int s = 0; s < Tile::kStages - 1; ++s) load_next();
  for (int slice = 0; slice < p.slices; slice += Tile::kSlices) {
    dev::cp_async_wait<Tile::kStages - 2>();
    __syncthreads();  // the stage is there for all, and nobody reads the one before it any more
    load_next();
    AFFETTO_UNROLLED
    for (int s = 0; s < Tile::kSlices; ++s) {
      if (slice + s >= p.slices) break;
      AFFETTO_UNROLLED
      for (int half = 0; half < 2; ++half) {
        multiply_terms<Tile, Element>(stages[from], place, s * kSliceTerms + half * 16, sums);
      }
    }
    from = from + 1 < Tile::kStages ? from + 1 : 0;
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
