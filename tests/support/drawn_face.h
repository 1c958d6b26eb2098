// A face drawn from soft spots: no picture of anybody.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/data/picture.h"

namespace support {

/// Where and how a face is drawn.
struct DrawnFace {
  double x = 100, y = 100;  ///< its middle, between eyes and mouth
  double size = 100;        ///< from the forehead to the chin
  double lean_degrees = 0;  ///< clockwise
};

/// A spot of this darkness, soft at its rim; places and radii in parts of the face's size, from its middle.
struct Spot {
  double x, y, wide, high, darkness;
};

/// Brightness of the face at a place relative to its middle, in its size; negative outside of the head.
inline double drawn_face_at(double u, double v) {
  static constexpr Spot kSpots[] = {
      {-0.20, -0.14, 0.13, 0.060, 90}, {0.20, -0.14, 0.13, 0.060, 90},   // sockets
      {-0.20, -0.13, 0.07, 0.030, 90}, {0.20, -0.13, 0.07, 0.030, 90},   // eyes
      {-0.20, -0.25, 0.14, 0.030, 70}, {0.20, -0.25, 0.14, 0.030, 70},   // brows
      {0.00, 0.13, 0.10, 0.030, 55},   {0.00, 0.28, 0.17, 0.040, 90},    // nostrils, mouth
      {0.00, 0.38, 0.15, 0.030, 25},   {-0.40, 0.10, 0.10, 0.30, 30},    // under the lip, cheeks' shade
      {0.40, 0.10, 0.10, 0.30, 30},    {0.00, -0.60, 0.50, 0.14, 120}};  // hair
  if (u * u / 0.20 + v * v / 0.36 > 1) return -1;
  double brightness = 205;
  for (const Spot& s : kSpots) {
    const double a = (u - s.x) / s.wide, b = (v - s.y) / s.high;
    brightness -= s.darkness * std::exp(-(a * a + b * b));
  }
  return std::max(brightness, 10.0);
}

inline void draw_face(engine::Picture& picture, const DrawnFace& face) {
  const double angle = face.lean_degrees * std::numbers::pi / 180;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const double right = (x + 0.5 - face.x) / face.size, low = (y + 0.5 - face.y) / face.size;
      const double u = right * std::cos(angle) + low * std::sin(angle);
      const double v = -right * std::sin(angle) + low * std::cos(angle);
      const double brightness = drawn_face_at(u, v);
      if (brightness < 0) continue;
      const std::ptrdiff_t at = (std::ptrdiff_t{y} * picture.width + x) * picture.channels;
      std::fill_n(picture.pixels.begin() + at, picture.channels, static_cast<std::uint8_t>(brightness));
    }
  }
}

inline engine::Picture plain(int width, int height, std::uint8_t brightness, int channels = 1) {
  engine::Picture picture{width, height, channels, {}};
  picture.pixels.assign(
      static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * static_cast<std::size_t>(channels),
      brightness);
  return picture;
}

}  // namespace support
