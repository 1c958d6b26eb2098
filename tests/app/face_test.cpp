// Faces found, chosen and shown, on pictures that these tests draw.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "app/face/annotate.h"
#include "app/face/choose.h"
#include "app/face/little_font.h"
#include "app/glue/exit_codes.h"
#include "app/glue/resources.h"
#include "io/errors.h"
#include "io/files/write_file.h"
#include "tests/io/scratch.h"
#include "tests/support/drawn_face.h"

namespace app {
namespace {

using engine::PixelBox;
using support::plain;

engine::Picture noise(int width, int height) {
  engine::Picture picture = plain(width, height, 0);
  std::mt19937 random(1);
  for (std::uint8_t& pixel : picture.pixels) pixel = static_cast<std::uint8_t>(random());
  return picture;
}

/// A house with a door, windows and a roof, as a child draws it.
engine::Picture house() {
  engine::Picture picture = plain(400, 300, 235);
  const auto fill = [&picture](int x, int y, int width, int height, std::uint8_t brightness) {
    for (int row = y; row < y + height; ++row) {
      std::fill_n(picture.pixels.begin() + row * picture.width + x, width, brightness);
    }
  };
  for (int i = 0; i < 80; ++i) fill(200 - i, 40 + i, 2 * i + 1, 1, 90);
  fill(130, 120, 140, 130, 170);
  for (const int x : {145, 225}) fill(x, 140, 30, 30, 40);
  fill(185, 190, 30, 60, 60);
  fill(0, 250, 400, 50, 120);
  return picture;
}

/// The share of two boxes in what both cover.
double overlap(const PixelBox& a, const PixelBox& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return width * height / (1.0 * a.width * a.height + 1.0 * b.width * b.height - width * height);
}

/// How far the middle of a box is from that of a drawn face, in its size.
double off(const PixelBox& box, const support::DrawnFace& face) {
  return std::hypot(box.x + box.width / 2.0 - face.x, box.y + box.height / 2.0 - face.y) / face.size;
}

/// The box that fits a drawn face: it reaches from the forehead to below the mouth.
PixelBox box_of(const support::DrawnFace& face) {
  const int side = static_cast<int>(1.1 * face.size);
  return {static_cast<int>(face.x) - side / 2, static_cast<int>(face.y) - side / 2, side, side};
}

// ---- Without a detector

TEST(FaceBox, FourWholeNumbers) {
  EXPECT_EQ(parse_face_box("1,2,30,40"), (PixelBox{1, 2, 30, 40}));
  for (const char* wrong : {"", "1,2,3", "1,2,3,4,5", "1,2,3,4 ", "a,2,3,4", "1,,3,4", "-1,2,3,4", "1,2,0,4",
                            "1,2,3,-4", "1.5,2,3,4", "99999999999,2,3,4", "1000001,2,3,4"}) {
    EXPECT_THROW((void)parse_face_box(wrong), UsageError) << wrong;
  }
}

class ChooseFace : public testing::Test {
 protected:
  ChosenFace choose(const FaceOptions& options) { return choose_face(picture, "a.jpg", options, detector); }
  engine::Picture picture = plain(200, 100, 50, 3);
  std::optional<FaceDetector> detector;
};

TEST_F(ChooseFace, APictureThatIsAFaceIsTakenWhole) {
  const ChosenFace chosen = choose({.cropped = true});
  EXPECT_EQ(chosen.pixels, plain(engine::kFaceSide, engine::kFaceSide, 50));
  EXPECT_FALSE(chosen.face.has_value());
  EXPECT_FALSE(detector.has_value()) << "nobody had to look";
}

TEST_F(ChooseFace, TheNamedBoxIsTakenWithoutLooking) {
  support::draw_face(picture, {.x = 150, .y = 50, .size = 60});
  const ChosenFace chosen = choose({.box = PixelBox{120, 20, 60, 60}});
  EXPECT_EQ(chosen.face, (engine::Face{.box = {120, 20, 60, 60}}));
  EXPECT_EQ(chosen.found, 0u);
  EXPECT_EQ(chosen.pixels,
            engine::crop_face(engine::to_grey(picture), {.centre_x = 150, .centre_y = 50, .side = 62.4}));
  EXPECT_FALSE(detector.has_value());
}

TEST_F(ChooseFace, ABoxOutsideOrBesideCroppedIsAUsageError) {
  EXPECT_NO_THROW((void)choose({.box = PixelBox{0, 0, 200, 100}}));
  EXPECT_THROW((void)choose({.box = PixelBox{0, 0, 201, 100}}), UsageError);
  EXPECT_THROW((void)choose({.box = PixelBox{0, 1, 200, 100}}), UsageError);
  EXPECT_THROW((void)choose({.cropped = true, .box = PixelBox{0, 0, 2, 2}}), UsageError);
}

TEST(FaceDetectorAbsent, SaysWhatToDo) {
  if (can_find_faces()) GTEST_SKIP() << "this build has OpenCV";
  try {
    FaceDetector detector("anywhere");
    FAIL() << "nothing can be found here";
  } catch (const engine::Error& error) {
    EXPECT_NE(error.problem().hint.find("libopencv-objdetect-dev"), std::string::npos);
    EXPECT_NE(error.problem().hint.find("--face-box"), std::string::npos);
  }
}

// ---- With one

class Detector : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_find_faces()) GTEST_SKIP() << "this build has no OpenCV";
    if (!std::filesystem::exists(find_cascades())) GTEST_SKIP() << "no cascades: " << kCascadesHint;
    detector.emplace(find_cascades());
  }
  std::optional<FaceDetector> detector;
};

