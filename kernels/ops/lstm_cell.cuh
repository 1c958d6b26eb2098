#pragma once

#include <cstdint>

#include "kernels/device/words.cuh"
#include "kernels/math/lstm.h"
#include "kernels/ops/lstm_cell.h"

namespace kernels::inline AFFETTO_PLATFORM {

struct LstmCellTile {
  static constexpr int kThreads = 256;  // a common middle; to be chosen by a benchmark when a GPU is at hand
  static_assert(kThreads % 32 == 0, "whole warps only");
};

// One thread owns one (b, j): reads 4 gates and 1 cell value, writes 1 cell value and 1 output.
__global__ void __launch_bounds__(LstmCellTile::kThreads) lstm_cell_kernel(LstmCell op) {
  const std::int64_t n = std::int64_t{blockIdx.x} * LstmCellTile::kThreads + threadIdx.x;  // n = b * H + j
  if (n >= std::int64_t{op.batch} * op.hidden) return;
  const int j = static_cast<int>(n % op.hidden);
  const float* row = op.pre + 4 * (n - j);  // pre[b, :]
  const auto gate = [&](int k) { return row[k * op.hidden + j] + op.bias[k * op.hidden + j]; };
  const CellState state = lstm_cell_unit(gate(0), gate(1), gate(2), gate(3), op.c_prev[n]);
  op.c[n] = state.c;
  op.h[n] = state.h;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
