// What shall be written: notes in ticks, grouped into tracks, with channels and program changes decided.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/note.h"

namespace io::midi {

struct PlannedNote {
  std::int64_t onset = 0, end = 0;  ///< ticks, end > onset; equal pitches of a track do not overlap
  std::uint8_t pitch = 0, velocity = 0, program = 0;
  bool change_program = false;  ///< a program change stands before it
};

struct PlannedTrack {
  std::string name;  ///< may be empty
  std::uint8_t channel = 0;
  std::uint8_t program = 0;  ///< at the start, if set_program
  bool set_program = false;
  std::vector<PlannedNote> notes;  ///< by (onset, program, pitch)
};

struct Plan {
  int ticks_per_quarter = 480;
  std::uint32_t us_per_quarter = 500000;
  std::vector<PlannedTrack> tracks;  ///< only such as have notes; drums last
};

/// Throws std::invalid_argument as format_midi says.
Plan make_plan(const engine::Score& score);

}  // namespace io::midi
