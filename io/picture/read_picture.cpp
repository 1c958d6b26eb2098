#include "io/picture/read_picture.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "io/files/read_file.h"
#include "io/picture/decode.h"
#include "io/picture/orientation.h"

namespace io {
namespace {

struct Format {
  const char* name;
  std::string_view magic;
  Decoded (*decode)(const PictureSource&);
  std::size_t at = 0;  ///< where the magic stands
  const PictureLibrary* library = nullptr;
};
constexpr std::array<Format, 5> kFormats = {{{"JPEG", "\xFF\xD8\xFF", decode_jpeg, 0, &kJpegLibrary},
                                             {"PNG", "\x89PNG\r\n\x1A\n", decode_png, 0, &kPngLibrary},
                                             {"WebP", "WEBP", decode_webp, 8, &kWebpLibrary},
                                             {"PGM", "P5", decode_pnm},
                                             {"PPM", "P6", decode_pnm}}};

/// What is often taken for a picture that can be read, told by name.
struct Other {
  const char* name;
  std::string_view magic;
  std::size_t at = 0;
};
constexpr std::array<Other, 9> kOthers = {{{"GIF", "GIF8"},
                                           {"BMP", "BM"},
                                           {"TIFF", std::string_view("II*\0", 4)},
                                           {"TIFF", std::string_view("MM\0*", 4)},
                                           {"HEIC", "ftyphei", 4},
                                           {"HEIC", "ftypmif1", 4},
                                           {"AVIF", "ftypavif", 4},
                                           {"JPEG XL", "\xFF\x0A"},
                                           {"PDF", "%PDF"}}};

bool has_at(Bytes bytes, std::size_t at, std::string_view magic) {
  if (bytes.size() < at + magic.size()) return false;
  const auto same = [](std::uint8_t byte, char c) { return byte == static_cast<std::uint8_t>(c); };
  return std::equal(magic.begin(), magic.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [&](char c, std::uint8_t byte) { return same(byte, c); });
}

const Format* format_of(Bytes bytes) {
  for (const Format& format : kFormats) {
    if (!has_at(bytes, format.at, format.magic)) continue;
    if (format.at == 8 && !has_at(bytes, 0, "RIFF")) continue;
    // A text may begin with P5: after it comes a blank or a comment.
    if (format.decode == decode_pnm && (bytes.size() < 3 || (bytes[2] > ' ' && bytes[2] != '#'))) continue;
    return &format;
  }
  return nullptr;
}

[[noreturn]] void refuse_other(Bytes bytes, const std::string& name) {
  const std::string hint = "give " + readable_pictures() + "; a picture program saves others as JPEG or PNG";
  if (bytes.empty()) refuse_picture(name, "the file is empty", hint);
  for (const Other& other : kOthers) {
    if (has_at(bytes, other.at, other.magic)) {
      refuse_picture(name, std::string("it is a ") + other.name + " file, which is not read", hint);
    }
  }
  refuse_picture(name, "its content is no picture that is known, whatever its name says", hint);
}

}  // namespace

bool looks_like_picture(Bytes first_bytes) { return format_of(first_bytes) != nullptr; }

std::string readable_pictures() {
  std::string names;
  for (const Format& format : kFormats) {
    if (format.library != nullptr && !format.library->present) continue;
    names += (names.empty() ? "" : ", ") + std::string(format.name);
  }
  return names;
}

std::string missing_picture_packages() {
  std::string packages;
  for (const PictureLibrary* library : {&kJpegLibrary, &kPngLibrary, &kExifLibrary, &kWebpLibrary}) {
    if (!library->present) packages += (packages.empty() ? "" : " ") + std::string(library->package);
  }
  return packages;
}

PictureFile parse_picture(Bytes bytes, const std::string& name, const PictureReadOptions& options) {
  const Format* format = format_of(bytes);
  if (format == nullptr) refuse_other(bytes, name);
  Decoded decoded = format->decode({bytes, name, std::min(options.max_pixels, kMaxPicturePixels)});
  PictureFile file{{}, format->name, exif_orientation(decoded.exif), std::move(decoded.warnings)};
  if (!decoded.exif.empty() && !kExifLibrary.present) {
    file.warnings.push_back("it may lie on its side: this build has no libexif to read how the camera was held");
  }
  file.picture = upright(std::move(decoded.picture), file.orientation);
  return file;
}

PictureFile read_picture(const std::filesystem::path& path, const PictureReadOptions& options) {
  return parse_picture(read_file(path, kMaxPictureBytes, "read picture"), path.string(), options);
}

}  // namespace io
