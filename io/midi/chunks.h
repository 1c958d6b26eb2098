// The outer form of a MIDI file: the header, and where each track lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "io/midi/oddities.h"

namespace io::midi {

/// How ticks count time: musical if ticks_per_quarter > 0, otherwise SMPTE frames.
struct Division {
  int ticks_per_quarter = 0;
  int frames_per_second = 0;  ///< 24, 25, 29 (which means 30000/1001) or 30
  int ticks_per_frame = 0;
};

struct Header {
  int format = 1;           ///< 0, 1 or 2
  int declared_tracks = 0;  ///< what the header says, which may be wrong
  Division division;
  std::size_t chunks_begin = 0;  ///< offset of the first chunk after the header
  std::size_t chunks_end = 0;    ///< end of the file, or of the MIDI data inside RIFF
};

/// Reads MThd at the start of `bytes` or inside RIFF RMID.
/// Throws FormatError if there is none, or none that is whole.
Header read_header(std::span<const std::uint8_t> bytes, Oddities& oddities);

/// Offsets of the events of one track.
struct TrackSpan {
  std::size_t begin = 0, end = 0;
};

/// Walks from track to track; finds the next one again where a length is wrong.
class TrackWalker {
 public:
  TrackWalker(std::span<const std::uint8_t> bytes, const Header& header, Oddities& oddities)
      : bytes_(bytes.first(header.chunks_end)), pos_(header.chunks_begin), oddities_(oddities) {}

  std::optional<TrackSpan> next();
  /// Tells where the events of the last track ended. If the next track begins right there, its length lied.
  void track_ended_at(std::size_t offset);

 private:
  bool is_chunk_start(std::size_t pos) const;
  std::size_t next_track_start(std::size_t from) const;
  TrackSpan track_at(std::size_t pos);
  void skip_alien();

  std::span<const std::uint8_t> bytes_;
  std::size_t pos_;
  Oddities& oddities_;
};

}  // namespace io::midi
