// Inside io/picture: a decoder for each format, behind which a library stands or is absent.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/data/picture.h"
#include "io/errors.h"
#include "io/picture/read_picture.h"

namespace io {

using Bytes = std::span<const std::uint8_t>;

struct PictureSource {
  Bytes bytes;
  const std::string& name;  ///< of the file, for messages
  std::int64_t max_pixels;
};

struct Decoded {
  engine::Picture picture;         ///< as stored, not yet turned
  std::vector<std::uint8_t> exif;  ///< TIFF structure of the EXIF block, empty if there is none
  std::vector<std::string> warnings;
};

/// A library that a build may lack.
struct PictureLibrary {
  bool present;
  const char* package;  ///< that brings it
};

Decoded decode_jpeg(const PictureSource& source);
Decoded decode_png(const PictureSource& source);
Decoded decode_webp(const PictureSource& source);
Decoded decode_pnm(const PictureSource& source);

extern const PictureLibrary kJpegLibrary, kPngLibrary, kWebpLibrary, kExifLibrary;

/// The orientation that a TIFF structure states, 1 to 8; 1 if it states none, or no legal one, or without libexif.
int exif_orientation(std::span<const std::uint8_t> tiff);

/// @throws FormatError
[[noreturn]] void refuse_picture(const std::string& name, const std::string& why, const std::string& hint);
/// The same for one whose bytes are at fault.
[[noreturn]] void refuse_damaged(const std::string& name, const std::string& why);
/// @throws engine::Error: this build lacks `library`, which brings `format`
[[noreturn]] void refuse_absent(const std::string& name, const std::string& format, const PictureLibrary& library);

/// A picture of this size, all 0, if it is within bounds. @throws FormatError
engine::Picture bounded_picture(const PictureSource& source, std::int64_t width, std::int64_t height, int channels);

/// Two or four channels, of which the last is how much of a pixel is to be seen, become one or three, in place.
void lay_on_white(engine::Picture& picture);

/// @throws std::invalid_argument unless the pixels are width * height * channels, all at least 1, channels 1 or 3
void check_picture(const engine::Picture& picture, const char* function);

}  // namespace io