TEST_F(Detector, FindsDrawnFacesWhereTheyAre) {
  for (const double size : {30.0, 60.0, 150.0, 250.0}) {
    for (const std::uint8_t ground : {std::uint8_t{60}, std::uint8_t{110}}) {
      const support::DrawnFace face{.x = 250, .y = 190, .size = size};
      engine::Picture picture = plain(480, 400, ground);
      support::draw_face(picture, face);
      const auto found = detector->find(picture);
      ASSERT_EQ(found.size(), 1u) << size << " on " << int{ground};
      EXPECT_GT(overlap(found[0].box, box_of(face)), 0.5) << size << " on " << int{ground};
      EXPECT_EQ(found[0].roll_degrees, 0);
      EXPECT_GE(found[0].agreeing, 4);
    }
  }
}

TEST_F(Detector, FindsThemInPicturesMadeSmaller) {
  engine::Picture picture = plain(2000, 1000, 90);
  const support::DrawnFace face{.x = 1400, .y = 480, .size = 420};
  support::draw_face(picture, face);
  const auto found = detector->find(picture);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GT(overlap(found[0].box, box_of(face)), 0.5);
}

TEST_F(Detector, FindsFacesThatFillThePictureOrLean) {
  engine::Picture filled = plain(300, 300, 110);
  const support::DrawnFace large{.x = 150, .y = 120, .size = 330};  // forehead and chin are cut off
  support::draw_face(filled, large);
  const auto found = detector->find(filled);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GT(overlap(found[0].box, box_of(large)), 0.5);
  EXPECT_LT(off(found[0].box, large), 0.1);
  for (const double lean : {-40.0, 40.0}) {
    engine::Picture picture = plain(480, 400, 110);
    const support::DrawnFace face{.x = 330, .y = 120, .size = 100, .lean_degrees = lean};
    support::draw_face(picture, face);
    const auto leaning = detector->find(picture);
    ASSERT_EQ(leaning.size(), 1u) << lean;
    EXPECT_EQ(leaning[0].roll_degrees, lean < 0 ? -18 : 18);
    EXPECT_GT(overlap(leaning[0].box, box_of(face)), 0.5);
    EXPECT_LT(off(leaning[0].box, face), 0.1);
  }
}

TEST_F(Detector, TheLargestComesFirst) {
  engine::Picture picture = plain(600, 300, 90);
  for (const auto& [x, size] : {std::pair{90.0, 60.0}, {280.0, 130.0}, {500.0, 90.0}}) {
    support::draw_face(picture, {.x = x, .y = 150, .size = size});
  }
  const auto found = detector->find(picture);
  ASSERT_EQ(found.size(), 3u);
  for (std::size_t i = 1; i < 3; ++i) EXPECT_GE(found[i - 1].box.width, found[i].box.width);
  EXPECT_GT(overlap(found[0].box, box_of({.x = 280, .y = 150, .size = 130})), 0.5);
}

