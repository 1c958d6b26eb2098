#include "engine/data/notes.h"

namespace engine {

std::vector<Note> to_notes(const Score& score, std::optional<int> track) {
  std::vector<Note> notes;
  notes.reserve(score.notes.size());
  double previous = 0;
  for (const ScoreNote& n : score.notes) {
    if (track && n.track != *track) continue;
    const double step = notes.empty() ? 0.0 : n.onset_s - previous;
    previous = n.onset_s;
    notes.push_back({.step_s = static_cast<float>(step),
                     .duration_s = static_cast<float>(n.duration_s),
                     .pitch = n.pitch,
                     .velocity = n.velocity,
                     .program = n.program});
  }
  return notes;
}

std::vector<ScoreNote> to_score_notes(std::span<const Note> notes, double start_s) {
  std::vector<ScoreNote> placed;
  placed.reserve(notes.size());
  double onset = start_s;
  for (const Note& n : notes) {
    onset += n.step_s;
    placed.push_back(
        {.onset_s = onset, .duration_s = n.duration_s, .pitch = n.pitch, .velocity = n.velocity, .program = n.program});
  }
  return placed;
}

}  // namespace engine
