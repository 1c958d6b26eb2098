// A way to compute the next notes: a rung of the ladder and those of its sizes that are free.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "kernels/generate/rung_names.h"
#include "kernels/generate/tensor/steps/tile.h"

namespace kernels {

/// Sizes: 0, or by_rows, is the rung's own rule.
struct Way {
  Fusion fusion = Fusion::cell;
  int pieces = 0;   ///< that a block (16 bits) or a cluster (fp32) of loop, overlap or window serves at a time
  int cluster = 0;  ///< blocks, of loop and window (fp32) and of cluster
  TileChoice tile = TileChoice::by_rows;  ///< of cell (fp32: few or many) and of staggered by launches
  friend bool operator==(const Way&, const Way&) = default;
};

/// "loop", "cluster, 4 blocks", "cell, few rows a tile"
std::string text_of(const Way& way);

/// The way for up to so many pieces, beginning behind the step before.
struct WayStep {
  static constexpr int kAll = std::numeric_limits<int>::max();
  int most_pieces = kAll;
  Way way;
  friend bool operator==(const WayStep&, const WayStep&) = default;
};
using WaySteps = std::vector<WayStep>;  ///< in rising order, the last for all that are left

}  // namespace kernels
