// Reads Standard MIDI Files, intact or damaged, into a Score.
//
// What counts as a note: engine/data. What this reader decides where the format leaves a choice:
// * Notes are paired within a track: voices that share a channel in different tracks do not end each other's notes.
// * A note-off ends every open note of its pitch and channel that began at an earlier tick. If there is none, it ends
//   those of its own tick, which then last 0 ticks, unless it is the late partner of a note that was ended together
//   with others. So each note-on gives exactly one note. Note-offs that end nothing are ignored.
// * Notes still open at the end of their track end there. Sustain pedal and channel mode messages do not end notes.
// * A note's program is the last program change of its channel in its own track; if its track has none before the note,
//   the last one of any track (formats 0 and 1); otherwise 0.
// * Tempo: formats 0 and 1 have one tempo map, from all tracks. In format 2 every track is a sequence with a tempo of
// its
//   own (120 until it says otherwise), and the sequences follow one another, each beginning where the one before ended.
//   With SMPTE division time is counted in frames and tempo events only fill Score::bpm.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/data/note.h"
#include "io/errors.h"

namespace io {

/// Files above this size are refused, in bytes.
inline constexpr std::uint64_t kMaxMidiBytes = std::uint64_t{256} << 20;
/// Score::warnings holds at most this many sentences, and one more that counts the rest.
inline constexpr int kMaxMidiWarnings = 20;

struct MidiReadOptions {
  bool strict = false;  ///< any oddity is a FormatError; otherwise it is a warning in Score::warnings
};

/// Reads the bytes of a file. A file without notes is no error: the score is then empty.
///
/// Lenient (default), what can be read is read and what was odd becomes a warning: truncated files, wrong lengths and
/// counts of tracks, alien chunks, bytes after the end of a track or no end, data bytes above 127 (read as 127, or the
/// message is left out where it is a pitch or program), running status after sysex or meta events, illegal status bytes
/// and meta events, padded variable-length numbers, notes without an end, an MThd inside RIFF RMID.
///
/// @param bytes  the whole file
/// @param name   stands for the file in messages
/// @return       notes and drums ordered by (onset, pitch, end); texts as the file's own bytes; names as clean UTF-8
/// @throws FormatError if the bytes are no MIDI file or have no readable header; if strict, for any oddity
/// Cost: linear in the bytes, except for sorting notes that the file holds out of order.
/// Source: Standard MIDI Files 1.0, MIDI Manufacturers Association (RP-001).
engine::Score parse_midi(std::span<const std::uint8_t> bytes, const std::string& name,
                         const MidiReadOptions& options = {});

/// Reads `file` from disk and parses it.
/// @throws FormatError as parse_midi does, and if the file is missing, a directory, unreadable or above kMaxMidiBytes
engine::Score read_midi(const std::filesystem::path& file, const MidiReadOptions& options = {});

/// Whether a file that begins with these bytes claims to be MIDI: MThd, or RIFF with the form RMID. 12 bytes suffice.
bool looks_like_midi(std::span<const std::uint8_t> first_bytes);

}  // namespace io
