// The optimiser's kernels. One thread owns one parameter; the norm is a sum of parts, in double.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/conv/train/optimiser.h"
#include "kernels/conv/train/sums.cuh"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

struct SquaresTile {
  static constexpr int kWarps = 8, kThreads = 32 * kWarps, kEach = 16, kPart = kThreads * kEach;
};
struct SquaresLayout {
  double sums[SquaresTile::kWarps];
};

// A block owns 4,096 parameters.
__global__ void __launch_bounds__(SquaresTile::kThreads) squares_kernel(const __grid_constant__ SquaresOp op) {
  using Tile = SquaresTile;
  auto& shared = dev::smem<SquaresLayout>();
  const std::int64_t first = std::int64_t{blockIdx.x} * Tile::kPart + threadIdx.x;
  double sum = 0;
  for (int i = 0; i < Tile::kEach && first + i * Tile::kThreads < op.count; ++i) {
    const double g = static_cast<double>(op.gradient[first + i * Tile::kThreads]);
    sum += g * g;
  }
  sum = over_warp(sum);
  if (threadIdx.x % 32 == 0) shared.sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int warp = 1; warp < Tile::kWarps; ++warp) sum += shared.sums[warp];
  op.parts[blockIdx.x] = sum;
}

// One warp.
__global__ void __launch_bounds__(32) step_scale_kernel(const __grid_constant__ SquaresOp op, int parts) {
  const double norm = sqrt(sum_of_parts(op.parts, parts, 1, 0));
  if (threadIdx.x != 0) return;
  FaceTally& tally = *op.tally;
  tally.norm = norm;
  const bool finite = fabs(norm) < INFINITY && fabs(tally.last_loss) < INFINITY;  // false for NaN
  if (!finite && tally.diverged == 0) tally.diverged = op.iteration + 1;
  op.scale->go = tally.diverged == 0 ? 1 : 0;
  // As PyTorch's clip_grad_norm_.
  op.scale->scale = static_cast<float>(op.clip_norm > 0 ? fmin(1.0, op.clip_norm / (norm + 1e-6)) : 1.0);
}

__global__ void __launch_bounds__(kElementThreads) adamw_kernel(const __grid_constant__ AdamwOp op) {
  const std::int64_t i = element();
  if (i >= static_cast<std::int64_t>(op.adam.count) || op.scale->go == 0) return;
  const AdamStep& adam = op.adam;
  float w = op.decays[i] != 0 ? adam.w[i] * op.decay : adam.w[i];
  const float g = fmaf(adam.weight_decay, w, adam.gradient[i] * op.scale->scale);
  const float m = fmaf(adam.beta1, adam.m[i], adam.one_minus_beta1 * g);
  const float v = fmaf(adam.beta2, adam.v[i], adam.one_minus_beta2 * (g * g));
  w -= adam.step_size * m / (sqrtf(v) / adam.correction2 + adam.epsilon);
  adam.m[i] = m;
  adam.v[i] = v;
  adam.w[i] = w;
  op.averaged[i] += op.average * (w - op.averaged[i]);
}

__global__ void __launch_bounds__(kElementThreads) follow_kernel(const __grid_constant__ FollowOp op) {
  const std::int64_t i = element();
  if (i >= op.count || op.scale->go == 0) return;
  op.to[i] += op.share * (op.from[i] - op.to[i]);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
