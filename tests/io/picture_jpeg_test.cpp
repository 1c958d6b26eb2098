// JPEG as cameras, programs and accidents leave it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "io/picture/read_picture.h"
#include "tests/io/jpeg_bytes.h"
#include "tests/io/picture_bytes.h"

namespace io {
namespace {

using test::Bytes;
using test::Jpeg;

/// A soft pattern, which JPEG keeps well.
int soft(int x, int y, int k) { return static_cast<int>(128 + 90 * std::sin(0.11 * x + k) * std::cos(0.07 * y - k)); }

engine::Picture read(const Jpeg& jpeg) { return parse_picture(test::jpeg_bytes(jpeg), "a").picture; }

std::string refusal(const Bytes& bytes) {
  try {
    (void)parse_picture(bytes, "a.jpg");
  } catch (const FormatError& error) {
    EXPECT_FALSE(error.problem().hint.empty());
    return error.what();
  }
  return "";
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The mean distance of a picture from a pattern, in levels.
double distance(const engine::Picture& picture, int (*pattern)(int, int, int)) {
  double sum = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    const int pixel = static_cast<int>(i) / picture.channels, k = static_cast<int>(i) % picture.channels;
    sum += std::abs(picture.pixels[i] - pattern(pixel % picture.width, pixel / picture.width, k));
  }
  return sum / static_cast<double>(picture.pixels.size());
}

TEST(JpegTest, GreyAndColourAtOnceOrInScans) {
  for (const bool progressive : {false, true}) {
    for (const int components : {1, 3}) {
      const engine::Picture picture =
          read({.width = 70, .height = 51, .components = components, .progressive = progressive, .sample = soft});
      EXPECT_EQ(picture.width, 70);
      EXPECT_EQ(picture.height, 51);
      EXPECT_EQ(picture.channels, components);
      // Steps of quality 95 are at most 12 (colour: at half the places), so that errors stay near 1.
      EXPECT_LT(distance(picture, soft), components == 1 ? 1.5 : 3.0);
    }
  }
}

TEST(JpegTest, InksAreMultipliedOutInvertedOrNot) {
  constexpr std::array<int, 4> kStored = {200, 100, 50, 204}, kExpected = {160, 80, 40};  // times 204 / 255
  for (const bool ycck : {false, true}) {
    const Jpeg adobe{
        .width = 9, .height = 9, .components = 4, .ycck = ycck, .quality = 100, .sample = [&](int, int, int k) {
          return kStored[static_cast<std::size_t>(k)];
        }};
    const engine::Picture picture = read(adobe);
    ASSERT_EQ(picture.channels, 3);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(picture.pixels[120 + k], kExpected[k], 3) << "YCCK: " << ycck;
  }
  const Jpeg plain{
      .width = 9, .height = 9, .components = 4, .adobe = false, .quality = 100, .sample = [&](int, int, int k) {
        return 255 - kStored[static_cast<std::size_t>(k)];
      }};
  const engine::Picture picture = read(plain);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(picture.pixels[120 + k], kExpected[k], 3);
}

TEST(JpegTest, TurnedAsItsExifSays) {
  // Four corners, of which orientation 6 shows the lower left one first.
  const Jpeg jpeg{
      .width = 32, .height = 16, .components = 1, .exif = test::exif_block(6), .sample = [](int x, int y, int) {
        return (x < 16 ? 40 : 120) + (y < 8 ? 0 : 60);
      }};
  const PictureFile file = parse_picture(test::jpeg_bytes(jpeg), "a");
  if (!file.warnings.empty()) GTEST_SKIP() << file.warnings[0];  // no libexif
  EXPECT_EQ(file.orientation, 6);
  ASSERT_EQ(file.picture.width, 16);
  ASSERT_EQ(file.picture.height, 32);
  EXPECT_NEAR(file.picture.pixels[0], 100, 4);
  EXPECT_NEAR(file.picture.pixels[15], 40, 4);
  EXPECT_NEAR(file.picture.pixels[16 * 31], 180, 4);
}

TEST(JpegTest, OnePixelAndLongThinOnes) {
  EXPECT_NEAR(read({.width = 1, .height = 1, .components = 1}).pixels.at(0), 128, 1);
  EXPECT_EQ(read({.width = 2, .height = 2}).pixels.size(), 12u);
  EXPECT_EQ(read({.width = 5000, .height = 1, .components = 1}).pixels.size(), 5000u);
}

/// What becomes of the first n bytes.
struct Cut {
  std::size_t refused = 0, warned = 0, silent = 0;
};
Cut cut_everywhere(const Bytes& whole, const engine::Picture& intact, int rows_the_same) {
  Cut cut;
  for (std::size_t n = 2; n < whole.size(); ++n) {
    try {
      const PictureFile file = parse_picture(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)), "a");
      ++(file.warnings.empty() ? cut.silent : cut.warned);
      EXPECT_EQ(file.picture.width, intact.width);
      const auto end = file.picture.pixels.begin() + rows_the_same * intact.width * intact.channels;
      EXPECT_TRUE(std::equal(file.picture.pixels.begin(), end, intact.pixels.begin())) << n << " bytes";
    } catch (const FormatError&) {
      ++cut.refused;
    }
  }
  return cut;
}

