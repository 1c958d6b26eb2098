// WebP: without loss, so that pixels are known.
#include <gtest/gtest.h>
#include <webp/encode.h>

#include "io/picture/read_picture.h"
#include "tests/io/picture_bytes.h"

namespace io {
namespace {

using test::Bytes;

Bytes webp_bytes(int width, int height, const Bytes& rgba) {
  std::uint8_t* memory = nullptr;
  const std::size_t size = WebPEncodeLosslessRGBA(rgba.data(), width, height, 4 * width, &memory);
  const Bytes bytes(memory, memory + size);
  WebPFree(memory);
  return bytes;
}

/// The same with an EXIF chunk, in the container's extended form.
Bytes with_exif(const Bytes& webp, int width, int height, const Bytes& exif, std::uint8_t flags = 8) {
  Bytes body, file;
  test::append_text(body, "WEBPVP8X");
  test::append(body, {10, 0, 0, 0, flags, 0, 0, 0});
  test::append(body, test::little_endian(static_cast<std::uint64_t>(width - 1), 3));
  test::append(body, test::little_endian(static_cast<std::uint64_t>(height - 1), 3));
  body.insert(body.end(), webp.begin() + 12, webp.end());
  test::append_text(body, "EXIF");
  test::append(body, test::little_endian(exif.size(), 4));
  test::append(body, exif);
  test::append_text(file, "RIFF");
  test::append(file, test::little_endian(body.size(), 4));
  test::append(file, body);
  return file;
}

TEST(WebpTest, PixelsOnWhite) {
  const Bytes opaque = webp_bytes(2, 1, {10, 20, 30, 255, 40, 50, 60, 255});
  const PictureFile file = parse_picture(opaque, "a");
  EXPECT_EQ(file.format, "WebP");
  EXPECT_EQ(file.picture, (engine::Picture{2, 1, 3, {10, 20, 30, 40, 50, 60}}));
  const Bytes clear = webp_bytes(2, 1, {10, 20, 30, 0, 0, 0, 0, 51});
  EXPECT_EQ(parse_picture(clear, "a").picture.pixels, (Bytes{255, 255, 255, 204, 204, 204}));
}

TEST(WebpTest, TurnedAsItsExifSays) {
  const Bytes plain = webp_bytes(2, 1, {10, 20, 30, 255, 40, 50, 60, 255});
  const PictureFile file = parse_picture(with_exif(plain, 2, 1, test::exif_block(8)), "a");
  if (!file.warnings.empty()) GTEST_SKIP() << file.warnings[0];  // no libexif
  EXPECT_EQ(file.orientation, 8);
  EXPECT_EQ(file.picture, (engine::Picture{1, 2, 3, {40, 50, 60, 10, 20, 30}}));
}

TEST(WebpTest, AnimationsAndWhatIsCutOffAreRefused) {
  Bytes rgba;
  for (int i = 0; i < 4 * 20 * 20; ++i) rgba.push_back(static_cast<std::uint8_t>(i * i));
  const Bytes whole = webp_bytes(20, 20, rgba);
  for (std::size_t n = 0; n + 2 < whole.size(); ++n) {
    EXPECT_THROW((void)parse_picture(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)), "a"),
                 FormatError)
        << n;
  }
  try {
    (void)parse_picture(with_exif(whole, 20, 20, {}, 2), "a");
    FAIL() << "an animation";
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("animation"), std::string::npos) << error.what();
  }
}

TEST(WebpTest, ABombIsRefused) {
  const Bytes bytes = webp_bytes(8'000, 6'000, Bytes(4u * 8'000 * 6'000, 255));
  EXPECT_LT(bytes.size(), 100'000u);
  try {
    (void)parse_picture(bytes, "a");
    FAIL() << "48 megapixels";
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("48.0 megapixels"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace io
