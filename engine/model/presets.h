// The networks that Affetto knows by name. The only file in which their numbers stand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/spec.h"

namespace engine {

/// The Emotional Music Synthesiser's network: one LSTM of 128 over the last 25 notes (pitch/128, step, duration), three
/// linear heads; its own sampling figures.
ModelSpec seed_spec();

/// A preset by name, or nothing.
std::optional<ModelSpec> find_preset(const std::string& name);
std::vector<std::string> preset_names();

}  // namespace engine