TEST(JpegTest, CutOffItIsReadFromThreeQuartersOn) {
  const Bytes whole = test::jpeg_bytes({.width = 64, .height = 96, .components = 1, .sample = soft});
  // 12 rows of blocks: with 9 of them it is read, and the first 8 are as they were (one more may be half there).
  const Cut cut = cut_everywhere(whole, parse_picture(whole, "a").picture, 64);
  EXPECT_GT(cut.refused, whole.size() / 2);
  EXPECT_GT(cut.warned, 20u);
  EXPECT_LE(cut.silent, 2u) << "only the closing marker may be missed";
}

TEST(JpegTest, CutOffInScansItIsReadWhereItHasDetail) {
  const Jpeg jpeg{.width = 64, .height = 96, .components = 3, .progressive = true, .sample = soft};
  const Bytes whole = test::jpeg_bytes(jpeg);
  const Cut cut = cut_everywhere(whole, parse_picture(whole, "a").picture, 0);
  EXPECT_GT(cut.refused, 300u);  // headers and the coarse scan
  EXPECT_GT(cut.warned, 20u);
  EXPECT_LE(cut.silent, 2u);
  // What is accepted shows the picture: the coarse scan alone would be 12 levels off and more.
  for (std::size_t n = whole.size() / 4; n < whole.size(); n += 7) {
    try {
      const PictureFile file = parse_picture(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)), "a");
      EXPECT_LT(distance(file.picture, soft), 12) << n;
    } catch (const FormatError&) {
    }
  }
}

TEST(JpegTest, WhatIsMissingIsToldInRows) {
  const Bytes whole = test::jpeg_bytes({.width = 64, .height = 800, .components = 1, .sample = soft});
  const Bytes most(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * 9 / 10));
  const PictureFile file = parse_picture(most, "a");
  ASSERT_EQ(file.warnings.size(), 1u);
  EXPECT_PRED2(contains, file.warnings[0], "ends early, after " + std::to_string(most.size()) + " bytes: the last 1");
  const Bytes half(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2));
  EXPECT_PRED2(contains, refusal(half), "cut off after " + std::to_string(half.size()) + " bytes");
}

TEST(JpegTest, ArithmeticCodesAreCutOffAlike) {
  for (const bool progressive : {false, true}) {
    const Bytes whole = test::jpeg_bytes(
        {.width = 64, .height = 96, .components = 1, .arithmetic = true, .progressive = progressive, .sample = soft});
    EXPECT_LT(distance(parse_picture(whole, "a").picture, soft), 1.5);
    const auto part = [&whole](std::size_t twentieths) {
      return Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * twentieths / 20));
    };
    EXPECT_PRED2(contains, refusal(part(8)), "cut off");
    EXPECT_EQ(parse_picture(part(19), "a").warnings.size(), 1u) << progressive;
  }
}

