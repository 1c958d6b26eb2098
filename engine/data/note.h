// A note as the models see it, and a score as a file holds it. Plain structs, no behaviour.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

/// Velocity of a written note where the model has none (an even mezzo-forte to forte).
inline constexpr std::uint8_t kDefaultVelocity = 100;
/// Tempo of a written file where the primer has none of its own, in quarters per minute.
inline constexpr double kDefaultBpm = 120.0;

/// One note of a sequence, relative to the note before it.
struct Note {
  float step_s = 0;        ///< seconds since the onset of the previous note, >= 0; 0 for the first note
  float duration_s = 0;    ///< seconds it sounds, >= 0
  std::uint8_t pitch = 0;  ///< MIDI number, 0..127
  std::uint8_t velocity = kDefaultVelocity;  ///< 1..127
  std::uint8_t program = 0;                  ///< General MIDI program, 0..127
  friend bool operator==(const Note&, const Note&) = default;
};

/// One note of a file, at its absolute place.
struct ScoreNote {
  double onset_s = 0;     ///< seconds from the start of the file, tempo changes honoured
  double duration_s = 0;  ///< seconds, >= 0
  std::uint8_t pitch = 0, velocity = kDefaultVelocity, program = 0, channel = 0;
  std::uint16_t track = 0;  ///< index of the track that holds it
  friend bool operator==(const ScoreNote&, const ScoreNote&) = default;
};

struct TrackInfo {
  std::string name;    ///< cleaned UTF-8, empty if the track has none
  int notes = 0;       ///< notes on melodic channels
  int drum_notes = 0;  ///< notes on channel 10
};

/// What a MIDI file says, or shall say.
struct Score {
  std::vector<ScoreNote> notes;  ///< all but drums, ordered by (onset, pitch, end)
  std::vector<ScoreNote> drums;  ///< channel 10, in the same order
  std::vector<TrackInfo> tracks;
  std::vector<std::string> texts;     ///< text events (FF 01) in file order; a recipe travels here
  std::vector<std::string> warnings;  ///< what a lenient reader let pass, a sentence each
  int format = 1;                     ///< 0, 1 or 2
  int ticks_per_quarter = 480;        ///< 0 where the file counts SMPTE frames
  double bpm = kDefaultBpm;           ///< tempo in force at the first note
  bool has_tempo = false;             ///< whether the file states a tempo at all
  double length_s = 0;                ///< end of the last note
};

}  // namespace engine
