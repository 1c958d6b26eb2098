// Maps in the definition's layout and in that of the kernels.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "kernels/conv/pack.h"
#include "kernels/conv/reference.h"
#include "kernels/math/half.h"

namespace kernels {

/// Channels of a pixel in memory. A picture's one stays one.
enum class Filling { whole_units, none };
inline std::size_t pitch_of(const conv_reference::Shape& shape, Filling filling) {
  const int channels = static_cast<int>(shape.channels);
  return static_cast<std::size_t>(filling == Filling::none ? channels : filled_up(channels));
}

/// [n, channels, side, side] -> [n, side, side, pitch] and back; what was filled up must be zero.
template <class Element>
std::vector<Element> channels_last(const conv_reference::Shape& shape, const std::vector<float>& x,
                                   Filling filling = Filling::whole_units) {
  const std::size_t pitch = pitch_of(shape, filling), pixels = shape.height * shape.width;
  std::vector<Element> to(shape.count * pixels * pitch, from_float<Element>(0));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i / pixels % shape.channels, n = i / pixels / shape.channels;
    to[(n * pixels + i % pixels) * pitch + c] = from_float<Element>(x[i]);
  }
  return to;
}
template <class Element>
std::vector<float> channels_first(const conv_reference::Shape& shape, const std::vector<Element>& x,
                                  Filling filling = Filling::whole_units) {
  const std::size_t pitch = pitch_of(shape, filling), pixels = shape.height * shape.width;
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
