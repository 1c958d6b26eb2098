// Any bytes as a picture: either a FormatError, or whole pixels within the bound, of which a face can be cut out.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/face/crop.h"
#include "io/picture/read_picture.h"
#include "tests/io/picture_bytes.h"
#if AFFETTO_HAVE_JPEG
#include "tests/io/jpeg_bytes.h"
#endif

namespace {

constexpr std::int64_t kMaxPixels = 1 << 16;  // what is larger is refused early, and runs stay fast

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

int sample(int x, int y, int k) { return (x * 31 + y * 57 + k * 85) % 256; }

void add_jpegs([[maybe_unused]] std::vector<std::vector<std::uint8_t>>& seeds) {
#if AFFETTO_HAVE_JPEG
  for (const bool progressive : {false, true}) {
    for (const int components : {1, 3, 4}) {
      seeds.push_back(test::jpeg_bytes({.width = 19,
                                        .height = 11,
                                        .components = components,
                                        .progressive = progressive,
                                        .ycck = progressive,
                                        .exif = test::exif_block(5 + components, progressive),
                                        .sample = sample}));
    }
  }
#endif
}

}  // namespace

/// Files to start from: each format, depth and kind of colour, with EXIF and without.
std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds = {test::pnm_bytes("P5\n# grey\n3 2\n255\n", {0, 1, 2, 3, 4, 255}),
                                                  test::pnm_bytes("P6 1 1 65535 ", {1, 2, 3, 4, 5, 6}),
                                                  test::pnm_bytes("P5 4 1 15 ", {0, 7, 15, 9})};
  for (const int colour : {0, 2, 4, 6}) {
    for (const int depth : {8, 16}) {
      seeds.push_back(test::png_bytes({.width = 9,
                                       .height = 5,
                                       .depth = depth,
                                       .colour = colour,
                                       .interlaced = depth == 16,
                                       .sample = sample,
                                       .chunks = {{"eXIf", test::exif_block(colour + 1)}}}));
    }
  }
  seeds.push_back(
      test::png_bytes({.width = 4,
                       .depth = 2,
                       .colour = 3,
                       .sample = [](int x, int, int) { return x; },
                       .chunks = {{"PLTE", {10, 20, 30, 200, 100, 50, 0, 0, 0, 7, 7, 7}}, {"tRNS", {255, 0}}}}));
  // The smallest WebP without loss: one grey pixel. Its EXIF stands behind it.
  std::vector<std::uint8_t> webp = {'R',  'I',  'F',  'F',  58, 0, 0,    0,   'W', 'E', 'B', 'P', 'V',  'P',
                                    '8',  'L',  13,   0,    0,  0, 0x2F, 0,   0,   0,   0,   7,   0x10, 0x11,
                                    0x11, 0x88, 0x88, 0xFE, 7,  0, 'E',  'X', 'I', 'F', 26,  0,   0,    0};
  test::append(webp, test::exif_block(3));
  seeds.push_back(webp);
  add_jpegs(seeds);
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  io::PictureFile file;
  try {
    file = io::parse_picture({data, size}, "fuzz", {.max_pixels = kMaxPixels});
  } catch (const engine::Error& error) {
    demand(!error.problem().hint.empty(), "every refusal says what to do");
    return 0;
  }
  const engine::Picture& picture = file.picture;
  demand(io::looks_like_picture({data, size}), "what can be read looks like a picture");
  demand(picture.width >= 1 && picture.height >= 1 && std::int64_t{picture.width} * picture.height <= kMaxPixels,
         "it is within the bound");
  demand(picture.channels == 1 || picture.channels == 3, "it is grey or has colours");
  demand(std::ssize(picture.pixels) == std::int64_t{picture.width} * picture.height * picture.channels,
         "its pixels are whole");
  const engine::Picture face = engine::crop_face(engine::to_grey(picture), engine::frame_of_cropped(picture));
  demand(face.width == engine::kFaceSide && face.pixels.size() == engine::kFaceSide * engine::kFaceSide,
         "a face is cut out");
  return 0;
}
