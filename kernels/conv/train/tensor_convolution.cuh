// A convolution of training on tensor cores: an implicit matrix product of a block's pixels, held in shared memory with
// their border, and of packed weights. Sixteen input channels a step, with all nine taps; the next step is on its
// way meanwhile. Three warps own 48 pixels each, and all of the block's channels, 64 or 32: of each tap a warp loads
// three matrices of pixels and four (two) of weights for 24 (12) products, 149 (213) bytes a product. Shared memory
// gives 128 bytes a cycle, in which mma.sync is expected to make 0.64 of a product.
#pragma once

#include <cstdint>

#include "kernels/conv/tensor_tile.cuh"
#include "kernels/conv/train/tensor.h"
#include "kernels/conv/train/tensor_load.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// The numbers are reasoned, not measured; to be chosen by a benchmark when a GPU is at hand.
template <class Pixels_, int kChannels_>
struct ConvolutionTile {
  using Pixels = Pixels_;
  using Places = PatchPlaces<Pixels, kChannelUnit / 8>;
  static constexpr int kChannels = kChannels_, kGroups = kChannels / kChannelUnit;
  static constexpr int kWarps = 3, kThreads = 32 * kWarps, kSixteens = Pixels::kSixteens / kWarps;  ///< of a warp
  static constexpr int kSteps = 2;
  static_assert(kSixteens * kWarps == Pixels::kSixteens);
};

template <class Tile>
struct ConvolutionStep {
  uint4 weight[kWindowTaps][Tile::kGroups][32];
  uint4 patch[Tile::Places::kCount];
};
template <class Tile>
union ConvolutionLayout {
  ConvolutionStep<Tile> steps[Tile::kSteps];
  float sums[Tile::kWarps][2][Tile::kChannels];  // when the last step has been read

  static_assert(4 * (sizeof(steps) + 1024) <= 228 * 1024, "four blocks, twelve warps, fit into a multiprocessor");
};

/// A warp, its first row of the block's pixels, and a lane.
template <class Tile>
struct ConvolutionPlace {
  int warp, row, lane;

  __device__ ConvolutionPlace()
      : warp(static_cast<int>(threadIdx.x / 32)),
        row(warp * Tile::kSixteens * 16),
        lane(static_cast<int>(threadIdx.x % 32)) {}
};

template <class Tile>
__device__ void multiply_step(const ConvolutionStep<Tile>& step, const ConvolutionPlace<Tile>& place,
                              PieceSums<Tile::kGroups, Tile::kSixteens>& sums) {
  using Places = typename Tile::Places;
  int first[Tile::kSixteens];  // what this lane points at, through the first tap
  AFFETTO_UNROLLED
  for (int i = 0; i < Tile::kSixteens; ++i)
    first[i] = Places::of_row(place.row + i * 16 + place.lane % 16) + place.lane / 16;
  AFFETTO_UNROLLED
  for (int tap = 0; tap < kWindowTaps; ++tap) {
    const void* rows[Tile::kSixteens];
    AFFETTO_UNROLLED
    for (int i = 0; i < Tile::kSixteens; ++i) rows[i] = &step.patch[first[i] + Places::at(0, tap / 3, tap % 3)];
    uint4 weights[Tile::kGroups];
    AFFETTO_UNROLLED
    for (int g = 0; g < Tile::kGroups; ++g) weights[g] = step.weight[tap][g][place.lane];
    multiply_terms<Bfloat16>(sums, rows, weights);
  }
}

/// Of a lane's four channels of each group: their numbers as they are kept, and the squares of those.
template <int kGroups>
struct LaneMoments {
  float at[2][kGroups][4] = {};

  __device__ void add(int group, const Bfloat16 (&four)[4]) {
    AFFETTO_UNROLLED
    for (int c = 0; c < 4; ++c) {
      const float z = to_float(four[c]);
      at[0][group][c] += z;
      at[1][group][c] += z * z;
    }
  }
};

