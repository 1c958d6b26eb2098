#include <stdexcept>

#include "io/picture/decode.h"

namespace io {
namespace {

std::string megapixels(std::int64_t pixels) {
  const std::int64_t tenths = (pixels + 50'000) / 100'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " megapixels";
}

}  // namespace

void refuse_picture(const std::string& name, const std::string& why, const std::string& hint) {
  throw FormatError({.what = "read picture", .where = name, .why = why, .hint = hint});
}

void refuse_damaged(const std::string& name, const std::string& why) {
  refuse_picture(name, why, "the file is damaged: copy it again, or save it anew with a picture program");
}

void refuse_absent(const std::string& name, const std::string& format, const PictureLibrary& library) {
  throw engine::Error({.what = "read picture",
                       .where = name,
                       .why = "it is a " + format + " picture, and this build cannot read those",
                       .hint = std::string("apt-get install ") + library.package + " and build again"});
}

engine::Picture bounded_picture(const PictureSource& source, std::int64_t width, std::int64_t height, int channels) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height);
  if (width < 1 || height < 1) refuse_damaged(source.name, "it claims " + size + " pixels");
  const std::string hint = "make it smaller with a picture program";
  if (width > kMaxPictureSide || height > kMaxPictureSide) {
    refuse_picture(source.name,
                   "it has " + size + " pixels; a side of at most " + std::to_string(kMaxPictureSide) + " is read",
                   hint);
  }
  if (width * height > source.max_pixels) {
    refuse_picture(source.name,
                   "it has " + size + " pixels, " + megapixels(width * height) + "; at most " +
                       megapixels(source.max_pixels) + " are read",
                   hint);
  }
  engine::Picture picture{static_cast<int>(width), static_cast<int>(height), channels, {}};
  picture.pixels.resize(static_cast<std::size_t>(width * height * channels));
  return picture;
}

void lay_on_white(engine::Picture& picture) {
  if (picture.channels % 2 != 0) return;
  const std::size_t colours = static_cast<std::size_t>(picture.channels) - 1;
  std::vector<std::uint8_t>& pixels = picture.pixels;
  std::size_t out = 0;
  for (std::size_t in = 0; in < pixels.size(); in += colours + 1) {
    const int seen = pixels[in + colours], white = 255 * (255 - seen);
    for (std::size_t k = 0; k < colours; ++k) {
      pixels[out++] = static_cast<std::uint8_t>((pixels[in + k] * seen + white + 127) / 255);
    }
  }
  pixels.resize(out);
  picture.channels = static_cast<int>(colours);
}

void check_picture(const engine::Picture& picture, const char* function) {
  const auto& [width, height, channels, pixels] = picture;
  const std::int64_t expected = std::int64_t{width} * height * channels;
  if (width >= 1 && height >= 1 && (channels == 1 || channels == 3) && std::ssize(pixels) == expected) return;
  throw std::invalid_argument(std::string(function) + ": " + std::to_string(width) + " x " + std::to_string(height) +
                              " pixels in " + std::to_string(channels) + " channels, and " +
                              std::to_string(pixels.size()) + " numbers for them");
}

}  // namespace io
