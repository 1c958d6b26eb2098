// From a score to the sequence a model reads, and back.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/data/note.h"

namespace engine {

/// The melodic notes of `score` as a sequence: all tracks merged, or one of them.
/// @param track  index into score.tracks; nothing: all tracks
/// @return notes ordered by (onset, pitch, end), the first with step 0; empty if there are none
std::vector<Note> to_notes(const Score& score, std::optional<int> track = std::nullopt);

/// Places a sequence in absolute time: note i starts at the sum of the steps up to and including its own, in double.
/// @param start_s  seconds added to every onset
std::vector<ScoreNote> to_score_notes(std::span<const Note> notes, double start_s = 0);

}  // namespace engine