TEST(JpegTest, DamageWithinIsAWarning) {
  Bytes bytes = test::jpeg_bytes({.width = 64, .height = 64, .components = 1, .sample = soft});
  const std::vector<std::uint8_t> garbage = {0xFF, 0xD3, 0xFF, 0xD1};  // restart markers where none belong
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() * 9 / 10), garbage.begin(), garbage.end());
  const PictureFile file = parse_picture(bytes, "a");
  ASSERT_FALSE(file.warnings.empty());
  EXPECT_PRED2(contains, file.warnings[0], "damaged JPEG");
}

TEST(JpegTest, AnyByteFlippedIsNoCrash) {
  for (const bool progressive : {false, true}) {
    const Bytes whole = test::jpeg_bytes(
        {.width = 17, .height = 9, .progressive = progressive, .exif = test::exif_block(8), .sample = soft});
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (const int flip : {0x01, 0x80, 0xFF}) {
        Bytes bytes = whole;
        bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ flip);
        try {
          (void)parse_picture(bytes, "a", {.max_pixels = 1'000'000});
        } catch (const FormatError&) {
        }
      }
    }
  }
}

/// Where the frame header's height and width stand.
std::size_t size_at(const Bytes& bytes) {
  for (std::size_t i = 2; i + 9 < bytes.size();) {
    if (bytes[i + 1] >= 0xC0 && bytes[i + 1] <= 0xC2) return i + 5;
    i += 2 + (std::size_t{bytes[i + 2]} << 8 | bytes[i + 3]);
  }
  throw std::runtime_error("no frame header");
}

TEST(JpegTest, ABombIsRefused) {
  for (const bool progressive : {false, true}) {
    Bytes bytes = test::jpeg_bytes({.progressive = progressive});
    const auto claim = [&](int width, int height) {
      Bytes size = test::big_endian(static_cast<std::uint64_t>(height), 2);
      test::append(size, test::big_endian(static_cast<std::uint64_t>(width), 2));
      std::copy(size.begin(), size.end(), bytes.begin() + static_cast<std::ptrdiff_t>(size_at(bytes)));
      return refusal(bytes);
    };
    EXPECT_PRED2(contains, claim(10'000, 10'000), "100.0 megapixels; at most 40.0");
    EXPECT_PRED2(contains, claim(6'000, 6'000), "cut off");
    EXPECT_PRED2(contains, claim(65'535, 16), "65500");
    EXPECT_PRED2(contains, claim(0, 16), "damaged");
  }
}

TEST(JpegTest, MoreScansThanAnyCameraWritesAreRefused) {
  const auto scans = [](int coefficients) {
    std::vector<jpeg_scan_info> list = {{1, {0}, 0, 0, 0, 0}};
    for (const int low : {1, 0}) {
      for (int k = 1; k <= coefficients; ++k) list.push_back({1, {0}, k, k, low == 1 ? 0 : 1, low});
    }
    return list;
  };
  const Jpeg some{.components = 1, .scans = scans(20), .sample = soft},
      many{.components = 1, .scans = scans(63), .sample = soft};
  EXPECT_EQ(refusal(test::jpeg_bytes(some)), "");                                 // 41
  EXPECT_PRED2(contains, refusal(test::jpeg_bytes(many)), "more than 64 scans");  // 127
}

TEST(JpegTest, OtherThanOneThreeOrFourComponentsAreRefused) {
  Bytes bytes = test::jpeg_bytes({.components = 1});
  const std::size_t at = size_at(bytes);
  // Two components: the frame header three bytes longer.
  bytes[at - 2] = static_cast<std::uint8_t>(bytes[at - 2] + 3);
  bytes[at + 4] = 2;
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at + 8), {2, 0x11, 0});
  EXPECT_PRED2(contains, refusal(bytes), "2 colour components");
}

}  // namespace
}  // namespace io
