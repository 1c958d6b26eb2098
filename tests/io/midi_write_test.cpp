#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "io/midi/write.h"
#include "tests/io/midi_bytes.h"

namespace {

using engine::Score;
using engine::ScoreNote;
using test::operator+;
using test::Bytes;
using test::strict;
using test::told;

// Onset and duration in ticks of 1/960 s: 480 a quarter at 120.
ScoreNote note(double onset, double duration, int pitch, int program = 0) {
  return {.onset_s = onset / 960,
          .duration_s = duration / 960,
          .pitch = static_cast<std::uint8_t>(pitch),
          .program = static_cast<std::uint8_t>(program)};
}

std::string round_trip(const Score& score) { return told(strict(io::format_midi(score)).notes); }

TEST(MidiWrite, ASmallScoreHasExactlyTheseBytes) {
  Score score;
  score.notes = {note(0, 480, 60, 24)};
  score.texts = {"hi"};
  const Bytes expected = test::header(1, 2, 480) +
                         test::track({0, 0xFF, 0x01, 2, 'h', 'i', 0, 0xFF, 0x51, 3, 0x07, 0xA1, 0x20}) +
                         test::track({0, 0xC0, 24, 0, 0x90, 60, 100, 0x83, 0x60, 0x80, 60, 64});
  EXPECT_EQ(io::format_midi(score), expected);
}

TEST(MidiWrite, AnEmptyScoreIsAFileWithATempoAndNoNotes) {
  const auto score = strict(io::format_midi({}));
  EXPECT_TRUE(score.notes.empty());
  EXPECT_EQ(score.tracks.size(), 1u);
  EXPECT_TRUE(score.has_tempo);
}

TEST(MidiWrite, EqualScoresGiveEqualBytesWhateverTheOrderOfTheirNotes) {
  Score a, b;
  for (int i = 0; i < 100; ++i) a.notes.push_back(note(i / 3 * 50, 40, 50 + i % 3 * 4, i % 5));
  b.notes.assign(a.notes.rbegin(), a.notes.rend());
  EXPECT_EQ(io::format_midi(a), io::format_midi(a));
  EXPECT_EQ(io::format_midi(a), io::format_midi(b));
}

TEST(MidiWrite, TicksAreRoundedFromAbsoluteTimesSoThatNothingDrifts) {
  Score score;
  for (int i = 0; i < 10000; ++i) score.notes.push_back(note(i * 10.4, 5, 60));
  const auto read = strict(io::format_midi(score));
  ASSERT_EQ(read.notes.size(), 10000u);
  EXPECT_EQ(std::lround(read.notes.back().onset_s * 960), std::lround(9999 * 10.4));
}

TEST(MidiWrite, ANoteLastsAtLeastOneTick) {
  Score score;
  score.notes = {note(10, 0, 60), note(20, 0.2, 62)};
  EXPECT_EQ(round_trip(score), "60:10-11 62:20-21");
}

TEST(MidiWrite, AnEarlierNoteEndsWhereALaterOneOfItsPitchBegins) {
  Score score;
  score.notes = {note(0, 100, 60), note(40, 20, 60), note(90, 30, 60), note(0, 100, 62)};
  EXPECT_EQ(round_trip(score), "60:0-40 62:0-100 60:40-60 60:90-120");
}

TEST(MidiWrite, NotesOfOnePitchAndOnsetEndTogetherWithTheLast) {
  Score score;
  score.notes = {note(0, 10, 60), note(0, 50, 60), note(0, 30, 60), note(50, 5, 60)};
  EXPECT_EQ(round_trip(score), "60:0-50 60:0-50 60:0-50 60:50-55");
  score.notes.push_back(note(20, 5, 60));
  EXPECT_EQ(round_trip(score), "60:0-20 60:0-20 60:0-20 60:20-25 60:50-55");
}

TEST(MidiWrite, NoteOffsComeBeforeNoteOnsOfTheirTick) {
  Score score;
  score.notes = {note(0, 10, 60), note(10, 10, 60)};
  const Bytes bytes = io::format_midi(score);
  const Bytes part = {10, 0x80, 60, 64, 0, 0x90, 60, 100};
  EXPECT_NE(std::search(bytes.begin(), bytes.end(), part.begin(), part.end()), bytes.end());
}

TEST(MidiWrite, EachProgramHasATrackAndAChannelAndDrumsHaveTheirs) {
  Score score;
  for (int p = 0; p < 12; ++p) score.notes.push_back(note(0, 10, 60, 3 * p));
  score.drums = {note(5, 10, 36, 0), note(5, 10, 38, 0)};
  const auto read = strict(io::format_midi(score));
  ASSERT_EQ(read.tracks.size(), 14u);
  ASSERT_EQ(read.notes.size(), 12u);
  for (int p = 0; p < 12; ++p) {
    const ScoreNote& n = read.notes[static_cast<std::size_t>(p)];
    EXPECT_EQ(n.program, 3 * p);
    EXPECT_EQ(n.track, p + 1);
    EXPECT_EQ(n.channel, p < 9 ? p : p + 1);
  }
  EXPECT_EQ(read.tracks.back().drum_notes, 2);
  EXPECT_EQ(read.drums.size(), 2u);
}

TEST(MidiWrite, BeyondFifteenProgramsChannelsAreSharedAndEveryNoteKeepsItsProgram) {
  Score score;
  for (int i = 0; i < 400; ++i) score.notes.push_back(note(10 * (i / 8), 8, 40 + i % 8, i * 7 % 40));
  const auto read = strict(io::format_midi(score));
  ASSERT_EQ(read.notes.size(), score.notes.size());
  std::vector<int> wanted, got;  // (onset, pitch) is unique
  for (const ScoreNote& n : score.notes) wanted.push_back(n.program);
  for (const ScoreNote& n : read.notes) got.push_back(n.program);
  EXPECT_EQ(got, wanted);
}

// A player keeps one program a channel, whichever track sets it: it takes all events by tick, then by track.
TEST(MidiWrite, AProgramChangePrecedesEachNoteOfASharedChannelThatNeedsOne) {
  Score score;
  for (int i = 0; i < 17; ++i) score.notes.push_back(note(10 * i, 5, 60, i));  // 0 and 15 share channel 0
  for (const int p : {0, 15, 15, 0})
    score.notes.push_back(note(1000 + 10.0 * static_cast<double>(score.notes.size()), 5, 60, p));
  const auto bytes = io::format_midi(score);
  int changes = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i)
    changes += bytes[i] == 0xC0 && (bytes[i + 1] == 0 || bytes[i + 1] == 15);
  EXPECT_EQ(changes, 5) << "0 at the start, 15, then 0, 15 and 0 again; 15 after 15 needs none";
}

