// A picture as plain numbers.
#pragma once

#include <cstdint>
#include <vector>

namespace engine {

struct Picture {
  int width = 0, height = 0;         ///< pixels, both at least 1 in a picture that was read
  int channels = 3;                  ///< 1: grey, 3: red, green, blue
  std::vector<std::uint8_t> pixels;  ///< [height, width, channels], rows from the top; sRGB as stored, 255 is white
  friend bool operator==(const Picture&, const Picture&) = default;
};

/// A rectangle of a picture, in its pixels; x and y are the left and upper edge.
struct PixelBox {
  int x = 0, y = 0, width = 0, height = 0;
  friend bool operator==(const PixelBox&, const PixelBox&) = default;
};

}  // namespace engine
