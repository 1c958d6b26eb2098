// Copies of pictures on which a detector's settings are checked: turned, or with room around a face that fills them.
#pragma once

#include "engine/data/picture.h"

/// The grey picture turned clockwise about its middle, in a frame that holds all of it; beyond its edge the edge
/// continues.
engine::Picture turned(const engine::Picture& grey, double degrees);
/// Where a square box of the picture lies in turned(grey, degrees): an upright square of the same size and middle.
engine::PixelBox turned(const engine::PixelBox& box, const engine::Picture& grey, double degrees);

/// The grey picture `times` as large, with `border` times its new width around it, in which its edge continues.
engine::Picture with_room(const engine::Picture& grey, int times, double border);
