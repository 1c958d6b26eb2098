#include "io/draw/style.h"

#include <array>
#include <cmath>
#include <numbers>

namespace io {
namespace {

// Okabe & Ito (2008), "Color Universal Design"; its yellow is darkened, as it vanishes on white.
constexpr std::array<Colour, 8> kPalette = {{{0, 114, 178},
                                             {213, 94, 0},
                                             {0, 158, 115},
                                             {204, 121, 167},
                                             {230, 159, 0},
                                             {86, 180, 233},
                                             {122, 106, 0},
                                             {60, 60, 60}}};

constexpr std::array<const char*, 5> kDashes = {"", "7 4", "2 3", "10 3 2 3", "14 5"};

std::string polygon(int corners, double turn, double x, double y, double radius) {
  std::string commands;
  for (int i = 0; i < corners; ++i) {
    const double angle = 2 * std::numbers::pi * (i + turn) / corners - std::numbers::pi / 2;
    commands += (i ? "L" : "M") + pixels(x + radius * std::cos(angle)) + " " + pixels(y + radius * std::sin(angle));
  }
  return commands + "Z";
}

/// Two crossing bars, upright or turned by an eighth.
std::string cross(bool upright, double x, double y, double radius) {
  const double a = upright ? 0 : radius * 0.72, b = upright ? radius : a, t = radius * 0.3;
  if (upright) {
    return "M" + pixels(x - t) + " " + pixels(y - b) + "h" + pixels(2 * t) + "v" + pixels(b - t) + "h" + pixels(b - t) +
           "v" + pixels(2 * t) + "h" + pixels(t - b) + "v" + pixels(b - t) + "h" + pixels(-2 * t) + "v" +
           pixels(t - b) + "h" + pixels(t - b) + "v" + pixels(-2 * t) + "h" + pixels(b - t) + "Z";
  }
  const auto at = [&](double dx, double dy) { return pixels(x + dx) + " " + pixels(y + dy); };
  return "M" + at(-a, -a + t) + "L" + at(-a + t, -a) + "L" + at(0, -t) + "L" + at(a - t, -a) + "L" + at(a, -a + t) +
         "L" + at(t, 0) + "L" + at(a, a - t) + "L" + at(a - t, a) + "L" + at(0, t) + "L" + at(-a + t, a) + "L" +
         at(-a, a - t) + "L" + at(-t, 0) + "Z";
}

}  // namespace

Colour palette(std::size_t i) noexcept { return kPalette[i % kPalette.size()]; }

Colour mix(Colour a, Colour b, double part) noexcept {
  const auto channel = [part](int from, int to) {
    return static_cast<std::uint8_t>(std::lround(from + (to - from) * part));
  };
  return {channel(a.red, b.red), channel(a.green, b.green), channel(a.blue, b.blue)};
}

std::string hex(Colour colour) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "#";
  for (const std::uint8_t channel : {colour.red, colour.green, colour.blue}) {
    text += kDigits[channel >> 4];
    text += kDigits[channel & 15];
  }
  return text;
}

std::string dash(std::size_t i) {
  const std::string pattern = kDashes[i % kDashes.size()];
  return pattern.empty() ? "" : " stroke-dasharray=\"" + pattern + "\"";
}

void draw_marker(Svg& svg, std::size_t i, double x, double y, double radius) {
  switch (i % 7) {
    case 0:
      return svg.circle(x, y, radius * 0.9, "");
    case 1:
      return svg.path(polygon(3, 0, x, y + radius * 0.15, radius * 1.2), "");
    case 2:
      return svg.path(polygon(4, 0.5, x, y, radius * 1.15), "");
    case 3:
      return svg.path(polygon(4, 0, x, y, radius * 1.2), "");
    case 4:
      return svg.path(polygon(3, 1.5, x, y - radius * 0.15, radius * 1.2), "");
    case 5:
      return svg.path(cross(true, x, y, radius * 1.15), "");
    default:
      return svg.path(cross(false, x, y, radius * 1.3), "");
  }
}

}  // namespace io
