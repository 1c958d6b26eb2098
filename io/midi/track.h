// The events of one track, in ticks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/data/note.h"
#include "io/midi/chunks.h"
#include "io/midi/oddities.h"
#include "io/midi/open_notes.h"
#include "io/midi/tempo_map.h"

namespace io::midi {

struct RawProgram {
  std::uint64_t tick = 0;
  std::uint8_t channel = 0, program = 0;
};

/// What a track adds to a RawSong: from these places on, up to those of the next track.
struct TrackPart {
  std::size_t first_note = 0, first_tempo = 0;
  std::uint64_t end_tick = 0;
};

/// The file in ticks: events of all tracks, track after track, in the order of the file.
struct RawSong {
  std::vector<RawNote> notes;
  std::vector<RawTempo> tempos;
  std::vector<RawProgram> programs;
  std::vector<TrackPart> parts;
  std::vector<engine::TrackInfo> tracks;
  std::vector<std::string> texts;
};

/// Reads one track and appends it to `song`.
/// @param open  nothing open; reused from track to track because it is large
/// @return      offset behind the last byte that was read
std::size_t read_track(std::span<const std::uint8_t> bytes, TrackSpan span, RawSong& song, OpenNotes& open,
                       Oddities& oddities);

}  // namespace io::midi
