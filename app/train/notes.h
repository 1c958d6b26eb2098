// The notes that a run learns from: MIDI read once, in parallel, then kept in the user's cache.
#pragma once

#include <string>
#include <utility>

#include "app/train/options.h"
#include "trainer/data/corpus.h"

namespace app {

struct TrainingNotes {
  trainer::Corpus train, validation;
  std::size_t files = 0, left_out = 0;  ///< MIDI files seen, and those without usable notes
  bool from_cache = false;
};

/// Reads (or takes from the cache) every MIDI file of the command's data, and splits by piece: by the CSV's `split`
/// column where one is named, else by fraction. The data folder is never written to; a cache that cannot be written
/// is a warning. Throws io::FormatError, UsageError.
TrainingNotes load_training_notes(const TrainCommand& command);

}  // namespace app
