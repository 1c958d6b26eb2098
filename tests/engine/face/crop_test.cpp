// What a network is shown of a face.
#include "engine/face/crop.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "tests/support/drawn_face.h"

namespace engine {
namespace {

/// No two neighbours alike, and no symmetry.
Picture pattern(int width, int height) {
  Picture picture = support::plain(width, height, 0);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    picture.pixels[i] = static_cast<std::uint8_t>(i * i * 31 + i * 7 + i / 13);
  }
  return picture;
}

std::uint8_t at(const Picture& p, int x, int y) { return p.pixels.at(static_cast<std::size_t>(y * p.width + x)); }

double distance(const Picture& a, const Picture& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels.at(i));
  return sum / static_cast<double>(a.pixels.size());
}

TEST(CropFace, APictureOfItsSizeIsLeftAsItIs) {
  const Picture picture = pattern(kFaceSide, kFaceSide);
  EXPECT_EQ(crop_face(picture, frame_of_cropped(picture)), picture);
}

TEST(CropFace, WholeMultiplesAreMeansOfWhatTheyCover) {
  for (const int scale : {2, 3, 10, 16}) {
    const int side = scale * kFaceSide;
    const Picture picture = pattern(side + 5, side + 3);
    const Picture face =
        crop_face(picture, {.centre_x = 4 + side / 2.0, .centre_y = 2 + side / 2.0, .side = 1.0 * side});
    for (int y = 0; y < kFaceSide; ++y) {
      for (int x = 0; x < kFaceSide; ++x) {
        double sum = 0;
        for (int k = 0; k < scale * scale; ++k)
          sum += at(picture, 4 + x * scale + k % scale, 2 + y * scale + k / scale);
        ASSERT_NEAR(at(face, x, y), sum / (scale * scale), 0.5 + 1e-9) << scale << ": " << x << ", " << y;
      }
    }
  }
}

TEST(CropFace, BeyondTheEdgeTheEdgeContinues) {
  const Picture picture = pattern(40, 60);
  const Picture face = crop_face(picture, {.centre_x = 10, .centre_y = 20, .side = 48});  // x from -14, y from -4
  for (int y = 0; y < kFaceSide; ++y) {
    for (int x = 0; x < kFaceSide; ++x) {
      ASSERT_EQ(at(face, x, y), at(picture, std::clamp(x - 14, 0, 39), std::clamp(y - 4, 0, 59))) << x << ", " << y;
    }
  }
  for (const double far : {3.0, 1e9, 1e300}) {
    EXPECT_EQ(crop_face(support::plain(1, 1, 77), {.centre_x = 500 * far, .centre_y = -far, .side = far}),
              support::plain(kFaceSide, kFaceSide, 77));
  }
}

TEST(CropFace, AQuarterTurnIsExact) {
  const Picture picture = pattern(kFaceSide, kFaceSide);
  FaceFrame frame = frame_of_cropped(picture);
  frame.roll_degrees = 90;  // its top is at the picture's right
  const Picture face = crop_face(picture, frame);
  for (int y = 0; y < kFaceSide; ++y) {
    for (int x = 0; x < kFaceSide; ++x) ASSERT_EQ(at(face, x, y), at(picture, kFaceSide - 1 - y, x));
  }
}

TEST(CropFace, ALeaningFaceComesOutUpright) {
  const auto drawn = [](double lean_degrees, double roll_degrees) {
    Picture picture = support::plain(300, 300, 90);
    support::draw_face(picture, {.x = 150, .y = 150, .size = 160, .lean_degrees = lean_degrees});
    return crop_face(picture, {.centre_x = 150, .centre_y = 150, .side = 170, .roll_degrees = roll_degrees});
  };
  const Picture upright = drawn(0, 0);
  for (const double lean : {-18.0, 7.0, 18.0}) {
    EXPECT_LT(distance(drawn(lean, lean), upright), 1.0) << lean;
    EXPECT_GT(distance(drawn(lean, 0), upright), 3.0) << lean;
    EXPECT_GT(distance(drawn(lean, -lean), upright), 6.0) << lean;
  }
}

TEST(CropFace, ASmallFaceIsInterpolatedBetweenItsPixels) {
  Picture picture = support::plain(2, 1, 0);
  picture.pixels = {100, 200};
  const Picture face = crop_face(picture, {.centre_x = 1, .centre_y = 0.5, .side = 1});  // between the two middles
  for (int x = 0; x < kFaceSide; ++x) EXPECT_NEAR(at(face, x, 0), 100 + 100 * (x + 0.5) / kFaceSide, 0.5);
}

TEST(CropFace, WhatMakesNoSenseIsRefused) {
  const Picture grey = support::plain(4, 4, 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((void)crop_face(support::plain(4, 4, 0, 3), {.side = 2}), std::invalid_argument);
  EXPECT_THROW((void)crop_face({}, {.side = 2}), std::invalid_argument);
  EXPECT_THROW((void)crop_face({4, 4, 1, {1, 2}}, {.side = 2}), std::invalid_argument);
  EXPECT_THROW((void)crop_face(grey, {.side = 0}), std::invalid_argument);
  EXPECT_THROW((void)crop_face(grey, {.side = nan}), std::invalid_argument);
  EXPECT_THROW((void)crop_face(grey, {.centre_x = nan, .side = 2}), std::invalid_argument);
  EXPECT_THROW((void)crop_face(grey, {.side = 2, .roll_degrees = nan}), std::invalid_argument);
}

TEST(FaceFrame, IsALittleLargerThanTheBox) {
  const FaceFrame frame = frame_of({.box = {10, 20, 100, 60}, .roll_degrees = 5});
  EXPECT_EQ(frame.centre_x, 60);
  EXPECT_EQ(frame.centre_y, 50);
  EXPECT_DOUBLE_EQ(frame.side, 104);
  EXPECT_EQ(frame.roll_degrees, 5);
  const FaceFrame middle = frame_of_cropped(support::plain(30, 50, 0));
  EXPECT_EQ(middle.centre_x, 15);
  EXPECT_EQ(middle.centre_y, 25);
  EXPECT_EQ(middle.side, 30);
}

TEST(ToGrey, WeighsColoursAsBt601AndKeepsGreys) {
  const Picture colours{4, 1, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255}};
  EXPECT_EQ(to_grey(colours).pixels, (std::vector<std::uint8_t>{76, 150, 29, 255}));  // 255 * 0.299, 0.587, 0.114, 1
  for (int value = 0; value < 256; ++value) {
    EXPECT_EQ(to_grey(support::plain(1, 1, static_cast<std::uint8_t>(value), 3)).pixels.at(0), value);
  }
  EXPECT_EQ(to_grey(pattern(3, 2)), pattern(3, 2));
}

}  // namespace
}  // namespace engine
