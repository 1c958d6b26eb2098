// Maps as PyTorch has them, and as kernels have them: channels last and filled up.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "kernels/conv/pack.h"
#include "kernels/conv/reference.h"
#include "kernels/math/half.h"

namespace kernels {

/// [n, channels, side, side] -> [n, side, side, filled_up(channels)] and back; what was filled up must be zero.
template <class Element>
std::vector<Element> channels_last(const conv_reference::Shape& shape, const std::vector<float>& x) {
  const auto pitch = static_cast<std::size_t>(filled_up(static_cast<int>(shape.channels)));
  const std::size_t pixels = shape.height * shape.width;
  std::vector<Element> to(shape.count * pixels * pitch, from_float<Element>(0));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i / pixels % shape.channels, n = i / pixels / shape.channels;
    to[(n * pixels + i % pixels) * pitch + c] = from_float<Element>(x[i]);
  }
  return to;
}
template <class Element>
std::vector<float> channels_first(const conv_reference::Shape& shape, const std::vector<Element>& x) {
  const auto pitch = static_cast<std::size_t>(filled_up(static_cast<int>(shape.channels)));
  const std::size_t pixels = shape.height * shape.width;
  std::vector<float> to(shape.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % pitch, pixel = i / pitch % pixels, n = i / pitch / pixels;
    if (c < shape.channels) {
      to[(n * shape.channels + c) * pixels + pixel] = to_float(x[i]);
    } else {
      EXPECT_EQ(to_float(x[i]), 0.0f) << "channel " << c << " of " << shape.channels;
    }
  }
  return to;
}

}  // namespace kernels
