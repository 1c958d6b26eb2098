// What a network said, note by note, from whatever wrote it down: for gates that compare.
#pragma once

#include <span>
#include <vector>

#include "engine/data/note.h"
#include "engine/generate/decoder.h"

namespace bench {

struct Outputs {
  std::vector<float> pitch;           ///< [n, candidates]
  std::vector<float> step, duration;  ///< [n] clamped at 0
};
/// Of our traces; the pitch logits.
Outputs outputs_of(std::span<const engine::NoteTrace> traces);
/// @param rows  [n, candidates + 2] before the clamp that traces have behind them
Outputs outputs_of(const std::vector<float>& rows, std::size_t candidates);

/// How many pieces have the same pitches throughout. @param ours, theirs  [notes, pieces]
int pieces_that_agree(std::span<const engine::Note> ours, std::span<const engine::Note> theirs, int pieces);

}  // namespace bench
