// What comes before and after the products on tensor cores: weights as lanes hold them, and parts added up.
#pragma once

#include <cstdint>

#include "kernels/conv/train/tensor.h"
#include "kernels/device/device.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

inline constexpr int kPackThreads = 256;

/// What the product multiplies term `row` with for column `column` of its result; zero for channels filled up.
__device__ inline Bfloat16 window_weight(const PackWindowOp& op, int tap, int row, int column) {
  const int in = op.turned ? column : row, out = op.turned ? row : column;
  if (in >= op.in || out >= op.out) return to_bfloat16(0);
  const int seen = op.turned ? kWindowTaps - 1 - tap : tap;
  return to_bfloat16(op.weight[(std::int64_t{seen} * op.in + in) * op.out + out]);
}

// One thread owns one word: two terms of one column.
__global__ void __launch_bounds__(kPackThreads) pack_lanes_kernel(const __grid_constant__ PackWindowOp op) {
  const int reads = filled_up(op.turned ? op.out : op.in), writes = filled_up(op.turned ? op.in : op.out);
  const int i = static_cast<int>(blockIdx.x) * kPackThreads + static_cast<int>(threadIdx.x);
  if (i >= reads * writes * kWindowTaps / 2) return;
  const int word = i % 4, lane = i / 4 % 32;
  const int groups = writes / kChannelUnit, group = i / 128 % groups, tap = i / 128 / groups % kWindowTaps;
  const int row = i / 128 / groups / kWindowTaps * kChannelUnit + word % 2 * 8 + lane % 4 * 2;
  // Columns 2 t and 2 t + 1 of both eights are four neighbours: the lanes that own them in the product store them.
  const int column = group * kChannelUnit + lane / 8 * 4 + word / 2 * 2 + lane / 4 % 2;
  op.packed[i] = pack(window_weight(op, tap, row, column), window_weight(op, tap, row + 1, column));
}

/// 32 neighbouring sums a block, eight runs of parts each.
struct PartsTile {
  static constexpr int kSums = 32, kRuns = 8, kThreads = kSums * kRuns;
};
struct PartsLayout {
  double runs[PartsTile::kRuns][PartsTile::kSums];
};

// A warp owns one run of 32 sums.
__global__ void __launch_bounds__(PartsTile::kThreads)
    add_tensor_parts_kernel(const __grid_constant__ TensorPartsOp op) {
  auto& runs = dev::smem<PartsLayout>().runs;
  const int column = static_cast<int>(threadIdx.x % PartsTile::kSums);
  const int run = static_cast<int>(threadIdx.x / PartsTile::kSums);
  const std::int64_t i = std::int64_t{blockIdx.x} * PartsTile::kSums + column;
  const bool there = i < std::int64_t{op.planes} * op.rows * op.columns;
  double sum = 0;
  if (there) {
    const std::int64_t row = i / op.columns, plane = row / op.rows;
    const std::int64_t held = (plane * op.held_rows + row % op.rows) * op.held_columns + i % op.columns;
    const std::int64_t pitch = std::int64_t{op.planes} * op.held_rows * op.held_columns;
    const int length = (op.count + PartsTile::kRuns - 1) / PartsTile::kRuns;
    const int end = min((run + 1) * length, op.count);
    for (int part = run * length; part < end; ++part) sum += static_cast<double>(op.parts[part * pitch + held]);
  }
  runs[run][column] = sum;
  __syncthreads();
  if (run != 0 || !there) return;
  for (int r = 1; r < PartsTile::kRuns; ++r) sum += runs[r][column];
  op.sum[i] = static_cast<float>(sum);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