TEST_F(Detector, FindsACrowdOfFifty) {
  engine::Picture picture = plain(1000, 800, 90);
  for (int i = 0; i < 50; ++i) {
    support::draw_face(picture, {.x = 50.0 + i % 10 * 100, .y = 80.0 + i / 10 * 160, .size = 40.0 + i % 3});
  }
  EXPECT_GE(detector->find(picture).size(), 45u);
}

TEST_F(Detector, FindsNoneWhereThereIsNone) {
  EXPECT_TRUE(detector->find(plain(640, 480, 128)).empty()) << "a wall";
  EXPECT_TRUE(detector->find(noise(640, 480)).empty()) << "noise";
  EXPECT_TRUE(detector->find(house()).empty()) << "a drawing of a house";
  engine::Picture on_its_side = plain(480, 400, 110);
  support::draw_face(on_its_side, {.x = 240, .y = 200, .size = 150, .lean_degrees = 90});
  EXPECT_TRUE(detector->find(on_its_side).empty());
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 2}, {19, 19}, {65'500, 1}, {1, 3'000}, {5'000, 21}}) {
    EXPECT_TRUE(detector->find(plain(width, height, 99)).empty()) << width << " x " << height;
  }
  EXPECT_THROW((void)detector->find(plain(9, 9, 9, 3)), std::invalid_argument);
}

TEST_F(Detector, ChoosesTheLargestOrSaysThatThereIsNone) {
  engine::Picture picture = plain(480, 400, 110, 3);
  support::draw_face(picture, {.x = 140, .y = 200, .size = 100});
  support::draw_face(picture, {.x = 360, .y = 200, .size = 150});
  const ChosenFace chosen = choose_face(picture, "a.jpg", {}, detector);
  EXPECT_EQ(chosen.found, 2u);
  ASSERT_TRUE(chosen.face.has_value());
  EXPECT_GT(overlap(chosen.face->box, box_of({.x = 360, .y = 200, .size = 150})), 0.5);
  EXPECT_EQ(chosen.pixels, engine::crop_face(engine::to_grey(picture), engine::frame_of(*chosen.face)));
  try {
    (void)choose_face(plain(640, 480, 128, 3), "wall.jpg", {}, detector);
    FAIL() << "a wall has no face";
  } catch (const io::FormatError& error) {
    EXPECT_EQ(error.problem().where, "wall.jpg");
    EXPECT_EQ(error.problem().why, "no face was found");
    EXPECT_NE(error.problem().hint.find("--face-box"), std::string::npos);
    EXPECT_EQ(report(error), kUnreadable);
  }
}

TEST_F(Detector, ACascadeThatIsMissingOrNoneIsTold) {
  const test::Scratch scratch;
  const auto problem = [&scratch] {
    try {
      FaceDetector none(scratch.folder());
    } catch (const io::FormatError& error) {
      return error.problem();
    }
    return engine::Problem{};
  };
  EXPECT_EQ(problem().why, "there is no such file");
  EXPECT_NE(problem().hint.find("opencv-data"), std::string::npos);
  for (const char* content : {"", "no XML at all", "<?xml version=\"1.0\"?><opencv_storage></opencv_storage>",
                              "<?xml version=\"1.0\"?><opencv_storage><cascade><stageType>BOOST</stageType>"}) {
    io::write_file(scratch.folder() / FaceDetector::kCascade, std::string_view(content), io::Existing::replace);
    EXPECT_NE(problem().why.find("not a cascade"), std::string::npos) << content;
  }
}

// ---- Shown

