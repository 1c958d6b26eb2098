// Kernels of the cell rung.
#pragma once

#include "kernels/generate/cell.h"
#include "kernels/generate/cell_product.cuh"
#include "kernels/generate/steps.cuh"
#include "kernels/math/lstm.h"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

template <class Tile>
struct CellLayout {
  ProductStage<Tile> stages[2];
  RowStep rows[Tile::kRows];
};

// A block owns kUnits units of a layer, all four gates of them, for kRows pieces; a thread one unit of some pieces.
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads) cell_step_kernel(const __grid_constant__ CellStep op) {
  auto& s = dev::smem<CellLayout<Tile>>();
  const LayerView& layer = op.network.layers[op.layer];
  const int thread = static_cast<int>(threadIdx.x), hidden = layer.hidden;
  const int first_row = static_cast<int>(blockIdx.x) * Tile::kRows;
  const int first_unit = static_cast<int>(blockIdx.y) * Tile::kUnits;

  bool some = false;
  if (thread < Tile::kRows) {
    const int row = first_row + thread;
    s.rows[thread] = row < op.pieces.rows ? row_step(op.pieces.progress[row], op.network.window, op.number) : RowStep{};
    some = s.rows[thread].note_at >= 0;
  }
  if (!__syncthreads_or(some)) return;

  float sums[Tile::kQuads][Tile::kRowsPerThread] = {};
  multiply<Tile>(
      s.stages, op.parts, 2,
      [&](int local) {
        const int unit = first_unit + local % Tile::kUnits;
        return unit < hidden ? local / Tile::kUnits * hidden + unit : -1;
      },
      [&](int part, int local) {
        const RowStep& row = s.rows[local];
        return row.note_at < 0 || (part == 1 && row.from_zero) ? -1 : first_row + local;
      },
      sums);

  const int unit = first_unit + thread % Tile::kUnits;
  if (unit >= hidden) return;
  unrolled<Tile::kRowsPerThread>([&](int r) {
    const int local = thread / Tile::kUnits + r * Tile::kGroups, row = first_row + local;
    const RowStep step = s.rows[local];
    if (step.note_at < 0) return;
    const Played note = op.pieces.window[std::int64_t{row} * op.network.window + step.note_at];
    float gate[4];
    for (int q = 0; q < 4; ++q) {
      const int column = q * hidden + unit;
      gate[q] = sums[q][r] + layer.bias[column] + (op.layer == 0 ? input_gate(op.network, note, column) : 0);
    }
    const std::int64_t at = std::int64_t{row} * hidden + unit;
    float& c = op.pieces.c[op.layer][at];
    const CellState state = lstm_cell_unit(gate[0], gate[1], gate[2], gate[3], step.from_zero ? 0 : c);
    c = state.c;
    op.h_after[at] = state.h;
  });
}

// One thread owns one unit of one piece.
__global__ void __launch_bounds__(kElementThreads) keep_state_kernel(const __grid_constant__ KeepState op) {
  std::int64_t n = element();
  for (int layer = 0; layer < op.layers; ++layer) {
    const std::int64_t count = std::int64_t{op.pieces.rows} * op.hidden[layer];
    if (n < count) {
      if (op.pieces.progress[n / op.hidden[layer]].fresh != 0) op.pieces.h[layer][n] = op.from[layer][n];
      return;
    }
    n -= count;
  }
}

template <class Tile>
struct DenseLayout {
  ProductStage<Tile> stages[2];
  int passed[Tile::kRows];  // 0 takes part, 1 its state is zero, 2 passed over
};

// A block owns kOutputs numbers of one dense layer for kRows pieces.
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads) dense_level_kernel(const __grid_constant__ DenseLevel op) {
  auto& s = dev::smem<DenseLayout<Tile>>();
  const int thread = static_cast<int>(threadIdx.x), first_row = static_cast<int>(blockIdx.x) * Tile::kRows;
  bool some = false;
  if (thread < Tile::kRows) {
    const int row = first_row + thread;
    const bool part = row < op.pieces.rows && op.pieces.progress[row].left > 0;
    s.passed[thread] = !part ? 2 : op.pieces.progress[row].consumed == 0 ? 1 : 0;
    some = part;
  }
  if (!__syncthreads_or(some)) return;

  int tile = static_cast<int>(blockIdx.y), at = 0;
  const auto tiles = [&](int i) { return (op.parts[i].size + Tile::kOutputs - 1) / Tile::kOutputs; };
  while (tile >= tiles(at)) tile -= tiles(at++);
  const DenseView& dense = op.parts[at];
  const bool from_state = dense.from == DenseView::kFromState;
  float* const readout = op.pieces.readout;
  const int first = tile * Tile::kOutputs;
  float sums[Tile::kQuads][Tile::kRowsPerThread] = {};
  multiply<Tile>(
      s.stages, &op.products[at], 1, [&](int local) { return first + local < dense.size ? first + local : -1; },
      [&](int, int local) { return s.passed[local] > (from_state ? 0 : 1) ? -1 : first_row + local; }, sums);

  for (int q = 0; q < Tile::kQuads; ++q) {
    const int output = first + thread % Tile::kUnits + q * Tile::kUnits;
    if (output >= dense.size) continue;
    for (int r = 0; r < Tile::kRowsPerThread; ++r) {
      const int local = thread / Tile::kUnits + r * Tile::kGroups;
      if (s.passed[local] > 1) continue;
      readout[static_cast<std::int64_t>(first_row + local) * op.readout_size + dense.to + output] =
          curved(sums[q][r] + dense.bias[output], dense.curve);
    }
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
