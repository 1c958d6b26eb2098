#include "bench/generation/gate.h"

#include <algorithm>
#include <stdexcept>

#include "bench/harness/subjects.h"
#include "kernels/math/philox.h"

namespace bench {
namespace {

constexpr int kPieces = 3;

/// Replaying 100 notes on three layers for each note is dear; carrying on is cheap.
int notes_of(const engine::ModelSpec& spec, libtorch::Form form) {
  if (form == libtorch::Form::carry) return 256;
  return spec.lstm.size() == 1 ? 64 : 8;
}

struct Outputs {
  std::vector<float> pitch, step, duration;
};

Outputs outputs_of(const std::vector<engine::NoteTrace>& traces) {
  Outputs all;
  for (const engine::NoteTrace& trace : traces) {
    all.pitch.insert(all.pitch.end(), trace.logits.begin(), trace.logits.end());
    all.step.push_back(trace.step_predicted);
    all.duration.push_back(trace.duration_predicted);
  }
  return all;
}

/// @param rows  [n, candidates + 2] before the clamp that traces have behind them
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

int pieces_that_agree(const std::vector<engine::Note>& ours, const std::vector<engine::Note>& theirs) {
  int same = 0;
  for (std::size_t b = 0; b < kPieces; ++b) {
    bool agree = true;
    for (std::size_t i = b; i < ours.size(); i += kPieces) agree = agree && ours[i].pitch == theirs[i].pitch;
    same += agree;
  }
  return same;
}

}  // namespace

std::vector<float> draws_of(int notes, int batch) {
  std::vector<float> draws;
  for (int n = 0; n < notes; ++n) {
    for (int b = 0; b < batch; ++b) {
      const auto words = kernels::random_words(kSeed, static_cast<std::uint64_t>(b), static_cast<std::uint32_t>(n),
                                               kernels::Purpose::kPitch);
      draws.push_back(static_cast<float>(kernels::uniform(words.w[0])));
    }
  }
  return draws;
}

void check_generation(const std::string& name, const engine::Model& model, libtorch::Form form) {
  const bool carry = form == libtorch::Form::carry;
  const int notes = notes_of(model.spec, form);
  Pieces pieces(model, {.state = carry ? engine::StateMode::carry : engine::StateMode::window, .batch = kPieces});
  std::vector<engine::NoteTrace> traces;
  const std::vector<engine::Note> ours = pieces.traced(notes, traces);

  const auto theirs = libtorch::make_generator(model, form, kPieces);
  const auto primers = primers_of(model.spec, kPieces);
  theirs->prime(primers);
  const auto candidates = static_cast<std::size_t>(model.spec.head(engine::Field::pitch).size);
  const Outputs a = outputs_of(traces), b = outputs_of(theirs->follow(notes, ours), candidates);
  check_gate(name + ": pitch logits", relative_error(a.pitch, b.pitch));
  check_gate(name + ": step", relative_error(a.step, b.step));
  check_gate(name + ": duration", relative_error(a.duration, b.duration));

  theirs->prime(primers);
  std::vector<engine::Note> written(ours.size());
  theirs->generate(notes, draws_of(notes, kPieces), written);
  const int same = pieces_that_agree(ours, written);
  check_gate(name + ": share of pieces that differ", 1 - static_cast<double>(same) / kPieces, 1.0 / kPieces);
}

}  // namespace bench
