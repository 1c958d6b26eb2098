// A convolution's weight as a product looks for it.
#pragma once

#include <cstdint>

#include "kernels/conv/pack.h"
#include "kernels/device/device.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// What term `row` of a tap is multiplied with for column `column` of the result; zero for channels filled up.
/// @param weight  [3, 3, in, out]
/// @param turned  on the way back terms are outputs, columns inputs, and the window is turned by half a turn
__device__ inline float window_weight(const float* weight, int in, int out, bool turned, int tap, int row, int column) {
  const int from = turned ? column : row, to = turned ? row : column;
  if (from >= in || to >= out) return 0;
  const int seen = turned ? kWindowTaps - 1 - tap : tap;
  return weight[(std::int64_t{seen} * in + from) * out + to];
}

}  // namespace kernels::inline AFFETTO_PLATFORM
