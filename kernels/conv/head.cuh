// The last of a face network: a block turns the features of one picture into its probabilities.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/conv/launch.h"
#include "kernels/device/device.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

template <class Combine>
__device__ float over_warp(float value, const Combine& combine) {
  for (int far = 16; far > 0; far /= 2) value = combine(value, __shfl_xor_sync(0xffffffffu, value, far));
  return value;
}

/// logits [classes] in shared memory. A warp owns a class; barriers must stand before and after.
__device__ inline void dense_logits(const HeadView& head, const float* features, float* logits) {
  const int warp = static_cast<int>(threadIdx.x / 32), warps = static_cast<int>(blockDim.x / 32);
  const int lane = static_cast<int>(threadIdx.x % 32);
  for (int k = warp; k < head.classes; k += warps) {
    const float* row = head.weight + std::int64_t{k} * head.features;
    float sum = 0;
    for (int c = lane; c < head.features; c += 32) sum += row[c] * features[c];
    sum = over_warp(sum, [](float a, float b) { return a + b; });
    if (lane == 0) logits[k] = (sum + head.bias[k]) / head.temperature;
  }
}

/// By one warp.
__device__ inline void softmax_row(const float* logits, int classes, float* probabilities) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  float top = -INFINITY, total = 0;
  for (int k = lane; k < classes; k += 32) top = fmaxf(top, logits[k]);
  top = over_warp(top, [](float a, float b) { return fmaxf(a, b); });
  for (int k = lane; k < classes; k += 32) total += expf(logits[k] - top);
  total = over_warp(total, [](float a, float b) { return a + b; });
  for (int k = lane; k < classes; k += 32) probabilities[k] = expf(logits[k] - top) / total;
}

/// @param scratch   shared: features, then logits
/// @param value_of  (pixel, channel) -> the last map's
template <class ValueOf>
__device__ void finish_picture(const HeadView& head, float* scratch, const ValueOf& value_of, float* probabilities) {
  float* logits = scratch + head.features;
  for (int c = static_cast<int>(threadIdx.x); c < head.features; c += static_cast<int>(blockDim.x)) {
    float sum = 0;
    for (int pixel = 0; pixel < head.pixels; ++pixel) sum += value_of(pixel, c);
    scratch[c] = sum / static_cast<float>(head.pixels);
  }
  __syncthreads();
  dense_logits(head, scratch, logits);
  __syncthreads();
  if (threadIdx.x < 32) softmax_row(logits, head.classes, probabilities);
}

struct alignas(16) HeadScratch {
  float first[4];  // the launch says how many follow
};

// A block owns a picture.
template <class Element>
__global__ void __launch_bounds__(kHeadThreads) head_kernel(const __grid_constant__ HeadOp<Element> op) {
  const std::int64_t picture = blockIdx.x;
  const int pitch = filled_up(op.head.features);
  const Element* map = op.map + picture * op.head.pixels * pitch;
  finish_picture(
      op.head, dev::smem<HeadScratch>().first, [&](int pixel, int c) { return to_float(map[pixel * pitch + c]); },
      op.probabilities + picture * op.head.classes);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
