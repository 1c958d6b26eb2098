// From the file in ticks to a Score in seconds.
#pragma once

#include "engine/data/note.h"
#include "io/midi/chunks.h"
#include "io/midi/track.h"

namespace io::midi {

/// Everything of a Score but its warnings. Takes `song` apart.
engine::Score to_score(const Header& header, RawSong&& song);

}  // namespace io::midi