TEST(Annotated, TheSquareAndNothingElse) {
  const engine::Picture picture = plain(100, 80, 200);
  const engine::Picture shown = annotated(picture, {.centre_x = 50, .centre_y = 40, .side = 40}, "");
  ASSERT_EQ(shown.channels, 3);
  const auto grey = [&shown](int x, int y) {
    const std::uint8_t* p = shown.pixels.data() + 3 * (y * 100 + x);
    return p[0] == 200 && p[1] == 200 && p[2] == 200;
  };
  for (int i = 0; i < 40; ++i) {
    EXPECT_FALSE(grey(30 + i, 20)) << i;
    EXPECT_FALSE(grey(30 + i, 60)) << i;
    EXPECT_FALSE(grey(30, 20 + i)) << i;
    EXPECT_FALSE(grey(70, 20 + i)) << i;
  }
  EXPECT_TRUE(grey(50, 40));
  EXPECT_TRUE(grey(26, 40));
  EXPECT_TRUE(grey(50, 66));
}

TEST(Annotated, TheTextStandsBelowAboveOrWithin) {
  const auto strip = [](double centre_y, double side, int x) {  // its first row and its rows, at this x
    const engine::Picture shown =
        annotated(plain(200, 100, 200), {.centre_x = 80, .centre_y = centre_y, .side = side}, "       ");
    const auto dark = [&](int y) { return y < 100 && shown.pixels[static_cast<std::size_t>(3 * (200 * y + x))] == 24; };
    int first = 0, end = 0;
    while (first < 100 && !dark(first)) ++first;
    for (end = first; dark(end);) ++end;
    return std::pair{first, end - first};
  };
  // Of 7 dots and 2 on either side, with a gap of 2 to the square.
  EXPECT_EQ(strip(40, 40, 103), (std::pair{62, 11})) << "below";
  EXPECT_EQ(strip(70, 50, 80), (std::pair{32, 11})) << "above";
  EXPECT_EQ(strip(50, 200, 20), (std::pair{89, 11})) << "at the lower end of what fills the picture";
}

TEST(Annotated, WhatLeavesOnTheRightDoesNotComeBackOnTheLeft) {
  const engine::Picture shown = annotated(plain(100, 80, 200), {.centre_x = 95, .centre_y = 40, .side = 40}, "HAPPY");
  for (int y = 0; y < 80; ++y) {
    for (int x = 0; x < 20; ++x)
      ASSERT_EQ(shown.pixels[static_cast<std::size_t>(3 * (100 * y + x))], 200) << x << ", " << y;
  }
}

TEST(Annotated, LettersAreDrawnDotByDot) {
  const engine::Picture shown = annotated(plain(60, 60, 200), {.centre_x = 20, .centre_y = 15, .side = 20}, "i");
  const auto light = [&shown](int x, int y) { return shown.pixels[static_cast<std::size_t>(3 * (60 * y + x))] == 255; };
  // Strip from x = 10, y = 27; letters two dots within.
  for (int y = 0; y < kGlyphHeight; ++y) {
    for (int x = 0; x < kGlyphWidth; ++x) EXPECT_EQ(light(12 + x, 29 + y), glyph_dot(8, x, y)) << x << ", " << y;
  }
}

TEST(Annotated, WhatDoesNotFitIsLeftOut) {
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 2}, {3, 200}, {200, 3}}) {
    const engine::Picture shown = annotated(plain(width, height, 9, 3), {.centre_x = -5, .centre_y = 300, .side = 90},
                                            "a text that is far too long for it \xC3\xA9");
    EXPECT_EQ(shown.width, width);
    EXPECT_EQ(shown.pixels.size(), static_cast<std::size_t>(3 * width * height));
  }
}

TEST(LittleFont, EveryGlyphIsDrawnAndNoTwoAreAlike) {
  std::vector<std::string> seen;
  for (std::size_t glyph = 0; glyph < kGlyphs.size(); ++glyph) {
    std::string dots;
    for (int y = 0; y < kGlyphHeight; ++y) {
      for (int x = 0; x < kGlyphWidth; ++x) dots += glyph_dot(glyph, x, y) ? '#' : ' ';
    }
    EXPECT_EQ(dots.find('#') == std::string::npos, kGlyphs[glyph] == ' ') << kGlyphs[glyph];
    EXPECT_EQ(std::ranges::find(seen, dots), seen.end()) << kGlyphs[glyph];
    seen.push_back(dots);
  }
}

}  // namespace
}  // namespace app
