// Inside io/picture: from how a camera was held to how the picture is seen.
#pragma once

#include "engine/data/picture.h"

namespace io {

/// Turns and mirrors a stored picture as EXIF's orientation says. @param orientation  1 to 8; 1 returns it as it is
/// Source: Exif 2.32, 4.6.4, tag 0x0112.
engine::Picture upright(engine::Picture stored, int orientation);

}  // namespace io
