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
  lay_on_white(picture);
  return decoded;
}

}  // namespace io
