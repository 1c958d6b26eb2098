// Files that break the standard: strict refuses each, lenient reads what can be read and says what it did.
#include <gtest/gtest.h>

#include "tests/io/midi_bytes.h"

namespace {

using test::operator+;
using test::Bytes;
using test::chunk;
using test::event;
using test::file;
using test::header;
using test::kEnd;
using test::lenient;
using test::off;
using test::on;
using test::strict;
using test::tempo;
using test::told;
using test::track;

std::string why(const Bytes& bytes, bool as_strict) {
  try {
    (void)(as_strict ? strict(bytes) : lenient(bytes));
  } catch (const io::FormatError& e) {
    EXPECT_EQ(e.problem().what, "read MIDI");
    EXPECT_EQ(e.problem().where, "test.mid");
    EXPECT_FALSE(e.problem().hint.empty());
    return e.problem().why;
  }
  return "no error";
}

struct Damage {
  const char* name;
  Bytes bytes;
  const char* notes;    ///< what lenient reads
  const char* warning;  ///< how its first warning begins; strict refuses with the same words
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

const Bytes kNote = on(0, 60) + off(96, 60);  // 8 bytes
const Bytes kSecond = on(0, 62) + off(96, 62);

Bytes rmid(const Bytes& midi, std::string_view name) {
  Bytes length;
  for (int i = 0; i < 4; ++i) length.push_back(static_cast<std::uint8_t>(midi.size() >> (8 * i)));
  const Bytes data = test::text_bytes("RMID") + Bytes{'x', 'x', 'x', 'x', 3, 0, 0, 0, 1, 2, 3, 0} +
                     test::text_bytes(name) + length + midi;
  return Bytes{'R', 'I', 'F', 'F', static_cast<std::uint8_t>(data.size()), 0, 0, 0} + data;
}

const Damage kDamages[] = {
    {"format 7", header(7, 1, 480) + track(kNote), "60:0-96", "byte 8: format: 7, expected 0, 1 or 2"},
    {"format 0 with two tracks", header(0, 2, 480) + track(kNote) + track(kSecond), "60:0-96 62:0-96",
     "byte 14: number of tracks in format 0: 2, expected 1"},
    {"division 0", header(1, 1, 0) + track(kNote), "60:0-96", "byte 12: division: 0, expected ticks above 0"},
    {"SMPTE without ticks", header(1, 1, 0xE800) + track(kNote), "60:0-96", "byte 12: division: 59392"},
    // 40 frames of 24 ticks are the 960 ticks a second that told() counts in.
    {"SMPTE at 40 frames", header(1, 1, 0xD818) + track(kNote), "60:0-96", "byte 12: SMPTE frames per second: 40"},
    {"header says more tracks", header(1, 3, 480) + track(kNote), "60:0-96",
     "byte 14: number of tracks: 1, expected as many"},
    {"header says fewer tracks", header(1, 1, 480) + track(kNote) + track(kSecond), "60:0-96 62:0-96",
     "byte 14: number of tracks: 2, expected as many"},
    {"no tracks", header(1, 1, 480), "", "byte 14: number of tracks: 0"},
    {"length of MThd beyond the file", chunk("MThd", {0, 1, 0, 1, 1, 0xE0}, 900) + track(kNote), "60:0-96",
     "byte 4: length of MThd: 906, expected 6"},
    {"alien chunk", header(1, 1, 480) + chunk("XFIH", {1, 2, 3}) + track(kNote), "60:0-96",
     "byte 14: alien chunk, bytes: 11"},
    {"junk between chunks", header(1, 2, 480) + track(kNote) + Bytes{0xFE, 1, 2} + track(kSecond), "60:0-96 62:0-96",
     "byte 34: bytes outside any chunk: 3"},
    {"junk at the end", file({kNote}) + Bytes{0, 0}, "60:0-96", "byte 34: bytes outside any chunk: 2"},
    {"half a chunk at the end", file({kNote}) + Bytes{'M', 'T', 'r', 'k', 0}, "60:0-96",
     "byte 34: MTrk cut short, bytes: 5"},
    {"track length too long", header(1, 2, 480) + chunk("MTrk", kNote + kEnd, 3) + track(kSecond), "60:0-96 62:0-96",
     "byte 18: length of a track: 15"},
    {"track length too short", header(1, 2, 480) + chunk("MTrk", kNote + kEnd, -6) + track(kSecond), "60:0-96 62:0-96",
     "byte 18: length of a track: 6"},
    {"track length beyond the file", header(1, 1, 480) + chunk("MTrk", kNote + kEnd, 1 << 30), "60:0-96",
     "byte 18: length of a track: 1073741836"},
    {"track length that swallows the next track", header(1, 2, 480) + chunk("MTrk", kNote + kEnd, 20) + track(kSecond),
     "60:0-96 62:0-96", "byte 34: bytes after the end of the track: 20"},
    {"bytes after the end of the track", header(1, 1, 480) + chunk("MTrk", kNote + kEnd + on(0, 99)), "60:0-96",
     "byte 34: bytes after the end of the track: 4"},
    {"no end of track", header(1, 1, 480) + chunk("MTrk", kNote), "60:0-96",
     "byte 30: track without an end-of-track event"},
    {"end of track with content", header(1, 1, 480) + chunk("MTrk", kNote + Bytes{0, 0xFF, 0x2F, 1, 7}), "60:0-96",
     "byte 33: length of a meta event: 1"},
    {"note without an end", file({on(0, 60) + on(10, 62) + off(10, 62)}), "60:0-20 62:10-20",
     "byte 38: notes without an end in this track: 1"},
    {"velocity above 127", file({on(0, 60, 0, 200) + off(96, 60)}), "60:0-96",
     "byte 26: data byte: 200, expected 0 to 127"},
    {"pitch above 127", file({on(0, 188) + kNote}), "60:0-96", "byte 24: data byte: 188, expected 0 to 127"},
    {"program above 127", file({event(0, {0xC0, 0x85}) + kNote}), "60:0-96",
     "byte 24: data byte: 133, expected 0 to 127"},
    {"running status after sysex", file({on(0, 60) + Bytes{0, 0xF0, 1, 0xF7, 96, 60, 0}}), "60:0-96",
     "byte 31: running status after a sysex or meta event, data: 60"},
    {"running status after meta", file({on(0, 60) + tempo(500000) + Bytes{96, 60, 0}}), "60:0-96",
     "byte 34: running status after a sysex or meta event, data: 60"},
    {"data before any status", file({Bytes{0, 60, 100} + Bytes{0x90, 64, 100} + off(96, 64)}), "64:0-96",
     "byte 23: data bytes before any status: 2"},
    {"song position", file({event(0, {0xF2, 1, 2}) + kNote}), "60:0-96", "byte 23: status byte: 242"},
    {"song select", file({event(0, {0xF3, 1}) + kNote}), "60:0-96", "byte 23: status byte: 243"},
    {"undefined status", file({event(0, {0xF4}) + kNote}), "60:0-96", "byte 23: status byte: 244"},
    {"active sensing", file({event(0, {0xFE}) + kNote}), "60:0-96", "byte 23: status byte: 254"},
    {"meta type above 127", file({event(0, {0xFF, 0x91, 1, 7}) + kNote}), "60:0-96",
     "byte 24: type of a meta event: 145"},
    {"tempo of two bytes", file({event(0, {0xFF, 0x51, 2, 7, 7}) + kNote}), "60:0-96",
     "byte 25: length of a meta event: 2"},
    {"tempo 0", file({tempo(0) + kNote}), "60:0-96", "byte 24: tempo in microseconds per quarter: 0"},
    {"key of mode 255", file({event(0, {0xFF, 0x59, 2, 0xFF, 0xFF}) + kNote}), "60:0-96",
     "byte 24: mode of a key signature: 255"},
    {"key of 9 sharps", file({event(0, {0xFF, 0x59, 2, 9, 0}) + kNote}), "60:0-96",
     "byte 24: byte of sharps or flats: 9"},
    {"time signature of one byte", file({event(0, {0xFF, 0x58, 1, 4}) + kNote}), "60:0-96",
     "byte 25: length of a meta event: 1"},
    {"padded delta time", file({Bytes{0x80, 0x80, 0x80, 0x80, 0x80, 5, 0x90, 60, 100} + off(96, 60)}), "60:5-101",
     "byte 22: variable-length number, bytes: 6"},
    {"delta time above 2^28", file({kNote + Bytes{0x81, 0x80, 0x80, 0x80, 0, 0x90, 62, 100}}), "60:0-96",
     "byte 30: delta time cut short or above 2^28"},
    {"sysex beyond the track", file({kNote + Bytes{0, 0xF0, 0x7F}}), "60:0-96",
     "byte 33: event cut short, bytes left: 4"},
    {"RIFF RMID", rmid(file({kNote}), "data"), "60:0-96", "byte 0: RIFF form RMID"},
};

class Damaged : public testing::TestWithParam<Damage> {};

TEST_P(Damaged, LenientReadsWhatIsThereAndStrictRefuses) {
  const Damage& d = GetParam();
  const engine::Score score = lenient(d.bytes);
  EXPECT_EQ(told(score.notes), d.notes);
  EXPECT_LE(score.format, 2);
  ASSERT_FALSE(score.warnings.empty());
  EXPECT_EQ(score.warnings[0].substr(0, std::string_view(d.warning).size()), d.warning);
  EXPECT_EQ(why(d.bytes, true).substr(0, std::string_view(d.warning).size()), d.warning);
}

INSTANTIATE_TEST_SUITE_P(Midi, Damaged, testing::ValuesIn(kDamages), [](const auto& instance) {
  std::string name;
  for (const char c : std::string(instance.param.name)) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(MidiDamaged, WhatIsNoMidiIsRefusedWithTheBytesFound) {
  EXPECT_EQ(why({}, false), "byte 0: found an empty file, expected \"MThd\"");
  EXPECT_EQ(why({'O', 'g', 'g', 'S', 0}, false), "byte 0: found the bytes 4f 67 67 53, expected \"MThd\"");
  EXPECT_EQ(why({'M', 'T'}, false), "byte 0: found the bytes 4d 54, expected \"MThd\"");
  EXPECT_EQ(why(track(kNote), false), "byte 0: found the bytes 4d 54 72 6b, expected \"MThd\"");
}

TEST(MidiDamaged, AHeaderThatIsNotWholeIsRefused) {
  EXPECT_EQ(why(chunk("MThd", {0, 1, 0, 1}), false),
            "byte 12: found the end of the file, expected a header of 14 bytes");
  EXPECT_EQ(why(chunk("MThd", {0, 1, 0, 1, 1, 0xE0}, -2) + track(kNote), false),
            "byte 4: found an MThd of 4 bytes, expected 6 or more");
  EXPECT_EQ(why(rmid(file({kNote}), "else"), false).substr(0, 3), "byt");
}

TEST(MidiDamaged, ALongerHeaderIsReadAsTheStandardAsks) {
  EXPECT_EQ(told(strict(chunk("MThd", {0, 1, 0, 1, 1, 0xE0, 9, 9}) + track(kNote)).notes), "60:0-96");
}

TEST(MidiDamaged, WhatFollowsTheMidiDataInRiffIsNoPartOfIt) {
  const auto score = lenient(rmid(file({kNote}), "data") + chunk("MTrk", kSecond + kEnd));
  EXPECT_EQ(told(score.notes), "60:0-96");
  EXPECT_EQ(score.warnings.size(), 1u);
}

TEST(MidiDamaged, ANoteLeftOpenInOneTrackIsNotEndedByAnother) {
  EXPECT_EQ(told(lenient(file({on(0, 60) + off(20, 62), on(5, 60) + off(5, 60) + on(0, 60) + off(5, 60)})).notes),
            "60:0-20 60:5-10 60:10-15");
}

TEST(MidiDamaged, SysexInPiecesIsSkippedWhole) {
  const Bytes pieces = Bytes{0, 0xF0, 3, 0x43, 0x12, 0x00} + Bytes{10, 0xF7, 2, 0x43, 0xF7} + Bytes{0, 0xF7, 1, 0xF3};
  EXPECT_EQ(told(strict(file({pieces + kNote})).notes), "60:10-106");
}

TEST(MidiDamaged, AReleaseVelocityAbove127LeavesTheRestInStep) {
  const Bytes events = on(0, 60) + Bytes{10, 0x80, 60, 0xFF} + on(0, 61) + off(5, 61);
  EXPECT_EQ(told(lenient(file({events})).notes), "60:0-10 61:10-15");
}

TEST(MidiDamaged, WarningsAreBoundedAndTheRestIsCounted) {
  Bytes events;
  for (int i = 0; i < 1000; ++i) events = events + Bytes{0, 0xFE};
  const auto score = lenient(file({events + kNote}));
  ASSERT_EQ(score.warnings.size(), io::kMaxMidiWarnings + 1u);
  EXPECT_EQ(score.warnings.back(), "and 980 more oddities");
  EXPECT_EQ(told(score.notes), "60:0-96");
}

TEST(MidiDamaged, TracksBeyondWhatAHeaderCanCountAreLeftOut) {
  Bytes bytes = header(1, 65535, 480);
  bytes.reserve(12 * 65600);
  for (int i = 0; i < 65540; ++i) {
    const Bytes t = track({});
    bytes.insert(bytes.end(), t.begin(), t.end());
  }
  const auto score = lenient(bytes);
  EXPECT_EQ(score.tracks.size(), 65535u);
  ASSERT_EQ(score.warnings.size(), 1u);
  EXPECT_NE(score.warnings[0].find("tracks before this one: 65535"), std::string::npos);
}

// A small file with some of everything.
Bytes rich_file() {
  const Bytes first = tempo(400000) + Bytes{0, 0xFF, 0x03, 2, 'h', 'i'} + Bytes{0, 0xFF, 0x59, 2, 1, 0} +
                      Bytes{0, 0xFF, 0x01, 3, 'a', 'b', 'c'};
  const Bytes second = event(0, {0xC0, 3}) + on(0, 60) + event(200, {64, 90}) + event(10, {60, 0}) + event(0, {64, 0}) +
                       Bytes{0, 0xF0, 2, 1, 0xF7} + on(0, 36, 9) + off(300, 36, 9) + event(0, {0xE0, 0, 64});
  return header(1, 2, 480) + track(first) + track(second);
}

TEST(MidiDamaged, AFileCutAtAnyByteIsReadOrRefusedWithAReason) {
  const Bytes whole = rich_file();
  ASSERT_EQ(why(whole, true), "no error");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_NE(why(cut, true), "no error") << "strict, " << length << " bytes";
    const std::string reason = why(cut, false);
    EXPECT_EQ(reason == "no error", length >= 14) << length << " bytes: " << reason;
  }
}

TEST(MidiDamaged, AnyByteMayBeAnythingWithoutHarm) {
  const Bytes whole = rich_file();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      Bytes changed = whole;
      changed[at] = static_cast<std::uint8_t>(value);
      const std::string leniently = why(changed, false);
      if (at >= 8) {
        EXPECT_EQ(leniently, "no error") << "byte " << at << " = " << value;
      }
      (void)why(changed, true);
    }
  }
}

}  // namespace
