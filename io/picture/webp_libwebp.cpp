#include <webp/decode.h>

#include "io/picture/decode.h"
#include "io/picture/tagged_blocks.h"

namespace io {
namespace {

const char* text_of(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return "it ends early";
    case VP8_STATUS_OUT_OF_MEMORY:
      return "there is too little memory for it";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "it uses what this version of libwebp does not know";
    default:
      return "its data are no picture";
  }
}

/// Red, green, blue of each pixel laid on white, in place: four bytes become three.
void lay_on_white(std::vector<std::uint8_t>& pixels) {
  std::size_t out = 0;
  for (std::size_t in = 0; in < pixels.size(); in += 4) {
    const int alpha = pixels[in + 3], white = 255 * (255 - alpha);
    for (std::size_t k = 0; k < 3; ++k) {
      pixels[out++] = static_cast<std::uint8_t>((pixels[in + k] * alpha + white + 127) / 255);
    }
  }
  pixels.resize(out);
}

}  // namespace

const PictureLibrary kWebpLibrary{true, "libwebp-dev"};

Decoded decode_webp(const PictureSource& source) {
  WebPBitstreamFeatures features{};
  const auto check = [&](VP8StatusCode status) {
    if (status != VP8_STATUS_OK) {
      refuse_damaged(source.name, std::string("it is a WebP that cannot be read: ") + text_of(status));
    }
  };
  check(WebPGetFeatures(source.bytes.data(), source.bytes.size(), &features));
  if (features.has_animation) {
    refuse_picture(source.name, "it is a WebP animation, not a picture", "save the moment you mean as a picture");
  }
  const int channels = features.has_alpha ? 4 : 3;
  Decoded decoded{
      bounded_picture(source, features.width, features.height, channels), webp_block(source.bytes, "EXIF"), {}};
  engine::Picture& picture = decoded.picture;
  const auto decode = channels == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (!decode(source.bytes.data(), source.bytes.size(), picture.pixels.data(), picture.pixels.size(),
              picture.width * channels)) {
    refuse_damaged(source.name, "it is a WebP that is damaged or cut off");
  }
  if (channels == 4) lay_on_white(picture.pixels);
  picture.channels = 3;
  return decoded;
}

}  // namespace io
