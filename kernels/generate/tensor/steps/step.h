// One step of one layer in 16 bits: product, bias, note and cell in one kernel. After the step of ../../cell.h.
#pragma once

#include <cstdint>

#include "kernels/generate/steps.h"
#include "kernels/generate/tensor/steps/pack.h"

namespace kernels {

/// The states of one layer: rows of the products. A piece has one; or W staggered ones, in a row.
struct LayerStates {
  std::uint16_t* h = nullptr;  ///< [2, rows, width]: the half of a state is note_half() of the last note it has read
  float* c = nullptr;          ///< [rows, width]
  int rows = 0, width = 0;     ///< that there is memory for; padded(H)

  /// Where the states that have read an even number of notes, or an odd one, lie. So a state that rests stays where it
  /// is, whatever the others do, and no step writes where another block reads.
  AFFETTO_HD std::uint16_t* half(std::int64_t notes) const {
    return h + notes % 2 * rows * static_cast<std::int64_t>(width);
  }
};

struct TensorStep {
  const Progress* progress = nullptr;  ///< [pieces]
  const Played* ring = nullptr;        ///< [pieces, W]
  int pieces = 0, window = 0;
  bool staggered = false;          ///< a piece has W states, each begun by another note; else one
  int number = 0;                  ///< of the step: kFeedStep or 0 .. W - 1
  const int* wanted = nullptr;     ///< [pieces] 0: takes no part; null: all are wanted
  PackedInput inputs[kMaxInputs];  ///< of the first layer
  int input_count = 0;
  PackedLayer layer;
  LayerStates below, own;  ///< below: of the first layer, nothing

  AFFETTO_HD int states() const { return staggered ? window : 1; }
};

inline namespace AFFETTO_PLATFORM {
void tensor_step(const TensorStep& op, Precision precision, TileChoice tile, StreamRef stream);

/// The tile for so many rows and groups. @param choice  the tile that is asked for
TileChoice choose_tile(TileChoice choice, std::int64_t rows, int groups);
}  // namespace AFFETTO_PLATFORM

}  // namespace kernels
