// Random scores, written and read back: each note within half a tick of where it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <tuple>

#include "io/midi/read.h"
#include "io/midi/write.h"

namespace {

using engine::Score;
using engine::ScoreNote;

// Integers only: the distributions of the standard library differ between libraries, this does not.
class Draw {
 public:
  explicit Draw(std::uint32_t seed) : engine_(seed) {}
  int below(int bound) { return static_cast<int>(engine_() % static_cast<std::uint32_t>(bound)); }
  double unit() { return static_cast<double>(engine_()) / 4294967296.0; }

 private:
  std::mt19937 engine_;
};

double tick_s(const Score& score) { return 60.0 / score.bpm / score.ticks_per_quarter; }

// Equal pitches of a program are at least two ticks apart, so that rounding cannot make them meet.
std::vector<ScoreNote> draw_notes(Draw& draw, int count, int programs, double tick) {
  std::map<std::pair<int, int>, double> free_from;
  std::vector<ScoreNote> notes;
  double now = 0;
  for (int i = 0; i < count; ++i) {
    if (draw.below(3) != 0) now += draw.unit() * 0.4;
    const int pitch = draw.below(128), program = programs == 128 ? draw.below(128) : draw.below(programs) * 5 % 128;
    double& from = free_from[{program, pitch}];
    const double onset = std::max(now, from);
    const double duration = (1 + 300 * draw.unit() * draw.unit()) * tick;
    from = onset + duration + 2 * tick;
    notes.push_back({.onset_s = onset,
                     .duration_s = duration,
                     .pitch = static_cast<std::uint8_t>(pitch),
                     .velocity = static_cast<std::uint8_t>(1 + draw.below(127)),
                     .program = static_cast<std::uint8_t>(program)});
  }
  return notes;
}

Score draw_score(std::uint32_t seed) {
  Draw draw(seed);
  constexpr std::array<int, 6> kTicks{480, 96, 24, 960, 32767, 1};
  constexpr std::array<int, 5> kPrograms{1, 2, 15, 16, 128};
  Score score;
  score.ticks_per_quarter = kTicks[static_cast<std::size_t>(draw.below(6))];
  score.bpm = 10 + draw.unit() * 290;
  const int programs = kPrograms[static_cast<std::size_t>(draw.below(5))];
  score.notes = draw_notes(draw, 1 + draw.below(400), programs, tick_s(score));
  score.drums = draw_notes(draw, draw.below(50), 1, tick_s(score));
  return score;
}

using Key =
    std::tuple<int, int, int>;  // program, pitch, how many of these came before: unique, and not moved by rounding

std::map<Key, ScoreNote> by_key(std::vector<ScoreNote> notes) {
  std::stable_sort(notes.begin(), notes.end(), [](const auto& a, const auto& b) { return a.onset_s < b.onset_s; });
  std::map<std::pair<int, int>, int> seen;
  std::map<Key, ScoreNote> keyed;
  for (const ScoreNote& n : notes) keyed[{n.program, n.pitch, seen[{n.program, n.pitch}]++}] = n;
  return keyed;
}

void expect_close(const std::vector<ScoreNote>& got, const std::vector<ScoreNote>& want, double tick) {
  const auto g = by_key(got), w = by_key(want);
  ASSERT_EQ(g.size(), w.size());
  // Half a tick from rounding; the tempo in the file is off by up to half a microsecond per quarter, but the ticks are
  // made with that tempo, so that only the roundings of a few doubles remain (times here stay below 1000 s).
  const double half = 0.5 * tick * (1 + 1e-3) + 1e-11;
  for (const auto& [key, n] : w) {
    const auto found = g.find(key);
    ASSERT_NE(found, g.end()) << "program " << int{n.program} << ", pitch " << int{n.pitch} << " at " << n.onset_s;
    EXPECT_NEAR(found->second.onset_s, n.onset_s, half);
    EXPECT_NEAR(found->second.onset_s + found->second.duration_s, n.onset_s + n.duration_s, half);
    EXPECT_EQ(found->second.velocity, n.velocity);
  }
}

TEST(MidiRoundTrip, EveryNoteComesBackWithinHalfATick) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const Score score = draw_score(seed);
    const Score read = io::parse_midi(io::format_midi(score), "round trip", {.strict = true});
    EXPECT_EQ(read.ticks_per_quarter, score.ticks_per_quarter);
    expect_close(read.notes, score.notes, tick_s(score));
    expect_close(read.drums, score.drums, tick_s(score));
    if (HasFatalFailure()) return;
  }
}

TEST(MidiRoundTrip, WhatWasReadIsWrittenToTheSameBytesAgain) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    const auto bytes = io::format_midi(draw_score(seed));
    EXPECT_TRUE(io::format_midi(io::parse_midi(bytes, "round trip")) == bytes) << "seed " << seed;
  }
}

TEST(MidiRoundTrip, OrderIsOnsetThenPitchThenEnd) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const Score read = io::parse_midi(io::format_midi(draw_score(seed)), "round trip");
    EXPECT_TRUE(std::is_sorted(read.notes.begin(), read.notes.end(),
                               [](const ScoreNote& a, const ScoreNote& b) {
                                 return std::tie(a.onset_s, a.pitch, a.duration_s) <
                                        std::tie(b.onset_s, b.pitch, b.duration_s);
                               }))
        << "seed " << seed;
  }
}

}  // namespace
