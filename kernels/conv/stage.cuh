// A stage in fp32, one kernel: convolution, scale and shift, ReLU, pooling. The convolution is a matrix product whose
// left operand is never written down: a thread owns the four pixels of a 2x2 window and four channels, holds the 4x4
// pixels that they read of one input channel in registers, and multiplies them by nine times four weights: 144
// multiply-adds for 25 reads of shared memory. A sum is taken over input channels, and for each over the window's taps,
// both in rising order, so that it does not depend on other pictures.
#pragma once

#include <cstdint>

#include "kernels/conv/activation.cuh"
#include "kernels/conv/launch.h"
#include "kernels/device/device.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// @param kDeep  input channels of a step: 1 for the picture, a unit for maps
/// The numbers are a common middle; to be chosen by a benchmark when a GPU is at hand.
template <int kDeep_>
struct StageTile {
  static constexpr int kDeep = kDeep_, kSide = 8, kPatch = kSide + 2, kChannels = 32, kSteps = 2;
  static constexpr int kQuads = kChannels / 4, kWindows = kSide * kSide / 4, kThreads = kQuads * kWindows;
  /// Floats of a pixel of the patch: four windows of a warp, two pixels apart, meet no bank twice.
  static constexpr int kPitch = kDeep == 1 ? 1 : kDeep + 4;
  static_assert(kDeep == 1 || kDeep == kChannelUnit);
};

template <class Tile>
struct StageStep {
  alignas(16) float weight[Tile::kDeep][kWindowTaps][Tile::kChannels];
  alignas(16) float patch[Tile::kPatch][Tile::kPatch][Tile::kPitch];
};
template <class Tile>
struct StageLayout {
  StageStep<Tile> steps[Tile::kSteps];
};

/// Where a block works: grid (tiles of a map, slices of channels, pictures).
struct TilePlace {
  int y, x;  ///< of the first pixel
  int channel;
  std::int64_t picture;

  __device__ TilePlace(int side, int tile_side, int channels) {
    const int across = (side + tile_side - 1) / tile_side, tile = static_cast<int>(blockIdx.x);
    y = tile / across * tile_side;
    x = tile % across * tile_side;
    channel = static_cast<int>(blockIdx.y) * channels;
    picture = blockIdx.z;
  }
  __device__ TilePlace(int first_y, int first_x, int first_channel, std::int64_t at)
      : y(first_y), x(first_x), channel(first_channel), picture(at) {}
};

/// Enqueues this thread's share of a patch: bytes [16 kChunks] of each pixel from `in` on, zeros around the map.
/// @param to_of  (y, x, chunk) -> where they go
template <int kPatch, int kBytes, int kChunks, class Element, class ToOf>
__device__ void load_patch(const Element* map, int side, int reads, const TilePlace& at, int in, const ToOf& to_of) {
  for (int i = static_cast<int>(threadIdx.x); i < kPatch * kPatch * kChunks; i += static_cast<int>(blockDim.x)) {
    const int chunk = i % kChunks, px = i / kChunks % kPatch, py = i / kChunks / kPatch;
    const int y = at.y + py - 1, x = at.x + px - 1;
    const bool inside = y >= 0 && y < side && x >= 0 && x < side;
    constexpr int kElements = kBytes / static_cast<int>(sizeof(Element));
    const Element* from = map;
    if (inside) from += ((at.picture * side + y) * side + x) * reads + in + chunk * kElements;
    dev::cp_async<kBytes>(to_of(py, px, chunk), from, inside ? kBytes : 0);
  }
}

/// The step that reads input channels in, in + 1, ...
/// @tparam Op  has in, weight, side, reads, writes as StageOp
template <class Tile, class Op>
__device__ void load_step(StageStep<Tile>& step, const Op& op, const TilePlace& at, int in) {
  constexpr int kBytes = Tile::kDeep == 1 ? 4 : 16;
  load_patch<Tile::kPatch, kBytes, Tile::kDeep * 4 / kBytes>(
      op.in, op.side, op.reads, at, in, [&](int y, int x, int chunk) { return &step.patch[y][x][chunk * kBytes / 4]; });
  const float* weight = static_cast<const float*>(op.weight);
  for (int i = static_cast<int>(threadIdx.x); i < Tile::kDeep * kWindowTaps * Tile::kQuads; i += Tile::kThreads) {
    const int quad = i % Tile::kQuads, row = i / Tile::kQuads;  // row: of [kDeep, 9]
    const int channel = at.channel + quad * 4;
    const bool there = channel < op.writes;
    const float* from = there ? weight + (std::int64_t{in} * kWindowTaps + row) * op.writes + channel : weight;
    dev::cp_async<16>(&step.weight[row / kWindowTaps][row % kWindowTaps][quad * 4], from, there ? 16 : 0);
  }
  dev::cp_async_commit();
}

/// sums [pixel of the window][channel]
using WindowSums = float[4][4];

