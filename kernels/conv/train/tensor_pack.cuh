// What comes before the products on tensor cores: weights as lanes hold them.
#pragma once

#include <cstdint>

#include "kernels/conv/train/tensor.h"
#include "kernels/conv/train/window_weight.cuh"
#include "kernels/device/device.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

inline constexpr int kPackThreads = 256;

/// Rounded for the product.
__device__ inline Bfloat16 packed_term(const PackWindowOp& op, int tap, int row, int column) {
  return to_bfloat16(window_weight(op.weight, op.in, op.out, op.turned, tap, row, column));
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
  op.packed[i] = pack(packed_term(op, tap, row, column), packed_term(op, tap, row + 1, column));
}

}  // namespace kernels::inline AFFETTO_PLATFORM
