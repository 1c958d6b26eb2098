#include <algorithm>

#include "engine/generate/cuda/pieces.h"

namespace engine {

kernels::VoiceView view_of(const Voice& voice) {
  const Sampling& s = voice.expression.sampling;
  return {.seed = voice.key.seed,
          .index = voice.key.index,
          .gamma = voice.gamma,
          .delta = voice.delta,
          .sigma_step = s.sigma_step,
          .sigma_duration = s.sigma_duration,
          .alpha = voice.alpha,
          .beta = voice.beta,
          .top_p = static_cast<float>(s.top_p),
          .top_k = s.top_k,
          .label = s.alpha > 0 ? voice.label : 0,
          .pace = voice.pace,
          .greedy = s.greedy,
          .gumbel = s.sampler == Sampler::gumbel,
          .note_draw = s.draw == ModulationDraw::note,
          .folded = s.form == ModulationForm::folded};
}

kernels::Played played_of(const Note& note) { return {note.step_s, note.duration_s, note.pitch}; }

std::vector<kernels::Played> ring_of(std::span<const Note> notes, int window) {
  std::vector<kernels::Played> ring(static_cast<std::size_t>(window));
  const std::size_t size = notes.size(), kept = std::min(size, ring.size());
  for (std::size_t n = size - kept; n < size; ++n) ring[n % ring.size()] = played_of(notes[n]);
  return ring;
}

}  // namespace engine
