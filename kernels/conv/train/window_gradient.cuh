// The gradient of a convolution's weights in fp32: for each tap, input channel and output channel a sum over all pixels
// of all pictures. A block owns all nine taps of some channels by some, and the tiles of one group, whose products it
// adds up in their order; the groups' sums are added by parts.h.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv/stage.cuh"
#include "kernels/conv/train/launch.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// A thread owns one input channel and four outputs: 36 sums, for which it reads 3 + 4 numbers a pixel. The numbers are
/// a common middle; to be chosen by a benchmark when a GPU is at hand.
/// @tparam kDeep_    input channels of a block: 1 for the picture, a unit for maps
/// @tparam Element_  of the output's gradient
template <int kDeep_, class Element_>
struct TapGradientTile {
  using Element = Element_;
  static constexpr int kDeep = kDeep_, kSide = 8, kPatch = kSide + 2, kChannels = 32, kSteps = 2;
  static constexpr int kQuads = kChannels / 4, kChannelThreads = kDeep * kQuads;
  /// One channel leaves threads for a tile's rows: each takes one, and their sums are added at the end.
  static constexpr int kRowParts = kDeep == 1 ? kSide : 1, kThreads = kChannelThreads * kRowParts;
  static constexpr int kPitch = kDeep == 1 ? 1 : kDeep + 4;  ///< as StageTile's
  static constexpr int kSums = kWindowTaps * 4;
  static_assert(kDeep == 1 || kDeep == kChannelUnit);
};

template <class Tile>
struct TapGradientStep {
  alignas(16) typename Tile::Element d_out[Tile::kSide][Tile::kSide][Tile::kChannels];
  alignas(16) float patch[Tile::kPatch][Tile::kPatch][Tile::kPitch];
};
template <class Tile>
struct TapGradientLayout {
  TapGradientStep<Tile> steps[Tile::kSteps];
  float parts[Tile::kRowParts][Tile::kRowParts > 1 ? Tile::kChannelThreads : 1][Tile::kSums + 1];  // + 1: no bank twice
};

/// What a block works on: grid (channels by channels, groups).
template <class Tile>
struct TapGradientPlace {
  int in, out;     ///< first channels
  int across;      ///< tiles of a map's side
  int first, end;  ///< tiles of the group, of all pictures'

  template <class Op>
  __device__ TapGradientPlace(const Op& op, int pictures) {
    const int slices = (op.writes + Tile::kChannels - 1) / Tile::kChannels, block = static_cast<int>(blockIdx.x);
    in = block / slices * Tile::kDeep;
    out = block % slices * Tile::kChannels;
    across = (op.side + Tile::kSide - 1) / Tile::kSide;
    const std::int64_t tiles = std::int64_t{pictures} * across * across, group = blockIdx.y;
    first = static_cast<int>(tiles * group / op.groups);
    end = static_cast<int>(tiles * (group + 1) / op.groups);
  }
  __device__ TilePlace tile(int i) const {
    const int in_map = i % (across * across);
    return {in_map / across * Tile::kSide, in_map % across * Tile::kSide, out, i / (across * across)};
  }
};

__device__ inline float4 four_of(const float* from) { return *reinterpret_cast<const float4*>(from); }
__device__ inline float4 four_of(const Bfloat16* from) {
  return make_float4(to_float(from[0]), to_float(from[1]), to_float(from[2]), to_float(from[3]));
}

/// Zeros beyond the map and beyond its channels.
template <class Tile>
__device__ void load_gradient_step(TapGradientStep<Tile>& step, const WindowGradientOp<typename Tile::Element>& op,
                                   const TilePlace& at, int in) {
  constexpr int kBytes = Tile::kDeep == 1 ? 4 : 16, kQuadBytes = 4 * static_cast<int>(sizeof(typename Tile::Element));
  load_patch<Tile::kPatch, kBytes, Tile::kDeep * 4 / kBytes>(
      op.in, op.side, op.reads, at, in, [&](int y, int x, int chunk) { return &step.patch[y][x][chunk * kBytes / 4]; });
  for (int i = static_cast<int>(threadIdx.x); i < Tile::kSide * Tile::kSide * Tile::kQuads; i += Tile::kThreads) {
    const int quad = i % Tile::kQuads, px = i / Tile::kQuads % Tile::kSide, py = i / Tile::kQuads / Tile::kSide;
    const int y = at.y + py, x = at.x + px, channel = at.channel + quad * 4;
    const bool there = y < op.side && x < op.side && channel < op.writes;
    const typename Tile::Element* from = op.d_out;
    if (there) from += ((at.picture * op.side + y) * op.side + x) * op.writes + channel;
    dev::cp_async<kQuadBytes>(&step.d_out[py][px][quad * 4], from, there ? kQuadBytes : 0);
  }
  dev::cp_async_commit();
}

