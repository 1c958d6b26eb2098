// What stands between two convolutions in training: the moments of a batch, normalisation, ReLU and pooling, and the
// way back through them. Where a 2x2 window's gradient goes is found again from z on the way back, so that nothing is
// kept but z.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/conv/train/launch.h"
#include "kernels/conv/train/sums.cuh"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// A block adds up 1,024 pixels of 16 channels: a thread every sixteenth pixel of one channel.
struct SumsTile {
  static constexpr int kChannels = kChannelUnit, kRows = 16, kThreads = kChannels * kRows;
  /// Summed in float before the rest is added in double, as on the CPU: few enough to keep 18 bits of each whatever
  /// their signs, many enough that the additions in double do not count.
  static constexpr int kPixels = 64, kPart = kRows * kPixels;
  /// Where a tile of some 144 pixels was added up already, a thread adds few, in double: as many blocks as of pixels.
  static constexpr int kTiles = 8, kTilesPart = kRows * kTiles;
};
struct SumsLayout {
  double sums[2][SumsTile::kRows][SumsTile::kChannels];
};

/// Two sums for each channel over a part of the pixels, or of whatever else is added up.
/// @tparam kEach   pixels of a thread, added up as Number
/// @param terms  (pixel, channel, first, second) adds to both
template <class Number, int kEach, class Terms>
__device__ void sum_part(SumsLayout& shared, const ChannelParts& parts, int pixels, const Terms& terms) {
  using Tile = SumsTile;
  const int column = static_cast<int>(threadIdx.x) % Tile::kChannels;
  const int row = static_cast<int>(threadIdx.x) / Tile::kChannels;
  const int channel = static_cast<int>(blockIdx.y) * Tile::kChannels + column;
  const int begin = static_cast<int>(blockIdx.x) * Tile::kRows * kEach + row;
  Number first = 0, second = 0;
  for (int i = 0; i < kEach && begin + i * Tile::kRows < pixels; ++i)
    terms(begin + i * Tile::kRows, channel, first, second);
  shared.sums[0][row][column] = static_cast<double>(first);
  shared.sums[1][row][column] = static_cast<double>(second);
  __syncthreads();
  if (row > 1) return;  // a row of threads for each sum
  double total = 0;
  for (int other = 0; other < Tile::kRows; ++other) total += shared.sums[row][other][column];
  (row == 0 ? parts.first : parts.second)[std::int64_t{blockIdx.x} * parts.channels + channel] = total;
}

template <class Element>
__global__ void __launch_bounds__(SumsTile::kThreads)
    moment_sums_kernel(const __grid_constant__ MomentsOp<Element> op) {
  const auto terms = [&](int pixel, int channel, float& sum, float& square) {
    const float z = to_float(op.z[std::int64_t{pixel} * op.parts.channels + channel]);
    sum += z;
    square = fmaf(z, z, square);
  };
  sum_part<float, SumsTile::kPixels>(dev::smem<SumsLayout>(), op.parts, op.pixels, terms);
}

__global__ void __launch_bounds__(SumsTile::kThreads)
    tile_sums_kernel(const __grid_constant__ TileSums tiles, const __grid_constant__ ChannelParts parts) {
  const auto terms = [&](int tile, int channel, double& sum, double& square) {
    const float* row = tiles.sums + std::int64_t{2} * tile * parts.channels + channel;
    sum += static_cast<double>(row[0]);
    square += static_cast<double>(row[parts.channels]);
  };
  sum_part<double, SumsTile::kTiles>(dev::smem<SumsLayout>(), parts, tiles.count, terms);
}

// One warp owns one channel, here and in norm_gradient_kernel.
template <class Element>
__global__ void __launch_bounds__(32 * kRowWarps)
    moments_kernel(const __grid_constant__ MomentsOp<Element> op, int parts) {
  const int c = warp_row();
  if (c >= op.parts.channels) return;
  const double sum = sum_of_parts(op.parts.first, parts, op.parts.channels, c);
  const double square = sum_of_parts(op.parts.second, parts, op.parts.channels, c);
  if (threadIdx.x % 32 != 0) return;
  if (c >= op.out) {  // filled up: stays zero
    op.norm.inverse[c] = 0;
    op.norm.mean[c] = op.norm.scale[c] = op.norm.shift[c] = 0;
    return;
  }
  const double pixels = op.pixels, mean = sum / pixels, variance = fmax(square / pixels - mean * mean, 0.0);
  const double inverse = 1 / sqrt(variance + op.epsilon), scale = static_cast<double>(op.gamma[c]) * inverse;
  op.norm.inverse[c] = inverse;
  op.norm.mean[c] = static_cast<float>(mean);
  op.norm.scale[c] = static_cast<float>(scale);
  op.norm.shift[c] = static_cast<float>(static_cast<double>(op.beta[c]) - mean * scale);
  op.moments[c] = static_cast<float>(mean);
  op.moments[op.out + c] = static_cast<float>(variance * pixels / fmax(pixels - 1, 1.0));
}

/// Pixel `pixel` of all of a batch's maps.
struct PixelPlace {
  int picture, y, x;
  __device__ PixelPlace(int pixel, int side) : picture(pixel / side / side), y(pixel / side % side), x(pixel % side) {}
};

