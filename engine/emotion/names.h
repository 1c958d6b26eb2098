// Names of emotions as points of Russell's circle.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/data/emotion.h"

namespace engine {

/// happy or Q1 (+, +), angry or Q2 (-, +), sad or Q3 (-, -), calm or Q4 (+, -), in any case; neutral (0, 0);
/// or two numbers "valence,arousal" in [-1, 1]. Nothing for anything else.
std::optional<Emotion> parse_emotion(const std::string& text);
/// The name of the point's quadrant, "neutral" on an axis.
std::string name_of(const Emotion& emotion);
std::vector<std::string> emotion_names();

}  // namespace engine
