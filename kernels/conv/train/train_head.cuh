// The last of a training network: mean over pixels, dropout, dense layer, cross-entropy, and the way back to the
// pixels. In double, which costs nothing here: some thousand numbers a picture.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/conv/train/launch.h"
#include "kernels/conv/train/sums.cuh"
#include "kernels/math/dropout.h"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

inline constexpr int kTrainHeadThreads = 128;

struct alignas(16) TrainHeadScratch {
  double first[2];  // the launch says how many follow: classes logits, then features numbers kept, as floats
};

/// Dropout's factor of a feature of a picture.
template <class Element>
__device__ float feature_factor(const TrainHeadOp<Element>& op, int picture, int feature) {
  if (!(op.dropout > 0)) return 1;
  constexpr int kHead = 0;  // the layer's number in the counter: there is one
  const int quads = (op.features + 3) / 4;
  float four[4];
  dropout_factors(
      op.seed, dropout_stream(op.iteration, kHead),
      static_cast<std::uint32_t>(picture) * static_cast<std::uint32_t>(quads) + static_cast<std::uint32_t>(feature / 4),
      op.dropout, four);
  const int i = feature % 4;
  return i == 0 ? four[0] : i == 1 ? four[1] : i == 2 ? four[2] : four[3];  // no array in memory
}

/// By the whole block.
template <class Element>
__device__ void keep_features(const TrainHeadOp<Element>& op, int picture, float* kept) {
  const Element* map = op.map + std::int64_t{picture} * op.pixels * op.channels;
  for (int c = static_cast<int>(threadIdx.x); c < op.features; c += kTrainHeadThreads) {
    double sum = 0;
    for (int pixel = 0; pixel < op.pixels; ++pixel)
      sum += static_cast<double>(to_float(map[std::int64_t{pixel} * op.channels + c]));
    const float mean = static_cast<float>(sum / op.pixels);
    kept[c] = mean * feature_factor(op, picture, c);
    op.kept[std::int64_t{picture} * op.features + c] = kept[c];
  }
}

/// A warp owns a class; barriers must stand before and after.
template <class Element>
__device__ void train_logits(const TrainHeadOp<Element>& op, const float* kept, double* logits) {
  for (int k = static_cast<int>(threadIdx.x / 32); k < op.classes; k += kTrainHeadThreads / 32) {
    const float* row = op.weight + std::int64_t{k} * op.features;
    double sum = 0;
    for (int c = static_cast<int>(threadIdx.x % 32); c < op.features; c += 32)
      sum += static_cast<double>(row[c]) * static_cast<double>(kept[c]);
    sum = over_warp(sum);
    if (threadIdx.x % 32 == 0) logits[k] = sum + static_cast<double>(op.bias[k]);
  }
}

template <class T>
__device__ int first_greatest(const T* x, int count) {
  int at = 0;
  for (int i = 1; i < count; ++i) {
    if (x[i] > x[at]) at = i;
  }
  return at;
}

/// By one thread: classes are few. logits become their gradient.
template <class Element>
__device__ void picture_loss(const TrainHeadOp<Element>& op, int picture, double* logits) {
  const float* target = op.targets + std::int64_t{picture} * op.classes;
  const int highest = first_greatest(logits, op.classes);
  const double top = logits[highest];
  double sum = 0, loss = 0;
  for (int k = 0; k < op.classes; ++k) sum += exp(logits[k] - top);
  const double log_sum = log(sum);
  for (int k = 0; k < op.classes; ++k) {
    const double log_p = logits[k] - top - log_sum, wanted = static_cast<double>(target[k]);
    loss -= wanted * log_p;
    logits[k] = (exp(log_p) - wanted) / op.n;
    op.d_logits[std::int64_t{picture} * op.classes + k] = logits[k];
  }
  op.losses[picture] = loss;
  op.correct[picture] = highest == first_greatest(target, op.classes) ? 1 : 0;
}

/// Of every pixel of the map, by the whole block; zero for channels that are not there.
template <class Element>
__device__ void pixel_gradient(const TrainHeadOp<Element>& op, int picture, const double* d_logits) {
  for (int c = static_cast<int>(threadIdx.x); c < op.channels; c += kTrainHeadThreads) {
    double d = 0;
    for (int k = 0; c < op.features && k < op.classes; ++k)
      d += d_logits[k] * static_cast<double>(op.weight[std::int64_t{k} * op.features + c]);
    const double factor = c < op.features ? static_cast<double>(feature_factor(op, picture, c)) : 0;
    const auto share = static_cast<float>(d * factor / op.pixels);
    op.d_pixel[std::int64_t{picture} * op.channels + c] = from_float<Element>(share);
  }
}

// A block owns a picture.
template <class Element>
__global__ void __launch_bounds__(kTrainHeadThreads)
    train_head_kernel(const __grid_constant__ TrainHeadOp<Element> op) {
  double* logits = dev::smem<TrainHeadScratch>().first;
  float* kept = reinterpret_cast<float*>(logits + op.classes);
  const int picture = static_cast<int>(blockIdx.x);
  keep_features(op, picture, kept);
  __syncthreads();
  train_logits(op, kept, logits);
  __syncthreads();
  if (threadIdx.x == 0) picture_loss(op, picture, logits);
  __syncthreads();
  pixel_gradient(op, picture, logits);
}

// One thread owns one weight, or one class's bias: pictures in their order.
__global__ void __launch_bounds__(kElementThreads) head_gradient_kernel(const __grid_constant__ HeadGradientOp op) {
  const std::int64_t i = element();
  const std::int64_t columns = op.features + 1;
  if (i >= columns * op.classes) return;
  const std::int64_t k = i / columns, c = i % columns;
  const bool bias = c == op.features;
  double sum = 0;
  for (std::int64_t picture = 0; picture < op.n; ++picture) {
    const double kept = bias ? 1 : static_cast<double>(op.kept[picture * op.features + c]);
    sum += op.d_logits[picture * op.classes + k] * kept;
  }
  (bias ? op.d_bias[k] : op.d_weight[k * op.features + c]) = static_cast<float>(sum);
}

// One warp.
__global__ void __launch_bounds__(32) tally_kernel(const __grid_constant__ HeadGradientOp op) {
  double loss = 0, correct = 0;  // whole numbers, exact far beyond any count of pictures
  for (int i = static_cast<int>(threadIdx.x); i < op.n; i += 32) {
    loss += op.losses[i];
    correct += op.correct[i];
  }
  loss = over_warp(loss);
  correct = over_warp(correct);
  if (threadIdx.x != 0) return;
  op.tally->loss += loss;
  op.tally->correct += static_cast<std::int64_t>(correct);
  op.tally->pictures += op.n;
  op.tally->last_loss = loss / op.n;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
