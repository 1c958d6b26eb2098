// Training's convolution in fp32, forward and back: the rung stage's (stage.cuh) without what follows a sum. The way
// back is the same product with the window turned round and the channels exchanged, which is the packed weights'
// business.
#pragma once

#include <cstdint>

#include "kernels/conv/stage.cuh"
#include "kernels/conv/train/launch.h"
#include "kernels/conv/train/window_weight.cuh"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

// One thread owns one packed weight.
__global__ void __launch_bounds__(kElementThreads) pack_window_kernel(const __grid_constant__ PackTapsOp op) {
  const std::int64_t i = element();
  if (i >= std::int64_t{op.reads} * kWindowTaps * op.writes) return;
  const int column = static_cast<int>(i % op.writes), tap = static_cast<int>(i / op.writes % kWindowTaps);
  const int row = static_cast<int>(i / op.writes / kWindowTaps);
  op.to[i] = window_weight(op.weight, op.in, op.out, op.turned, tap, row, column);
}

// A block owns 8 x 8 pixels and 32 channels of one picture; a thread a 2x2 window and four channels of them.
template <class Tile, class Element>
__global__ void __launch_bounds__(Tile::kThreads)
    convolution_kernel(const __grid_constant__ ConvolutionOp<Element> op) {
  auto& steps = dev::smem<StageLayout<Tile>>().steps;
  const TilePlace at(op.side, Tile::kSide, Tile::kChannels);
  const int quad = static_cast<int>(threadIdx.x) % Tile::kQuads;
  const int window = static_cast<int>(threadIdx.x) / Tile::kQuads;
  WindowSums sums = {};
  convolve_window(steps, op, at, window, quad, sums);
  const int channel = at.channel + quad * 4;
  if (channel >= op.writes) return;
  AFFETTO_UNROLLED
  for (int pixel = 0; pixel < 4; ++pixel) {
    const int y = at.y + window / (Tile::kSide / 2) * 2 + pixel / 2;
    const int x = at.x + window % (Tile::kSide / 2) * 2 + pixel % 2;
    if (y >= op.side || x >= op.side) continue;
    store_four(op.out + ((at.picture * op.side + y) * op.side + x) * op.writes + channel, sums[pixel]);
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
