#include "app/face/annotate.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numbers>

#include "app/face/little_font.h"

namespace app {
namespace {

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour kLight = {255, 221, 51}, kDark = {24, 24, 24};

engine::Picture in_colour(const engine::Picture& picture) {
  if (picture.channels == 3) return picture;
  engine::Picture colour{picture.width, picture.height, 3, {}};
  colour.pixels.reserve(picture.pixels.size() * 3);
  for (const std::uint8_t grey : picture.pixels) colour.pixels.insert(colour.pixels.end(), 3, grey);
  return colour;
}

class Canvas {
 public:
  explicit Canvas(engine::Picture& picture) : picture_(picture) {}

  /// What lies beyond the picture is left out.
  void fill(int x, int y, int width, int height, const Colour& colour) {
    const int right = std::min(x + width, picture_.width), low = std::min(y + height, picture_.height);
    for (int row = std::max(y, 0); row < low; ++row) {
      for (int column = std::max(x, 0); column < right; ++column) {
        const std::ptrdiff_t at = (std::ptrdiff_t{row} * picture_.width + column) * 3;
        std::copy(colour.begin(), colour.end(), picture_.pixels.begin() + at);
      }
    }
  }

  /// A square pen of this size along a straight line.
  void line(double x0, double y0, double x1, double y1, int pen, const Colour& colour) {
    const int steps = std::max(1, static_cast<int>(std::ceil(std::max(std::abs(x1 - x0), std::abs(y1 - y0)))));
    for (int i = 0; i <= steps; ++i) {
      const double part = static_cast<double>(i) / steps;
      fill(static_cast<int>(std::lround(x0 + part * (x1 - x0) - pen / 2.0)),
           static_cast<int>(std::lround(y0 + part * (y1 - y0) - pen / 2.0)), pen, pen, colour);
    }
  }

  void text(const std::string& text, int x, int y, int dot, const Colour& colour) {
    for (const char c : text) {
      const std::size_t glyph = kGlyphs.find(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
      for (int i = 0; i < kGlyphWidth * kGlyphHeight && glyph != std::string_view::npos; ++i) {
        const int column = i % kGlyphWidth, row = i / kGlyphWidth;
        if (glyph_dot(glyph, column, row)) fill(x + column * dot, y + row * dot, dot, dot, colour);
      }
      x += (kGlyphWidth + 1) * dot;
    }
  }

 private:
  engine::Picture& picture_;
};

struct Corners {
  std::array<double, 4> x, y;  ///< around the square

  explicit Corners(const engine::FaceFrame& frame) {
    const double angle = frame.roll_degrees * std::numbers::pi / 180, half = frame.side / 2;
    constexpr std::array<int, 4> kRight = {-1, 1, 1, -1}, kLow = {-1, -1, 1, 1};
    for (std::size_t i = 0; i < 4; ++i) {
      x[i] = frame.centre_x + half * (kRight[i] * std::cos(angle) - kLow[i] * std::sin(angle));
      y[i] = frame.centre_y + half * (kRight[i] * std::sin(angle) + kLow[i] * std::cos(angle));
    }
  }
};

void draw_square(Canvas& canvas, const Corners& corners, int pen) {
  for (const bool outline : {true, false}) {  // dark around light: to be seen on every ground
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t next = (i + 1) % 4;
      canvas.line(corners.x[i], corners.y[i], corners.x[next], corners.y[next], outline ? 3 * pen : pen,
                  outline ? kDark : kLight);
    }
  }
}

/// The upper edge of a strip of this height: below the square if there is room, above it, or at its lower end.
int place_strip(const Corners& corners, int height, int gap, int picture_height) {
  const auto [top, low] = std::ranges::minmax(corners.y);
  const int below = static_cast<int>(std::lround(low)) + gap, above = static_cast<int>(std::lround(top)) - gap - height;
  if (below + height <= picture_height) return below;
  if (above >= 0) return above;
  return std::max(0, picture_height - height);
}

}  // namespace

engine::Picture annotated(const engine::Picture& picture, const engine::FaceFrame& frame, const std::string& text) {
  engine::Picture copy = in_colour(picture);
  Canvas canvas(copy);
  const Corners corners(frame);
  // A dot of the font is a 240th of the shorter side: a line of 40 letters fits into every picture.
  const int dot = std::max(1, std::min(copy.width, copy.height) / 240);
  draw_square(canvas, corners, dot);
  if (text.empty()) return copy;
  const int width = (static_cast<int>(std::min<std::size_t>(text.size(), 1000)) * (kGlyphWidth + 1) + 3) * dot;
  const int height = (kGlyphHeight + 4) * dot;
  const int top = place_strip(corners, height, 2 * dot, copy.height);
  const int left =
      std::clamp(static_cast<int>(std::lround(std::ranges::min(corners.x))), 0, std::max(0, copy.width - width));
  canvas.fill(left, top, width, height, kDark);
  canvas.text(text, left + 2 * dot, top + 2 * dot, dot, kLight);
  return copy;
}

}  // namespace app
