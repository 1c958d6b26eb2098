#include "trainer/data/corpus.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "engine/data/error.h"
#include "kernels/math/philox.h"
#include "trainer/data/checksum.h"

namespace trainer {
namespace {

bool is_time(float seconds) { return std::isfinite(seconds) && seconds >= 0; }

void check_note(const std::string& name, std::size_t index, const engine::Note& note) {
  if (note.pitch <= 127 && is_time(note.step_s) && is_time(note.duration_s)) return;
  throw engine::Error({"gather notes", name,
                       "note " + std::to_string(index) + " has pitch " + std::to_string(note.pitch) + ", step " +
                           std::to_string(note.step_s) + " s, duration " + std::to_string(note.duration_s) +
                           " s; expected 0 to 127 and times of 0 or more",
                       "leave this piece out, or mend it"});
}

void copy_piece(const Corpus& from, std::size_t piece, Corpus& to) {
  const auto begin = static_cast<std::ptrdiff_t>(from.piece_begin[piece]);
  const auto end = static_cast<std::ptrdiff_t>(from.piece_begin[piece + 1]);
  to.pitch.insert(to.pitch.end(), from.pitch.begin() + begin, from.pitch.begin() + end);
  to.step_s.insert(to.step_s.end(), from.step_s.begin() + begin, from.step_s.begin() + end);
  to.duration_s.insert(to.duration_s.end(), from.duration_s.begin() + begin, from.duration_s.begin() + end);
  to.names.push_back(from.names[piece]);
  to.piece_begin.push_back(to.notes());
}

}  // namespace

void append_piece(Corpus& corpus, const std::string& name, std::span<const engine::Note> notes) {
  for (std::size_t i = 0; i < notes.size(); ++i) check_note(name, i, notes[i]);
  for (const engine::Note& note : notes) {
    corpus.pitch.push_back(note.pitch);
    corpus.step_s.push_back(note.step_s);
    corpus.duration_s.push_back(note.duration_s);
  }
  corpus.names.push_back(name);
  corpus.piece_begin.push_back(corpus.notes());
}

Corpus select_pieces(const Corpus& corpus, std::span<const std::size_t> indices) {
  Corpus chosen;
  for (const std::size_t i : indices) {
    if (i >= corpus.pieces()) {
      throw std::out_of_range("piece " + std::to_string(i) + " of " + std::to_string(corpus.pieces()));
    }
    copy_piece(corpus, i, chosen);
  }
  return chosen;
}

Split split_by_piece(const Corpus& corpus, double validation_fraction, std::uint64_t seed) {
  if (!(validation_fraction > 0 && validation_fraction < 1)) {
    throw std::invalid_argument("validation fraction " + std::to_string(validation_fraction) + ", expected in (0, 1)");
  }
  std::vector<double> draw;
  for (const std::string& name : corpus.names) {
    draw.push_back(kernels::uniform(kernels::random_words(seed, fnv1a(name), 0, kernels::Purpose::kShuffle).w[0]));
  }
  std::vector<std::size_t> train, validation;
  for (std::size_t i = 0; i < draw.size(); ++i) (draw[i] < validation_fraction ? validation : train).push_back(i);
  const auto by_draw = [&](std::size_t a, std::size_t b) { return draw[a] < draw[b]; };
  if (validation.empty() && train.size() >= 2) {
    const auto lowest = std::min_element(train.begin(), train.end(), by_draw);
    validation.push_back(*lowest);
    train.erase(lowest);
  } else if (train.empty() && validation.size() >= 2) {
    const auto highest = std::max_element(validation.begin(), validation.end(), by_draw);
    train.push_back(*highest);
    validation.erase(highest);
  }
  return {select_pieces(corpus, train), select_pieces(corpus, validation)};
}

double unigram_pitch_entropy(const Corpus& corpus, int window) {
  std::array<std::size_t, 128> counts{};
  std::size_t total = 0;
  for (std::size_t p = 0; p < corpus.pieces(); ++p) {
    for (std::size_t i = corpus.piece_begin[p] + static_cast<std::size_t>(window); i < corpus.piece_begin[p + 1]; ++i) {
      ++counts[corpus.pitch[i]];
      ++total;
    }
  }
  double entropy = 0;
  for (const std::size_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(total);
    entropy -= share * std::log(share);
  }
  return entropy;
}

}  // namespace trainer
