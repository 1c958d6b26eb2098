// One note further, alone or with other threads.
#pragma once

#include <span>

#include "engine/generate/cpu/stepper.h"

namespace engine::cpu {

/// Advances pieces by one note: `take_all` gives each its note (stepper.take) on the first thread only, while the
/// others work on what the coming note has no part in.
/// @param before  how many notes this job has advanced them by already
/// @return false if another thread failed
template <class TakeAll>
bool advance_one(Stepper& stepper, std::span<Piece* const> pieces, const Share& share, unsigned before,
                 const TakeAll& take_all) {
  if (share.index == 0) {
    take_all();
    if (!share.alone()) share.barrier->signal();
  }
  return stepper.step(pieces, share, before + 1);
}

}  // namespace engine::cpu
