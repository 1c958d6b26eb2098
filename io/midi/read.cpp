#include "io/midi/read.h"

#include <memory>
#include <utility>

#include "io/midi/chunks.h"
#include "io/midi/oddities.h"
#include "io/midi/score.h"
#include "io/midi/track.h"

namespace io {
namespace {

constexpr std::size_t kMaxTracks = 65535;       // what the header can count and ScoreNote::track can hold
constexpr std::size_t kBytesPerNoteGuess = 12;  // with pedal events between them; only how much is reserved at first

void check_count(const midi::Header& header, std::size_t found, midi::Oddities& oddities) {
  const std::size_t at = header.chunks_begin;
  if (std::cmp_not_equal(header.declared_tracks, found)) {
    oddities.add({at, "number of tracks", found, "as many as the header says", "all of them are read"});
  } else if (header.format == 0 && found != 1) {
    oddities.add({at, "number of tracks in format 0", found, "1", "read as format 1"});
  }
}

}  // namespace

engine::Score parse_midi(std::span<const std::uint8_t> bytes, const std::string& name, const MidiReadOptions& options) {
  midi::Oddities oddities(options.strict, name);
  if (bytes.size() > kMaxMidiBytes) {
    oddities.fail(0,
                  "found " + std::to_string(bytes.size()) + " bytes, expected at most " + std::to_string(kMaxMidiBytes),
                  "split the file into shorter pieces");
  }
  const midi::Header header = midi::read_header(bytes, oddities);
  midi::RawSong song;
  song.notes.reserve(bytes.size() / kBytesPerNoteGuess);
  const auto open = std::make_unique<midi::OpenNotes>();
  midi::TrackWalker walker(bytes, header, oddities);
  while (const auto span = walker.next()) {
    if (song.tracks.size() == kMaxTracks) {
      oddities.add({span->begin, "tracks before this one", kMaxTracks, "fewer", "this and later ones are left out"});
      break;
    }
    walker.track_ended_at(midi::read_track(bytes, *span, song, *open, oddities));
  }
  check_count(header, song.tracks.size(), oddities);
  engine::Score score = midi::to_score(header, std::move(song));
  score.warnings = oddities.take();
  return score;
}

}  // namespace io
