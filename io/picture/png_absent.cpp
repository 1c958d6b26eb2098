#include "io/picture/decode.h"
#include "io/picture/format_png.h"

namespace io {

const PictureLibrary kPngLibrary{false, "libpng-dev"};

Decoded decode_png(const PictureSource& source) { refuse_absent(source.name, "PNG", kPngLibrary); }

bool can_write_png() noexcept { return false; }

std::vector<std::uint8_t> format_png(const engine::Picture& picture) {
  check_picture(picture, "format_png");
  throw engine::Error({"write PNG", "", "this build has no libpng", "apt-get install libpng-dev and build again"});
}

}  // namespace io
