// Zero states, for rungs whose products read h as it lies in memory.
#pragma once

#include "kernels/generate/network.h"
#include "kernels/generate/pieces.h"
#include "kernels/runtime/stream.h"

namespace kernels {

/// For whom a state begins.
enum class Beginning {
  replay,  ///< window mode, before the first step: all pieces with notes left
  feed,    ///< carry mode, before a note is fed: pieces whose first note it is
  read,    ///< carry mode, before the readout: pieces with notes left that have none yet
};

/// h = c = 0 in all layers, for those.
struct BeginState {
  PiecesView pieces;
  int hidden[kMaxLayers] = {}, layers = 0;
  Beginning beginning = Beginning::replay;
};

inline BeginState begin_state_of(const NetworkView& network, const PiecesView& pieces, Beginning beginning) {
  BeginState op{.pieces = pieces, .layers = network.layer_count, .beginning = beginning};
  for (int l = 0; l < op.layers; ++l) op.hidden[l] = network.layers[l].hidden;
  return op;
}

inline namespace AFFETTO_PLATFORM {
void begin_state(const BeginState& op, StreamRef stream);
}  // namespace AFFETTO_PLATFORM

}  // namespace kernels