/// Stores what lies within the map and adds it to the lane's moments.
/// @param channel  the block's first
template <class Tile>
__device__ LaneMoments<Tile::kGroups> store_sums(const PieceSums<Tile::kGroups, Tile::kSixteens>& sums,
                                                 const TensorConvolutionOp& op, const TileStart& at,
                                                 const ConvolutionPlace<Tile>& place, int channel) {
  LaneMoments<Tile::kGroups> moments;
  AFFETTO_UNROLLED
  for (int half = 0; half < 2 * Tile::kSixteens; ++half) {
    const TilePixel pixel = Tile::Pixels::pixel(place.row + half * 8 + place.lane / 4);
    const int y = at.y + pixel.y, x = at.x + pixel.x;
    if (at.picture + pixel.picture >= op.pictures || y >= op.side || x >= op.side) continue;
    Bfloat16* to = op.out + (((at.picture + pixel.picture) * op.side + y) * op.side + x) * op.writes + channel;
    AFFETTO_UNROLLED
    for (int g = 0; g < Tile::kGroups; ++g) {
      if (channel + g * kChannelUnit >= op.writes) break;
      const float* low = sums.at[half / 2][2 * g] + half % 2 * 2;
      const float* high = sums.at[half / 2][2 * g + 1] + half % 2 * 2;
      const Bfloat16 four[4] = {to_bfloat16(low[0]), to_bfloat16(low[1]), to_bfloat16(high[0]), to_bfloat16(high[1])};
      *reinterpret_cast<uint2*>(to + g * kChannelUnit + place.lane % 4 * 4) =
          make_uint2(pack(four[0], four[1]), pack(four[2], four[3]));
      moments.add(g, four);
    }
  }
  return moments;
}

/// Adds up the block's moments: of a lane's rows, of the lanes with the same channels, of the warps.
template <class Tile>
__device__ void store_moments(const LaneMoments<Tile::kGroups>& moments,
                              float (&shared)[Tile::kWarps][2][Tile::kChannels], const TensorConvolutionOp& op,
                              const ConvolutionPlace<Tile>& place, int channel) {
  __syncthreads();  // nobody reads a step any more
  AFFETTO_UNROLLED
  for (int i = 0; i < 2 * Tile::kGroups * 4; ++i) {
    const int power = i / 4 / Tile::kGroups, group = i / 4 % Tile::kGroups;
    float sum = moments.at[power][group][i % 4];
    AFFETTO_UNROLLED
    for (int apart = 4; apart < 32; apart *= 2) sum += __shfl_xor_sync(0xffffffffu, sum, apart);
    if (place.lane < 4) shared[place.warp][power][group * kChannelUnit + place.lane * 4 + i % 4] = sum;
  }
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < 2 * Tile::kChannels; i += Tile::kThreads) {
    const int power = i / Tile::kChannels, c = i % Tile::kChannels;
    if (channel + c >= op.writes) continue;
    float sum = shared[0][power][c];
    AFFETTO_UNROLLED
    for (int warp = 1; warp < Tile::kWarps; ++warp) sum += shared[warp][power][c];
    op.sums[(std::int64_t{blockIdx.x} * 2 + power) * op.writes + channel + c] = sum;
  }
}

// A block owns a tile of pixels and kChannels channels: grid (tiles, slices of channels).
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads)
    tensor_convolution_kernel(const __grid_constant__ TensorConvolutionOp op) {
  auto& shared = dev::smem<ConvolutionLayout<Tile>>();
  const TileStart at = TileStart::of<typename Tile::Pixels>(static_cast<int>(blockIdx.x), op.side);
  const ConvolutionPlace<Tile> place;
  const int channel = static_cast<int>(blockIdx.y) * Tile::kChannels;
  const TensorMap map{op.in, op.pictures, op.side, op.reads};
  PieceSums<Tile::kGroups, Tile::kSixteens> sums;
  const auto load = [&](int i) {
    ConvolutionStep<Tile>& step = shared.steps[i % Tile::kSteps];
    load_pixels<typename Tile::Pixels, 1, kChannelUnit / 8, Tile::kThreads>(
        map, at, i * kChannelUnit,
        [&](int picture, int y, int x, int chunk) { return &step.patch[Tile::Places::at(picture, y, x) + chunk]; });
    load_window<Tile::kThreads>(step.weight, op.weight, i * kChannelUnit, channel / kChannelUnit,
                                op.writes / kChannelUnit);
  };
  ring_of_steps<Tile::kSteps>(op.reads / kChannelUnit, load,
                              [&](int i) { multiply_step(shared.steps[i % Tile::kSteps], place, sums); });
  const auto moments = store_sums<Tile>(sums, op, at, place, channel);
  if (op.sums != nullptr) store_moments<Tile>(moments, shared.sums, op, place, channel);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
