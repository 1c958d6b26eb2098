#include "bench/faces/copies.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace {

/// Between four pixels, whose middles have whole numbers as their places; beyond the edge the nearest of it.
std::uint8_t sample(const engine::Picture& grey, double x, double y) {
  x = std::clamp(x, 0.0, static_cast<double>(grey.width - 1));
  y = std::clamp(y, 0.0, static_cast<double>(grey.height - 1));
  const int left = static_cast<int>(x), top = static_cast<int>(y);
  const int right = std::min(left + 1, grey.width - 1), bottom = std::min(top + 1, grey.height - 1);
  const auto at = [&](int column, int row) {
    return static_cast<double>(grey.pixels[static_cast<std::size_t>(row) * static_cast<std::size_t>(grey.width) +
                                           static_cast<std::size_t>(column)]);
  };
  const double upper = std::lerp(at(left, top), at(right, top), x - left);
  const double lower = std::lerp(at(left, bottom), at(right, bottom), x - left);
  return static_cast<std::uint8_t>(std::lround(std::lerp(upper, lower, y - top)));
}

/// @param source_of  (x, y) of the new picture -> a place in the old
template <class SourceOf>
engine::Picture drawn(const engine::Picture& grey, int width, int height, const SourceOf& source_of) {
  engine::Picture copy{width, height, 1, {}};
  copy.pixels.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto [from_x, from_y] = source_of(x, y);
      copy.pixels.push_back(sample(grey, from_x, from_y));
    }
  }
  return copy;
}

struct Place {
  double x, y;
};

struct Turn {
  double cosine, sine;
  int width, height;  ///< of the frame that holds all of the turned picture

  Turn(const engine::Picture& grey, double degrees)
      : cosine(std::cos(degrees * std::numbers::pi / 180)), sine(std::sin(degrees * std::numbers::pi / 180)) {
    const double c = std::abs(cosine), s = std::abs(sine);
    width = static_cast<int>(std::lround(grey.width * c + grey.height * s));
    height = static_cast<int>(std::lround(grey.width * s + grey.height * c));
  }
};

}  // namespace

engine::Picture turned(const engine::Picture& grey, double degrees) {
  const Turn turn(grey, degrees);
  return drawn(grey, turn.width, turn.height, [&](int column, int row) {
    const double x = column - (turn.width - 1) / 2.0, y = row - (turn.height - 1) / 2.0;
    return Place{turn.cosine * x + turn.sine * y + (grey.width - 1) / 2.0,
                 -turn.sine * x + turn.cosine * y + (grey.height - 1) / 2.0};
  });
}

engine::PixelBox turned(const engine::PixelBox& box, const engine::Picture& grey, double degrees) {
  const Turn turn(grey, degrees);
  const double x = box.x + (box.width - grey.width) / 2.0, y = box.y + (box.height - grey.height) / 2.0;
  const double middle_x = turn.cosine * x - turn.sine * y + turn.width / 2.0;
  const double middle_y = turn.sine * x + turn.cosine * y + turn.height / 2.0;
  return {static_cast<int>(std::lround(middle_x - box.width / 2.0)),
          static_cast<int>(std::lround(middle_y - box.height / 2.0)), box.width, box.height};
}

engine::Picture with_room(const engine::Picture& grey, int times, double border) {
  const int room = static_cast<int>(std::lround(border * times * grey.width));
  return drawn(grey, times * grey.width + 2 * room, times * grey.height + 2 * room, [&](int x, int y) {
    return Place{(x - room + 0.5) / times - 0.5, (y - room + 0.5) / times - 0.5};
  });
}
