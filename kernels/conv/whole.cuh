// The whole network, one launch: a block owns a picture, whose maps never leave shared memory. The preset's largest
// pair of maps, 48 x 48 x 32 and what pooling leaves of the next, takes 180 KB in fp16 of the 227 KB that a block can
// have, so that neither bands of rows nor a cluster of blocks is needed. Weights come from the L2 cache, in the order
// in which lanes hold them; warps with the same channels ask for the same ones at the same time.
#pragma once

#include <cstdint>

#include "kernels/conv/head.cuh"
#include "kernels/conv/tensor_tile.cuh"
#include "kernels/conv/whole.h"

namespace kernels::inline AFFETTO_PLATFORM {

struct alignas(16) WholeBytes {
  unsigned char first[16];  // the plan says how many follow
};

/// A map in shared memory: [side, side, chunks of eight channels]. Chunks of a pixel are swapped by its column, so that
/// the same chunk of eight neighbouring pixels, which ldmatrix fetches at once, meets no bank twice.
struct SharedMap {
  unsigned char* first;
  int side, chunks, turns;  ///< turns: how many chunks change places

  __device__ SharedMap(unsigned char* at, int side_, int channels) : first(at), side(side_), chunks(channels / 8) {
    turns = min(chunks & -chunks, 8);  // 128 bytes are all banks
  }
  __device__ unsigned char* chunk(int y, int x, int number) const {
    const int turn = x * turns / 8 % turns;
    return first + ((y * side + x) * chunks + (number ^ turn)) * 16;
  }
  __device__ Half& at(int y, int x, int channel) const {
    return reinterpret_cast<Half*>(chunk(y, x, channel / 8))[channel % 8];
  }
  __device__ bool has(int y, int x) const { return y >= 0 && y < side && x >= 0 && x < side; }
};

/// One pixel of the first stage's convolution, eight channels.
__device__ inline void picture_sums(const WholeStage& stage, const float* picture, int y, int x, int channel,
                                    float (&sums)[8]) {
  AFFETTO_UNROLLED
  for (int tap = 0; tap < kWindowTaps; ++tap) {
    const int from_y = y + tap / 3 - 1, from_x = x + tap % 3 - 1;
    const bool inside = from_y >= 0 && from_y < stage.side && from_x >= 0 && from_x < stage.side;
    const float value = inside ? picture[from_y * stage.side + from_x] : 0;
    const float* weight = static_cast<const float*>(stage.weight) + tap * stage.writes + channel;
    AFFETTO_UNROLLED
    for (int c = 0; c < 8; ++c) sums[c] += weight[c] * value;
  }
}

/// The first stage, in fp32. A thread owns eight channels of a pixel that is left.
__device__ inline void picture_stage(const WholeStage& stage, unsigned char* bytes) {
  const auto* picture = reinterpret_cast<const float*>(bytes + stage.from);
  const SharedMap out(bytes + stage.to, stage.side_after(), stage.writes);
  const int window = stage.pool ? 2 : 1;
  for (int i = static_cast<int>(threadIdx.x); i < out.side * out.side * out.chunks; i += kWholeThreads) {
    const int number = i % out.chunks, x = i / out.chunks % out.side, y = i / out.chunks / out.side;
    float top[8] = {};
    AFFETTO_ROLLED
    for (int pixel = 0; pixel < window * window; ++pixel) {
      float sums[8] = {};
      picture_sums(stage, picture, y * window + pixel / 2, x * window + pixel % 2, number * 8, sums);
      AFFETTO_UNROLLED
      for (int c = 0; c < 8; ++c)
        top[c] = fmaxf(top[c], sums[c] * stage.scale[number * 8 + c] + stage.shift[number * 8 + c]);
    }
    std::uint32_t two[4];
    AFFETTO_UNROLLED
    for (int c = 0; c < 4; ++c) two[c] = pack(activation_half(top[2 * c]), activation_half(top[2 * c + 1]));
    *reinterpret_cast<uint4*>(out.chunk(y, x, number)) = make_uint4(two[0], two[1], two[2], two[3]);
  }
}

inline constexpr int kWholeGroups = 2;  ///< sixteens of channels that a warp multiplies at once

/// Registers of one step for the groups from `first` on; zeros for those that are not there.
__device__ __forceinline__ void load_weights(const WholeStage& stage, int step, int first,
                                             uint4 (&weights)[kWholeGroups]) {
  const int groups = stage.writes / kChannelUnit, lane = static_cast<int>(threadIdx.x % 32);
  const auto* from = static_cast<const uint4*>(stage.weight) + (step * groups + first) * 32 + lane;
  AFFETTO_UNROLLED
  for (int g = 0; g < kWholeGroups; ++g)
    weights[g] = first + g < groups ? __ldg(from + g * 32) : make_uint4(0, 0, 0, 0);
}

/// A piece's sums: sixteen input channels after the other, for each the taps. The next step's weights are on their way.
__device__ inline void multiply_piece(const WholeStage& stage, const SharedMap& in, const unsigned char* zeros, int y,
                                      int x, int group, PieceSums<kWholeGroups>& sums) {
  const LanePixel pixel(static_cast<int>(threadIdx.x % 32));
  const int blocks = stage.reads / kChannelUnit;
  uint4 next[kWholeGroups];
  load_weights(stage, 0, group, next);
  AFFETTO_ROLLED
  for (int block = 0; block < blocks; ++block) {
    AFFETTO_UNROLLED
    for (int tap = 0; tap < kWindowTaps; ++tap) {
      uint4 weights[kWholeGroups];
      AFFETTO_UNROLLED
      for (int g = 0; g < kWholeGroups; ++g) weights[g] = next[g];
      if (const int step = block * kWindowTaps + tap + 1; step < blocks * kWindowTaps)
        load_weights(stage, step, group, next);
      const int from_y = y + pixel.y + tap / 3 - 1, from_x = x + pixel.x + tap % 3 - 1;
      const auto row = [&](int at_y) -> const void* {
        return in.has(at_y, from_x) ? in.chunk(at_y, from_x, 2 * block + pixel.half) : zeros;
      };
      const void* const rows[2] = {row(from_y), row(from_y + 2)};
      multiply_terms<Half>(sums, rows, weights);
    }
  }
}

/// Any other stage. A warp owns one piece after the other.
__device__ inline void map_stage(const WholeStage& stage, unsigned char* bytes, const unsigned char* zeros) {
  const SharedMap in(bytes + stage.from, stage.side, stage.reads);
  const SharedMap out(bytes + stage.to, stage.side_after(), stage.writes);
  const int across = (stage.side + kPieceWidth - 1) / kPieceWidth;
  const int places = across * ((stage.side + kPieceHeight - 1) / kPieceHeight);
  const int slices = (stage.writes / kChannelUnit + kWholeGroups - 1) / kWholeGroups;
  for (int i = static_cast<int>(threadIdx.x / 32); i < places * slices; i += kWholeThreads / 32) {
    const int y = i % places / across * kPieceHeight, x = i % places % across * kPieceWidth;
    const int group = i / places * kWholeGroups;
    PieceSums<kWholeGroups> sums;
    multiply_piece(stage, in, zeros, y, x, group, sums);
    finish_piece(sums, {stage.scale, stage.shift, y, x, group * kChannelUnit, out.side, stage.writes, stage.pool},
                 [&](int to_y, int to_x, int channel, std::uint32_t two) {
                   *reinterpret_cast<std::uint32_t*>(&out.at(to_y, to_x, channel)) = two;
                 });
  }
}

__global__ void __launch_bounds__(kWholeThreads, 1) whole_face_kernel(const __grid_constant__ WholeOp op) {
  unsigned char* bytes = dev::smem<WholeBytes>().first;
  const std::int64_t picture = blockIdx.x;
  const int thread = static_cast<int>(threadIdx.x), pixels = op.stages[0].side * op.stages[0].side;
  auto* shared_picture = reinterpret_cast<float*>(bytes + op.stages[0].from);
  for (int i = thread; i < pixels; i += kWholeThreads) shared_picture[i] = op.pictures[picture * pixels + i];
  if (thread < 4) reinterpret_cast<float*>(bytes + op.zeros)[thread] = 0;
  __syncthreads();
  picture_stage(op.stages[0], bytes);
  __syncthreads();
  AFFETTO_ROLLED
  for (int i = 1; i < op.count; ++i) {
    map_stage(op.stages[i], bytes, bytes + op.zeros);
    __syncthreads();
  }
  const WholeStage& last = op.stages[op.count - 1];
  const SharedMap map(bytes + last.to, last.side_after(), last.writes);
  finish_picture(
      op.head, reinterpret_cast<float*>(bytes + op.scratch),
      [&](int pixel, int c) { return to_float(map.at(pixel / map.side, pixel % map.side, c)); },
      op.probabilities + picture * op.head.classes);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
