// PNG through libpng's simplified interface, which catches the library's own jumps.
#include <png.h>

#include <climits>
#include <stdexcept>

#include "io/picture/decode.h"
#include "io/picture/format_png.h"
#include "io/picture/tagged_blocks.h"

namespace io {
namespace {

/// The library's state, freed whatever happens.
struct Image {
  png_image state{};
  Image() { state.version = PNG_IMAGE_VERSION; }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  ~Image() { png_image_free(&state); }
  std::string message() const { return state.message; }
  /// Of the last call: 1 is a warning, 2 an error.
  bool warned() const { return (state.warning_or_error & 1) != 0; }
};

}  // namespace

const PictureLibrary kPngLibrary{true, "libpng-dev"};

Decoded decode_png(const PictureSource& source) {
  Image image;
  Decoded decoded;
  const auto check = [&](int good) {
    if (!good) refuse_damaged(source.name, "it is a PNG that is damaged or cut off: " + image.message());
    if (image.warned()) decoded.warnings.push_back("the PNG is odd: " + image.message());
  };
  check(png_image_begin_read_from_memory(&image.state, source.bytes.data(), source.bytes.size()));
  const bool colour = (image.state.format & PNG_FORMAT_FLAG_COLOR) != 0;
  decoded.picture = bounded_picture(source, image.state.width, image.state.height, colour ? 3 : 1);
  image.state.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  image.state.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16 bits without a gamma are as 8 are, not linear light
  const png_color white{255, 255, 255};
  check(png_image_finish_read(&image.state, &white, decoded.picture.pixels.data(), 0, nullptr));
  decoded.exif = png_block(source.bytes, "eXIf");
  return decoded;
}

bool can_write_png() noexcept { return true; }

std::vector<std::uint8_t> format_png(const engine::Picture& picture) {
  check_picture(picture, "format_png");
  Image image;
  image.state.width = static_cast<png_uint_32>(picture.width);
  image.state.height = static_cast<png_uint_32>(picture.height);
  image.state.format = picture.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  // Once to count, once to write.
  std::vector<std::uint8_t> bytes;
  png_alloc_size_t size = 0;
  for (int pass = 0; pass < 2; ++pass) {
    bytes.resize(size);
    if (!png_image_write_to_memory(&image.state, size > 0 ? bytes.data() : nullptr, &size, 0, picture.pixels.data(), 0,
                                   nullptr)) {
      throw engine::Error({"write PNG", "", image.message(), "write a smaller picture"});
    }
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace io
