// What an intact file means. Damaged ones: midi_damaged_test.cpp.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <fstream>
#include <thread>

#include "io/midi/read.h"
#include "tests/io/midi_bytes.h"
#include "tests/io/scratch.h"

namespace {

using test::operator+;
using test::Bytes;
using test::event;
using test::file;
using test::header;
using test::lenient;
using test::off;
using test::on;
using test::strict;
using test::tempo;
using test::told;
using test::track;

// A few roundings of a double near 1 s.
constexpr double kSeconds = 1e-14;

TEST(MidiRead, TwoNotesHaveTheirPitchTimesVelocityAndProgram) {
  const auto score =
      strict(file({event(0, {0xC3, 24}) + on(240, 60, 3, 101) + off(480, 60, 3) + on(0, 64, 3) + off(240, 64, 3)}));
  ASSERT_EQ(score.notes.size(), 2u);
  EXPECT_EQ(
      score.notes[0],
      (engine::ScoreNote{
          .onset_s = 0.25, .duration_s = 0.5, .pitch = 60, .velocity = 101, .program = 24, .channel = 3, .track = 0}));
  EXPECT_EQ(told(score.notes), "60:240-720 64:720-960");
  EXPECT_DOUBLE_EQ(score.length_s, 1.0);
  EXPECT_TRUE(score.warnings.empty());
}

TEST(MidiRead, ANoteOnOfVelocityZeroEndsTheNote) {
  EXPECT_EQ(told(strict(file({on(0, 60) + on(480, 60, 0, 0)})).notes), "60:0-480");
}

TEST(MidiRead, RunningStatusRepeatsTheStatusByte) {
  EXPECT_EQ(told(strict(file({on(0, 60) + event(0, {64, 90}) + event(96, {60, 0}) + event(0, {64, 0})})).notes),
            "60:0-96 64:0-96");
}

TEST(MidiRead, ANoteOffEndsEveryOpenNoteOfItsPitchThatBeganBeforeIt) {
  EXPECT_EQ(told(strict(file({on(0, 60) + on(100, 60) + off(100, 60) + on(0, 62) + off(50, 62)})).notes),
            "60:0-200 60:100-200 62:200-250");
}

TEST(MidiRead, ANoteOffLeavesTheNoteOfItsOwnTickOpen) {
  EXPECT_EQ(told(strict(file({on(0, 60) + on(100, 60) + off(0, 60) + off(100, 60)})).notes), "60:0-100 60:100-200");
}

TEST(MidiRead, ANoteOffLeavesOtherPitchesAndChannelsOpen) {
  const Bytes events = on(0, 60) + on(0, 60, 1) + on(0, 61) + off(10, 60) + off(10, 60, 1) + off(10, 61);
  EXPECT_EQ(told(strict(file({events})).notes), "60:0-10 60:0-20 61:0-30");
}

TEST(MidiRead, ANoteWithoutExtentLastsZeroTicks) {
  EXPECT_EQ(told(strict(file({on(96, 60) + off(0, 60) + on(0, 60) + off(96, 60)})).notes), "60:96-96 60:96-192");
}

TEST(MidiRead, TheSecondNoteOffOfADoubledNoteDoesNotCutTheNextOne) {
  const Bytes doubled = on(0, 60) + on(0, 60) + off(96, 60) + on(0, 60) + off(0, 60) + off(96, 60);
  EXPECT_EQ(told(strict(file({doubled})).notes), "60:0-96 60:0-96 60:96-192");
}

TEST(MidiRead, ANoteOffThatEndsNothingIsIgnored) {
  EXPECT_EQ(told(strict(file({off(0, 60) + on(10, 60) + off(10, 60) + off(10, 60)})).notes), "60:10-20");
}

TEST(MidiRead, ThePedalDoesNotLengthenNotes) {
  const Bytes events = event(0, {0xB0, 64, 127}) + on(0, 60) + off(96, 60) + event(960, {0xB0, 64, 0});
  EXPECT_EQ(told(strict(file({events})).notes), "60:0-96");
}

TEST(MidiRead, VoicesInDifferentTracksDoNotEndEachOthersNotes) {
  EXPECT_EQ(told(strict(file({on(0, 60) + off(96, 60), on(48, 60) + off(96, 60)})).notes), "60:0-96 60:48-144");
}

TEST(MidiRead, NotesAreOrderedByOnsetThenPitchThenEnd) {
  const Bytes first = on(0, 64) + on(0, 60) + off(20, 60) + off(0, 64) + on(0, 50) + off(10, 50);
  const Bytes second = on(0, 60) + off(10, 60) + on(0, 72) + off(5, 72);
  EXPECT_EQ(told(strict(file({first, second})).notes), "60:0-10 60:0-20 64:0-20 72:10-15 50:20-30");
}

TEST(MidiRead, DrumsAreKeptApartAndCounted) {
  const auto score = strict(file({on(0, 36, 9) + off(10, 36, 9) + on(0, 60) + off(10, 60)}));
  EXPECT_EQ(told(score.notes), "60:10-20");
  EXPECT_EQ(told(score.drums), "36:0-10");
  ASSERT_EQ(score.tracks.size(), 1u);
  EXPECT_EQ(score.tracks[0].notes, 1);
  EXPECT_EQ(score.tracks[0].drum_notes, 1);
}

TEST(MidiRead, DrumsAreInOrderToo) {
  const Bytes late = on(50, 38, 9) + off(1, 38, 9),
              early = on(10, 42, 9) + on(0, 36, 9) + off(5, 36, 9) + off(0, 42, 9);
  EXPECT_EQ(told(strict(file({late, early})).drums), "36:10-15 42:10-15 38:50-51");
}

TEST(MidiRead, EachNoteKnowsItsTrack) {
  const auto score = strict(file({tempo(500000), on(0, 60) + off(1, 60), on(0, 62) + off(1, 62)}));
  ASSERT_EQ(score.notes.size(), 2u);
  EXPECT_EQ(score.notes[0].track, 1);
  EXPECT_EQ(score.notes[1].track, 2);
}

TEST(MidiRead, ProgramChangesHoldFromTheirTimeOn) {
  const Bytes events = on(0, 60) + off(10, 60) + event(0, {0xC0, 40}) + on(0, 60) + off(10, 60) + event(0, {0xC1, 7}) +
                       on(0, 60) + off(10, 60);
  const auto notes = strict(file({events})).notes;
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_EQ(notes[0].program, 0);
  EXPECT_EQ(notes[1].program, 40);
  EXPECT_EQ(notes[2].program, 40);
}

TEST(MidiRead, ATrackWithoutProgramTakesTheOneThatAnotherTrackSetForItsChannel) {
  const Bytes setup = event(0, {0xC2, 56}) + event(50, {0xC2, 57});
  const auto notes =
      strict(file({setup, on(0, 60, 2) + off(96, 60, 2) + on(0, 61, 2) + off(9, 61, 2) + on(0, 62, 3) + off(1, 62, 3),
                   event(0, {0xC2, 5}) + on(200, 70, 2) + off(1, 70, 2)}))
          .notes;
  ASSERT_EQ(notes.size(), 4u);
  EXPECT_EQ(notes[0].program, 5) << "at tick 0 both tracks set it, and the later track wins";
  EXPECT_EQ(notes[1].program, 57);
  EXPECT_EQ(notes[2].program, 0) << "nobody set channel 3";
  EXPECT_EQ(notes[3].program, 5) << "its own track comes first";
}

TEST(MidiRead, TempoChangesAreHonouredInAllTracks) {
  const Bytes conductor = tempo(500000) + Bytes{0x83, 0x60, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40};  // at tick 480: 60 bpm
  const auto score = strict(file({conductor, on(240, 60) + off(480, 60)}));
  ASSERT_EQ(score.notes.size(), 1u);
  EXPECT_NEAR(score.notes[0].onset_s, 0.25, kSeconds);
  EXPECT_NEAR(score.notes[0].duration_s, 0.25 + 0.5, kSeconds);
  EXPECT_DOUBLE_EQ(score.bpm, 120);
  EXPECT_TRUE(score.has_tempo);
}

TEST(MidiRead, BpmIsTheTempoInForceAtTheFirstNote) {
  const Bytes conductor = tempo(500000) + Bytes{0x83, 0x60, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40};
  EXPECT_DOUBLE_EQ(strict(file({conductor, on(480, 60) + off(480, 60)})).bpm, 60);
  EXPECT_DOUBLE_EQ(strict(file({conductor, on(479, 60) + off(480, 60)})).bpm, 120);
}

TEST(MidiRead, OfTwoTemposAtOneTickTheLastWins) {
  EXPECT_DOUBLE_EQ(strict(file({tempo(500000) + tempo(1000000) + on(0, 60) + off(480, 60)})).notes.at(0).duration_s, 1);
}

TEST(MidiRead, WithoutATempoTheFileRunsAt120AndSaysSo) {
  const auto score = strict(file({on(0, 60) + off(480, 60)}));
  EXPECT_DOUBLE_EQ(score.bpm, 120);
  EXPECT_FALSE(score.has_tempo);
  EXPECT_DOUBLE_EQ(score.notes.at(0).duration_s, 0.5);
}

TEST(MidiRead, AConstantTempoDoesNotDrift) {
  // 10,000 events of 1,000 ticks at 500,001 us and 480 ticks: each time is correct to the last bit of one division.
  Bytes events = tempo(500001);
  for (int i = 0; i < 10000; ++i) events = std::move(events) + (i % 2 == 0 ? on(1000, 60) : off(1000, 60));
  const auto notes = strict(file({events})).notes;
  ASSERT_EQ(notes.size(), 5000u);
  EXPECT_EQ(notes.back().onset_s, 9999000.0 * 500001 / (1e6 * 480));
}

TEST(MidiRead, SmpteFilesCountFramesAndIgnoreTheTempo) {
  struct Case {
    std::uint32_t division;
    double ticks_per_second;
  };
  for (const Case& c : {Case{0xE828, 24 * 40}, {0xE728, 25 * 40}, {0xE250, 30 * 80}, {0xE350, 80 * 30000.0 / 1001}}) {
    const auto score = strict(header(1, 1, c.division) + track(tempo(1000000) + on(100, 60) + off(50, 60)));
    ASSERT_EQ(score.notes.size(), 1u);
    EXPECT_NEAR(score.notes[0].onset_s, 100 / c.ticks_per_second, kSeconds) << c.division;
    EXPECT_NEAR(score.notes[0].duration_s, 50 / c.ticks_per_second, kSeconds) << c.division;
    EXPECT_EQ(score.ticks_per_quarter, 0);
    EXPECT_DOUBLE_EQ(score.bpm, 60);
  }
}

TEST(MidiRead, Format2PlaysOneSequenceAfterTheOtherEachAtItsOwnTempo) {
  const Bytes slow = tempo(1000000) + on(0, 60) + off(480, 60) + event(480, {0xB0, 64, 0});  // 2 s long
  const Bytes usual = on(480, 62) + off(480, 62);  // 120 bpm, whatever came before
  const auto score = strict(header(2, 2, 480) + track(slow) + track(usual));
  EXPECT_EQ(score.format, 2);
  EXPECT_EQ(told(score.notes), "60:0-960 62:2400-2880");
  EXPECT_DOUBLE_EQ(score.bpm, 60);
}

TEST(MidiRead, Format2KeepsProgramsApart) {
  const auto score =
      strict(header(2, 2, 480) + track(event(0, {0xC0, 40}) + on(0, 60) + off(1, 60)) + track(on(0, 62) + off(1, 62)));
  EXPECT_EQ(score.notes.at(0).program, 40);
  EXPECT_EQ(score.notes.at(1).program, 0);
}

TEST(MidiRead, TextEventsArriveWholeHoweverLong) {
  std::string recipe(1 << 20, 'x');
  recipe[0] = '{';
  recipe.back() = '}';
  const Bytes meta = Bytes{0, 0xFF, 0x01, 0xC0, 0x80, 0x00} + test::text_bytes(recipe);  // 2^20 = 64 * 2^14
  const auto score = strict(file({meta + Bytes{0, 0xFF, 0x01, 3, 'a', 0, 0xFE}, Bytes{0, 0xFF, 0x01, 1, 'b'}}));
  ASSERT_EQ(score.texts.size(), 3u);
  EXPECT_TRUE(score.texts[0] == recipe);
  EXPECT_EQ(score.texts[1], std::string("a\0\xFE", 3)) << "texts are the file's own bytes";
  EXPECT_EQ(score.texts[2], "b");
}

TEST(MidiRead, TrackNamesAreCleanUtf8) {
  const auto name = [](const std::string& bytes) {
    const Bytes meta = Bytes{0, 0xFF, 0x03, static_cast<std::uint8_t>(bytes.size())} + test::text_bytes(bytes);
    return strict(file({meta})).tracks.at(0).name;
  };
  EXPECT_EQ(name("Violine"), "Violine");
  EXPECT_EQ(name("  a\x1B[31m\r\nb\x7F  "), "a[31mb");
  EXPECT_EQ(name("Fl\xC3\xB6te"), "Fl\xC3\xB6te") << "UTF-8 stays";
  EXPECT_EQ(name("Fl\xF6te"), "Fl\xC3\xB6te") << "Latin-1 becomes UTF-8";
  EXPECT_EQ(name("\xC0\xAF"), "\xC3\x80\xC2\xAF") << "an overlong form is no UTF-8";
  EXPECT_EQ(name("\xE0\x80\xAF"), "\xC3\xA0\xC2\xAF") << "nor is one of three bytes; 0x80 is a control";
  EXPECT_EQ(name("\xC2\x9Bx"), "x") << "a control character of two bytes";
  EXPECT_EQ(name("\xED\xA0\x80"), "\xC3\xAD\xC2\xA0") << "a surrogate is no UTF-8, and 0x80 is a control";
  EXPECT_EQ(name("\xF0\x9F\x8E\xB9"), "\xF0\x9F\x8E\xB9");
}

TEST(MidiRead, LongTrackNamesAreCutBetweenCharacters) {
  std::string long_name = "a";
  for (int i = 0; i < 3000; ++i) long_name += "\xC3\xB6";
  const Bytes meta = Bytes{0, 0xFF, 0x03, 0xAE, 0x71} + test::text_bytes(long_name);  // 6001 = 46 * 128 + 113
  const std::string name = strict(file({meta})).tracks.at(0).name;
  EXPECT_EQ(name, long_name.substr(0, 255));
}

TEST(MidiRead, AFileWithoutNotesIsAnEmptyScore) {
  const auto score = strict(file({tempo(1000000)}));
  EXPECT_TRUE(score.notes.empty());
  EXPECT_DOUBLE_EQ(score.bpm, 60);
  EXPECT_DOUBLE_EQ(score.length_s, 0);
}

TEST(MidiRead, LongDeltaTimesAddUpWithoutOverflow) {
  Bytes events;
  for (int i = 0; i < 40; ++i) events = events + Bytes{0xFF, 0xFF, 0xFF, 0x7F, 0xB0, 64, 0};  // 40 * (2^28 - 1) > 2^32
  const auto score = strict(file({events + on(0, 60) + off(960, 60)}));
  EXPECT_DOUBLE_EQ(score.notes.at(0).onset_s, 40 * 268435455.0 / 960);
}

TEST(MidiRead, ManyOverlappingEqualNotesTakeLinearTime) {
  // Quadratic pairing would need 10^11 steps here and run into the timeout.
  constexpr int kNotes = 300000;
  Bytes events;
  events.reserve(16 * kNotes);
  const auto add = [&](const Bytes& bytes) { events.insert(events.end(), bytes.begin(), bytes.end()); };
  for (int i = 0; i < kNotes; ++i) add(on(0, 60));
  for (int i = 0; i < kNotes; ++i) add(on(1, 62) + off(0, 62) + off(0, 60));
  add(off(1, 62));
  EXPECT_EQ(strict(file({events})).notes.size(), 2u * kNotes);
}

TEST(MidiRead, TheFirstBytesTellAMidiFile) {
  const auto looks = [](std::string_view text) { return io::looks_like_midi(test::text_bytes(text)); };
  EXPECT_TRUE(looks("MThd"));
  EXPECT_TRUE(looks("RIFFxxxxRMID"));
  EXPECT_FALSE(looks("RIFFxxxxWAVE"));
  EXPECT_FALSE(looks("MTh"));
  EXPECT_FALSE(looks(""));
}

TEST(MidiRead, AFileOnDiskReadsLikeItsBytes) {
  const test::Scratch scratch;
  Bytes events;
  for (int i = 0; i < 20000; ++i) events = std::move(events) + on(1, 60) + off(1, 60);  // 160 kB
  const Bytes bytes = file({events});
  std::ofstream(scratch / "a.mid", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  EXPECT_EQ(io::read_midi(scratch / "a.mid").notes, lenient(bytes).notes);
}

TEST(MidiRead, APipeReadsLikeAFile) {
  const test::Scratch scratch;
  Bytes events;
  for (int i = 0; i < 20000; ++i)
    events = std::move(events) + on(1, 60) + off(1, 60);  // 160 kB: more than a pipe holds
  const Bytes bytes = file({events});
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0600), 0);
  std::thread writer([&] {
    std::ofstream(scratch / "pipe", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  });
  const auto score = io::read_midi(scratch / "pipe");
  writer.join();
  EXPECT_EQ(score.notes, lenient(bytes).notes);
}

std::string why(const std::filesystem::path& path) {
  try {
    (void)io::read_midi(path);
  } catch (const io::FormatError& e) {
    EXPECT_EQ(e.problem().where, path.string());
    EXPECT_FALSE(e.problem().hint.empty());
    return e.problem().why;
  }
  return "no error";
}

TEST(MidiRead, AMissingFileAFolderAndAnEmptyFileAreFormatErrors) {
  const test::Scratch scratch;
  std::ofstream(scratch / "empty.mid", std::ios::binary);
  EXPECT_EQ(why(scratch / "none.mid"), "no such file");
  EXPECT_EQ(why(scratch.folder()), "found a folder, expected a file");
  EXPECT_EQ(why(scratch / "empty.mid"), "byte 0: found an empty file, expected \"MThd\"");
}

TEST(MidiRead, AFileAboveTheLimitIsRefusedUnread) {
  const test::Scratch scratch;
  std::ofstream(scratch / "big.mid", std::ios::binary);
  std::filesystem::resize_file(scratch / "big.mid", io::kMaxMidiBytes + 1);  // sparse: takes no room
  EXPECT_EQ(why(scratch / "big.mid"), "found more than 268435456 bytes, expected at most that");
}

}  // namespace
