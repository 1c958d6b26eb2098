// Convolutions for tests of training on tensor cores.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <vector>

#include "kernels/conv/reference.h"
#include "kernels/conv/train/tensor.h"
#include "tests/kernels/conv/channels_last.h"
#include "tests/kernels/ops/on_device.h"

namespace kernels {

struct ConvolutionCase {
  int pictures, side, in, out;
  friend void PrintTo(const ConvolutionCase& c, std::ostream* os) {
    *os << c.pictures << " of " << c.side << " x " << c.side << ", " << c.in << " to " << c.out;
  }
};

/// Maps and a window, in floats that bf16 holds.
struct HostConvolution {
  conv_reference::Shape shape;  ///< of x
  std::size_t out;
  std::vector<float> x, d_out;  ///< [n, channels, side, side]
  std::vector<float> weight;    ///< [out, in, 3, 3]

  /// @param whole  small whole numbers: every sum of their products is exact in fp32, in whichever order
  HostConvolution(const ConvolutionCase& c, bool whole)
      : shape{static_cast<std::size_t>(c.pictures), static_cast<std::size_t>(c.in), static_cast<std::size_t>(c.side),
              static_cast<std::size_t>(c.side)},
        out(static_cast<std::size_t>(c.out)),
        x(numbers(shape.size(), whole, 0)),
        d_out(numbers(out_shape().size(), whole, 1)),
        weight(numbers(out * shape.channels * kWindowTaps, whole, 2)) {}

  conv_reference::Shape out_shape() const { return {shape.count, out, shape.height, shape.width}; }

  /// [3, 3, in, out], as training has them
  std::vector<float> window() const { return window_of(weight); }
  template <class Number>
  std::vector<float> window_of(const std::vector<Number>& of) const {
    std::vector<float> window(of.size());
    for (std::size_t i = 0; i < of.size(); ++i) {
      const std::size_t tap = i % kWindowTaps, in = i / kWindowTaps % shape.channels;
      window[(tap * shape.channels + in) * out + i / kWindowTaps / shape.channels] = static_cast<float>(of[i]);
    }
    return window;
  }

 private:
  static std::vector<float> numbers(std::size_t count, bool whole, std::uint32_t stream) {
    std::vector<float> values = normals(count, 1, stream);
    for (float& v : values) v = whole ? std::round(v) : to_float(to_bfloat16(v));
    return values;
  }
};

inline conv_reference::Values doubles_of(const std::vector<float>& values) { return {values.begin(), values.end()}; }
inline conv_reference::Values sizes_of(const std::vector<float>& values) {
  conv_reference::Values sizes;
  for (const float v : values) sizes.push_back(std::fabs(static_cast<double>(v)));
  return sizes;
}
inline std::vector<float> floats_of(const conv_reference::Values& values) { return {values.begin(), values.end()}; }

/// A sum of `terms` exact products in fp32, each addition rounding by 2^-24 of a partial sum, or by 2^-23 where the
/// hardware cuts off. @param sizes  of each sum, the sum of its terms' sizes: no partial sum is greater
inline double sum_error(double terms, const conv_reference::Values& sizes) {
  return terms * 0x1p-23 * *std::max_element(sizes.begin(), sizes.end());
}

/// The maps of `shape`, channels last, and behind them not-a-numbers, which nobody may read.
inline std::vector<Bfloat16> guarded(const conv_reference::Shape& shape, const std::vector<float>& x) {
  std::vector<Bfloat16> maps = channels_last<Bfloat16>(shape, x);
  maps.resize(maps.size() + maps.size() / shape.count, Bfloat16{0xffff});
  return maps;
}

}  // namespace kernels
