// A picture on which a face and what was read from it are shown.
#pragma once

#include <string>

#include "engine/data/picture.h"
#include "engine/face/crop.h"

namespace app {

/// A colour copy with the square of `frame` drawn, leaning as it leans, and `text` below it (above or inside where
/// there is no room). Capitals serve for small letters; what the little font lacks becomes a blank. Text that is too
/// wide for the picture is cut off at its right edge.
engine::Picture annotated(const engine::Picture& picture, const engine::FaceFrame& frame, const std::string& text);

}  // namespace app
