// Pictures without a camera: PNG built byte by byte, PGM and PPM, what is refused and how it is said.
#include <gtest/gtest.h>

#include <fstream>

#include "io/files/write_file.h"
#include "io/picture/format_png.h"
#include "io/picture/orientation.h"
#include "io/picture/read_picture.h"
#include "tests/io/picture_bytes.h"
#include "tests/io/scratch.h"

namespace io {
namespace {

using test::Bytes;
using test::Png;

/// The line that a refusal says, "" if there is none. @param hinted  it must tell a next step
std::string refusal(const Bytes& bytes, const PictureReadOptions& options = {}) {
  try {
    (void)parse_picture(bytes, "a.jpg", options);
  } catch (const FormatError& error) {
    EXPECT_EQ(error.problem().where, "a.jpg");
    EXPECT_FALSE(error.problem().hint.empty()) << error.what();
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
#define EXPECT_SAYS(text, part) EXPECT_PRED2(contains, text, part)

// ---- PGM and PPM

TEST(Pnm, GreyAndColourAreReadAsTheyAre) {
  const PictureFile grey = parse_picture(test::pnm_bytes("P5\n# a comment\n3 2\n255\n", {0, 1, 2, 3, 4, 255}), "a");
  EXPECT_EQ(grey.format, "PGM");
  EXPECT_EQ(grey.picture, (engine::Picture{3, 2, 1, {0, 1, 2, 3, 4, 255}}));
  const PictureFile colour = parse_picture(test::pnm_bytes("P6 1\t2 255 ", {1, 2, 3, 4, 5, 6}), "a");
  EXPECT_EQ(colour.format, "PPM");
  EXPECT_EQ(colour.picture, (engine::Picture{1, 2, 3, {1, 2, 3, 4, 5, 6}}));
  EXPECT_TRUE(colour.warnings.empty());
}

TEST(Pnm, OtherGreatestValuesAreScaledAndWideOnesRounded) {
  EXPECT_EQ(parse_picture(test::pnm_bytes("P5 4 1 15 ", {0, 7, 15, 200}), "a").picture.pixels,
            (Bytes{0, 119, 255, 255}));  // 7 * 17; beyond the greatest is the greatest
  const Bytes wide = {0, 0, 0x80, 0x00, 0xFF, 0xFF};
  EXPECT_EQ(parse_picture(test::pnm_bytes("P5 3 1 65535 ", wide), "a").picture.pixels, (Bytes{0, 128, 255}));
}

TEST(Pnm, DamageIsTold) {
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 3 2 255 ", {1, 2, 3})), "3 bytes of pixels, 6 expected");
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 3 2 0 ", {1, 2, 3})), "greatest value is 0");
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 3 2 70000 ", {1, 2, 3})), "greatest value is 70000");
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 3 x 255 ", {1, 2, 3})), "no height");
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 0 2 255 ", {1, 2, 3})), "0 x 2 pixels");
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 3 2 255", {})), "header does not end");
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 99999999999999999999 2 255 ", {})), "999999");
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 # no end", {})), "no width");
}

// ---- What is no picture, or too much of one

TEST(Refused, WhatIsNoPictureWhateverItsName) {
  const auto text = [](const std::string& s) { return Bytes(s.begin(), s.end()); };
  EXPECT_SAYS(refusal({}), "the file is empty");
  EXPECT_SAYS(refusal(text("Dear diary, this is no picture.")), "no picture that is known");
  EXPECT_SAYS(refusal(text("P5y a text that begins like a PGM")), "no picture that is known");
  EXPECT_SAYS(refusal(text("GIF89a...")), "GIF");
  EXPECT_SAYS(refusal(text("....ftypheic....")), "HEIC");
  EXPECT_SAYS(refusal(text("RIFF....WAVEfmt ")), "no picture that is known");
  for (const char* start : {"P", "P5", "\xFF", "\xFF\xD8", "\x89PN", "RIFF", "RIFF....WEB"}) {
    EXPECT_NE(refusal(text(start)), "") << start;
  }
}

TEST(Refused, PicturesBeyondTheBounds) {
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 10000 10000 255 ", {1})), "100.0 megapixels; at most 40.0");
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 65501 1 255 ", {1})), "a side of at most 65500");
  EXPECT_SAYS(refusal(test::pnm_bytes("P5 3 2 255 ", {1, 2, 3, 4, 5, 6}), {.max_pixels = 5}), "megapixels");
  EXPECT_EQ(refusal(test::pnm_bytes("P5 3 2 255 ", {1, 2, 3, 4, 5, 6}), {.max_pixels = 6}), "");
}

TEST(Refused, FilesThatCannotBeRead) {
  const test::Scratch scratch;
  EXPECT_THROW((void)read_picture(scratch / "none.jpg"), FormatError);
  EXPECT_THROW((void)read_picture(scratch.folder()), FormatError);
}

TEST(ReadPicture, TheContentDecidesNotTheName) {
  const test::Scratch scratch;
  write_file(scratch / "face.jpg", test::pnm_bytes("P5 1 1 255 ", {77}), Existing::refuse);
  const PictureFile file = read_picture(scratch / "face.jpg");
  EXPECT_EQ(file.format, "PGM");
  EXPECT_EQ(file.picture.pixels, Bytes{77});
  EXPECT_TRUE(looks_like_picture(test::pnm_bytes("P5 1 1 255 ", {})));
  EXPECT_FALSE(looks_like_picture(Bytes{'M', 'T', 'h', 'd', 0, 0, 0, 6}));
}

// ---- Orientation

// What a camera stores of the scene 12 / 34 / 56 when it is held in each way: from the table of the Exif standard,
// which says on which sides of the scene the stored first row and first column lie.
struct Held {
  int orientation, width, height;
  Bytes stored;
};
const std::vector<Held> kHeld = {{1, 2, 3, {1, 2, 3, 4, 5, 6}}, {2, 2, 3, {2, 1, 4, 3, 6, 5}},
                                 {3, 2, 3, {6, 5, 4, 3, 2, 1}}, {4, 2, 3, {5, 6, 3, 4, 1, 2}},
                                 {5, 3, 2, {1, 3, 5, 2, 4, 6}}, {6, 3, 2, {2, 4, 6, 1, 3, 5}},
                                 {7, 3, 2, {6, 4, 2, 5, 3, 1}}, {8, 3, 2, {5, 3, 1, 6, 4, 2}}};

TEST(Orientation, AllEightComeOutUpright) {
  const engine::Picture scene{2, 3, 1, {1, 2, 3, 4, 5, 6}};
  for (const Held& held : kHeld) {
    EXPECT_EQ(upright({held.width, held.height, 1, held.stored}, held.orientation), scene) << held.orientation;
  }
}

TEST(Orientation, ColoursStayTogether) {
  const engine::Picture stored{2, 1, 3, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(upright(stored, 6), (engine::Picture{1, 2, 3, {1, 2, 3, 4, 5, 6}}));
  EXPECT_EQ(upright(stored, 8), (engine::Picture{1, 2, 3, {4, 5, 6, 1, 2, 3}}));
}

// ---- PNG

class PngTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_write_png()) GTEST_SKIP() << "this build has no libpng";
  }
  static engine::Picture read(const Png& png) { return parse_picture(test::png_bytes(png), "a").picture; }
};

TEST_F(PngTest, GreyOfEveryDepth) {
  for (const int depth : {1, 2, 4, 8, 16}) {
    const int most = (1 << depth) - 1;
    for (const bool interlaced : {false, true}) {
      const Png png{
          .width = 11, .height = 9, .depth = depth, .interlaced = interlaced, .sample = [most](int x, int y, int) {
            return (x * 7919 + y * 104729) % (most + 1);
          }};
      const engine::Picture picture = read(png);
      ASSERT_EQ(picture.channels, 1);
      ASSERT_EQ(picture.pixels.size(), 99u);
      for (int i = 0; i < 99; ++i) {
        const double exact = 255.0 * png.sample(i % 11, i / 11, 0) / most;
        EXPECT_NEAR(picture.pixels[static_cast<std::size_t>(i)], exact, 0.5)
            << depth << " bits, pixel " << i << (interlaced ? ", interlaced" : "");
      }
    }
  }
}

TEST_F(PngTest, ColourInterlacedOrNot) {
  for (const bool interlaced : {false, true}) {
    const Png png{.width = 13, .height = 10, .colour = 2, .interlaced = interlaced, .sample = [](int x, int y, int k) {
                    return (x * 31 + y * 57 + k * 85) % 256;
                  }};
    const engine::Picture picture = read(png);
    ASSERT_EQ(picture.channels, 3);
    for (int i = 0; i < 390; ++i) {
      ASSERT_EQ(picture.pixels[static_cast<std::size_t>(i)], png.sample(i / 3 % 13, i / 39, i % 3)) << i;
    }
  }
}

TEST_F(PngTest, PalettesAndTheirTransparency) {
  Png png{.width = 4, .height = 1, .depth = 2, .colour = 3, .sample = [](int x, int, int) { return x; }};
  png.chunks = {{"PLTE", {10, 20, 30, 200, 100, 50, 0, 0, 0, 7, 7, 7}}};
  EXPECT_EQ(read(png).pixels, (Bytes{10, 20, 30, 200, 100, 50, 0, 0, 0, 7, 7, 7}));
  png.chunks.push_back({"tRNS", {255, 0}});  // the second is not to be seen: white shows
  EXPECT_EQ(read(png).pixels, (Bytes{10, 20, 30, 255, 255, 255, 0, 0, 0, 7, 7, 7}));
}

TEST_F(PngTest, WhatIsTransparentLiesOnWhite) {
  const Png grey{
      .width = 3, .height = 1, .colour = 4, .sample = [](int x, int, int k) { return k == 0 ? 40 : 255 * (x != 1); }};
  EXPECT_EQ(read(grey).pixels, (Bytes{40, 255, 40}));
  const Png colour{
      .width = 2, .height = 1, .colour = 6, .sample = [](int x, int, int k) { return k == 3 ? 255 * x : 60 * k; }};
  EXPECT_EQ(read(colour).pixels, (Bytes{255, 255, 255, 0, 60, 120}));
  const Png half{.width = 1, .height = 1, .colour = 4, .sample = [](int, int, int k) { return k == 0 ? 0 : 128; }};
  EXPECT_EQ(read(half).pixels[0], 127);
}

TEST_F(PngTest, TurnedAsItsExifSays) {
  for (const Held& held : kHeld) {
    for (const bool big : {true, false}) {
      const Png png{
          .width = held.width,
          .height = held.height,
          .sample = [&](int x, int y, int) { return held.stored[static_cast<std::size_t>(y * held.width + x)]; },
          .chunks = {{"eXIf", test::exif_block(held.orientation, big)}}};
      const PictureFile file = parse_picture(test::png_bytes(png), "a");
      if (!file.warnings.empty()) GTEST_SKIP() << file.warnings[0];  // no libexif
      EXPECT_EQ(file.orientation, held.orientation);
      EXPECT_EQ(file.picture, (engine::Picture{2, 3, 1, {1, 2, 3, 4, 5, 6}})) << held.orientation;
    }
  }
}

TEST_F(PngTest, AnIllegalOrientationTurnsNothing) {
  for (const int orientation : {0, 9, 255}) {
    const Png png{.width = 2, .height = 1, .chunks = {{"eXIf", test::exif_block(orientation)}}};
    EXPECT_EQ(parse_picture(test::png_bytes(png), "a").orientation, 1);
  }
  const Png png{.width = 2, .height = 1, .chunks = {{"eXIf", {'M', 'M', 0, 42, 255, 255, 255, 255}}}};
  EXPECT_EQ(parse_picture(test::png_bytes(png), "a").orientation, 1);
}

TEST_F(PngTest, ABombIsRefusedByItsHeader) {
  Png png{.width = 12, .height = 12, .depth = 1};
  Bytes bytes = test::png_bytes(png);
  const auto claim = [&](std::uint32_t width, std::uint32_t height) {
    Bytes head = test::big_endian(width, 4);
    test::append(head, test::big_endian(height, 4));
    test::append(head, {1, 0, 0, 0, 0});
    const Bytes chunk = test::png_chunk("IHDR", head);
    std::copy(chunk.begin(), chunk.end(), bytes.begin() + 8);
    return refusal(bytes);
  };
  EXPECT_SAYS(claim(10'000, 10'000), "100.0 megapixels; at most 40.0");
  EXPECT_SAYS(claim(40'000, 1'001), "40.0 megapixels");
  EXPECT_SAYS(claim(900'000, 1), "a side of at most");
  EXPECT_SAYS(claim(0x7fffffff, 0x7fffffff), "PNG");
  EXPECT_SAYS(claim(0, 1), "PNG");
  EXPECT_SAYS(claim(6'000, 6'000), "Not enough image data");  // within the bounds, and nothing there
}

TEST_F(PngTest, CutOffAnywhereItIsRefusedOrWhole) {
  const Png png{.width = 9, .height = 9, .colour = 2, .interlaced = true, .sample = [](int x, int y, int k) {
                  return 20 * x + y + k;
                }};
  const Bytes whole = test::png_bytes(png);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    try {
      const PictureFile file = parse_picture(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)), "a");
      EXPECT_EQ(file.picture, read(png)) << n << " bytes";
      EXPECT_GE(n, whole.size() - 16) << "without its pixels";  // the last of them, its checksum, and IEND
    } catch (const FormatError&) {
    }
  }
}

TEST_F(PngTest, AnyOneBitFlippedIsNoCrash) {
  const Bytes whole =
      test::png_bytes({.width = 5, .height = 4, .colour = 2, .chunks = {{"eXIf", test::exif_block(6)}}});
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes bytes = whole;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1u << bit % 8);
    refused += !refusal(bytes).empty();
  }
  EXPECT_GT(refused, 4 * whole.size());  // half at least: checksums see it
}