/// sums [tap][output]
using TapSums = float[kWindowTaps][4];

/// The products of one row of a tile.
template <class Tile>
__device__ void add_gradient_row(const TapGradientStep<Tile>& step, int y, int in, int quad, TapSums& sums) {
  float seen[3][Tile::kPatch];
  AFFETTO_UNROLLED
  for (int i = 0; i < 3 * Tile::kPatch; ++i)
    seen[i / Tile::kPatch][i % Tile::kPatch] = step.patch[y + i / Tile::kPatch][i % Tile::kPatch][in];
  AFFETTO_UNROLLED
  for (int x = 0; x < Tile::kSide; ++x) {
    const float4 d = four_of(&step.d_out[y][x][quad * 4]);
    AFFETTO_UNROLLED
    for (int tap = 0; tap < kWindowTaps; ++tap) {
      const float value = seen[tap / 3][x + tap % 3];
      sums[tap][0] = d.x * value + sums[tap][0];
      sums[tap][1] = d.y * value + sums[tap][1];
      sums[tap][2] = d.z * value + sums[tap][2];
      sums[tap][3] = d.w * value + sums[tap][3];
    }
  }
}

/// Into the first row part's sums all parts', in their order.
template <class Tile>
__device__ void join_row_parts(TapGradientLayout<Tile>& shared, int thread, int part, TapSums& sums) {
  if constexpr (Tile::kRowParts > 1) {
    for (int i = 0; i < Tile::kSums; ++i) shared.parts[part][thread][i] = sums[i / 4][i % 4];
    __syncthreads();
    if (part > 0) return;
    AFFETTO_ROLLED
    for (int other = 1; other < Tile::kRowParts; ++other) {
      AFFETTO_UNROLLED
      for (int i = 0; i < Tile::kSums; ++i) sums[i / 4][i % 4] += shared.parts[other][thread][i];
    }
  }
}

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads)
    window_gradient_kernel(const __grid_constant__ WindowGradientOp<typename Tile::Element> op, int pictures) {
  auto& shared = dev::smem<TapGradientLayout<Tile>>();
  const TapGradientPlace<Tile> place(op, pictures);
  const int thread = static_cast<int>(threadIdx.x) % Tile::kChannelThreads;
  const int part = static_cast<int>(threadIdx.x) / Tile::kChannelThreads;
  const int quad = thread % Tile::kQuads, in = thread / Tile::kQuads;
  constexpr int kRows = Tile::kSide / Tile::kRowParts;
  TapSums sums = {};
  if (place.first < place.end) load_gradient_step(shared.steps[0], op, place.tile(place.first), place.in);
  for (int tile = place.first, i = 0; tile < place.end; ++tile, ++i) {
    if (tile + 1 < place.end) {
      load_gradient_step(shared.steps[(i + 1) % Tile::kSteps], op, place.tile(tile + 1), place.in);
      dev::cp_async_wait<1>();
    } else {
      dev::cp_async_wait<0>();
    }
    __syncthreads();
    AFFETTO_ROLLED
    for (int y = part * kRows; y < (part + 1) * kRows; ++y)
      add_gradient_row(shared.steps[i % Tile::kSteps], y, in, quad, sums);
    __syncthreads();  // the step may be overwritten
  }
  join_row_parts(shared, thread, part, sums);
  const int out = place.out + quad * 4;
  if (part > 0 || out >= op.writes) return;
  for (int tap = 0; tap < kWindowTaps; ++tap) {
    const std::int64_t row = (std::int64_t{blockIdx.y} * kWindowTaps + tap) * op.reads + place.in + in;
    store_four(op.partial + row * op.writes + out, sums[tap]);
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
