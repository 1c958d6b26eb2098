// One note further, alone or with other threads.
#pragma once

#include <span>

#include "engine/generate/cpu/stepper.h"

namespace engine::cpu {

/// Advances pieces by one note: `take_all` gives each its note (stepper.take) on the first thread only.
/// @return false if another thread failed
template <class TakeAll>
bool advance_one(Stepper& stepper, std::span<Piece* const> pieces, const Share& share, const TakeAll& take_all) {
  if (share.index == 0) take_all();
  if (!share.meet()) return false;
  if (!stepper.step(pieces, share)) return false;
  if (share.index == 0) {
    for (Piece* piece : pieces) piece->commit();
  }
  return true;
}

}  // namespace engine::cpu
