// How an advance is shared out among threads.
#pragma once

#include "engine/generate/cpu/network.h"
#include "engine/generate/cpu/piece.h"

namespace engine::cpu {

struct Plan {
  bool together =
      false;        ///< all members work on all pieces, meeting after every layer; else each takes pieces of its own
  int members = 1;  ///< threads
  int chunk = 1;    ///< pieces that are advanced together, note by note
};

/// Most pieces that one chunk may hold, which bounds a thread's scratch.
int largest_chunk(const PieceLayout& layout, int slots);

/// The cheaper of the two ways by a rough model of this program's speed. The notes do not depend on it.
Plan make_plan(const Network& network, const PieceLayout& layout, int pieces, int slots, int threads);

}  // namespace engine::cpu
