#include "io/picture/decode.h"

namespace io {

const PictureLibrary kExifLibrary{false, "libexif-dev"};

int exif_orientation(Bytes) { return 1; }

}  // namespace io
