#pragma once

#include <cstdint>

#include "kernels/conv/train/parts.h"
#include "kernels/device/device.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// 32 neighbouring sums a block, eight runs of parts each.
struct PartsTile {
  static constexpr int kSums = 32, kRuns = 8, kThreads = kSums * kRuns;
};
struct PartsLayout {
  double runs[PartsTile::kRuns][PartsTile::kSums];
};

// A warp owns one run of 32 sums.
__global__ void __launch_bounds__(PartsTile::kThreads) add_parts_kernel(const __grid_constant__ PartsOp op) {
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