/// The normalised z of a window's pixels. The same bits wherever it is asked for: the way back finds the same greatest.
template <class Element>
__device__ void window_values(const ActivationOp<Element>& op, const Element* z, int channel, float (&r)[4]) {
  const float scale = op.norm.scale[channel], shift = op.norm.shift[channel];
  AFFETTO_UNROLLED
  for (int i = 0; i < 4; ++i) r[i] = fmaf(to_float(z[(i / 2 * op.side + i % 2) * op.channels]), scale, shift);
}

// One thread owns one element of y.
template <class Element>
__global__ void __launch_bounds__(kElementThreads)
    activation_kernel(const __grid_constant__ ActivationOp<Element> op, std::int64_t count) {
  const std::int64_t i = element();
  if (i >= count) return;
  const int channel = static_cast<int>(i % op.channels);
  if (!op.pool) {
    const float r = fmaf(to_float(op.z[i]), op.norm.scale[channel], op.norm.shift[channel]);
    op.y[i] = from_float<Element>(fmaxf(r, 0.0f));
    return;
  }
  const PixelPlace at(static_cast<int>(i / op.channels), op.after());
  const std::int64_t first = (std::int64_t{at.picture} * op.side + 2 * at.y) * op.side + 2 * at.x;
  float r[4];
  window_values(op, op.z + first * op.channels + channel, channel, r);
  op.y[i] = from_float<Element>(fmaxf(fmaxf(fmaxf(r[0], r[1]), fmaxf(r[2], r[3])), 0.0f));
}

/// The gradient of a normalised pixel: what reaches it through pooling and ReLU.
template <class Element>
__device__ float routed(const ActivationGradientOp<Element>& op, int pixel, int channel) {
  const ActivationOp<Element>& f = op.forward;
  const PixelPlace at(pixel, f.side);
  const auto dy = [&](int y, int x) {
    return to_float(op.dy[at.picture * op.dy_picture + std::int64_t{y * f.after() + x} * op.dy_pixel + channel]);
  };
  if (!f.pool) {
    const float z = to_float(f.z[std::int64_t{pixel} * f.channels + channel]);
    const float r = fmaf(z, f.norm.scale[channel], f.norm.shift[channel]);
    return r > 0 ? dy(at.y, at.x) : 0.0f;
  }
  if (at.y / 2 >= f.after() || at.x / 2 >= f.after()) return 0;  // a last odd row or column
  const int here = at.y % 2 * 2 + at.x % 2;
  const std::int64_t first = std::int64_t{pixel} - at.y % 2 * f.side - at.x % 2;
  float r[4];
  window_values(f, f.z + first * f.channels + channel, channel, r);
  int greatest = 0;
  float top = r[0];
  AFFETTO_UNROLLED
  for (int i = 1; i < 4; ++i) {
    if (r[i] > top) top = r[i], greatest = i;
  }
  return here == greatest && top > 0 ? dy(at.y / 2, at.x / 2) : 0.0f;
}

template <class Element>
__global__ void __launch_bounds__(SumsTile::kThreads)
    gradient_sums_kernel(const __grid_constant__ ActivationGradientOp<Element> op) {
  const auto terms = [&](int pixel, int channel, float& sum, float& product) {
    const float dr = routed(op, pixel, channel);
    const float z = to_float(op.forward.z[std::int64_t{pixel} * op.parts.channels + channel]);
    sum += dr;
    product = fmaf(dr, z - op.forward.norm.mean[channel], product);
  };
  sum_part<float, SumsTile::kPixels>(dev::smem<SumsLayout>(), op.parts, op.pixels, terms);
}

template <class Element>
__global__ void __launch_bounds__(32 * kRowWarps)
    norm_gradient_kernel(const __grid_constant__ ActivationGradientOp<Element> op, int parts) {
  const int c = warp_row();
  if (c >= op.parts.channels) return;
  const double sum = sum_of_parts(op.parts.first, parts, op.parts.channels, c);
  const double product = sum_of_parts(op.parts.second, parts, op.parts.channels, c);
  if (threadIdx.x % 32 != 0) return;
  const NormView& norm = op.forward.norm;
  const bool there = c < op.out;
  const double inverse = norm.inverse[c], pixels = op.pixels;
  const double a = there ? static_cast<double>(op.gamma[c]) * inverse : 0;
  const double b = -a * inverse * inverse * product / pixels;
  norm.by_dr[c] = static_cast<float>(a);
  norm.by_z[c] = static_cast<float>(b);
  norm.constant[c] = static_cast<float>(-a * sum / pixels - b * static_cast<double>(norm.mean[c]));
  if (!there) return;
  op.d_beta[c] = static_cast<float>(sum);
  op.d_gamma[c] = static_cast<float>(product * inverse);
}

// One thread owns one element of dz.
template <class Element>
__global__ void __launch_bounds__(kElementThreads)
    activation_gradient_kernel(const __grid_constant__ ActivationGradientOp<Element> op, std::int64_t count) {
  const std::int64_t i = element();
  if (i >= count) return;
  const int channel = static_cast<int>(i % op.forward.channels);
  const float dr = routed(op, static_cast<int>(i / op.forward.channels), channel);
  const NormView& norm = op.forward.norm;
  const float rest = fmaf(norm.by_z[channel], to_float(op.forward.z[i]), norm.constant[channel]);
  op.dz[i] = from_float<Element>(fmaf(norm.by_dr[channel], dr, rest));
}

}  // namespace kernels::inline AFFETTO_PLATFORM