template <class Tile>
__device__ void multiply_step(const StageStep<Tile>& step, int window, int quad, WindowSums& sums) {
  const int y = window / (Tile::kSide / 2) * 2, x = window % (Tile::kSide / 2) * 2;
  AFFETTO_ROLLED
  for (int k = 0; k < Tile::kDeep; ++k) {
    float seen[4][4];
    AFFETTO_UNROLLED
    for (int i = 0; i < 16; ++i) seen[i / 4][i % 4] = step.patch[y + i / 4][x + i % 4][k];
    AFFETTO_UNROLLED
    for (int tap = 0; tap < kWindowTaps; ++tap) {
      const float4 w = *reinterpret_cast<const float4*>(&step.weight[k][tap][quad * 4]);
      AFFETTO_UNROLLED
      for (int pixel = 0; pixel < 4; ++pixel) {
        const float value = seen[pixel / 2 + tap / 3][pixel % 2 + tap % 3];
        sums[pixel][0] = w.x * value + sums[pixel][0];
        sums[pixel][1] = w.y * value + sums[pixel][1];
        sums[pixel][2] = w.z * value + sums[pixel][2];
        sums[pixel][3] = w.w * value + sums[pixel][3];
      }
    }
  }
}

/// Numbers of four neighbouring channels to their place.
__device__ inline void store_four(float* to, const float (&y)[4]) {
  *reinterpret_cast<float4*>(to) = make_float4(y[0], y[1], y[2], y[3]);
}
__device__ inline void store_four(Half* to, const float (&y)[4]) {
  *reinterpret_cast<uint2*>(to) = make_uint2(pack(activation_half(y[0]), activation_half(y[1])),
                                             pack(activation_half(y[2]), activation_half(y[3])));
}

__device__ inline void store_four(Bfloat16* to, const float (&y)[4]) {
  *reinterpret_cast<uint2*>(to) =
      make_uint2(pack(to_bfloat16(y[0]), to_bfloat16(y[1])), pack(to_bfloat16(y[2]), to_bfloat16(y[3])));
}

/// Scale, shift, ReLU and pooling of a thread's window.
template <class Out>
__device__ void store_window(const StageOp<float, Out>& op, const TilePlace& at, int y, int x, int channel,
                             WindowSums& sums) {
  if (channel >= op.writes) return;
  const float4 a = *reinterpret_cast<const float4*>(op.scale + channel);
  const float4 b = *reinterpret_cast<const float4*>(op.shift + channel);
  const float scale[4] = {a.x, a.y, a.z, a.w}, shift[4] = {b.x, b.y, b.z, b.w};
  const int side = op.side_after();
  const auto place = [&](int to_y, int to_x) {
    return op.out + ((at.picture * side + to_y) * side + to_x) * op.writes + channel;
  };
  float top[4] = {0, 0, 0, 0};
  AFFETTO_UNROLLED
  for (int pixel = 0; pixel < 4; ++pixel) {
    float value[4];
    AFFETTO_UNROLLED
    for (int c = 0; c < 4; ++c) {
      value[c] = fmaxf(sums[pixel][c] * scale[c] + shift[c], 0.0f);
      top[c] = fmaxf(top[c], value[c]);
    }
    const int to_y = y + pixel / 2, to_x = x + pixel % 2;
    if (!op.pool && to_y < side && to_x < side) store_four(place(to_y, to_x), value);
  }
  if (op.pool && y / 2 < side && x / 2 < side) store_four(place(y / 2, x / 2), top);
}

/// The convolution of a thread's window and channels.
template <class Tile, class Op>
__device__ void convolve_window(StageStep<Tile> (&steps)[Tile::kSteps], const Op& op, const TilePlace& at, int window,
                                int quad, WindowSums& sums) {
  load_step(steps[0], op, at, 0);
  for (int in = 0, i = 0; in < op.reads; in += Tile::kDeep, ++i) {
    if (in + Tile::kDeep < op.reads) {
      load_step(steps[(i + 1) % Tile::kSteps], op, at, in + Tile::kDeep);
      dev::cp_async_wait<1>();
    } else {
      dev::cp_async_wait<0>();
    }
    __syncthreads();
    multiply_step(steps[i % Tile::kSteps], window, quad, sums);
    __syncthreads();  // the step may be overwritten
  }
}

// A block owns 8 x 8 pixels and 32 channels of one picture.
template <class Tile, class Out>
__global__ void __launch_bounds__(Tile::kThreads) stage_kernel(const __grid_constant__ StageOp<float, Out> op) {
  auto& steps = dev::smem<StageLayout<Tile>>().steps;
  const TilePlace at(op.side, Tile::kSide, Tile::kChannels);
  const int quad = static_cast<int>(threadIdx.x) % Tile::kQuads;
  const int window = static_cast<int>(threadIdx.x) / Tile::kQuads;
  WindowSums sums = {};
  convolve_window(steps, op, at, window, quad, sums);
  store_window(op, at, at.y + window / (Tile::kSide / 2) * 2, at.x + window % (Tile::kSide / 2) * 2,
               at.channel + quad * 4, sums);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
