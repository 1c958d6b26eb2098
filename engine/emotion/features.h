// The nine numbers by which a piece is happy or sad (semantics.md, "Emotion score").
#pragma once

#include <array>
#include <span>

#include "engine/data/note.h"

namespace engine {

inline constexpr int kFeatures = 9;
/// Mean, max, std of step; mean, max, std of duration; mean, max, std of pitch in MIDI numbers (std with divisor n).
using Features = std::array<double, kFeatures>;
inline constexpr std::array<const char*, kFeatures> kFeatureNames = {"avg_step",     "max_step",     "std_step",
                                                                     "avg_duration", "max_duration", "std_duration",
                                                                     "avg_pitch",    "max_pitch",    "std_pitch"};

/// Features of a list of notes; all 0 for an empty list.
Features features_of(std::span<const Note> notes);

}  // namespace engine
