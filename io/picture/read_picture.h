// Pictures from files: JPEG, PNG, WebP, PGM and PPM, upright, in 8 bits.
//
// The content decides, never the name. What the reader decides where formats leave a choice:
// * Grey stays grey (1 channel); everything else becomes red, green, blue. CMYK and YCCK are multiplied out, inverted
//   where Adobe's marker says that they are; no colour profile is applied.
// * What is transparent is laid on white. 16 bits are rounded to 8; PNG's gamma is applied where the file states one.
// * The orientation that a camera wrote (EXIF, all eight) is applied. A tag that is damaged turns nothing.
// * A JPEG that ends early is read with a warning if three quarters of its rows are there in brightness, with detail in
//   a progressive file; otherwise it is refused, as is every other file that ends early.
// * Damage within a JPEG that its decoder passes over is a warning: such a picture still shows a face or does not.
// * Of a WebP animation nothing is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/data/picture.h"
#include "io/errors.h"

namespace io {

/// Files above this size are refused, in bytes: 40 megapixels in three channels of 16 bits, and their headers.
inline constexpr std::size_t kMaxPictureBytes = std::size_t{256} << 20;
/// Pictures above this are refused before anything of their size is allocated: above what phones take, 120 MB decoded.
inline constexpr std::int64_t kMaxPicturePixels = 40'000'000;
/// Longest side, in pixels: what JPEG can say.
inline constexpr int kMaxPictureSide = 65'500;

struct PictureReadOptions {
  std::int64_t max_pixels = kMaxPicturePixels;
};

struct PictureFile {
  engine::Picture picture;            ///< upright
  std::string format;                 ///< "JPEG", "PNG", "WebP", "PGM", "PPM"
  int orientation = 1;                ///< EXIF's number, 1 to 8, that was applied; 1 is none
  std::vector<std::string> warnings;  ///< what was odd, a sentence each
};

/// Reads the bytes of a file.
/// @param name  stands for the file in messages
/// @throws FormatError for what is no picture, is damaged, cut off or too large; engine::Error if this build lacks the
///         library that its format needs
/// Cost: about 8 ms a megapixel of JPEG, 25 of progressive JPEG (one core of an AMD EPYC). Memory besides the bytes:
/// 0.24 GB for 40 megapixels of progressive JPEG as cameras write it, 0.65 GB for the worst that the bounds let in.
PictureFile parse_picture(std::span<const std::uint8_t> bytes, const std::string& name,
                          const PictureReadOptions& options = {});

/// Reads `path` from disk and parses it. @throws as parse_picture and read_file do
PictureFile read_picture(const std::filesystem::path& path, const PictureReadOptions& options = {});

/// Whether a file that begins with these bytes claims to be a picture that parse_picture knows. 12 bytes suffice.
bool looks_like_picture(std::span<const std::uint8_t> first_bytes);

/// What this build reads: "JPEG, PNG, WebP, PGM, PPM".
std::string readable_pictures();
/// The packages that would add what is missing, "" if nothing is.
std::string missing_picture_packages();

}  // namespace io
