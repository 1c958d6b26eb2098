#pragma once

#include "kernels/generate/steps.cuh"
#include "kernels/generate/tensor/steps/dense.h"
#include "kernels/generate/tensor/steps/product.cuh"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

template <class Tile>
struct LevelLayout {
  StepStage<Tile> stages[Tile::kStages];
  SourceRow sources[Tile::kRows];
  bool taken[Tile::kRows];
};

/// Of W staggered states: the one that began with note consumed - W, or with the first.
__device__ inline int speaker(const Progress& progress, int window) {
  return progress.consumed <= window ? 0 : static_cast<int>(progress.consumed % window);
}

/// Row `local` of the tile, by one thread. @return whether it takes part
template <class Tile>
__device__ bool prepare_piece(const TensorLevel& op, const TensorDense& dense, LevelLayout<Tile>& s, int local) {
  const int piece = static_cast<int>(blockIdx.x) * Tile::kRows + local;
  const bool taken = piece < op.pieces && op.progress[piece].left > 0;
  SourceRow& source = s.sources[local];
  source = {};
  s.taken[local] = taken;
  if (!taken) return false;
  const Progress& progress = op.progress[piece];
  if (dense.x != nullptr) {
    source.first = dense.x + std::int64_t{piece} * dense.packed.slices * kSliceTerms;
  } else if (progress.consumed > 0) {
    const std::int64_t state =
        op.staggered ? std::int64_t{piece} * op.window + speaker(progress, op.window) : std::int64_t{piece};
    source.first = op.state.half(progress.consumed) + state * op.state.width;
  }
  return true;
}

// A block owns kGroups groups of outputs of one dense layer for kRows pieces.
template <class Tile, class Element>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    tensor_level_kernel(const __grid_constant__ TensorLevel op) {
  auto& s = dev::smem<LevelLayout<Tile>>();
  int tile = static_cast<int>(blockIdx.y), at = 0;
  const auto tiles = [&](int i) { return (op.parts[i].packed.groups + Tile::kGroups - 1) / Tile::kGroups; };
  while (tile >= tiles(at)) tile -= tiles(at++);
  const TensorDense& dense = op.parts[at];
  const int thread = static_cast<int>(threadIdx.x), first_group = tile * Tile::kGroups;
  bool some = false;
  if (thread < Tile::kRows) some = prepare_piece<Tile>(op, dense, s, thread);
  if (!__syncthreads_or(some ? 1 : 0)) return;

  StepSums<Tile> sums = {};
  const int slices = dense.packed.slices;
  multiply_block<Tile, Element>(
      s.stages, {s.sources, dense.packed.weights, slices, slices, first_group, dense.packed.groups}, sums);

  const WarpPlace<Tile> place;
  const int first_output = (first_group + place.first_group) * kGroupRows + place.lane % 4 * 2;
  AFFETTO_UNROLLED
  for (int n = 0; n < 2 * Tile::kRowTiles; ++n) {
    const int local = place.row(n / 2, n % 2);
    if (!s.taken[local]) continue;
    float* const row = op.readout + (std::int64_t{blockIdx.x} * Tile::kRows + local) * op.readout_size + dense.to;
    AFFETTO_UNROLLED
    for (int column = 0; column < Tile::kWarpGroups * kGates; ++column) {
      AFFETTO_UNROLLED
      for (int e = 0; e < 2; ++e) {
        const int output = first_output + column * kGroupUnits + e;
        if (output >= dense.size) continue;
        const float sum = sums[n / 2][column / kGates][column % kGates][n % 2 * 2 + e];
        row[output] = curved(sum + dense.bias[output], dense.curve);
      }
    }
  }
}

// One thread owns one number.
template <class Element>
__global__ void __launch_bounds__(kElementThreads) round_rows_kernel(const __grid_constant__ RoundRows op) {
  std::int64_t n = element();
  for (int i = 0; i < op.count; ++i) {
    const RoundRows::Part& part = op.parts[i];
    const int width = padded(part.terms);
    const std::int64_t count = std::int64_t{op.pieces} * width;
    if (n >= count) {
      n -= count;
      continue;
    }
    const auto piece = static_cast<int>(n / width), term = static_cast<int>(n % width);
    if (op.progress[piece].left <= 0) return;
    const float* const row = op.readout + std::int64_t{piece} * op.readout_size + part.from;
    part.to[n] = from_float<Element>(term < part.terms ? row[term] : 0).bits;
    return;
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
