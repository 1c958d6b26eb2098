// The two ways to run a job: one piece, or a batch into a folder.
#pragma once

#include "app/generate/job.h"

namespace app {

/// One piece: MIDI, and sound, picture, trace where asked for. Returns the exit code.
int run_single(const GenerateOptions& options);

/// --count N -o DIR. Returns the exit code.
int run_batch(const GenerateOptions& options);

}  // namespace app