TEST_F(PngTest, WhatIsWrittenIsReadBack) {
  engine::Picture picture{17, 5, 3, {}};
  for (int i = 0; i < 17 * 5 * 3; ++i) picture.pixels.push_back(static_cast<std::uint8_t>(i * 37));
  const Bytes bytes = format_png(picture);
  EXPECT_EQ(parse_picture(bytes, "a").picture, picture);
  EXPECT_EQ(format_png(picture), bytes);
  const engine::Picture grey{2, 2, 1, {0, 100, 200, 255}};
  EXPECT_EQ(parse_picture(format_png(grey), "a").picture, grey);
  EXPECT_THROW((void)format_png({2, 2, 3, {1, 2, 3}}), std::invalid_argument);
  EXPECT_THROW((void)format_png({1, 1, 2, {1, 2}}), std::invalid_argument);
  EXPECT_THROW((void)format_png({}), std::invalid_argument);
}

TEST(PictureAbsent, SaysWhichPackage) {
  if (missing_picture_packages().empty()) GTEST_SKIP() << "this build has every library for pictures";
  const bool no_png = contains(missing_picture_packages(), "libpng-dev");
  if (!no_png) GTEST_SKIP() << "this build has libpng";
  try {
    (void)parse_picture(test::png_bytes({}), "a.png");
    FAIL() << "no PNG can be read here";
  } catch (const engine::Error& error) {
    EXPECT_SAYS(error.problem().hint, "libpng-dev");
  }
  EXPECT_FALSE(contains(readable_pictures(), "PNG"));
}

}  // namespace
}  // namespace io
