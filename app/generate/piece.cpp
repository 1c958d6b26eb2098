#include "app/generate/piece.h"

#include <algorithm>
#include <cstdio>

#include "app/glue/exit_codes.h"
#include "app/glue/resources.h"
#include "engine/data/notes.h"
#include "engine/emotion/names.h"
#include "io/audio/write_audio.h"
#include "io/draw/draw.h"
#include "io/files/write_file.h"

namespace app {
namespace {

std::string soundfont_or_throw() {
  const auto found = find_soundfont();
  if (!found) throw io::FormatError({"render", "SoundFont", "none was found", kSoundfontHint});
  return found->string();
}

}  // namespace

engine::Score piece_score(const Job& job, const std::vector<engine::Note>& notes, const std::string& recipe) {
  engine::Score score;
  score.texts = {recipe};
  score.bpm = job.bpm;
  score.has_tempo = true;
  if (job.with_primer) {
    std::vector<engine::Note> all = job.primer;
    all.insert(all.end(), notes.begin(), notes.end());
    score.notes = engine::to_score_notes(all);
  } else {
    score.notes = engine::to_score_notes(notes, notes.empty() ? 0.0 : -double{notes.front().step_s});
  }
  for (const engine::ScoreNote& n : score.notes) score.length_s = std::max(score.length_s, n.onset_s + n.duration_s);
  return score;
}

double primer_end_s(const Job& job, const std::vector<engine::Note>& notes) {
  if (!job.with_primer || notes.empty()) return 0;
  double onset = notes.front().step_s;
  for (const engine::Note& n : job.primer) onset += n.step_s;
  return onset;
}

std::string piece_stem(const Job& job, std::uint64_t index) {
  char number[24];
  std::snprintf(number, sizeof number, "%06llu", static_cast<unsigned long long>(index));
  return std::string(number) + "_" + engine::name_of(job.expression.emotion) + "_s" + std::to_string(job.seed);
}

std::string piano_roll_svg(const engine::Score& score, double primer_end, const std::string& title) {
  return io::draw_piano_roll({.notes = score.notes, .primer_end_s = primer_end, .title = title});
}

void write_piano_roll(const std::string& file, const engine::Score& score, double primer_end, const std::string& title,
                      bool force) {
  io::write_file(file, piano_roll_svg(score, primer_end, title), force ? io::Existing::replace : io::Existing::refuse);
}

SoundWriter::SoundWriter(const std::string& soundfont)
    : soundfont_(soundfont.empty() ? soundfont_or_throw() : soundfont), renderer_(soundfont_) {}

void SoundWriter::write(const std::string& file, const engine::Score& score, bool force) {
  io::write_audio(file, renderer_.render(score), force ? io::Existing::replace : io::Existing::refuse);
}

}  // namespace app
