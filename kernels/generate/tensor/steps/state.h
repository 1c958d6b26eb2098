// Between the pieces' own states, fp32 and as wide as their layers, and the 16-bit ones of this folder.
#pragma once

#include <cstdint>

#include "kernels/generate/tensor/steps/step.h"

namespace kernels {

/// Carry mode. What was given out in 16 bits comes back as it was; pieces that are not asked keep all their bits.
struct CarryStates {
  PiecesView pieces;
  LayerStates states[kMaxLayers];  ///< one row a piece
  int hidden[kMaxLayers] = {}, layers = 0;
  bool feeding = false;  ///< the pieces with a new note are asked, whose states have not read it yet; else those with
                         ///< notes left
  int* asked = nullptr;  ///< [pieces] written by take_states
};

/// What staggered states have read.
struct Known {
  std::int64_t consumed = -1;  ///< notes of the piece; -1: nothing is known
  std::int32_t changes = 0;    ///< whether the piece has notes left in this advance
};

/// Window mode: of pieces with notes left, whether the rung's states have read their last notes.
struct KnownWindows {
  PiecesView pieces;
  int window = 0;
  Known* known = nullptr;  ///< [pieces]
  Played* ring = nullptr;  ///< [pieces, W] as the pieces' was then
  int* rebuild = nullptr;  ///< [pieces] 1: the states are those of other notes
};

inline namespace AFFETTO_PLATFORM {

void take_states(const CarryStates& op, Precision precision, StreamRef stream);
void give_states(const CarryStates& op, Precision precision, StreamRef stream);

/// Before an advance: fills in rebuild.
void compare_windows(const KnownWindows& op, StreamRef stream);
/// After it: the states have read what the pieces have.
void remember_windows(const KnownWindows& op, StreamRef stream);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
