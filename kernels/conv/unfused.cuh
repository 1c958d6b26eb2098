// The face network an operation a kernel, all in fp32. Maps are [pictures, channels, side, side] and weights
// [out, in, 3, 3], as the definition has them.
#pragma once

#include <cstdint>

#include "kernels/device/device.cuh"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// A convolution.
struct DirectOp {
  const float* in = nullptr;      ///< [n, reads, side, side]
  const float* weight = nullptr;  ///< [writes, reads, 3, 3]
  float* out = nullptr;           ///< [n, writes, side, side]
  int side = 0, reads = 0, writes = 0;
};

/// The numbers are a common middle: the plainest kernel is the ladder's foot, not its height.
struct DirectTile {
  static constexpr int kSide = 8, kPatch = kSide + 2, kThreads = kSide * kSide;
  static constexpr int kDeep = 4;  ///< input channels at once
};

struct DirectLayout {
  float patch[DirectTile::kDeep][DirectTile::kPatch][DirectTile::kPatch];
  float weight[DirectTile::kDeep][9];
};

/// Input channels in, in + 1, ... with their weights; zeros around the map and behind the last.
__device__ inline void load_direct(DirectLayout& shared, const DirectOp& op, int first_y, int first_x, int in) {
  using Tile = DirectTile;
  constexpr int kPixels = Tile::kPatch * Tile::kPatch;
  const std::int64_t picture = blockIdx.z, out = blockIdx.y;
  for (int i = static_cast<int>(threadIdx.x); i < Tile::kDeep * kPixels; i += Tile::kThreads) {
    const int k = i / kPixels, py = i % kPixels / Tile::kPatch, px = i % Tile::kPatch;
    const int y = first_y + py - 1, x = first_x + px - 1;
    const bool inside = in + k < op.reads && y >= 0 && y < op.side && x >= 0 && x < op.side;
    shared.patch[k][py][px] = inside ? op.in[((picture * op.reads + in + k) * op.side + y) * op.side + x] : 0;
  }
  for (int i = static_cast<int>(threadIdx.x); i < Tile::kDeep * 9; i += Tile::kThreads) {
    const int k = i / 9;
    shared.weight[k][i % 9] = in + k < op.reads ? op.weight[(out * op.reads + in + k) * 9 + i % 9] : 0;
  }
}

// A thread owns one output; a block 8 x 8 pixels of one channel. Grid (tiles, channels, pictures).
__global__ void __launch_bounds__(DirectTile::kThreads) direct_convolution_kernel(const __grid_constant__ DirectOp op) {
  using Tile = DirectTile;
  auto& shared = dev::smem<DirectLayout>();
  const int across = (op.side + Tile::kSide - 1) / Tile::kSide, tile = static_cast<int>(blockIdx.x);
  const int first_y = tile / across * Tile::kSide, first_x = tile % across * Tile::kSide;
  const int py = static_cast<int>(threadIdx.x) / Tile::kSide, px = static_cast<int>(threadIdx.x) % Tile::kSide;
  float sum = 0;
  for (int in = 0; in < op.reads; in += Tile::kDeep) {
    load_direct(shared, op, first_y, first_x, in);
    __syncthreads();
    for (int k = 0; k < Tile::kDeep; ++k) {
      for (int tap = 0; tap < 9; ++tap) sum += shared.weight[k][tap] * shared.patch[k][py + tap / 3][px + tap % 3];
    }
    __syncthreads();  // the patch may be overwritten
  }
  const int y = first_y + py, x = first_x + px;
  if (y >= op.side || x >= op.side) return;
  const std::int64_t map = std::int64_t{blockIdx.z} * op.writes + blockIdx.y;
  op.out[(map * op.side + y) * op.side + x] = sum;
}

/// y = x scale + shift in place, a channel at a time.
struct ScaleShiftOp {
  float* x = nullptr;            ///< [n, channels, pixels]
  const float* scale = nullptr;  ///< [channels]
  const float* shift = nullptr;  ///< [channels]
  int channels = 0, pixels = 0;
  std::int64_t count = 0;  ///< of all
};

// One thread owns one element, here and below.
__global__ void __launch_bounds__(kElementThreads) scale_shift_kernel(const __grid_constant__ ScaleShiftOp op) {
  const std::int64_t i = element();
  if (i >= op.count) return;
  const int channel = static_cast<int>(i / op.pixels % op.channels);
  op.x[i] = op.x[i] * op.scale[channel] + op.shift[channel];
}

/// The greatest of every 2x2 window.
struct PoolOp {
  const float* in = nullptr;  ///< [maps, side, side]
  float* out = nullptr;       ///< [maps, side / 2, side / 2]
  int side = 0;
  std::int64_t count = 0;  ///< of `out`
};

__global__ void __launch_bounds__(kElementThreads) pool_kernel(const __grid_constant__ PoolOp op) {
  const std::int64_t i = element();
  if (i >= op.count) return;
  const int after = op.side / 2;
  const std::int64_t x = i % after, y = i / after % after, map = i / after / after;
  const float* at = op.in + (map * op.side + 2 * y) * op.side + 2 * x;
  op.out[i] = fmaxf(fmaxf(at[0], at[1]), fmaxf(at[op.side], at[op.side + 1]));
}

/// x / by in place: from sums over pixels to means.
struct MeanOp {
  float* x = nullptr;
  float by = 1;
  std::int64_t count = 0;
};

__global__ void __launch_bounds__(kElementThreads) mean_kernel(const __grid_constant__ MeanOp op) {
  const std::int64_t i = element();
  if (i < op.count) op.x[i] /= op.by;
}

/// logits = (weight features + bias) / temperature
struct FaceDenseOp {
  const float* x = nullptr;       ///< [n, features]
  const float* weight = nullptr;  ///< [classes, features]
  const float* bias = nullptr;    ///< [classes]
  float* logits = nullptr;        ///< [n, classes]
  float temperature = 1;
  int features = 0, classes = 0;
  std::int64_t count = 0;  ///< of `logits`
};

__global__ void __launch_bounds__(kElementThreads) face_dense_kernel(const __grid_constant__ FaceDenseOp op) {
  const std::int64_t i = element();
  if (i >= op.count) return;
  const std::int64_t picture = i / op.classes, k = i % op.classes;
  float sum = 0;
  for (int c = 0; c < op.features; ++c) sum += op.weight[k * op.features + c] * op.x[picture * op.features + c];
  op.logits[i] = (sum + op.bias[k]) / op.temperature;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
