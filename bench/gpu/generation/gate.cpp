#include "bench/gpu/generation/gate.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "bench/generation/distribution.h"
#include "bench/generation/outputs.h"
#include "bench/harness/subjects.h"

namespace bench::gpu {
namespace {

constexpr int kPieces = 3;

/// Replaying long windows is dear on a CPU; multiples of LibTorch's graph.
int notes_of(const engine::ModelSpec& spec, const Setting& setting) {
  static_assert(libtorch::DeviceGenerator::kGraphNotes == 16);
  if (setting.state == engine::StateMode::carry) return 256;
  return spec.lstm.size() == 1 ? 64 : 16;
}

/// TF32 rounds operands to 10 bits of fraction, fp16 the state too; the recurrence adds (performance.md, section 6).
double limit_of(libtorch::Variant variant, libtorch::Place place) {
  if (variant == libtorch::Variant::eager_fp32 || place == libtorch::Place::cpu) return kGate;
  return variant == libtorch::Variant::strong_fp16 ? 2e-3 : 1e-3;
}

/// Of ours, by the format of the operands (the same section).
double limit_of(kernels::Precision precision) {
  if (precision == kernels::Precision::fp32) return kGate;
  return precision == kernels::Precision::fp16 ? 2e-3 : 1e-2;
}

struct Story {
  std::vector<engine::Note> notes;        ///< [notes, kPieces]
  std::vector<engine::NoteTrace> traces;  ///< the same
};

Story tell(const engine::Model& model, Setting setting, std::unique_ptr<engine::Decoder> decoder, int notes) {
  setting.batch = kPieces;
  Pieces pieces(model, setting, std::move(decoder));
  Story story;
  story.notes = pieces.traced(notes, story.traces);
  return story;
}

Story told_by_cpu(const engine::Model& model, const Setting& setting, int notes) {
  return tell(model, setting, engine::make_cpu_decoder(model, {.state = setting.state, .slots = kPieces}), notes);
}

/// The traces of pieces that are the same in both, up to where they part.
std::pair<Outputs, Outputs> along_the_same_notes(const Story& a, const Story& b) {
  std::vector<engine::NoteTrace> one, other;
  for (std::size_t p = 0; p < kPieces; ++p) {
    for (std::size_t i = p; i < a.notes.size(); i += kPieces) {
      one.push_back(a.traces[i]);  // the first that differs was still chosen from the same past
      other.push_back(b.traces[i]);
      if (a.notes[i].pitch != b.notes[i].pitch) break;
    }
  }
  return {outputs_of(one), outputs_of(other)};
}

void compare(const std::string& name, const Outputs& got, const Outputs& want, double limit) {
  check_gate(name + ": pitch", relative_error(got.pitch, want.pitch), limit);
  check_gate(name + ": step", relative_error(got.step, want.step), limit);
  check_gate(name + ": duration", relative_error(got.duration, want.duration), limit);
}

void compare_pieces(const std::string& name, std::span<const engine::Note> got, std::span<const engine::Note> want) {
  const int same = pieces_that_agree(got, want, kPieces);
  check_gate(name + ": share of pieces that differ", 1 - static_cast<double>(same) / kPieces, 1.0 / kPieces);
}

struct FreeRun {
  int pieces, together;
  int note;  ///< of each piece, that is compared: those before it are its own choices
};

FreeRun free_run_of(Target target, engine::StateMode state) {
  if (target == Target::emulated) return {64, 64, 2};
  constexpr int kTogether = 10'000;
  static_assert(kSamplePieces % kTogether == 0);
  return {kSamplePieces, kTogether, state == engine::StateMode::carry ? 16 : 4};  // as on the CPU (generation/gate.cpp)
}

NoteSample our_sample(const engine::Model& model, Setting setting, const Ours& ours, const FreeRun& run) {
  setting.batch = run.together;
  setting.block = run.note;
  Pieces pieces(model, setting, our_decoder(model, setting, ours));
  return sample_of(run.pieces, run.together, [&](std::uint64_t first) {
    pieces.begin(first);
    return pieces.last_of(run.note);
  });
}

NoteSample their_sample(const engine::Model& model, const Setting& setting, const FreeRun& run, libtorch::Place place) {
  const auto theirs = libtorch::make_device_generator(model, form_of(setting.state), libtorch::Variant::eager_fp32,
                                                      run.together, blend_of(setting), place);
  const auto primers = primers_of(model.spec, run.together);
  return sample_of(run.pieces, run.together, [&](std::uint64_t first) {
    theirs->prime(primers);
    theirs->set_draws(run.note, unrelated_draws(static_cast<std::size_t>(run.note * run.together), first));
    theirs->generate(run.note);
    const std::vector<engine::Note> all = theirs->notes();
    return std::vector<engine::Note>(all.end() - run.together, all.end());
  });
}

/// Rungs of one network are compared with one sample: it is the larger part of the time.
const NoteSample& their_sample_once(const engine::Model& model, const Setting& setting, const FreeRun& run,
                                    libtorch::Place place) {
  static std::map<std::pair<std::string, std::pair<engine::StateMode, bool>>, NoteSample> samples;
  NoteSample& sample = samples[{model.spec.name, {setting.state, setting.encloser}}];
  if (sample.steps.empty()) sample = their_sample(model, setting, run, place);
  return sample;
}

}  // namespace

libtorch::Form form_of(engine::StateMode state) {
  return state == engine::StateMode::carry ? libtorch::Form::carry : libtorch::Form::window;
}

libtorch::Blend blend_of(const Setting& setting) {
  const engine::Sampling sampling = expression_of(setting).sampling;
  return {.encloser = setting.encloser,
          .alpha = static_cast<float>(sampling.alpha),
          .beta = static_cast<float>(sampling.beta),
          .temperature = static_cast<float>(sampling.temperature)};
}

void check_ours(const std::string& name, const engine::Model& model, const Setting& setting, const Ours& ours) {
  Setting few = setting;
  few.batch = kPieces;
  // The emulator takes a millisecond and more for what a GPU does in a microsecond.
  const int notes = ours.target == Target::cuda ? notes_of(model.spec, setting) : 2;
  const Story want = told_by_cpu(model, few, notes);
  const Story got = tell(model, few, our_decoder(model, few, ours), notes);
  const auto [a, b] = along_the_same_notes(got, want);
  compare(name, a, b, limit_of(ours.precision));
  // In 16 bits a note may fall on the other side of its draw, and the pieces part there.
  if (ours.precision == kernels::Precision::fp32) compare_pieces(name, got.notes, want.notes);
}

void check_theirs(const std::string& name, const engine::Model& model, const Setting& setting,
                  libtorch::Variant variant, libtorch::Place place) {
  const int notes = notes_of(model.spec, setting);
  Story want = told_by_cpu(model, setting, notes);
  if (setting.encloser) {
    for (engine::NoteTrace& trace : want.traces) trace.logits = trace.probabilities;
  }
  const auto theirs =
      libtorch::make_device_generator(model, form_of(setting.state), variant, kPieces, blend_of(setting), place);
  const auto primers = primers_of(model.spec, kPieces);
  theirs->prime(primers);
  const auto candidates = static_cast<std::size_t>(model.spec.head(engine::Field::pitch).size);
  compare(name, outputs_of(theirs->follow(notes, want.notes), candidates), outputs_of(want.traces),
          limit_of(variant, place));
  // A logit that is off by 1e-3 flips about one note in a thousand, after which a piece goes its own way: with rounded
  // arithmetic only a graph's first notes are compared.
  const int free_notes =
      limit_of(variant, place) == kGate ? notes : static_cast<int>(libtorch::DeviceGenerator::kGraphNotes);
  theirs->prime(primers);
  theirs->set_draws(free_notes, draws_of(free_notes, kPieces));
  theirs->generate(free_notes);
  compare_pieces(name, theirs->notes(), std::span(want.notes).first(static_cast<std::size_t>(free_notes) * kPieces));
}

void check_free_run(const std::string& name, const engine::Model& model, const Setting& setting, const Ours& ours,
                    libtorch::Place place) {
  const FreeRun run = free_run_of(ours.target, setting.state);
  check_distribution(name, our_sample(model, setting, ours, run), their_sample_once(model, setting, run, place));
}

}  // namespace bench::gpu
