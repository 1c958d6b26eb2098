// How the kernels of this folder are launched: one block for each tile of rows and groups.
#pragma once

#include <cstdint>

#include "kernels/device/shape.h"
#include "kernels/generate/tensor/steps/tile.h"

namespace kernels {

constexpr std::int64_t blocks_of(std::int64_t count, int each) { return (count + each - 1) / each; }

/// Calls run(tile). @param choice  not by_rows
template <class Run>
void with_step_tile(TileChoice choice, const Run& run) {
  if (choice == TileChoice::few) {
    run(FewTile{});
  } else if (choice == TileChoice::many) {
    run(ManyTile{});
  } else {
    run(WideTile{});
  }
}

template <class Tile>
LaunchShape step_shape(std::int64_t rows, int groups, std::size_t shared_bytes) {
  return {.grid = {static_cast<unsigned>(blocks_of(rows, Tile::kRows)),
                   static_cast<unsigned>(blocks_of(groups, Tile::kGroups))},
          .block = Tile::kThreads,
          .shared_bytes = shared_bytes};
}

}  // namespace kernels
