// Any bytes as a MIDI file: either a FormatError, or a score that is written and read back with as many notes.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "io/midi/read.h"
#include "io/midi/write.h"

namespace {

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

bool fits_a_file(const engine::Score& score) {
  const double ticks_per_quarter = score.ticks_per_quarter == 0 ? 480 : score.ticks_per_quarter;
  const double us_per_quarter = std::round(60e6 / score.bpm);
  return score.length_s * 1e6 * ticks_per_quarter / us_per_quarter < static_cast<double>(io::kMaxMidiTick) - 2;
}

void check_notes(const std::vector<engine::ScoreNote>& notes) {
  double before = 0;
  for (const engine::ScoreNote& n : notes) {
    demand(n.onset_s >= before && n.duration_s >= 0 && std::isfinite(n.onset_s + n.duration_s), "times are in order");
    demand(n.pitch < 128 && n.velocity > 0 && n.velocity < 128 && n.program < 128, "values are legal");
    before = n.onset_s;
  }
}

void write_and_read(const engine::Score& score) {
  std::vector<std::uint8_t> written;
  try {
    written = io::format_midi(score);
  } catch (const std::invalid_argument&) {
    demand(!fits_a_file(score), "what was read can be written, unless it is too long");
    return;
  }
  const engine::Score again = io::parse_midi(written, "written", {.strict = true});
  demand(again.notes.size() == score.notes.size(), "as many notes");
  demand(again.drums.size() == score.drums.size(), "as many drums");
  demand(again.texts == score.texts, "the same texts");
  demand(io::format_midi(score) == written, "the same bytes");
}

using Bytes = std::vector<std::uint8_t>;

Bytes file(int format, int tracks, int division, const std::vector<Bytes>& chunks) {
  const auto low = [](int value) { return static_cast<std::uint8_t>(value); };
  Bytes bytes = {'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, low(format), 0, low(tracks), low(division >> 8), low(division)};
  for (const Bytes& chunk : chunks) {
    bytes.insert(bytes.end(), {'M', 'T', 'r', 'k', 0, 0, low(static_cast<int>(chunk.size() >> 8)),
                               low(static_cast<int>(chunk.size()))});
    bytes.insert(bytes.end(), chunk.begin(), chunk.end());
  }
  return bytes;
}

}  // namespace

/// Files to start from: each format, both divisions, running status, sysex, many programs, drums, texts.
std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  const Bytes conductor = {0,    0xFF, 0x51, 3,    6, 0x1A, 0x80, 0,    0xFF, 0x58, 4,    4,    2, 24,   8,    0,
                           0xFF, 0x59, 2,    0xFB, 1, 0x60, 0xFF, 0x51, 3,    7,    0xA1, 0x20, 0, 0xFF, 0x2F, 0};
  const Bytes melody = {0,  0xFF, 0x03, 2,    'r',  'h',  0,  0xC0, 24,   0,    0x90, 60,   100,  0x10, 64,   90, 0x60,
                        60, 0,    0x81, 0x70, 0x80, 64,   0,  0,    0xF0, 3,    0x7E, 0x7F, 0xF7, 0,    0xB0, 64, 127,
                        0,  0xE0, 0,    64,   0,    0x90, 67, 80,   0x60, 0x80, 67,   0x40, 0,    0xFF, 0x2F, 0};
  const Bytes drums = {0, 0x99, 36, 110, 0x30, 0x89, 36, 0, 0, 0x99, 38, 90, 0x30, 38, 0, 0, 0xFF, 0x2F, 0};
  std::vector<Bytes> seeds = {file(0, 1, 96, {melody}), file(1, 3, 480, {conductor, melody, drums}),
                              file(2, 2, 24, {melody, melody}), file(1, 1, 0xE728, {melody})};
  engine::Score score;
  for (int i = 0; i < 20; ++i) {
    score.notes.push_back({.onset_s = 0.1 * i,
                           .duration_s = 0.3,
                           .pitch = static_cast<std::uint8_t>(60 + i % 3),
                           .program = static_cast<std::uint8_t>(i)});
  }
  score.drums.push_back({.onset_s = 0.25, .duration_s = 0.05, .pitch = 38, .program = 16});
  score.texts = {"a recipe"};
  seeds.push_back(io::format_midi(score));
  const auto length = static_cast<std::uint8_t>(seeds[0].size());
  Bytes riff = {
      'R',    'I', 'F', 'F', static_cast<std::uint8_t>(length + 12), 0, 0, 0, 'R', 'M', 'I', 'D', 'd', 'a', 't', 'a',
      length, 0,   0,   0};
  riff.insert(riff.end(), seeds[0].begin(), seeds[0].end());
  seeds.push_back(riff);
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  engine::Score score;
  bool strict_accepts = true;
  try {
    (void)io::parse_midi({data, size}, "fuzz", {.strict = true});
  } catch (const io::FormatError&) {
    strict_accepts = false;
  }
  try {
    score = io::parse_midi({data, size}, "fuzz");
  } catch (const io::FormatError&) {
    demand(!strict_accepts, "what is accepted strictly is accepted leniently");
    return 0;
  }
  demand(io::looks_like_midi({data, size}), "what can be read looks like MIDI");
  demand(strict_accepts == score.warnings.empty(), "strict refuses just what lenient warns about");
  check_notes(score.notes);
  check_notes(score.drums);
  write_and_read(score);
  return 0;
}
