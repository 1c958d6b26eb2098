// A warp's piece of a convolution on tensor cores: 8 x 4 pixels, sixteen channels for each group.
//
// Sixteen rows of the left operand are 8 x 2 pixels of the map, seen through one tap of the window: ldmatrix fetches
// each row from an address of its own, so that no patch matrix is written. Rows g and g + 8 of the result, a lane's,
// lie one below the other, and lanes four apart hold neighbours: pooling takes one shuffle.
#pragma once

#include <cstdint>

#include "kernels/conv/activation.cuh"
#include "kernels/conv/pack.h"
#include "kernels/device/device.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

inline constexpr int kPieceWidth = 8, kPieceHeight = 4;  ///< pixels of a warp's piece

/// [sixteen pixels][eight channels][as dev::mma has them]
template <int kGroups, int kSixteens = 2>
struct PieceSums {
  float at[kSixteens][2 * kGroups][4] = {};
};

/// Which pixel of a piece, and which eight of sixteen terms, a lane fetches for ldmatrix; `pair` 0 or 1.
struct LanePixel {
  int y, x, half;
  __device__ explicit LanePixel(int lane) : y(lane / 8 % 2), x(lane % 8), half(lane / 16) {}
};

/// sums += sixteen terms of one tap.
/// @tparam Element  Half or Bfloat16
/// @param rows      [sixteen pixels] what this lane points at
/// @param weights   a lane's four registers for each group, as pack.h has them
template <class Element, int kGroups, int kSixteens>
__device__ __forceinline__ void multiply_terms(PieceSums<kGroups, kSixteens>& sums,
                                               const void* const (&rows)[kSixteens], const uint4 (&weights)[kGroups]) {
  AFFETTO_UNROLLED
  for (int i = 0; i < kSixteens; ++i) {
    std::uint32_t a[4];
    dev::ldmatrix(a, rows[i]);
    AFFETTO_UNROLLED
    for (int g = 0; g < kGroups; ++g) {
      const std::uint32_t low[2] = {weights[g].x, weights[g].y}, high[2] = {weights[g].z, weights[g].w};
      dev::mma<Element>(sums.at[i][2 * g], a, low);
      dev::mma<Element>(sums.at[i][2 * g + 1], a, high);
    }
  }
}

/// Enqueues this thread's share of a block's weights for one step: every tap of the sixteen input channels from `in`
/// on, and the groups of sixteen from `first` on; zeros for groups that are not there.
/// @param weight  [reads / 16, 9, groups, 32 lanes] of a lane's four registers, as pack.h has them
template <int kThreads, int kGroups>
__device__ void load_window(uint4 (&to)[kWindowTaps][kGroups][32], const void* weight, int in, int first, int groups) {
  for (int i = static_cast<int>(threadIdx.x); i < kWindowTaps * kGroups * 32; i += kThreads) {
    const int lane = i % 32, group = i / 32 % kGroups, tap = i / 32 / kGroups;
    const bool there = first + group < groups;
    const uint4* from = static_cast<const uint4*>(weight);
    if (there) from += ((std::int64_t{in / kChannelUnit} * kWindowTaps + tap) * groups + first + group) * 32 + lane;
    dev::cp_async<16>(&to[tap][group][lane], from, there ? 16 : 0);
  }
}

/// Where a piece lies in its map and what becomes of it.
struct PieceEnd {
  const float *scale, *shift;  ///< [writes]
  int y, x, channel;           ///< of its first
  int side_after, writes;
  bool pool;
};

/// Scale, shift, ReLU and pooling. All lanes call.
/// @param store  (y, x, channel, two channels as one register)
template <int kGroups, class Store>
__device__ void finish_piece(const PieceSums<kGroups>& sums, const PieceEnd& end, const Store& store) {
  const int lane = static_cast<int>(threadIdx.x % 32), across = lane / 4;
  AFFETTO_UNROLLED
  for (int eight = 0; eight < 2 * kGroups; ++eight) {
    const int channel = end.channel + eight * 8 + lane % 4 * 2;
    if (end.channel + eight * 8 >= end.writes) break;  // the whole warp
    const float2 scale = *reinterpret_cast<const float2*>(end.scale + channel);
    const float2 shift = *reinterpret_cast<const float2*>(end.shift + channel);
    AFFETTO_UNROLLED
    for (int pair = 0; pair < 2; ++pair) {
      const float(&sum)[4] = sums.at[pair][eight];
      float2 upper{fmaxf(sum[0] * scale.x + shift.x, 0.0f), fmaxf(sum[1] * scale.y + shift.y, 0.0f)};
      const float2 lower{fmaxf(sum[2] * scale.x + shift.x, 0.0f), fmaxf(sum[3] * scale.y + shift.y, 0.0f)};
      const auto store_pixel = [&](int y, int x, const float2& value) {
        if (y < end.side_after && x < end.side_after)
          store(y, x, channel, pack(activation_half(value.x), activation_half(value.y)));
      };
      const int y = end.y + 2 * pair, x = end.x + across;
      if (end.pool) {
        upper.x = fmaxf(upper.x, lower.x), upper.y = fmaxf(upper.y, lower.y);
        const float2 beside{__shfl_xor_sync(0xffffffffu, upper.x, 4), __shfl_xor_sync(0xffffffffu, upper.y, 4)};
        upper.x = fmaxf(upper.x, beside.x), upper.y = fmaxf(upper.y, beside.y);
        if (across % 2 == 0) store_pixel(y / 2, x / 2, upper);
      } else {
        store_pixel(y, x, upper);
        store_pixel(y + 1, x, lower);
      }
    }
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
