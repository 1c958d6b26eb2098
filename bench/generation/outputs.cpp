#include "bench/generation/outputs.h"

#include <algorithm>

namespace bench {

Outputs outputs_of(std::span<const engine::NoteTrace> traces) {
  Outputs all;
  for (const engine::NoteTrace& trace : traces) {
    all.pitch.insert(all.pitch.end(), trace.logits.begin(), trace.logits.end());
    all.step.push_back(trace.step_predicted);
    all.duration.push_back(trace.duration_predicted);
  }
  return all;
}

Outputs outputs_of(const std::vector<float>& rows, std::size_t candidates) {
  Outputs all;
  for (auto row = rows.begin(); row != rows.end(); row += static_cast<std::ptrdiff_t>(candidates + 2)) {
    const auto end = row + static_cast<std::ptrdiff_t>(candidates);
    all.pitch.insert(all.pitch.end(), row, end);
    all.step.push_back(std::max(end[0], 0.0f));
    all.duration.push_back(std::max(end[1], 0.0f));
  }
  return all;
}

int pieces_that_agree(std::span<const engine::Note> ours, std::span<const engine::Note> theirs, int pieces) {
  const auto count = static_cast<std::size_t>(pieces);
  int same = 0;
  for (std::size_t b = 0; b < count; ++b) {
    bool agree = true;
    for (std::size_t i = b; i < ours.size(); i += count) agree = agree && ours[i].pitch == theirs[i].pitch;
    same += agree;
  }
  return same;
}

}  // namespace bench
