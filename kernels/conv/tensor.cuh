// A stage on tensor cores, one kernel: an implicit matrix product of a block's patch of the map, held in shared memory
// with its border, and of weights packed as lanes hold them. Sixteen input channels a step, with all nine taps; the
// next two steps are on their way meanwhile. A sum is taken over those sixteens, and for each over the taps, both in
// rising order, so that it does not depend on other pictures.
#pragma once

#include <cstdint>

#include "kernels/conv/stage.cuh"
#include "kernels/conv/tensor_tile.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// Four warps: two halves of 8 x 8 pixels, two of the channels.
/// @param kGroups  sixteens of channels that a warp owns
template <int kGroups_>
struct TensorTile {
  static constexpr int kGroups = kGroups_, kSide = 8, kPatch = kSide + 2, kSteps = 3, kThreads = 128;
  static constexpr int kBlockGroups = 2 * kGroups, kChannels = kBlockGroups * kChannelUnit;
  /// Elements of a pixel of the patch: 48 bytes apart, eight neighbours meet no bank twice.
  static constexpr int kPitch = kChannelUnit + 8;
  static_assert(kSide == kPieceWidth && kSide == 2 * kPieceHeight);
};

template <class Tile>
struct TensorStep {
  alignas(16) uint4 weight[kWindowTaps][Tile::kBlockGroups][32];
  alignas(16) Half patch[Tile::kPatch][Tile::kPatch][Tile::kPitch];
};
template <class Tile>
struct TensorLayout {
  TensorStep<Tile> steps[Tile::kSteps];
};

template <class Tile>
__device__ void load_step(TensorStep<Tile>& step, const StageOp<Half, Half>& op, const TilePlace& at, int in) {
  load_patch<Tile::kPatch, 16, 2>(op.in, op.side, op.reads, at, in,
                                  [&](int y, int x, int chunk) { return &step.patch[y][x][chunk * 8]; });
  load_window<Tile::kThreads>(step.weight, op.weight, in, at.channel / kChannelUnit, op.writes / kChannelUnit);
}

/// @param y  of the piece in the patch
template <class Tile>
__device__ void multiply_step(const TensorStep<Tile>& step, int y, int group, PieceSums<Tile::kGroups>& sums) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const LanePixel pixel(lane);
  AFFETTO_UNROLLED
  for (int tap = 0; tap < kWindowTaps; ++tap) {
    const int row = y + pixel.y + tap / 3, column = pixel.x + tap % 3;
    const void* const rows[2] = {&step.patch[row][column][pixel.half * 8],
                                 &step.patch[row + 2][column][pixel.half * 8]};
    uint4 weights[Tile::kGroups];
    AFFETTO_UNROLLED
    for (int g = 0; g < Tile::kGroups; ++g) weights[g] = step.weight[tap][group + g][lane];
    multiply_terms<Half>(sums, rows, weights);
  }
}

// A block owns 8 x 8 pixels and kChannels channels of one picture.
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads) tensor_stage_kernel(const __grid_constant__ StageOp<Half, Half> op) {
  auto& steps = dev::smem<TensorLayout<Tile>>().steps;
  const TilePlace at(op.side, Tile::kSide, Tile::kChannels);
  const int warp = static_cast<int>(threadIdx.x / 32), y = warp % 2 * kPieceHeight, group = warp / 2 * Tile::kGroups;
  PieceSums<Tile::kGroups> sums;
  const int count = op.reads / kChannelUnit;
  const auto load = [&](int i) {
    if (i < count) load_step(steps[i % Tile::kSteps], op, at, i * kChannelUnit);
    dev::cp_async_commit();  // an empty group at the end keeps the count
  };
  load(0);
  load(1);
  for (int i = 0; i < count; ++i) {
    dev::cp_async_wait<1>();
    __syncthreads();  // step i is there for all, and nobody reads step i - 1 any more
    load(i + 2);
    multiply_step(steps[i % Tile::kSteps], y, group, sums);
  }
  const PieceEnd end{op.scale,        op.shift,  at.y + y, at.x, at.channel + group * kChannelUnit,
                     op.side_after(), op.writes, op.pool};
  finish_piece(sums, end, [&](int to_y, int to_x, int channel, std::uint32_t two) {
    const std::int64_t pixel = (at.picture * end.side_after + to_y) * end.side_after + to_x;
    *reinterpret_cast<std::uint32_t*>(op.out + pixel * op.writes + channel) = two;
  });
}

}  // namespace kernels::inline AFFETTO_PLATFORM
