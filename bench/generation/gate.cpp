#include "bench/generation/gate.h"

#include "bench/generation/outputs.h"
#include "bench/harness/subjects.h"

namespace bench {
namespace {

constexpr int kPieces = 3;

/// Replaying 100 notes on three layers for each note is dear; carrying on is cheap.
int notes_of(const engine::ModelSpec& spec, libtorch::Form form) {
  if (form == libtorch::Form::carry) return 256;
  return spec.lstm.size() == 1 ? 64 : 8;
}

}  // namespace

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
  const int same = pieces_that_agree(ours, written, kPieces);
  check_gate(name + ": share of pieces that differ", 1 - static_cast<double>(same) / kPieces, 1.0 / kPieces);
}

}  // namespace bench
