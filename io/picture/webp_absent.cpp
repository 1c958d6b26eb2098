#include "io/picture/decode.h"

namespace io {

const PictureLibrary kWebpLibrary{false, "libwebp-dev"};

Decoded decode_webp(const PictureSource& source) { refuse_absent(source.name, "WebP", kWebpLibrary); }

}  // namespace io
