#include "io/picture/orientation.h"

#include <algorithm>

namespace io {
namespace {

struct Turn {
  bool swap, flip_x, flip_y;  ///< sides swapped first; then counted from the other end, in the stored picture
};
constexpr Turn kTurns[] = {{false, false, false}, {false, true, false}, {false, true, true}, {false, false, true},
                           {true, false, false},  {true, false, true},  {true, true, true},  {true, true, false}};

}  // namespace

engine::Picture upright(engine::Picture stored, int orientation) {
  if (orientation <= 1 || orientation > 8) return stored;
  const Turn turn = kTurns[orientation - 1];
  engine::Picture seen{turn.swap ? stored.height : stored.width, turn.swap ? stored.width : stored.height,
                       stored.channels, std::vector<std::uint8_t>(stored.pixels.size())};
  std::uint8_t* out = seen.pixels.data();
  for (int y = 0; y < seen.height; ++y) {
    for (int x = 0; x < seen.width; ++x, out += seen.channels) {
      int from_x = turn.swap ? y : x, from_y = turn.swap ? x : y;
      if (turn.flip_x) from_x = stored.width - 1 - from_x;
      if (turn.flip_y) from_y = stored.height - 1 - from_y;
      const std::ptrdiff_t at = (std::ptrdiff_t{from_y} * stored.width + from_x) * stored.channels;
      std::copy_n(stored.pixels.data() + at, stored.channels, out);
    }
  }
  return seen;
}

}  // namespace io
