// The gradient of a window on tensor cores: for each tap a product whose terms are pixels. Both operands lie in shared
// memory as they do in maps, a pixel's channels side by side, so that ldmatrix turns either as it loads it: the map
// with its border is read through all taps, and no patch matrix is written.
//
// A warp owns the three taps of one row of the window for 32 x 32 channels: of sixteen pixels it loads six matrices of
// the map and two of the gradient for 24 products, 171 bytes a product. A tile is a step, and while its 216 products a
// warp are made the next one has the time to come: a ring of two is enough.
#pragma once

#include <cstdint>

#include "kernels/conv/train/tensor.h"
#include "kernels/conv/train/tensor_load.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// @param kAcross  warps side by side, each with its own output channels; three are one below another, a row each
/// The numbers are reasoned, not measured; to be chosen by a benchmark when a GPU is at hand.
template <class Pixels_, int kAcross_>
struct GradientTile {
  using Pixels = Pixels_;
  static constexpr int kAcross = kAcross_, kTaps = 3, kSteps = 2;  ///< kTaps: of a row of the window, and rows
  static constexpr int kIn = kNarrow, kOut = kAcross * kNarrow, kThreads = 32 * kTaps * kAcross;
  using Places = PatchPlaces<Pixels, kIn / 8>;
  static constexpr int kPitch = kOut / 8 + 1;  ///< of the gradient's pixels, in 16 bytes; odd for the same reason
  static_assert(kPitch % 2 == 1);
};

template <class Tile>
struct GradientStep {
  uint4 patch[Tile::Places::kCount];
  uint4 d_out[Tile::Pixels::kPixels][Tile::kPitch];
};
template <class Tile>
struct GradientLayout {
  GradientStep<Tile> steps[Tile::kSteps];
};

/// [tap of the row][sixteen input channels][eight output channels][as dev::mma has them]
struct GradientSums {
  float at[3][kNarrow / 16][kNarrow / 8][4] = {};
};

template <class Tile>
__device__ void load_step(GradientStep<Tile>& step, const TensorWindowGradientOp& op, const TileStart& at, int in,
                          int out) {
  using Pixels = typename Tile::Pixels;
  load_pixels<Pixels, 1, Tile::kIn / 8, Tile::kThreads>(
      {op.in, op.pictures, op.side, op.reads}, at, in,
      [&](int picture, int y, int x, int chunk) { return &step.patch[Tile::Places::at(picture, y, x) + chunk]; });
  load_pixels<Pixels, 0, Tile::kOut / 8, Tile::kThreads>(
      {op.d_out, op.pictures, op.side, op.writes}, at, out, [&](int picture, int y, int x, int chunk) {
        return &step.d_out[(picture * Pixels::kSide + y) * Pixels::kSide + x][chunk];
      });
}

/// sums += what the tile's pixels make. Pixels that are not there have a gradient of zero.
/// @param down, across  the warp's place in its block: its row of the window, its slice of output channels
template <class Tile>
__device__ void multiply_step(const GradientStep<Tile>& step, int down, int across, GradientSums& sums) {
  using Places = typename Tile::Places;
  const int lane = static_cast<int>(threadIdx.x % 32);
  AFFETTO_ROLLED
  for (int sixteen = 0; sixteen < Tile::Pixels::kSixteens; ++sixteen) {
    std::uint32_t gradient[2][4];
    AFFETTO_UNROLLED
    for (int n = 0; n < 2; ++n) {
      const int chunk = across * (kNarrow / 8) + n * 2 + lane / 16;
      dev::ldmatrix_trans(gradient[n], &step.d_out[sixteen * 16 + lane % 16][chunk]);
    }
    // Matrices in the order of mma's first operand: eight pixels' first and last eight channels, then the next pixels'.
    const int row = sixteen * 16 + lane / 16 * 8 + lane % 8;
    const uint4* seen = &step.patch[Places::of_row(row) + Places::at(0, down, 0) + lane / 8 % 2];
    AFFETTO_UNROLLED
    for (int tap = 0; tap < Tile::kTaps; ++tap) {
      AFFETTO_UNROLLED
      for (int m = 0; m < kNarrow / 16; ++m) {
        std::uint32_t map[4];
        dev::ldmatrix_trans(map, seen + Places::at(0, 0, tap) + m * 2);
        AFFETTO_UNROLLED
        for (int n = 0; n < kNarrow / 8; ++n) {
          const std::uint32_t eight[2] = {gradient[n / 2][n % 2 * 2], gradient[n / 2][n % 2 * 2 + 1]};
          dev::mma<Bfloat16>(sums.at[tap][m][n], map, eight);
        }
      }
    }
  }
}

/// @param part     [9, reads, writes]
/// @param in, out  the warp's first channels
__device__ inline void store_sums(const GradientSums& sums, const TensorWindowGradientOp& op, float* part, int down,
                                  int in, int out) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  AFFETTO_UNROLLED
  for (int tap = 0; tap < 3; ++tap) {
    AFFETTO_UNROLLED
    for (int m = 0; m < kNarrow / 16; ++m) {
      if (in + m * 16 >= op.reads) break;
      AFFETTO_UNROLLED
      for (int n = 0; n < kNarrow / 8; ++n) {
        if (out + n * 8 >= op.writes) break;
        const float(&sum)[4] = sums.at[tap][m][n];
        const int row = (down * 3 + tap) * op.reads + in + m * 16 + lane / 4;
        float* to = part + std::int64_t{row} * op.writes + out + n * 8 + lane % 4 * 2;
        *reinterpret_cast<float2*>(to) = make_float2(sum[0], sum[1]);
        *reinterpret_cast<float2*>(to + std::int64_t{8} * op.writes) = make_float2(sum[2], sum[3]);
      }
    }
  }
}

// A block owns a slice of the window's channels and a run of tiles: grid (groups, slices in, slices out).
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads)
    tensor_window_gradient_kernel(const __grid_constant__ TensorWindowGradientOp op, int tiles) {
  auto& steps = dev::smem<GradientLayout<Tile>>().steps;
  const int warp = static_cast<int>(threadIdx.x / 32), down = warp % Tile::kTaps, across = warp / Tile::kTaps;
  const int in = static_cast<int>(blockIdx.y) * Tile::kIn, out = static_cast<int>(blockIdx.z) * Tile::kOut;
  const int first = static_cast<int>(blockIdx.x) * op.run;
  GradientSums sums;
  const auto load = [&](int i) {
    load_step(steps[i % Tile::kSteps], op, TileStart::of<typename Tile::Pixels>(first + i, op.side), in, out);
  };
  ring_of_steps<Tile::kSteps>(min(op.run, tiles - first), load,
                              [&](int i) { multiply_step(steps[i % Tile::kSteps], down, across, sums); });
  float* part = op.parts + std::int64_t{blockIdx.x} * kWindowTaps * op.reads * op.writes;
  store_sums(sums, op, part, down, in, out + across * kNarrow);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
