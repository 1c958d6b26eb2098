// A convolution of training on tensor cores: an implicit matrix product of a block's pixels, held in shared memory with
// their border, and of packed weights. Sixteen input channels a step, with all nine taps; the next two steps are on
// their way meanwhile. A warp owns 48 pixels and 32 channels: of each tap it loads three matrices of pixels and four
// of weights for twelve products, 213 bytes a product, which four warps' shared memory keeps up with.
#pragma once

#include <cstdint>

#include "kernels/conv/tensor_tile.cuh"
#include "kernels/conv/train/tensor.h"
#include "kernels/conv/train/tensor_load.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// @param kAcross  warps side by side, each with its own channels
/// The numbers are reasoned, not measured; to be chosen by a benchmark when a GPU is at hand.
template <class Pixels_, int kAcross_>
struct ConvolutionTile {
  using Pixels = Pixels_;
  using Places = PatchPlaces<Pixels, kChannelUnit / 8>;
  static constexpr int kAcross = kAcross_, kDown = 3, kSixteens = Pixels::kSixteens / kDown;
  static constexpr int kGroups = kWarpChannels / kChannelUnit, kBlockGroups = kAcross * kGroups;
  static constexpr int kChannels = kAcross * kWarpChannels, kThreads = 32 * kDown * kAcross, kSteps = 3;
  static_assert(kSixteens * kDown == Pixels::kSixteens);
};

template <class Tile>
struct ConvolutionStep {
  uint4 weight[kWindowTaps][Tile::kBlockGroups][32];
  uint4 patch[Tile::Places::kCount];
};
template <class Tile>
struct ConvolutionLayout {
  ConvolutionStep<Tile> steps[Tile::kSteps];
  float sums[Tile::kDown][2][Tile::kChannels];
};

/// A warp's place in its block, and a lane's in its warp.
template <class Tile>
struct ConvolutionPlace {
  int down, group;  ///< group: the warp's first sixteen of the block's channels
  int lane;

  __device__ ConvolutionPlace()
      : down(static_cast<int>(threadIdx.x / 32) % Tile::kDown),
        group(static_cast<int>(threadIdx.x / 32) / Tile::kDown * Tile::kGroups),
        lane(static_cast<int>(threadIdx.x % 32)) {}
  __device__ int first_row() const { return down * Tile::kSixteens * 16; }
};

template <class Tile>
__device__ void multiply_step(const ConvolutionStep<Tile>& step, const ConvolutionPlace<Tile>& place,
                              PieceSums<Tile::kGroups, Tile::kSixteens>& sums) {
  using Places = typename Tile::Places;
  int first[Tile::kSixteens];  // what this lane points at, through the first tap
  AFFETTO_UNROLLED
  for (int i = 0; i < Tile::kSixteens; ++i)
    first[i] = Places::of_row(place.first_row() + i * 16 + place.lane % 16) + place.lane / 16;
  AFFETTO_UNROLLED
  for (int tap = 0; tap < kWindowTaps; ++tap) {
    const void* rows[Tile::kSixteens];
    AFFETTO_UNROLLED
    for (int i = 0; i < Tile::kSixteens; ++i) rows[i] = &step.patch[first[i] + Places::at(0, tap / 3, tap % 3)];
    uint4 weights[Tile::kGroups];
    AFFETTO_UNROLLED
    for (int g = 0; g < Tile::kGroups; ++g) weights[g] = step.weight[tap][place.group + g][place.lane];
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
/// @param channel  the warp's first
template <class Tile>
__device__ LaneMoments<Tile::kGroups> store_sums(const PieceSums<Tile::kGroups, Tile::kSixteens>& sums,
                                                 const TensorConvolutionOp& op, const TileStart& at,
                                                 const ConvolutionPlace<Tile>& place, int channel) {
  LaneMoments<Tile::kGroups> moments;
  AFFETTO_UNROLLED
  for (int half = 0; half < 2 * Tile::kSixteens; ++half) {
    const TilePixel pixel = Tile::Pixels::pixel(place.first_row() + half * 8 + place.lane / 4);
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

/// Adds up the block's moments: of a lane's rows, of the lanes with the same channels, of the warps one below another.
template <class Tile>
__device__ void store_moments(const LaneMoments<Tile::kGroups>& moments,
                              float (&shared)[Tile::kDown][2][Tile::kChannels], const TensorConvolutionOp& op,
                              const ConvolutionPlace<Tile>& place, int block_channel) {
  AFFETTO_UNROLLED
  for (int i = 0; i < 2 * Tile::kGroups * 4; ++i) {
    const int power = i / 4 / Tile::kGroups, group = i / 4 % Tile::kGroups;
    float sum = moments.at[power][group][i % 4];
    AFFETTO_UNROLLED
    for (int apart = 4; apart < 32; apart *= 2) sum += __shfl_xor_sync(0xffffffffu, sum, apart);
    if (place.lane < 4) shared[place.down][power][(place.group + group) * kChannelUnit + place.lane * 4 + i % 4] = sum;
  }
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < 2 * Tile::kChannels; i += Tile::kThreads) {
    const int power = i / Tile::kChannels, channel = i % Tile::kChannels;
    if (block_channel + channel >= op.writes) continue;
    float sum = shared[0][power][channel];
    AFFETTO_UNROLLED
    for (int down = 1; down < Tile::kDown; ++down) sum += shared[down][power][channel];
    op.sums[(std::int64_t{blockIdx.x} * 2 + power) * op.writes + block_channel + channel] = sum;
  }
}

// A block owns a tile of pixels and kChannels channels: grid (tiles, slices of channels).
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads)
    tensor_convolution_kernel(const __grid_constant__ TensorConvolutionOp op) {
  auto& shared = dev::smem<ConvolutionLayout<Tile>>();
  const TileStart at = TileStart::of<typename Tile::Pixels>(static_cast<int>(blockIdx.x), op.side);
  const ConvolutionPlace<Tile> place;
  const int block_group = static_cast<int>(blockIdx.y) * Tile::kBlockGroups;
  const TensorMap map{op.in, op.pictures, op.side, op.reads};
  PieceSums<Tile::kGroups, Tile::kSixteens> sums;
  const auto load = [&](int i) {
    ConvolutionStep<Tile>& step = shared.steps[i % Tile::kSteps];
    load_pixels<typename Tile::Pixels, 1, kChannelUnit / 8, Tile::kThreads>(
        map, at, i * kChannelUnit,
        [&](int picture, int y, int x, int chunk) { return &step.patch[Tile::Places::at(picture, y, x) + chunk]; });
    load_window<Tile::kThreads>(step.weight, op.weight, i * kChannelUnit, block_group, op.writes / kChannelUnit);
  };
  ring_of_steps<Tile::kSteps>(op.reads / kChannelUnit, load,
                              [&](int i) { multiply_step(shared.steps[i % Tile::kSteps], place, sums); });
  const auto moments = store_sums<Tile>(sums, op, at, place, (block_group + place.group) * kChannelUnit);
  if (op.sums != nullptr) store_moments<Tile>(moments, shared.sums, op, place, block_group * kChannelUnit);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