TEST(MidiWrite, DrumKitsAreKept) {
  Score score;
  score.drums = {note(0, 5, 36, 0), note(10, 5, 36, 16), note(20, 5, 36, 0)};
  const auto read = strict(io::format_midi(score));
  ASSERT_EQ(read.drums.size(), 3u);
  EXPECT_EQ(read.drums[0].program, 0);
  EXPECT_EQ(read.drums[1].program, 16);
  EXPECT_EQ(read.drums[2].program, 0);
}

TEST(MidiWrite, TheTempoAndDivisionAreTheScores) {
  Score score;
  score.notes = {note(960, 960, 60)};
  score.bpm = 77.7;
  score.ticks_per_quarter = 96;
  const auto read = strict(io::format_midi(score));
  EXPECT_EQ(read.ticks_per_quarter, 96);
  EXPECT_NEAR(read.bpm, 77.7, 77.7 * 77.7 / 120e6);                          // half a microsecond per quarter
  EXPECT_NEAR(read.notes.at(0).onset_s, 1.0, 0.5 * 60 / 77.7 / 96 + 1e-12);  // half a tick
}

TEST(MidiWrite, ASmpteScoreIsWrittenInQuarters) {
  Score score;
  score.ticks_per_quarter = 0;
  EXPECT_EQ(strict(io::format_midi(score)).ticks_per_quarter, 480);
}

TEST(MidiWrite, TextsComeBackWhole) {
  Score score;
  score.texts = {std::string(1 << 20, 'r'), "", std::string("\0\xFF", 2)};
  EXPECT_TRUE(strict(io::format_midi(score)).texts == score.texts);
}

TEST(MidiWrite, ATrackNameIsKeptWhereAllNotesOfAProgramComeFromIt) {
  Score score;
  score.tracks = {{.name = "left"}, {.name = "right"}};
  score.notes = {note(0, 10, 60, 1), note(0, 10, 62, 2), note(0, 10, 64, 2)};
  score.notes[1].track = score.notes[0].track = 1;
  const auto read = strict(io::format_midi(score));
  ASSERT_EQ(read.tracks.size(), 3u);
  EXPECT_EQ(read.tracks[1].name, "right");
  EXPECT_EQ(read.tracks[2].name, "");
}

template <typename Change>
std::string refused(Change change) {
  Score score;
  score.notes = {note(0, 10, 60), note(20, 10, 62)};
  change(score);
  try {
    (void)io::format_midi(score);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "written";
}

TEST(MidiWrite, ValuesThatAFileCannotHoldAreRefusedByName) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refused([](Score& s) { s.notes[1].pitch = 128; }),
            "write MIDI: note 1: pitch = 128.000000; must be within 0 and 127");
  EXPECT_NE(refused([](Score& s) { s.notes[0].velocity = 0; }).find("note 0: velocity"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.notes[0].velocity = 128; }).find("velocity"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.notes[0].program = 128; }).find("program"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.drums = {note(0, -1, 36)}; }).find("drum 0: duration_s"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.notes[0].onset_s = -1; }).find("onset_s"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.notes[0].onset_s = kNan; }).find("onset_s"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.notes[0].onset_s = kInf; }).find("onset_s"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.notes[0].duration_s = kNan; }).find("duration_s"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.notes[0].duration_s = kInf; }).find("duration_s"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.bpm = 0; }).find("bpm"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.bpm = 3.5; }).find("bpm"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.bpm = 1e9; }).find("bpm"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.bpm = kNan; }).find("bpm"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.ticks_per_quarter = 32768; }).find("ticks_per_quarter"), std::string::npos);
  EXPECT_NE(refused([](Score& s) { s.ticks_per_quarter = -1; }).find("ticks_per_quarter"), std::string::npos);
}

TEST(MidiWrite, TheLastPossibleTickIsWrittenAndTheNextRefused) {
  Score score;
  const auto limit = static_cast<double>(io::kMaxMidiTick);
  score.notes = {note(limit - 1, 1, 60)};
  EXPECT_EQ(round_trip(score), "60:268435454-268435455");
  score.notes = {note(limit - 1, 2, 60)};
  EXPECT_THROW((void)io::format_midi(score), std::invalid_argument);
  score.notes = {note(limit, 0, 60)};
  EXPECT_THROW((void)io::format_midi(score), std::invalid_argument);
}

}  // namespace
