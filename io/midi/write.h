// Writes a Score as the bytes of a Standard MIDI File.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/note.h"

namespace io {

/// Onsets and ends of written notes are at most this many ticks from the start: what one delta time can say.
inline constexpr std::int64_t kMaxMidiTick = 0x0FFFFFFF;

/// The bytes of a format 1 file.
///
/// First a conductor track: the texts (FF 01, complete) and one tempo, from score.bpm. Then a track for each program,
/// in ascending order, and one for the drums on channel 10; a track carries the name of the score's track if all its
/// notes come from one. Of the score only notes, drums, texts, track names, ticks_per_quarter and bpm are used.
///
/// * Time: score.ticks_per_quarter (480 if it is 0) and the tempo as the file can hold it, in whole microseconds per
///   quarter. An onset is rounded from its absolute time to the nearest tick; an end too, but is at least one tick
///   later.
/// * Channels: programs take 0 to 15 without 9, in order. From the 16th program on channels are shared in turn, and a
///   program change stands before each note that needs it. This reader and players get every program right; a note-off
///   of a shared channel can, in a player, also end a note of the same pitch of another program.
/// * Equal pitches that overlap within a track: a note-off ends every open note of its pitch, hence the earlier note is
///   written as ending where the later one begins, and notes of one onset end together, with the last of them.
/// * Order at one tick: note-offs, then note-ons.
/// Equal scores give equal bytes.
///
/// @throws std::invalid_argument, naming the note and the value, for: a pitch or program above 127; a velocity outside
///   1..127; a time that is negative, not finite or beyond kMaxMidiTick; ticks_per_quarter outside 0..32767; a tempo
///   that 1 to 2^24 - 1 microseconds cannot express (3.58 to 6e7 bpm can be); a text of 2^28 bytes or more
std::vector<std::uint8_t> format_midi(const engine::Score& score);

}  // namespace io
