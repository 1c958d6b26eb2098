// Sums in double by a warp, in an order that only their length decides.
#pragma once

#include <cstdint>

#include "kernels/device/device.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// Every lane gets the sum.
__device__ inline double over_warp(double value) {
  for (int far = 16; far > 0; far /= 2) value += __shfl_xor_sync(0xffffffffu, value, far);
  return value;
}

/// A channel's sum over all parts, by a warp: every lane gets it.
__device__ inline double sum_of_parts(const double* parts, int count, int channels, int channel) {
  double sum = 0;
  for (int i = static_cast<int>(threadIdx.x % 32); i < count; i += 32)
    sum += parts[std::int64_t{i} * channels + channel];
  return over_warp(sum);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
