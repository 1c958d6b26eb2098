// Inside io/draw: what tells one series from another, with colour and without.
#pragma once

#include <cstdint>
#include <string>

#include "io/draw/svg.h"

namespace io {

struct Colour {
  std::uint8_t red, green, blue;
};

inline constexpr const char* kInk = "#1f2933";    ///< titles
inline constexpr const char* kLabel = "#52606d";  ///< ticks and labels
inline constexpr const char* kGrid = "#e4e7eb";
inline constexpr const char* kBorder = "#9aa5b1";

/// The i-th of eight colours, again from the first after the last.
Colour palette(std::size_t i) noexcept;

/// `part` of b and the rest of a; part in [0, 1].
Colour mix(Colour a, Colour b, double part) noexcept;

/// "#0072b2"
std::string hex(Colour colour);

/// The i-th pattern of a line, as an attribute; the first is a whole line.
std::string dash(std::size_t i);

/// The i-th of seven outlines, about `radius` around the point; filled and stroked as the surrounding group says.
void draw_marker(Svg& svg, std::size_t i, double x, double y, double radius);

}  // namespace io
