#include "bench/generation/affetto.h"

#include <algorithm>
#include <utility>

#include "bench/harness/subjects.h"
#include "kernels/math/philox.h"

namespace bench {

engine::Expression expression_of(const Setting& setting) {
  engine::Expression expression;
  if (!setting.encloser) return expression;
  expression.emotion = {.valence = 1, .arousal = 0};
  expression.sampling = {.temperature = 2, .alpha = 0.5, .beta = 0.5};
  return expression;
}

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

std::vector<std::vector<engine::Note>> primers_of(const engine::ModelSpec& spec, int batch) {
  constexpr int kDifferent = 4;
  std::vector<std::vector<engine::Note>> primers;
  for (int b = 0; b < batch; ++b) primers.push_back(random_notes(spec.window, b % kDifferent));
  return primers;
}

Pieces::Pieces(const engine::Model& model, const Setting& setting)
    : Pieces(model, setting,
             engine::make_cpu_decoder(model, {.state = setting.state,
                                              .slots = setting.batch,
                                              .threads = setting.threads,
                                              .weights = setting.weights})) {}

Pieces::Pieces(const engine::Model& model, const Setting& setting, std::unique_ptr<engine::Decoder> decoder)
    : setting_(setting), decoder_(std::move(decoder)) {
  const auto primers = primers_of(model.spec, setting.batch);
  for (int b = 0; b < setting.batch; ++b) {
    const auto same = std::find(primers.begin(), primers.begin() + b, primers[b]) - primers.begin();
    starts_.push_back(same < b ? starts_[same] : decoder_->prime(primers[b]));
  }
  begin(0);
}

void Pieces::begin(std::uint64_t first) {
  const engine::Expression expression = expression_of(setting_);
  for (int b = 0; b < setting_.batch; ++b) {
    decoder_->load(b, *starts_[b], {kSeed, first + static_cast<std::uint64_t>(b)}, expression);
  }
}

void Pieces::advance(int notes, engine::NoteTrace* traces) {
  written_.resize(static_cast<std::size_t>(setting_.batch * notes));
  stretches_.resize(static_cast<std::size_t>(setting_.batch));
  for (int b = 0; b < setting_.batch; ++b) {
    stretches_[b] = {b, notes, written_.data() + b * notes, traces == nullptr ? nullptr : traces + b * notes};
  }
  decoder_->advance(stretches_);
}

void Pieces::run(std::int64_t notes) {
  const std::int64_t block = setting_.block;
  for (; notes > 0; notes -= block) advance(static_cast<int>(std::min(notes, block)), nullptr);
}

std::vector<engine::Note> Pieces::last_of(int notes) {
  advance(notes, nullptr);
  std::vector<engine::Note> last;
  for (int b = 0; b < setting_.batch; ++b) last.push_back(written_[(b + 1) * notes - 1]);
  return last;
}

std::vector<engine::Note> Pieces::traced(int notes, std::vector<engine::NoteTrace>& traces) {
  std::vector<engine::NoteTrace> by_piece(static_cast<std::size_t>(setting_.batch * notes));
  advance(notes, by_piece.data());
  std::vector<engine::Note> transposed;
  traces.clear();
  for (int n = 0; n < notes; ++n) {
    for (int b = 0; b < setting_.batch; ++b) {
      transposed.push_back(written_[b * notes + n]);
      traces.push_back(by_piece[b * notes + n]);
    }
  }
  return transposed;
}

}  // namespace bench
