#include "io/picture/decode.h"

namespace io {

const PictureLibrary kJpegLibrary{false, "libjpeg-dev"};

Decoded decode_jpeg(const PictureSource& source) { refuse_absent(source.name, "JPEG", kJpegLibrary); }

}  // namespace io
