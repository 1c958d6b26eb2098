// A reading in words and numbers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/face/reader.h"

namespace app {

/// file, label, a probability for each class, valence, arousal, sign, confidence, sure, box [x, y, w, h] or null, roll,
/// faces; or file and error.
nlohmann::ordered_json face_json(const FaceResult& result);

/// "happy 91 %", "perhaps sad 38 %"
std::string face_words(const engine::FaceReading& reading);

}  // namespace app
