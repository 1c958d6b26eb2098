// --trace: one JSON line per note that says how it was chosen.
#pragma once

#include <span>
#include <string>

#include "engine/generate/decoder.h"

namespace app {

/// @param note    index among the generated notes
/// @param played  after modulation
/// The ten likeliest candidates are listed, and the chosen one if it is not among them.
std::string trace_line(int note, const engine::Note& played, const engine::NoteTrace& trace);

}  // namespace app
