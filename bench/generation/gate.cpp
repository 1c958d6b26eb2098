#include "bench/generation/gate.h"

#include "bench/generation/distribution.h"
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

engine::StateMode state_of(libtorch::Form form) {
  return form == libtorch::Form::carry ? engine::StateMode::carry : engine::StateMode::window;
}

constexpr int kTogether = 1000;  // pieces at once: enough to be fast, and a part of kSamplePieces

/// Which of a piece's notes is compared: those before it are its own choices. A window's notes take LibTorch 25 times
/// as long: 4 of 100,000 pieces half a minute.
int note_of(libtorch::Form form) { return form == libtorch::Form::carry ? 16 : 4; }

NoteSample our_sample(const engine::Model& model, libtorch::Form form) {
  Pieces pieces(model, {.state = state_of(form), .batch = kTogether});
  return sample_of(kSamplePieces, kTogether, [&](std::uint64_t first) {
    pieces.begin(first);
    return pieces.last_of(note_of(form));
  });
}

NoteSample their_sample(const engine::Model& model, libtorch::Form form) {
  const auto theirs = libtorch::make_generator(model, form, kTogether);
  const auto primers = primers_of(model.spec, kTogether);
  std::vector<engine::Note> written(static_cast<std::size_t>(kTogether * note_of(form)));
  return sample_of(kSamplePieces, kTogether, [&](std::uint64_t first) {
    theirs->prime(primers);
    theirs->generate(note_of(form), unrelated_draws(written.size(), first), written);
    return std::vector<engine::Note>(written.end() - kTogether, written.end());
  });
}

}  // namespace

void check_free_run(const std::string& name, const engine::Model& model, libtorch::Form form) {
  static_assert(kSamplePieces % kTogether == 0);
  libtorch::set_threads(1);  // OpenMP's waiting threads would take minutes where anybody else computes
  check_distribution(name, our_sample(model, form), their_sample(model, form));
}

void check_generation(const std::string& name, const engine::Model& model, libtorch::Form form) {
  const int notes = notes_of(model.spec, form);
  Pieces pieces(model, {.state = state_of(form), .batch = kPieces});
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
